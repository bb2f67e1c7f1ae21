/* SPDX-License-Identifier: BSD-3-Clause */
// attach.c: a DPDK secondary beside a running primary: finds tables, links and lcores, prints bundles, and
// holds every row it reads against what must be true of a row. Reads only: it never pops a link. The main
// thread does it all.
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memzone.h>

#include "app/wirebar/eal_end.h"
#include "app/wirebar/name.h"
#include "app/wirebar/signals.h"
#include "app/wirebar/tele/tele.h"
#include "lcore/base/calendar.h"
#include "lcore/base/once.h"
#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"

enum { SYMBOLS_MAX = 64, ATTACH_LCORE = 120, ZONE_TRIES = 100 };

struct attach {
	const char *prefix, *huge_dir;
	char *symbols; // comma separated, or NULL: the busiest
	unsigned n;
	bool watch;
	const struct appliance_directory *directory;
	const struct tables *tables;
	struct link link[CONF_LINK_MAX];
	unsigned n_links;
	const struct lcore_shared *lcore[CONF_LCORE_MAX];
	uint64_t rows, inconsistent; // read so far
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: wirebar attach [options]\n\n"
		"Attaches to a running wirebar (a DPDK primary with hugepages) as a secondary process, prints the counters of\n"
		"its links and lcores and the latest bundles, and checks every row it reads. Reads only.\n\n"
		"  --file-prefix NAME  of the primary (default wirebar)\n"
		"  --huge-dir DIR      its hugetlbfs mount, where there are several\n"
		"  --symbols A,B       instruments to print (default: the busiest)\n"
		"  --n N               how many of the busiest (default 3)\n"
		"  --watch             again every second, until the primary ends or Ctrl-C\n"
		"  --help              this\n\n"
		"exit: 0 all rows consistent, 1 no primary or inconsistent rows, 2 usage\n");
}

static int parse(struct attach *at, int argc, char **argv)
{
	static const struct option options[] = {
		{ "file-prefix", required_argument, NULL, 'p' },
		{ "huge-dir", required_argument, NULL, 'd' },
		{ "symbols", required_argument, NULL, 's' },
		{ "n", required_argument, NULL, 'n' },
		{ "watch", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	if (!once_each("wirebar attach", argc, argv, "h", options, ""))
		return -EINVAL;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		char *end = NULL;

		if (c == 'h') {
			usage(stdout);
			return 1;
		}
		if (c == '?') {
			usage(stderr);
			return -EINVAL;
		}
		at->prefix = c == 'p' ? optarg : at->prefix;
		at->huge_dir = c == 'd' ? optarg : at->huge_dir;
		at->symbols = c == 's' ? optarg : at->symbols;
		at->watch = at->watch || c == 'w';
		if (c == 'n') {
			unsigned long n = strtoul(optarg, &end, 10);

			if (end == optarg || *end || n < 1 || n > SYMBOLS_MAX) {
				fprintf(stderr, "wirebar attach: --n: found \"%s\", allowed: 1 to %d\n",
					optarg, SYMBOLS_MAX);
				return -EINVAL;
			}
			at->n = (unsigned)n;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "wirebar attach: found \"%s\", allowed: options only\n", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

static int find_primary(const struct attach *at)
{
	const char *why = name_primary(at->prefix);

	if (!why)
		return 0;
	fprintf(stderr,
		"wirebar attach: no primary to attach to: looked at %s/dpdk/%s/config: %s\n"
		"  start one, as the same user:    wirebar run --conf FILE   (with [eal] hugepages = yes)\n"
		"  or name another:                wirebar attach --file-prefix NAME\n"
		"  A primary without hugepages (bench, demo) shares no memory: ask it with wirebarctl.\n",
		name_dir(), at->prefix, why);
	return -ENOENT;
}

static int any_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		for (int i = 0; i < CPU_SETSIZE; i++)
			if (CPU_ISSET(i, &set))
				cpu = i; // the last: the first is the system's
	return cpu;
}

static int start_eal(const struct attach *at)
{
	static char prefix[300], lcores[64], huge_dir[300];
	char *argv[] = { (char *)"wirebar",
			 (char *)"--proc-type=secondary",
			 prefix,
			 lcores,
			 (char *)"--no-pci",
			 (char *)"--no-telemetry",
			 (char *)"--log-level=*:4",
			 at->huge_dir ? huge_dir : NULL,
			 NULL };
	int argc = at->huge_dir ? 8 : 7;

	snprintf(prefix, sizeof prefix, "--file-prefix=%s", at->prefix);
	// Ids far from the primary's; several attached processes keep apart by their pid.
	snprintf(lcores, sizeof lcores, "--lcores=%d@%d", ATTACH_LCORE + (int)getpid() % 8, any_cpu());
	if (at->huge_dir)
		snprintf(huge_dir, sizeof huge_dir, "--huge-dir=%s", at->huge_dir);
	if (rte_eal_init(argc, argv) >= 0)
		return 0;
	fprintf(stderr,
		"wirebar attach: DPDK could not attach to %s (%s): the primary must be of this same program, run by the "
		"same user\n",
		at->prefix, rte_strerror(rte_errno));
	return -EIO;
}

// The primary makes its zones some time after it can be seen.
static const struct rte_memzone *zone(const char *name)
{
	const struct rte_memzone *mz = rte_memzone_lookup(name);

	for (int i = 0; !mz && i < ZONE_TRIES && !signals_stop(); i++) {
		usleep(100000);
		mz = rte_memzone_lookup(name);
	}
	if (!mz)
		fprintf(stderr, "wirebar attach: the primary has no zone %s: is it a wirebar?\n", name);
	return mz;
}

static bool ready(const uint64_t *magic, uint64_t want)
{
	for (int i = 0; i < ZONE_TRIES && __atomic_load_n(magic, __ATOMIC_ACQUIRE) != want; i++)
		usleep(100000);
	return __atomic_load_n(magic, __ATOMIC_ACQUIRE) == want;
}

static int find_lcores(struct attach *at)
{
	for (uint32_t i = 0; i < at->directory->n_lcores; i++) {
		for (int k = 0; k < ZONE_TRIES && !at->lcore[i] && !signals_stop(); k++)
			if (!(at->lcore[i] = lcore_shared_attach(i)))
				usleep(100000);
		if (!at->lcore[i]) {
			fprintf(stderr,
				"wirebar attach: lcore %u: no counters of this program's layout: run the same program\n",
				i);
			return -EPROTO;
		}
	}
	return 0;
}

static int find_shared(struct attach *at)
{
	const struct rte_memzone *tz = zone(APPLIANCE_TABLES), *dz = tz ? zone(APPLIANCE_DIRECTORY) : NULL;

	if (!tz || !dz)
		return -ENOENT;
	at->tables = tz->addr;
	at->directory = dz->addr;
	if (!ready(&at->tables->magic, TABLES_MAGIC) || !ready(&at->directory->magic, APPLIANCE_MAGIC) ||
	    !tables_valid(at->tables) || at->tables->bytes > tz->len ||
	    at->directory->n_links > CONF_LINK_MAX || at->directory->n_lcores > CONF_LCORE_MAX) {
		fprintf(stderr,
			"wirebar attach: the primary's tables are of another layout: run the same program as it does\n");
		return -EPROTO;
	}
	for (uint32_t i = 0; i < at->directory->n_links; i++) {
		int rc = -ENOENT;

		for (int k = 0; k < ZONE_TRIES && rc == -ENOENT && !signals_stop(); k++)
			if ((rc = link_attach(&at->link[i], at->directory->link[i])) == -ENOENT)
				usleep(100000);
		if (rc) {
			fprintf(stderr, "wirebar attach: link %.31s: %s\n", at->directory->link[i],
				strerror(-rc));
			return rc;
		}
		at->n_links++;
	}
	return find_lcores(at);
}

static void print_links(const struct attach *at)
{
	printf("%-16s %-12s %-12s %12s %12s %8s %8s\n", "link", "from", "to", "pushes", "pops", "depth",
	       "refused");
	for (unsigned i = 0; i < at->n_links; i++) {
		const struct link_shared *s = at->link[i].shared;

		printf("%-16s %-12s %-12s %12llu %12llu %8u %8llu\n", s->name, s->from, s->to,
		       (unsigned long long)s->pushes, (unsigned long long)s->pops, link_count(&at->link[i]),
		       (unsigned long long)s->refused);
	}
}

static void print_lcores(const struct attach *at)
{
	printf("%-12s %-10s %12s %12s %12s\n", "lcore", "stage", "frames", "messages", "rows");
	for (unsigned i = 0; i < at->directory->n_lcores; i++) {
		const struct lcore_shared *s = at->lcore[i];
		unsigned n = s->stage == CONF_STAGE_INGEST ? counts_channels(&s->counts) : 0;

		printf("%-12s %-10s %12llu %12llu %12llu\n", s->name, conf_enum_stage[s->stage],
		       (unsigned long long)lcore_frames(s), (unsigned long long)lcore_messages(s),
		       (unsigned long long)s->rows);
		for (unsigned k = 0; k < n; k++) {
			const struct channel_counts *c = &s->counts.channel[k];

			printf("  channel %-2u %-10s %12llu %12llu   gap messages %llu\n", k, counts_feed(c),
			       (unsigned long long)c->packets, (unsigned long long)c->messages,
			       (unsigned long long)c->gap_messages);
		}
	}
}

// What must be true of every sealed row, whoever reads it whenever.
static bool consistent(const struct attach *at, uint32_t instr, unsigned span, const struct bar *b)
{
	bool priced = b->high != PX_NULL && b->low != PX_NULL;

	return b->instr == instr && b->span == span && b->symbol == tables_symbol(at->tables, instr) &&
	       b->close_ts - b->open_ts == bar_span_s[span] * NS_PER_S &&
	       b->open_ts % (bar_span_s[span] * NS_PER_S) == 0 &&
	       (b->high == PX_NULL) == (b->low == PX_NULL) && (!priced || b->high >= b->low) &&
	       (b->open == PX_NULL || (priced && b->open >= b->low && b->open <= b->high)) &&
	       (b->close == PX_NULL ||
		(priced && b->close >= b->low && b->close <= b->high && b->close == b->close_filled)) &&
	       b->buy_volume + b->sell_volume + b->unsigned_volume == b->volume &&
	       b->delta == (int64_t)b->buy_volume - (int64_t)b->sell_volume &&
	       (b->volume == 0) == (b->trades == 0);
}

// Reads every latest row once. Complains of the first few inconsistent ones.
static void check_rows(struct attach *at)
{
	uint32_t n = __atomic_load_n(&at->tables->n_instr, __ATOMIC_ACQUIRE);
	struct bar bar;

	for (uint32_t i = 0; i < n; i++)
		for (unsigned span = 0; span < SPAN_COUNT; span++) {
			if (!tables_latest(at->tables, i, (enum bar_span)span, &bar))
				continue;
			at->rows++;
			if (consistent(at, i, span, &bar))
				continue;
			char text[SYMBOL_BYTES + 1], iso[CALENDAR_ISO_BYTES];

			symtab_text(tables_symbol(at->tables, i), text);
			calendar_iso(bar.open_ts, iso);
			if (at->inconsistent++ < 10)
				fprintf(stderr, "wirebar attach: inconsistent row: %s %s %s\n", text,
					bar_span_name[span], iso);
		}
}

static void print_row(const struct bar *b)
{
	static const struct {
		enum bar_col col;
		int width;
	} show[] = {
		{ COL_open, 11 },         { COL_high, 11 },   { COL_low, 11 },
		{ COL_close_filled, 11 }, { COL_volume, 10 }, { COL_trades, 7 },
		{ COL_delta, 10 },        { COL_ema9, 14 },   { COL_rsi14, 14 },
	};
	char text[BAR_TEXT_BYTES];

	bar_format(b, COL_open_ts, text);
	printf("  %-3s %.19s", bar_span_name[b->span], text);
	for (size_t i = 0; i < sizeof show / sizeof *show; i++) {
		bar_format(b, show[i].col, text);
		printf(" %*.*s", show[i].width, show[i].width, text);
	}
	bar_format(b, COL_flags, text);
	printf("  %s\n", text);
}

static void print_bundle(const struct attach *at, uint32_t instr)
{
	char symbol[SYMBOL_BYTES + 1], bid[32], ask[32];
	struct tables_quote q[16];
	struct touch t = touch_empty();
	unsigned n = tele_quotes(at->tables, instr, q, 16);
	struct bar bar;

	for (unsigned i = 0; i < n; i++)
		touch_blend(&t, &q[i].touch);
	symtab_text(tables_symbol(at->tables, instr), symbol);
	bar_px(t.bid_size ? t.bid : PX_NULL, bid);
	bar_px(t.ask_size ? t.ask : PX_NULL, ask);
	printf("%s  bid %s x %llu  ask %s x %llu\n", symbol, bid[0] ? bid : "-",
	       (unsigned long long)t.bid_size, ask[0] ? ask : "-", (unsigned long long)t.ask_size);
	for (int span = 0; span < SPAN_COUNT; span++)
		if (tables_latest(at->tables, instr, (enum bar_span)span, &bar))
			print_row(&bar);
}

static void print_named(const struct attach *at)
{
	const char *cursor = at->symbols;
	struct conf_item item;

	while (conf_list_next(&cursor, ',', &item)) {
		uint32_t instr = tables_find(at->tables, symtab_key(item.text, strlen(item.text)));

		if (instr == INSTR_NONE)
			printf("%s  no such instrument so far\n", item.text);
		else
			print_bundle(at, instr);
	}
}

// The busiest by their latest minute (before the first minute: second), sorted as they come; few, so
// insertion does.
static void print_busiest(const struct attach *at)
{
	uint32_t n = __atomic_load_n(&at->tables->n_instr, __ATOMIC_ACQUIRE), best[SYMBOLS_MAX + 1];
	uint64_t volume[SYMBOLS_MAX + 1];
	unsigned have = 0;
	struct bar bar;

	for (uint32_t i = 0; i < n; i++) {
		if ((!tables_latest(at->tables, i, SPAN_1M, &bar) &&
		     !tables_latest(at->tables, i, SPAN_1S, &bar)) ||
		    !bar.volume)
			continue;
		unsigned k = have;

		for (; k > 0 && volume[k - 1] < bar.volume; k--)
			volume[k] = volume[k - 1], best[k] = best[k - 1];
		volume[k] = bar.volume, best[k] = i;
		have = have < at->n ? have + 1 : at->n;
	}
	for (unsigned i = 0; i < have; i++)
		print_bundle(at, best[i]);
}

static void once(struct attach *at)
{
	print_links(at);
	print_lcores(at);
	if (at->symbols)
		print_named(at);
	else
		print_busiest(at);
	check_rows(at);
	printf("attached to %s (pid %u): %u instruments, %llu rows read, %llu inconsistent\n\n", at->prefix,
	       at->directory->pid, at->tables->n_instr, (unsigned long long)at->rows,
	       (unsigned long long)at->inconsistent);
	fflush(stdout);
}

int attach_main(int argc, char **argv)
{
	static struct attach at = { .prefix = "wirebar", .n = 3 };
	int rc = parse(&at, argc, argv);

	if (rc)
		return rc > 0 ? 0 : 2;
	if (find_primary(&at) || start_eal(&at))
		return 1;
	rc = find_shared(&at);
	if (!rc)
		once(&at);
	while (!rc && at.watch && !signals_stop() && !ferror(stdout)) {
		for (int i = 0; i < 10 && !signals_stop(); i++)
			usleep(100000);
		if (!rte_eal_primary_proc_alive(NULL)) {
			printf("the primary has ended\n");
			break;
		}
		once(&at);
	}
	eal_end(true);
	return rc || at.inconsistent ? 1 : 0;
}

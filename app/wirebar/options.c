/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/options.h"
#include "conf/topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drivers/feed/feed.h"

enum { REPLAY = 1, RUN = 2, BOTH = 3 };
enum what {
	O_KEY,
	O_PORTS_KEY,
	O_PATH,
	O_FLAG,
	O_CONF,
	O_SET,
	O_LCORES,
	O_LINES,
	O_HELP,
	O_SYMBOLS,
	O_SPANS,
	O_COLUMNS
};

#define OUT(which) offsetof(struct appliance, plant.output_path[which])

static const struct option {
	const char *name, *arg;
	enum what what;
	int who;
	const char *key; // O_KEY: of the configuration
	size_t offset;   // O_PATH, O_FLAG: in struct appliance
	const char *help;
} options[] = {
	{ "--conf", "FILE", O_CONF, BOTH, NULL, 0,
	  "configuration, or builtin:NAME (replay: builtin:bench unless told)" },
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) \
	{ option, "FILE", O_PATH, BOTH, NULL, OUT(OUTPUT_##NAME), help },
#include "lcore/base/symtab.h"
#include "lcore/model/streams.def"
	{ "--summary", "FILE", O_PATH, BOTH, NULL, OUT(OUTPUT_SUMMARY), "write the summary as JSON" },
	{ "--paper-script", "FILE", O_PATH, REPLAY, NULL, offsetof(struct appliance, paper_script),
	  "orders for the paper exchange (docs/orders.md): CSV ts_ns,action,id,symbol,venue,side,qty,price,tif" },
	{ "--paper-risk", NULL, O_FLAG, REPLAY, NULL, offsetof(struct appliance, paper_risk),
	  "those orders pass the checks of [risk] first (docs/risk.md)" },
	{ "--symbols", "A,B", O_SYMBOLS, BOTH, NULL, 0, "write these instruments only" },
	{ "--spans", "1s,5m", O_SPANS, BOTH, NULL, 0, "write bars of these spans only" },
	{ "--columns", "A,B", O_COLUMNS, BOTH, NULL, 0,
	  "write these columns of bars, in this order (wirebar docs bars)" },
	{ "--fill", NULL, O_FLAG, BOTH, NULL, offsetof(struct appliance, plant.fill),
	  "write rows without prints too: FILL, and idle ones (IDLE)" },
	{ "--watch", "A,B", O_KEY, BOTH, "bars.watch", 0, "watch list: sealed first, and with history" },
	{ "--lateness", "5ms", O_KEY, BOTH, "bars.lateness", 0,
	  "allowance for late prints, or IEX=15s,ITCH=0" },
	{ "--feed", "NAME", O_KEY, BOTH, "feed.feed", 0, "feed of all frames (default: by content)" },
	{ "--date", "YYYY-MM-DD", O_KEY, BOTH, "feed.date", 0,
	  "trade date of feeds that carry the time of day only" },
	{ "--checksum", "MODE", O_KEY, BOTH, "feed.checksum", 0, "verify or ignore IPv4 and UDP checksums" },
	{ "--speed", "max|1x|Nx", O_PORTS_KEY, REPLAY, "speed", 0,
	  "flat out, or paced by the captures' own times" },
	{ "--burst", "N", O_KEY, BOTH, "run.burst", 0, "frames per receive burst" },
	{ "--ingest-lcores", "N", O_LCORES, REPLAY, NULL, 0,
	  "ingest lcores, 1 to 4, captures in blocks (a stream's lines in one)" },
	{ "--lines", "A,B", O_LINES, REPLAY, NULL, 0, "these raw files are lines of one stream; repeatable" },
	{ "--file-prefix", "NAME", O_KEY, BOTH, "eal.file_prefix", 0,
	  "DPDK file prefix: names the telemetry socket" },
	{ "--set", "KEY=VALUE", O_SET, BOTH, NULL, 0,
	  "any key: section.key=value, section.name.key=value; gate.NAME.rule=... adds" },
	{ "--part", "NAME", O_PATH, BOTH, NULL, offsetof(struct appliance, part_word),
	  "of run.layout = split: ingest, signal, telemetry or gateway; wirebar up starts all" },
	{ "--quiet", NULL, O_FLAG, BOTH, NULL, offsetof(struct appliance, quiet),
	  "no progress and no report, only what is wrong" },
	{ "--help", NULL, O_HELP, BOTH, NULL, 0, "this text" },
};

enum { N_OPTIONS = sizeof options / sizeof *options };
_Static_assert(N_OPTIONS <= 64, "a bit for each");

static void usage(bool replay, FILE *out)
{
	fprintf(out, "usage: wirebar %s\n\n",
		replay ? "replay FILE... [options]" : "run --conf FILE [options]");
	if (replay)
		fprintf(out,
			"Plays pcap, pcapng (also gzip) and raw .itch50 captures, merged by time. Feeds:");
	for (int i = 0; replay && feeds[i]; i++)
		fprintf(out, " %s", feeds[i]->name);
	fprintf(out, "%s", replay ? ".\n\n" : "");
	for (int i = 0; i < N_OPTIONS; i++) {
		char left[40];

		if (!(options[i].who & (replay ? REPLAY : RUN)))
			continue;
		snprintf(left, sizeof left, "%s %s", options[i].name, options[i].arg ? options[i].arg : "");
		fprintf(out, "  %-26s %s\n", left, options[i].help);
	}
	fprintf(out,
		"\nExit: 0 complete; 3 finished and balanced, but data was lost or damaged; 1 failed; 2 usage.\n");
}

static int bad(const char *format, const char *a, const char *b)
{
	fprintf(stderr, "wirebar: ");
	fprintf(stderr, format, a, b);
	fprintf(stderr, " (--help lists the options)\n");
	return 2;
}

static int refused(const struct conf_error *err)
{
	fprintf(stderr, "wirebar: %s\n", err->text);
	return 2;
}

static int set_key(struct conf *c, const char *path, const char *value)
{
	struct conf_error err;

	return conf_set(c, path, value, false, &err) ? refused(&err) : 0;
}

static int set_pair(struct conf *c, const char *pair)
{
	struct conf_error err;

	return conf_set_pair(c, pair, &err) ? refused(&err) : 0;
}

static int set_ports(struct conf *c, const char *key, const char *value)
{
	for (unsigned i = 0; i < c->n_port; i++) {
		char path[128];

		snprintf(path, sizeof path, "port.%s.%s", c->port[i].name, key);
		if (!c->port[i].device[0] && set_key(c, path, value))
			return 2;
	}
	return 0;
}

static int load(struct appliance *a, const char *path, bool replay)
{
	struct conf_error err;
	int rc;

	if (!path && !replay)
		return bad("run needs --conf FILE%s%s", "", "");
	rc = conf_load(&a->conf, path ? path : CONF_BUILTIN "bench", &err);
	if (rc)
		fprintf(stderr, "wirebar: %s\n", err.text);
	return rc ? 1 : 0;
}

static const struct option *find(const char *name, size_t len, bool replay)
{
	if (len == 2 && !strncmp(name, "-h", 2))
		return find("--help", 6, replay);
	for (int i = 0; i < N_OPTIONS; i++)
		if (strlen(options[i].name) == len && !strncmp(options[i].name, name, len) &&
		    (options[i].who & (replay ? REPLAY : RUN)))
			return &options[i];
	return NULL;
}

static int set_of(struct conf *c, const char *section, const char *name, const char *key, const char *value)
{
	char path[128];

	snprintf(path, sizeof path, "%s.%s.%s", section, name, key);
	return set_key(c, path, value);
}

// By what comes back to the first one, something comes back to the new one.
static int add_ways_back(struct conf *c, unsigned k, const char *lcore, const char *first_lcore)
{
	for (unsigned i = 0, n = c->n_link; i < n; i++) {
		const struct conf_link like = c->link[i];
		int from = topo_find_lcore(c, like.from);
		char link[32];
		struct conf_error err;

		if (strcmp(like.to, first_lcore) || from < 0 || c->lcore[from].stage == CONF_STAGE_INGEST)
			continue;
		snprintf(link, sizeof link, "%.20s_%u", like.name, k);
		if (conf_add(c, "link", link, &err)) {
			fprintf(stderr, "wirebar: --ingest-lcores: %s\n", err.text);
			return 2;
		}
		c->link[c->n_link - 1].depth = like.depth;
		if (set_of(c, "link", link, "from", like.from) || set_of(c, "link", link, "to", lcore))
			return 2;
	}
	return 0;
}

// One more port and ingest lcore, whose link goes to the first one, which owns the bars.
static int add_one(struct conf *c, unsigned k, const char *first_port, const char *first_lcore)
{
	char port[32], lcore[32], link[32];
	struct conf_error err;

	snprintf(port, sizeof port, "%.20s_%u", first_port, k);
	snprintf(lcore, sizeof lcore, "%.20s_%u", first_lcore, k);
	snprintf(link, sizeof link, "relay_%u", k);
	if (conf_add(c, "port", port, &err) || conf_add(c, "lcore", lcore, &err) ||
	    conf_add(c, "link", link, &err)) {
		fprintf(stderr, "wirebar: --ingest-lcores: %s\n", err.text);
		return 2;
	}
	c->lcore[c->n_lcore - 1].idle = c->lcore[topo_find_lcore(c, first_lcore)].idle;
	c->port[c->n_port - 1].loops = c->port[topo_find_port(c, first_port)].loops;
	return set_of(c, "port", port, "speed", c->port[topo_find_port(c, first_port)].speed) ||
			       set_of(c, "lcore", lcore, "stage", "ingest") ||
			       set_of(c, "lcore", lcore, "queues", port) ||
			       set_of(c, "link", link, "from", lcore) ||
			       set_of(c, "link", link, "to", first_lcore)
		       ? 2
		       : add_ways_back(c, k, lcore, first_lcore);
}

// Captures are dealt out over the replay ports in blocks, one port to each ingest lcore.
static int add_ingest(struct conf *c, const char *value)
{
	const char *port = NULL, *lcore = NULL;
	unsigned n = value[0] >= '1' && value[0] <= '4' && !value[1] ? (unsigned)(value[0] - '0') : 0;

	if (!n)
		return bad("--ingest-lcores: found \"%s\", allowed: 1 to 4%s", value, "");
	for (unsigned i = c->n_port; i-- > 0;)
		port = c->port[i].device[0] ? port : c->port[i].name;
	for (unsigned i = c->n_lcore; i-- > 0;)
		lcore = c->lcore[i].stage == CONF_STAGE_INGEST ? c->lcore[i].name : lcore;
	if (n > 1 && (!port || !lcore))
		return bad(
			"--ingest-lcores: the configuration has no replay port and ingest lcore to be like%s%s",
			"", "");
	for (unsigned k = 1; k < n; k++)
		if (add_one(c, k, port, lcore))
			return 2;
	return 0;
}

// One name of a list of what is written. Returns what is allowed instead, or NULL.
static const char *list_item(struct plant *p, enum what what, const char *text)
{
	size_t len = strlen(text);

	if (what == O_SYMBOLS) {
		if (len < 1 || len > SYMBOL_BYTES)
			return "symbols of 1 to 8 letters";
		if (p->n_symbols == EXPORT_SYMBOLS_MAX)
			return "at most 256 symbols";
		p->symbol[p->n_symbols++] = symtab_key(text, len);
	} else if (what == O_SPANS) {
		enum bar_span span = bar_span_by_name(text, len);

		if (span == SPAN_COUNT)
			return "1s, 5s, 15s, 30s, 1m, 5m";
		p->spans |= (uint8_t)(1 << span);
	} else {
		enum bar_col col = bar_column_by_name(text, len);

		if (col == COL_COUNT)
			return "the columns that `wirebar docs bars` lists";
		if (p->n_columns == COL_COUNT || memchr(p->column, col, p->n_columns))
			return "each column once";
		p->column[p->n_columns++] = (uint8_t)col;
	}
	return NULL;
}

static int list_of(struct plant *p, const struct option *o, const char *value)
{
	const char *cursor = value, *allowed = "a list of names";
	struct conf_item item = { "" };
	unsigned n = 0;

	p->n_symbols = o->what == O_SYMBOLS ? 0 : p->n_symbols;
	p->spans = o->what == O_SPANS ? 0 : p->spans;
	p->n_columns = o->what == O_COLUMNS ? 0 : p->n_columns;
	for (; conf_list_next(&cursor, ',', &item); n++)
		if ((allowed = list_item(p, o->what, item.text)) != NULL)
			break;
	if (n && !allowed)
		return 0;
	fprintf(stderr, "wirebar: %s: found \"%s\", allowed: %s (--help lists the options)\n", o->name,
		n ? item.text : value, allowed);
	return 2;
}

static int add_lines(struct appliance *a, const char *value)
{
	const char *cursor = value;
	struct conf_item item;

	a->n_line_options++;
	while (conf_list_next(&cursor, ',', &item)) {
		char *path = strdup(item.text); // lives as long as the process

		if (!path || a->n_lines == APPLIANCE_FILES)
			return bad("--lines: more than 32 captures: %s%s", value, "");
		a->lines[a->n_lines].path = path;
		a->lines[a->n_lines++].number = a->n_line_options;
	}
	return 0;
}

static int apply(struct appliance *a, const struct option *o, const char *value)
{
	char origin[64];

	snprintf(origin, sizeof origin, "command line: %s", o->name);
	conf_origin(&a->conf, origin);
	switch (o->what) {
	case O_KEY: return set_key(&a->conf, o->key, value);
	case O_PORTS_KEY: return set_ports(&a->conf, o->key, value);
	case O_PATH: *(const char **)((char *)a + o->offset) = value; return 0;
	case O_FLAG: *(bool *)((char *)a + o->offset) = true; return 0;
	case O_SET: return set_pair(&a->conf, value);
	case O_SYMBOLS:
	case O_SPANS:
	case O_COLUMNS: return list_of(&a->plant, o, value);
	case O_LINES: return add_lines(a, value);
	case O_LCORES: return add_ingest(&a->conf, value);
	default: return 0;
	}
}

// Files of a packet journal, or a folder of them, are one capture for each lcore that wrote them, however
// many there are; what cannot be read is said later, as of any capture.
static int add_file(struct appliance *a, const char *path)
{
	struct stat st;
	int n = journal_list_add(&a->journal, path);

	if (n > 0)
		return 0;
	if (n == 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return bad("%s: found no file of a packet journal%s", path,
			   ", allowed: journal-NUMBER-DATE-LCORE.pcapng");
	if (a->n_files == APPLIANCE_FILES)
		return bad("more than 32 captures: %s%s", path, "");
	a->files[a->n_files++] = path;
	return 0;
}

// Two passes: the configuration first, then everything else over it, whatever the order on the command line.
static int pass(struct appliance *a, int argc, char **argv, bool replay, bool first, const char **conf_path)
{
	uint64_t seen = 0;

	for (int i = 1; i < argc; i++) {
		const char *eq = strchr(argv[i], '=');
		size_t len = eq && argv[i][0] == '-' ? (size_t)(eq - argv[i]) : strlen(argv[i]);

		if (argv[i][0] != '-' || !argv[i][1]) {
			if (!replay)
				return bad("found \"%s\", which is no option%s", argv[i], "");
			if (first && add_file(a, argv[i]))
				return 2;
			continue;
		}
		const struct option *o = find(argv[i], len, replay);

		if (!o)
			return bad("no option \"%s\"%s", argv[i], "");
		if (seen >> (o - options) & 1)
			return bad("%s: found twice, allowed: once%s", o->name, "");
		// Those that add up may be given again, and flags say the same.
		if (o->arg && o->what != O_SET && o->what != O_LINES)
			seen |= UINT64_C(1) << (o - options);
		if (o->what == O_HELP) {
			usage(replay, stdout);
			return 1;
		}
		const char *value = !o->arg               ? NULL
				    : argv[i][len] == '=' ? argv[i] + len + 1
				    : ++i < argc          ? argv[i]
							  : NULL;

		// The next option is no value: a file of such a name can be given as --bars=--x.
		if (o->arg && (!value || (argv[i] == value && !strncmp(value, "--", 2))))
			return bad("%s wants %s", o->name, o->arg);
		if (o->what == O_CONF)
			*conf_path = value;
		else if (!first && apply(a, o, value))
			return 2;
	}
	return 0;
}

int options_parse(struct appliance *a, int argc, char **argv, bool replay)
{
	const char *conf_path = NULL;
	int rc = pass(a, argc, argv, replay, true, &conf_path);

	if (rc)
		return rc;
	a->conf_path = conf_path;
	rc = load(a, conf_path, replay);
	if (rc)
		return rc == 1 ? 3 : rc; // 3 here: a configuration that was refused, exit code 1
	return pass(a, argc, argv, replay, false, &conf_path);
}

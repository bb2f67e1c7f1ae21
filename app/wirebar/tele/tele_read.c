/* SPDX-License-Identifier: BSD-3-Clause */
// tele_read.c: what the process does: health, lag, lcores, links, ports, lines, ledger, configuration. Reads
// counters word by word while their owners write them.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "app/wirebar/behind.h"
#include "app/wirebar/control.h"
#include "app/wirebar/privilege/privilege.h"
#include "app/wirebar/tele/tele.h"
#include "app/wirebar/trading.h"
#include "conf/key.h"
#include "lcore/base/calendar.h"
#include "lcore/trade/watchdog.h"

enum { SETTLE_TRIES = 200, SETTLE_SPINS = 20, SETTLE_NAP_US = 50 };

static bool is_ingest(const struct lcore *l) { return l->stage == stages[CONF_STAGE_INGEST]; }

static uint64_t permille(double part) { return part > 0 ? (uint64_t)(part * 1000 + 0.5) : 0; }

static double progress(const struct appliance *a)
{
	double sum = 0;

	for (unsigned i = 0; i < a->n_port; i++)
		sum += a->port[i]->ops->progress ? a->port[i]->ops->progress(a->port[i]) : 0;
	return a->n_port ? sum / a->n_port : 0;
}

// Whether both views of orders and positions are alike; none: nobody compares them.
static void add_watchdog(const struct appliance *a, struct tele_reply *r)
{
	struct lcore_watchdog w;
	bool on = tele_watchdog(a, &w);

	tele_text(r, "watchdog", on && w.state < WATCHDOG_STATES ? watchdog_state_name[w.state] : "none");
	tele_text(r, "watchdog_why",
		  on && w.state == WATCHDOG_BLIND && !w.text[0] ? "no whole pass so far, or none lately"
								: w.text);
}

static void add_verdict(const struct appliance *a, struct tele_reply *r)
{
	struct telemetry_health h = { .health = HEALTH_STARTING,
				      .why = "no telemetry lcore is configured: nobody judges" };

	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].stage == stages[CONF_STAGE_TELEMETRY])
			telemetry_health(&a->lcore[i], &h);
	behind_verdict(a, &h);
	tele_text(r, "health", telemetry_health_name[h.health]);
	tele_text(r, "why", h.why);
	tele_number(r, "data_age_ns", h.age_ns);
	tele_number(r, "wire_lag_p999_ns", h.wire_p999_ns);
	tele_number(r, "channels_live", h.channels_live);
	tele_number(r, "channels_quiet", h.channels_quiet);
	tele_number(r, "channels_silent", h.channels_silent);
	tele_number(r, "lines_silent", h.lines_silent);
	tele_number(r, "groups_silent", h.groups_silent);
	tele_text(r, "privileges", privilege_text());
}

void tele_health(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	uint64_t frames = 0, messages = 0, rows = 0, refused = 0, data_ns = 0;
	struct timespec now;
	struct ledger sum;
	unsigned n_done = 0;
	char iso[CALENDAR_ISO_BYTES] = "";

	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct lcore *l = &a->lcore[i];

		n_done += l->shared->done;
		if (!is_ingest(l))
			continue;
		frames += lcore_frames(l->shared);
		messages += lcore_messages(l->shared);
		rows += l->shared->rows;
		data_ns = l->shared->data_ns > data_ns ? l->shared->data_ns : data_ns;
	}
	for (unsigned i = 0; i < a->n_link; i++)
		refused += a->link[i].shared->refused;
	if (data_ns)
		calendar_iso(data_ns, iso);
	clock_gettime(CLOCK_MONOTONIC, &now);
	appliance_ledger(a, &sum);
	tele_text(r, "status", "ok");
	add_verdict(a, r);
	tele_number(r, "frames", frames);
	tele_number(r, "messages", messages);
	tele_number(r, "bars", rows);
	tele_number(r, "gap_messages", sum.v[LEDGER_gap_messages]);
	tele_number(r, "refused", refused);
	tele_text(r, "trading", latch_mode_name[plant_mode(&a->plant)]);
	tele_text(r, "trading_why", trading_latch()->reason);
	add_watchdog(a, r);
	tele_text(r, "data_time", iso);
	tele_number(r, "replay", a->plant.replay);
	tele_number(r, "progress_permille", permille(progress(a)));
	tele_number(r, "lcores", a->n_lcore);
	tele_number(r, "lcores_ended", n_done);
	tele_number(r, "uptime_ns",
		    (uint64_t)(((double)now.tv_sec + (double)now.tv_nsec / 1e9 - a->launched_s) * 1e9));
	tele_number(r, "pid", (uint64_t)getpid());
}

static void add_hist(struct tele_reply *r, const char *name, const struct hist *h)
{
	struct tele_reply sub;

	if (!h->count || !tele_begin(&sub))
		return;
	tele_number(&sub, "count", h->count);
	tele_number(&sub, "p50_ns", hist_percentile(h, 0.5));
	tele_number(&sub, "p99_ns", hist_percentile(h, 0.99));
	tele_number(&sub, "p999_ns", hist_percentile(h, 0.999));
	tele_number(&sub, "max_ns", h->max);
	tele_end(r, name, &sub);
}

void tele_lag(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	uint64_t more = 0;

	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct tele_reply sub;

		if (!tele_begin(&sub)) {
			more++;
			continue;
		}
		for (int k = 0; k < HIST_COUNT; k++)
			add_hist(&sub, lcore_hist_name[k], &a->lcore[i].shared->hist[k]);
		more += !tele_end(r, a->lcore[i].name, &sub);
	}
	if (more)
		tele_number(r, "more", more);
}

static void add_lcore(const struct appliance *a, const struct lcore *l, struct tele_reply *r)
{
	const struct lcore_clock *c = &a->plant.clock;
	uint64_t now = rte_rdtsc(), since = now > c->base_tsc ? now - c->base_tsc : 1;

	tele_text(r, "stage", l->stage->name);
	tele_number(r, "id", l->id);
	tele_number(r, "cpu", (uint64_t)(l->cpu < 0 ? 0 : l->cpu));
	tele_number(r, "numa_node", (uint64_t)(l->numa_node < 0 ? 0 : l->numa_node));
	tele_number(r, "done", l->shared->done);
	tele_number(r, "polls", l->shared->polls);
	tele_number(r, "idle_polls", l->shared->idle_polls);
	tele_number(r, "busy_ns", clock_ns(c, l->shared->busy_tsc));
	tele_number(r, "busy_permille", permille((double)l->shared->busy_tsc / (double)since));
	tele_number(r, "worst_poll_ns", clock_ns(c, l->shared->worst_poll_tsc));
	tele_number(r, "polls_slow", l->shared->flight.slow);
	tele_number(r, "frames", lcore_frames(l->shared));
	tele_number(r, "messages", lcore_messages(l->shared));
	tele_number(r, "rows", l->shared->rows);
	tele_number(r, "state_bytes", l->state_bytes);
	for (int i = 0; i < LCORE_STATES; i++) {
		static const char *const key[LCORE_STATES][2] = { { "state_frames", "state_hash" },
								  { "restart_frames", "restart_hash" } };
		uint64_t n = __atomic_load_n(&l->shared->state[i].frames, __ATOMIC_ACQUIRE);
		char hash[20];

		if (!n)
			continue;
		snprintf(hash, sizeof hash, "%016llx", (unsigned long long)l->shared->state[i].hash);
		tele_number(r, key[i][0], n);
		tele_text(r, key[i][1], hash);
	}
}

void tele_lcores(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	uint64_t more = 0;

	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct tele_reply sub;

		if (!tele_begin(&sub)) {
			more++;
			continue;
		}
		add_lcore(a, &a->lcore[i], &sub);
		more += !tele_end(r, a->lcore[i].name, &sub);
	}
	if (more)
		tele_number(r, "more", more);
}

// Between two tries: the owner may be in the middle of a burst, or not have its cpu just now.
static void settle(int tries)
{
	if (tries >= SETTLE_SPINS)
		usleep(SETTLE_NAP_US);
}

struct link_sums {
	uint64_t pushes, pops, depth, refused;
};

static uint64_t word(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }

// The counters move while they are read: tried until they agree for a moment. False when they never did,
// which on an idle link is a fault, and on a busy one may be a burst in flight.
static bool link_sums(const struct link *link, struct link_sums *s)
{
	for (int i = 0; i < SETTLE_TRIES; settle(i++)) {
		s->pops = word(&link->shared->pops);
		s->depth = link_count(link);
		s->refused = word(&link->shared->refused);
		s->pushes = word(&link->shared->pushes);
		if (s->pushes == s->pops + s->depth + s->refused)
			return true;
	}
	return false;
}

void tele_links(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	uint64_t more = 0;

	for (unsigned i = 0; i < a->n_link; i++) {
		const struct link_shared *s = a->link[i].shared;
		struct link_sums sums;
		struct tele_reply sub;

		if (!tele_begin(&sub)) {
			more++;
			continue;
		}
		bool holds = link_sums(&a->link[i], &sums);

		tele_text(&sub, "from", s->from);
		tele_text(&sub, "to", s->to);
		tele_number(&sub, "pushes", sums.pushes);
		tele_number(&sub, "pops", sums.pops);
		tele_number(&sub, "depth", sums.depth);
		tele_number(&sub, "refused", sums.refused);
		tele_number(&sub, "balanced", holds);
		tele_number(&sub, "waits", s->waits);
		tele_number(&sub, "peak", s->peak);
		tele_number(&sub, "capacity", s->depth);
		tele_number(&sub, "lost", link_lost(&a->link[i]));
		tele_number(&sub, "behind_ns", behind_ns(i));
		more += !tele_end(r, s->name, &sub);
	}
	if (more)
		tele_number(r, "more", more);
}

void tele_ports(const struct tele_ask *ask, struct tele_reply *r)
{
	static const char *const clock_name[] = { "live", "paced", "flat" };
	const struct appliance *a = ask->a;
	uint64_t more = 0;

	for (unsigned i = 0; i < a->n_port; i++) {
		const struct port *p = a->port[i];
		struct port_stats s = { 0 };
		struct tele_reply sub;

		if (!tele_begin(&sub)) {
			more++;
			continue;
		}
		p->ops->stats(p, &s);
		tele_text(&sub, "kind", p->ops->kind);
		tele_text(&sub, "clock", clock_name[p->clock]);
		tele_number(&sub, "queues", p->n_queues);
		tele_number(&sub, "frames", s.frames);
		tele_number(&sub, "bytes", s.bytes);
		tele_number(&sub, "missed", s.missed);
		tele_number(&sub, "errors", s.errors);
		tele_number(&sub, "no_mbuf", s.no_mbuf);
		tele_number(&sub, "igmp_reports", s.igmp_reports);
		tele_number(&sub, "igmp_leaves", s.igmp_leaves);
		tele_number(&sub, "igmp_queries", s.igmp_queries);
		tele_number(&sub, "igmp_bad", s.igmp_bad);
		tele_number(&sub, "igmp_unsent", s.igmp_unsent);
		tele_number(&sub, "igmp_unheard", s.igmp_unheard);
		tele_number(&sub, "cut_frames", s.cut_frames);
		tele_number(&sub, "cut_tail_bytes", s.cut_tail_bytes);
		tele_number(&sub, "progress_permille", permille(p->ops->progress ? p->ops->progress(p) : 0));
		more += !tele_end(r, p->name, &sub);
	}
	if (more)
		tele_number(r, "more", more);
}

// As with links: balanced for a moment, or as far off as a burst in flight.
static bool settled_ledger(const struct appliance *a, struct ledger *sum, struct ledger_identity *id)
{
	for (int i = 0; i < SETTLE_TRIES; settle(i++)) {
		appliance_ledger(a, sum);
		if (ledger_check(sum, id))
			return true;
	}
	return false;
}

void tele_ledger(const struct tele_ask *ask, struct tele_reply *r)
{
	struct ledger_identity id[LEDGER_IDENTITIES];
	struct tele_reply all, one;
	struct ledger sum;
	bool balanced = settled_ledger(ask->a, &sum, id);
	char key[8];

	tele_number(r, "balanced", balanced);
	for (int i = 0; i < LEDGER_COUNT; i++)
		tele_number(r, ledger_rows[i].name, sum.v[i]);
	if (!tele_begin(&all))
		return;
	for (int i = 0; i < LEDGER_IDENTITIES; i++) {
		if (!tele_begin(&one))
			continue;
		tele_text(&one, "text", id[i].text);
		tele_number(&one, "left", id[i].left);
		tele_number(&one, "right", id[i].right);
		tele_number(&one, "holds", id[i].holds);
		snprintf(key, sizeof key, "%d", i);
		tele_end(&all, key, &one);
	}
	tele_end(r, "identities", &all);
}

void tele_conf(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct conf *c = &ask->a->conf;

	tele_text(r, "file", c->file);
	tele_text(r, "file_prefix", c->eal.file_prefix);
	for (unsigned i = 0; i < key_table_count; i++) {
		const struct key *k = &key_table[i];
		const struct key_section *s = key_find_section(k->section);
		char name[64], value[CONF_LIST_BYTES];

		if (k->when != KEY_LIVE || s->max)
			continue;
		snprintf(name, sizeof name, "%s_%s", k->section, k->name);
		control_conf_lock();
		key_format(k, (const char *)c + s->offset, 0, value, sizeof value);
		control_conf_unlock();
		tele_text(r, name, value);
	}
}

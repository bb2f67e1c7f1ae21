/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/topo_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "conf/key.h"

// What a stage needs to have anything to do: stages.def explains each.
enum stage_needs { NOTHING, PORTS, LINKS };

static const struct {
	uint32_t links_to;
	enum stage_needs needs;
} rows[] = {
#define TO(NAME)                                 UINT32_C(1) << CONF_STAGE_##NAME
#define STAGE(NAME, name, links_to, needs, help) { links_to, needs },
#include "conf/stages.def"
#undef STAGE
#undef TO
};

enum { QUEUE_MAX = 16, QUEUES_MAX = CONF_PORT_MAX * QUEUE_MAX };

void topo_host_init(struct topo_host *host) { memset(host, 0xff, sizeof *host); }

int topo_find_lcore(const struct conf *c, const char *name)
{
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (!strcmp(c->lcore[i].name, name))
			return (int)i;
	return -1;
}

int topo_find_port(const struct conf *c, const char *name)
{
	for (unsigned i = 0; i < c->n_port; i++)
		if (!strcmp(c->port[i].name, name))
			return (int)i;
	return -1;
}

bool topo_link_allowed(enum conf_stage from, enum conf_stage to) { return rows[from].links_to >> to & 1; }

// The stages that a link from a stage may lead to, for messages.
static const char *stages_after(enum conf_stage from, char *out, size_t len)
{
	size_t n = 0;

	snprintf(out, len, "none");
	for (unsigned to = 0; to < CONF_STAGE_COUNT; to++)
		if (topo_link_allowed(from, (enum conf_stage)to))
			n += (size_t)snprintf(out + n, len - n, "%s%s", n ? ", " : "", conf_enum_stage[to]);
	return out;
}

// Every queue of every port has exactly one lcore; only ingest lcores have queues.
static int check_queues(const struct conf *c, struct conf_error *err)
{
	const struct conf_lcore *owner[CONF_PORT_MAX][QUEUE_MAX] = { 0 };
	struct conf_queue queues[QUEUES_MAX];

	for (unsigned i = 0; i < c->n_lcore; i++) {
		const struct conf_lcore *l = &c->lcore[i];
		int n = conf_queues(c, l, queues, QUEUES_MAX, err);

		if (n < 0)
			return -EINVAL;
		if (rows[l->stage].needs == PORTS && n == 0)
			return conf_fail(err, c, LINE(l, queues),
					 "[lcore %s] queues: found nothing, allowed: port:queue,... as an "
					 "%s lcore polls",
					 l->name, conf_enum_stage[l->stage]);
		if (rows[l->stage].needs != PORTS && n > 0)
			return conf_fail(err, c, LINE(l, queues),
					 "[lcore %s] queues: found \"%.60s\", allowed: none, as stage %s "
					 "polls no port",
					 l->name, l->queues, conf_enum_stage[l->stage]);
		for (int j = 0; j < n; j++) {
			const struct conf_lcore **at = &owner[queues[j].port][queues[j].queue];

			if (*at)
				return conf_fail(
					err, c, LINE(l, queues),
					"[lcore %s] queues: found %s:%u, which lcore %s (%s) polls too, "
					"allowed: one lcore per queue",
					l->name, c->port[queues[j].port].name, queues[j].queue, (*at)->name,
					conf_place(c, (*at)->line).text);
			*at = l;
		}
	}
	for (unsigned i = 0; i < c->n_port; i++)
		for (unsigned q = 0; q < c->port[i].queues; q++)
			if (!owner[i][q])
				return conf_fail(err, c, LINE(&c->port[i], queues),
						 "[port %s] queues: found queue %u polled by no lcore, "
						 "allowed: %s:%u in one ingest lcore's queues",
						 c->port[i].name, q, c->port[i].name, q);
	return 0;
}

static int link_end(const struct conf *c, const struct conf_link *l, const char *key, const char *name,
		    unsigned line, struct conf_error *err)
{
	char quoted[80], names[CONF_LCORE_MAX * CONF_NAME_BYTES] = "none declared";
	int found = topo_find_lcore(c, name);
	size_t n = 0;

	if (found >= 0)
		return found;
	for (unsigned i = 0; i < c->n_lcore; i++)
		n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i ? ", " : "", c->lcore[i].name);
	key_quote(name, quoted, sizeof quoted);
	conf_fail(err, c, line, "[link %s] %s: found %s, allowed: the lcores %s", l->name, key, quoted,
		  names);
	return -1;
}

static int check_link(const struct conf *c, const struct conf_link *l, struct conf_error *err)
{
	int from = link_end(c, l, "from", l->from, LINE(l, from), err), to;
	const struct conf_lcore *a, *b;
	char after[128];

	if (from < 0)
		return -EINVAL;
	to = link_end(c, l, "to", l->to, LINE(l, to), err);
	if (to < 0)
		return -EINVAL;
	a = &c->lcore[from];
	b = &c->lcore[to];
	if (from == to)
		return conf_fail(err, c, LINE(l, to),
				 "[link %s] to: found %s, which it comes from, allowed: another lcore",
				 l->name, l->to);
	if (!topo_link_allowed((enum conf_stage)a->stage, (enum conf_stage)b->stage))
		return conf_fail(err, c, LINE(l, to), "[link %s] to: found %s (%s), allowed from %s (%s): %s",
				 l->name, l->to, conf_enum_stage[b->stage], l->from,
				 conf_enum_stage[a->stage],
				 stages_after((enum conf_stage)a->stage, after, sizeof after));
	if (l->depth && (l->depth < 2 || (l->depth & (l->depth - 1))))
		return conf_fail(err, c, LINE(l, depth),
				 "[link %s] depth: found %" PRIu64
				 ", allowed: a power of two, or 0 (computed)",
				 l->name, l->depth);
	for (const struct conf_link *other = c->link; other < l; other++)
		if (!strcmp(other->from, l->from) && !strcmp(other->to, l->to))
			return conf_fail(err, c, LINE(l, from),
					 "[link %s] from: found %s to %s, which link %s (%s) is already, "
					 "allowed: one link for a pair; streams share it",
					 l->name, l->from, l->to, other->name,
					 conf_place(c, other->line).text);
	return 0;
}

// The link by which an ingest lcore relays to another; NULL when it owns the bars itself.
static const struct conf_link *relay_of(const struct conf *c, const struct conf_lcore *l)
{
	for (unsigned i = 0; i < c->n_link; i++) {
		int to = topo_find_lcore(c, c->link[i].to);

		if (!strcmp(c->link[i].from, l->name) && c->lcore[to].stage == CONF_STAGE_INGEST)
			return &c->link[i];
	}
	return NULL;
}

// One ingest lcore owns the bars; all others relay to it, and to nobody else.
static int check_relays(const struct conf *c, struct conf_error *err)
{
	const struct conf_lcore *owner = NULL;

	for (unsigned i = 0; i < c->n_lcore; i++) {
		const struct conf_lcore *l = &c->lcore[i];
		const struct conf_link *relay = l->stage == CONF_STAGE_INGEST ? relay_of(c, l) : NULL;

		if (l->stage == CONF_STAGE_INGEST && !relay && owner)
			return conf_fail(
				err, c, l->line,
				"[lcore %s] stage: found a second ingest lcore without a link to %s (%s), "
				"allowed: one ingest lcore owns the bars, the others have a [link NAME] to it",
				l->name, owner->name, conf_place(c, owner->line).text);
		if (l->stage == CONF_STAGE_INGEST && !relay)
			owner = l;
		for (unsigned k = 0; relay && k < c->n_link; k++)
			if (&c->link[k] != relay && !strcmp(c->link[k].from, l->name))
				return conf_fail(
					err, c, LINE(&c->link[k], from),
					"[link %s] from: found %s, which relays to %s by link %s (%s), "
					"allowed: no other link from it",
					c->link[k].name, l->name, relay->to, relay->name,
					conf_place(c, relay->line).text);
		if (relay && relay_of(c, &c->lcore[topo_find_lcore(c, relay->to)]))
			return conf_fail(
				err, c, LINE(relay, to),
				"[link %s] to: found %s, which relays itself, allowed: the ingest lcore that owns "
				"the bars",
				relay->name, relay->to);
	}
	return 0;
}

static unsigned count_stage(const struct conf *c, enum conf_stage stage)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n_lcore; i++)
		n += c->lcore[i].stage == (int)stage;
	return n;
}

static uint64_t at_once(const struct conf *c, int64_t rate)
{
	if (rate == CONF_ABSENT)
		return 0;
	return rate > (int64_t)c->orders.table ? c->orders.table : (uint64_t)rate;
}

uint64_t topo_depth_least(const struct conf *c, const struct conf_link *l)
{
	int from = topo_find_lcore(c, l->from), to = topo_find_lcore(c, l->to);

	if (!c->orders.enabled || from < 0 || to < 0 || c->lcore[from].stage != CONF_STAGE_SIGNAL ||
	    c->lcore[to].stage != CONF_STAGE_INGEST)
		return 0;
	uint64_t n = 2 * (at_once(c, c->risk.entry_rate) + at_once(c, c->risk.exit_rate) +
			  at_once(c, c->risk.cancel_rate)) +
		     2; // with an answer to each
	uint64_t depth = 2;

	while (depth < n + 1) // a ring of n holds one less
		depth *= 2;
	return depth;
}

// Whether a request finds room is not to depend on how fast lcores are.
static int check_ways(const struct conf *c, struct conf_error *err)
{
	for (unsigned i = 0; i < c->n_link; i++) {
		const struct conf_link *l = &c->link[i];
		uint64_t least = topo_depth_least(c, l);

		if (l->depth && l->depth < least)
			return conf_fail(
				err, c, LINE(l, depth),
				"[link %s] depth: found %" PRIu64 ", allowed: at least %" PRIu64
				" for what [risk] lets out at two closes (entry_rate, exit_rate, cancel_rate), or 0 "
				"(computed)",
				l->name, l->depth, least);
	}
	return 0;
}

// Orders go from the lcore that decides to the keepers of the books. Two that decide would each know half of
// the positions.
static int check_orders(const struct conf *c, struct conf_error *err)
{
	unsigned deciding = count_stage(c, CONF_STAGE_SIGNAL);

	if (c->orders.enabled && deciding > 1)
		return conf_fail(
			err, c, LINE(&c->orders, enabled),
			"[orders] enabled: found yes and %u signal lcores, allowed: one, which holds all "
			"positions and limits",
			deciding);
	for (unsigned i = 0; i < c->n_lcore && c->orders.enabled; i++) {
		const struct conf_lcore *l = &c->lcore[i];
		unsigned ways = 0;

		if (l->stage != CONF_STAGE_INGEST)
			continue;
		for (unsigned k = 0; k < c->n_link; k++) {
			int from = topo_find_lcore(c, c->link[k].from);

			ways += from >= 0 && c->lcore[from].stage == CONF_STAGE_SIGNAL &&
				!strcmp(c->link[k].to, l->name);
		}
		if (ways != 1)
			return conf_fail(
				err, c, LINE(&c->orders, enabled),
				"[orders] enabled: found yes and %u links from signal lcores to %s, allowed: one, "
				"by which orders reach the keeper of the books",
				ways, l->name);
	}
	return 0;
}

static bool linked(const struct conf *c, const char *from, const char *to)
{
	for (unsigned i = 0; i < c->n_link; i++)
		if (!strcmp(c->link[i].from, from) && !strcmp(c->link[i].to, to))
			return true;
	return false;
}

// Stops are watched on one telemetry lcore, which tells the signal lcore: what has two answers, or one from
// who was not asked, is no answer.
static int check_stops(const struct conf *c, struct conf_error *err)
{
	unsigned answering = 0, asked = 0;

	if (!c->orders.enabled || !c->n_stop)
		return 0;
	for (unsigned i = 0; i < c->n_link; i++) {
		const struct conf_link *l = &c->link[i];

		if (c->lcore[topo_find_lcore(c, l->from)].stage != CONF_STAGE_TELEMETRY)
			continue;
		answering++;
		asked += linked(c, l->to, l->from);
	}
	if (answering == 1 && asked == 1)
		return 0;
	return conf_fail(
		err, c, c->stop[0].line,
		"[stop %s]: found %u links from telemetry to signal lcores, %u with one the other way, allowed: one "
		"each way, as stops are watched there",
		c->stop[0].name, answering, asked);
}

// An lcore that works on links alone needs one.
static int check_fed(const struct conf *c, const struct conf_lcore *l, struct conf_error *err)
{
	if (rows[l->stage].needs != LINKS)
		return 0;
	for (unsigned i = 0; i < c->n_link; i++)
		if (!strcmp(c->link[i].to, l->name))
			return 0;
	return conf_fail(err, c, l->line,
			 "[lcore %s] stage: found %s, and no link to it, allowed: with a [link NAME] to = %s",
			 l->name, conf_enum_stage[l->stage], l->name);
}

static int cpu_exists(const struct conf *c, const struct topo_host *host, unsigned line, const char *what,
		      int cpu, struct conf_error *err)
{
	int first = -1, last = -1;

	if (!host || cpu < 0 || host->cpu_node[cpu] >= 0)
		return 0;
	for (int i = 0; i <= CONF_CPU_MAX; i++)
		if (host->cpu_node[i] >= 0) {
			first = first < 0 ? i : first;
			last = i;
		}
	return conf_fail(err, c, line,
			 "%s: found %d, which this machine has not, allowed: cpus from %d to %d, auto", what,
			 cpu, first, last);
}

static int check_cpus(const struct conf *c, const struct topo_host *host, struct conf_error *err)
{
	const struct conf_lcore *user[CONF_CPU_MAX + 1] = { 0 };
	int main_cpu = c->eal.main_cpu;
	char what[64];

	if (cpu_exists(c, host, c->eal.main_cpu_line, "[eal] main_cpu", main_cpu, err))
		return -EINVAL;
	for (unsigned i = 0; i < c->n_lcore; i++) {
		const struct conf_lcore *l = &c->lcore[i];

		snprintf(what, sizeof what, "[lcore %s] cpu", l->name);
		if (cpu_exists(c, host, LINE(l, cpu), what, l->cpu, err))
			return -EINVAL;
		if (l->cpu < 0 || c->run.share_cpu)
			continue;
		if (user[l->cpu])
			return conf_fail(err, c, LINE(l, cpu),
					 "[lcore %s] cpu: found %d, which lcore %s (%s) has too, "
					 "allowed: a cpu of its own, "
					 "or share_cpu = yes in [run]",
					 l->name, l->cpu, user[l->cpu]->name,
					 conf_place(c, LINE(user[l->cpu], cpu)).text);
		if (l->cpu == main_cpu)
			return conf_fail(err, c, LINE(l, cpu),
					 "[lcore %s] cpu: found %d, which is [eal] main_cpu (%s), "
					 "allowed: a cpu of its own, "
					 "or share_cpu = yes in [run]",
					 l->name, l->cpu, conf_place(c, c->eal.main_cpu_line).text);
		user[l->cpu] = l;
	}
	return 0;
}

static int check_numa(const struct conf *c, const struct topo_host *host, struct conf_error *err)
{
	struct conf_queue queues[QUEUES_MAX];

	for (unsigned i = 0; i < c->n_lcore; i++) {
		const struct conf_lcore *l = &c->lcore[i];
		int n = conf_queues(c, l, queues, QUEUES_MAX, err);

		for (int j = 0; j < n && l->cpu >= 0 && !l->remote_numa; j++) {
			int port_node = host->port_node[queues[j].port], node = host->cpu_node[l->cpu];

			if (port_node >= 0 && node != port_node)
				return conf_fail(err, c, LINE(l, cpu),
						 "[lcore %s] cpu: found %d on NUMA node %d, port %s is on "
						 "node %d, allowed: a cpu "
						 "of node %d, or remote_numa = yes",
						 l->name, l->cpu, node, c->port[queues[j].port].name,
						 port_node, port_node);
		}
	}
	return 0;
}

static int check_rules(const struct conf *c, const struct conf_gate *g, struct conf_error *err)
{
	return g->n_rule ? 0
			 : conf_fail(err, c, g->line, "[gate %s] rule: found none, allowed: 1 to %d", g->name,
				     CONF_RULE_MAX);
}

static int check_ingest(const struct conf *c, struct conf_error *err)
{
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (c->lcore[i].stage == CONF_STAGE_INGEST)
			return 0;
	return conf_fail(err, c, 0, "[lcore NAME] stage: found no ingest lcore, allowed: at least one");
}

unsigned topo_each(const struct conf *c, const struct topo_host *host, topo_found *found, void *ctx)
{
	struct conf_error err;
	unsigned n = 0, before;

#define TRY(check) \
	do { \
		if (check) { \
			n++; \
			found(ctx, &err); \
		} \
	} while (0)
	for (unsigned i = 0; topo_values[i]; i++)
		TRY(topo_values[i](c, &err));
	for (unsigned i = 0; i < c->n_port; i++)
		TRY(topo_port(c, &c->port[i], &err));
	TRY(check_ingest(c, &err));
	TRY(check_queues(c, &err));
	before = n;
	for (unsigned i = 0; i < c->n_link; i++)
		TRY(check_link(c, &c->link[i], &err));
	if (n == before) { // these follow the links
		TRY(check_relays(c, &err));
		TRY(check_orders(c, &err));
		TRY(check_ways(c, &err));
		TRY(check_stops(c, &err));
		TRY(conf_sinks_check(c, count_stage(c, CONF_STAGE_GATEWAY), &err));
		for (unsigned i = 0; i < c->n_lcore; i++)
			TRY(check_fed(c, &c->lcore[i], &err));
	}
	for (unsigned i = 0; i < c->n_gate; i++)
		TRY(check_rules(c, &c->gate[i], &err));
	for (unsigned i = 0; i < c->n_server; i++)
		TRY(conf_server_check(c, &c->server[i], &err));
	before = n;
	TRY(check_cpus(c, host, &err));
	if (n == before && host)
		TRY(check_numa(c, host, &err));
#undef TRY
	return n;
}

static void keep_first(void *ctx, const struct conf_error *err)
{
	struct conf_error *first = ctx;

	if (!first->text[0])
		*first = *err;
}

int topo_check(const struct conf *c, const struct topo_host *host, struct conf_error *err)
{
	err->text[0] = '\0';
	return topo_each(c, host, keep_first, err) ? -EINVAL : 0;
}

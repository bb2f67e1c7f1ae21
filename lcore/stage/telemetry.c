/* SPDX-License-Identifier: BSD-3-Clause */
// telemetry.c: watches the age of data. Consumes what is linked to it (fires, and bars where wired) and
// judges health from what the other lcores publish: not how busy they are, but how old what they hand on is.
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "lcore/base/lately.h"
#include "drivers/journal/journal.h"
#include "drivers/sink/breaker.h"
#include "lcore/stage/carry.h"
#include "lcore/stage/guard.h"
#include "lcore/stage/liveness.h"
#include "lcore/stage/protect.h"
#include "drivers/recovery/recovery.h"

const char *const telemetry_health_name[] = { "starting", "ok", "degraded", "bad" };

enum { BURST = 32, VERDICT_TRIES = 1000 };
// Refused elements degrade health for so long: whoever asks every ten seconds sees it, and it ends when the
// trouble does.
#define REFUSED_NS (10 * NS_PER_S)
#define HANGS_NS   (2 * NS_PER_S) // a gateway that has not polled for so long

struct telemetry {
	struct link_elem elem[BURST];
	uint8_t ended[LCORE_LINKS];
	uint64_t fires, bars;
	struct fire last[TELEMETRY_FIRES];
	// the verdict: a new window every second
	uint64_t window_tsc;
	uint64_t wire_before[HIST_BINS];
	struct telemetry_health shown;
	struct lately refused; // by links
	struct lately dropped; // by the packet journal
	struct lately gateway; // its polls
	uint32_t seq;
	struct protect protect; // without stops it is never called
	struct guard guard;
};

static size_t bytes(const struct lcore *l)
{
	return line_bytes(sizeof(struct telemetry)) + line_bytes(protect_bytes(l)) + guard_bytes(l);
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	struct telemetry *t = mem;

	(void)err, (void)err_len;
	if (protect_bytes(l))
		protect_init(&t->protect, l, (char *)mem + line_bytes(sizeof *t));
	if (guard_bytes(l))
		guard_init(&t->guard, l, (char *)mem + line_bytes(sizeof *t) + line_bytes(protect_bytes(l)));
	t->shown = (struct telemetry_health){ .health = HEALTH_STARTING, .why = "no frame yet" };
	return 0;
}

// Without links to it, it ends after all that it looks at; another telemetry lcore may be as this one.
static bool others_done(const struct lcore *l)
{
	for (unsigned i = 0; i < l->plant->n_lcores && !l->n_in; i++) {
		const struct lcore *other = l->plant->lcore[i];

		if (other->stage != l->stage && !__atomic_load_n(&other->shared->done, __ATOMIC_ACQUIRE))
			return false;
	}
	return true;
}

static void element(struct telemetry *t, unsigned link, const struct link_elem *e)
{
	if (e->stream == LINK_FIRE)
		t->last[t->fires++ % TELEMETRY_FIRES] = e->fire;
	t->bars += e->stream == LINK_NEW_BAR;
	if (t->protect.back)
		protect_element(&t->protect, e);
	t->ended[link] |= e->stream == LINK_END;
}

static unsigned poll(struct lcore *l)
{
	struct telemetry *t = l->state;
	unsigned work = 0;

	if (t->protect.back)
		protect_poll(&t->protect);
	for (int i = 0; i < l->n_in; i++) {
		unsigned n = link_pop(l->in[i], t->elem, BURST);
		uint64_t now = n ? rte_rdtsc() : 0;

		for (unsigned k = 0; k < n; k++) {
			const struct link_elem *e = &t->elem[k];

			hist_record(
				&l->shared->hist[HIST_LINK_WAIT],
				clock_ns(&l->plant->clock, now > e->pushed_tsc ? now - e->pushed_tsc : 0));
			element(t, (unsigned)i, e);
			if (e->stream == LINK_VIEW && t->guard.lcore)
				guard_view(&t->guard, &e->view, now);
		}
		l->shared->rows += n;
		work += n;
	}
	if (!work && others_done(l) && lcore_inputs_ended(l, t->ended)) {
		lcore_push_end(l);
		l->shared->done = true;
	}
	return work;
}

// The same in steps (twin.h).
static bool step_takes(const struct lcore *l, unsigned link) { return (void)l, (void)link, true; }

static void step_element(struct lcore *l, unsigned link, const struct link_elem *e)
{
	struct telemetry *t = l->state;

	element(t, link, e);
	if (e->stream == LINK_VIEW && t->guard.lcore)
		guard_view(&t->guard, &e->view, l->tsc);
	l->shared->rows++;
}

static bool step_wants(const struct lcore *l, uint64_t tsc)
{
	const struct telemetry *t = l->state;

	return (void)tsc, t->protect.back && echo_could(&t->protect.echo);
}

static void step_turn(struct lcore *l) { protect_poll(&((struct telemetry *)l->state)->protect); }

static bool step_ended(const struct lcore *l)
{
	return others_done(l) && lcore_inputs_ended(l, ((const struct telemetry *)l->state)->ended);
}

static const struct stage_steps steps = { step_takes, step_element, step_wants, step_turn, step_ended };

// Wire lag of the window: what all ingest lcores recorded since the last tick that looked.
static uint64_t window_p999(const struct lcore *l, struct telemetry *t, const struct lcore *const *ingest,
			    unsigned n)
{
	static struct hist window; // one telemetry lcore a process
	memset(&window, 0, sizeof window);
	for (unsigned i = 0; i < n; i++)
		hist_add(&window, &ingest[i]->shared->hist[HIST_WIRE_LAG]);
	uint64_t max = window.max;

	(void)l;
	for (unsigned b = 0; b < HIST_BINS; b++) {
		uint64_t total = window.bin[b];

		window.bin[b] = total >= t->wire_before[b] ? total - t->wire_before[b] : total;
		t->wire_before[b] = total;
	}
	window.max = max;
	return hist_percentile(&window, 0.999);
}

// What is silent: a feed whose heartbeats are gone is dead, however healthy the rest looks.
static void judge_channels(const struct plant *p, struct telemetry_health *h)
{
	struct liveness_group group = { 0 };
	struct liveness_count n;

	liveness_count(p, &n);
	h->channels_live = n.channels[LIVENESS_LIVE];
	h->channels_quiet = n.channels[LIVENESS_QUIET];
	h->channels_silent = n.channels[LIVENESS_SILENT];
	h->lines_silent = n.lines[LIVENESS_SILENT];
	h->groups_silent = liveness_groups(p, &group, 1);
	bool dead = h->channels_silent && !h->channels_live && !h->channels_quiet;

	if (h->groups_silent && (h->health == HEALTH_OK || h->health == HEALTH_STARTING)) {
		h->health = HEALTH_DEGRADED;
		snprintf(h->why, sizeof h->why,
			 "nothing was heard of group %u.%u.%u.%u since port %s joined it (%u such groups)",
			 group.address >> 24, group.address >> 16 & 255, group.address >> 8 & 255,
			 group.address & 255, group.port, h->groups_silent);
	}
	if (!h->lines_silent || h->health == HEALTH_STARTING || (h->health != HEALTH_OK && !dead))
		return;
	h->health = dead ? HEALTH_BAD : HEALTH_DEGRADED;
	snprintf(h->why, sizeof h->why, "%s has been silent for %.1f s%s", n.what, (double)n.age_ns / 1e9,
		 dead ? ", no channel is heard" : "");
}

// Nobody to ask: what is lost on all lines from now on stays lost.
static void judge_recovery(const struct plant *p, struct telemetry_health *h)
{
	struct recovery_view view[CONF_SERVER_MAX];
	unsigned n = p->recovery ? recovery_look(p->recovery, view) : 0;

	for (unsigned i = 0; i < n && h->health == HEALTH_OK; i++)
		if (view[i].down == view[i].addresses ||
		    (view[i].per_day && view[i].used >= view[i].per_day)) {
			h->health = HEALTH_DEGRADED;
			snprintf(h->why, sizeof h->why, "recovery server %s %s", view[i].name,
				 view[i].down == view[i].addresses ? "does not answer"
								   : "may not be asked any more today");
		}
}

// Rows are those of earlier today until then.
static void judge_behind(const struct plant *p, struct telemetry_health *h)
{
	for (unsigned i = 0; i < p->n_lcores; i++)
		if (p->lcore[i]->shared->behind && !p->lcore[i]->shared->done) {
			h->health = HEALTH_STARTING;
			snprintf(h->why, sizeof h->why,
				 "catching up with the packet journal: %llu frames so far",
				 (unsigned long long)lcore_frames(p->lcore[i]->shared));
		}
}

// Bars do not suffer; a restart and a replay of today will.
static void judge_journal(const struct plant *p, struct telemetry *t, struct telemetry_health *h,
			  uint64_t now_ns)
{
	struct journal_view view = { .on = false };
	uint64_t dropped = 0;

	for (unsigned i = 0; i < p->n_lcores; i++)
		dropped += p->lcore[i]->shared->ledger.v[LEDGER_journal_dropped];
	dropped = lately_grown(&t->dropped, dropped, now_ns, REFUSED_NS);
	if (p->journal) // of the process that keeps it
		journal_look(p->journal, &view);
	if ((!dropped && !view.fails) || (h->health != HEALTH_OK && h->health != HEALTH_STARTING))
		return;
	h->health = HEALTH_DEGRADED;
	if (view.fails)
		snprintf(h->why, sizeof h->why, "packet journal: %.103s", view.why);
	else
		snprintf(h->why, sizeof h->why, "packet journal: %llu frames not kept, its disk is too slow",
			 (unsigned long long)dropped);
}

// Bars do not suffer; who reads them elsewhere does.
static void judge_sinks(const struct plant *p, struct telemetry_health *h)
{
	for (unsigned i = 0; i < p->n_lcores * SINKS; i++) {
		const struct sink_view *v = &p->lcore[i / SINKS]->shared->sink[i % SINKS];

		if (!v->on || v->state == BREAKER_CLOSED || h->health == HEALTH_DEGRADED ||
		    h->health == HEALTH_BAD)
			continue;
		h->health = HEALTH_DEGRADED;
		snprintf(h->why, sizeof h->why, "sink %s: circuit %s: %.90s", sinks[i % SINKS]->name,
			 breaker_name[v->state < BREAKER_STATES ? v->state : BREAKER_STOPPED], v->why);
	}
}

// It is stopped, or dead, or a library waits: what its sinks said last is of then. Elements wait in its
// links.
static void judge_gateway(const struct plant *p, struct telemetry *t, struct telemetry_health *h,
			  uint64_t now_ns)
{
	const struct lcore *g = NULL;
	unsigned waiting = 0;

	for (unsigned i = 0; i < p->n_lcores; i++)
		if (p->lcore[i]->conf->stage == CONF_STAGE_GATEWAY)
			g = p->lcore[i];
	if (!g || !g->shared->launched || *(volatile const bool *)&g->shared->done ||
	    lately_grown(&t->gateway, *(volatile const uint64_t *)&g->shared->polls, now_ns, HANGS_NS) ||
	    h->health == HEALTH_DEGRADED || h->health == HEALTH_BAD)
		return;
	for (int i = 0; i < g->n_in; i++)
		waiting += link_count(g->in[i]);
	h->health = HEALTH_DEGRADED;
	snprintf(h->why, sizeof h->why, "gateway: lcore %s has not polled for %.0f s, %u elements wait",
		 g->name, (double)(now_ns - t->gateway.grew_ns) / 1e9, waiting);
}

static void judge(struct lcore *l, struct telemetry *t, uint64_t now_tsc)
{
	const struct conf_telemetry *c = &l->plant->conf->telemetry;
	const struct lcore *ingest[LCORE_MAX];
	struct telemetry_health h = { .health = HEALTH_OK };
	unsigned n = 0;
	uint64_t refused = 0, oldest = 0, other = 0;

	for (unsigned i = 0; i < l->plant->n_lcores; i++) {
		const struct lcore *o = l->plant->lcore[i];

		for (int k = 0; k < o->n_out; k++)
			refused += link_lost(o->out[k]);
		if (o->conf->stage == CONF_STAGE_INGEST)
			ingest[n++] = o;
	}
	refused = lately_grown(&t->refused, refused, clock_ns(&l->plant->clock, now_tsc), REFUSED_NS);
	h.wire_p999_ns = window_p999(l, t, ingest, n);
	for (unsigned i = 0; i < n; i++) {
		uint64_t tsc = ingest[i]->shared->data_tsc;
		uint64_t age = tsc && now_tsc > tsc ? clock_ns(&l->plant->clock, now_tsc - tsc) : 0;

		oldest = age > oldest && !ingest[i]->shared->done ? age : oldest;
		other += ingest[i]->shared->ledger.v[LEDGER_frames_other_lcore];
		if (!tsc && !ingest[i]->shared->done)
			h.health = HEALTH_STARTING;
	}
	h.age_ns = oldest;
	if (h.health == HEALTH_STARTING)
		snprintf(h.why, sizeof h.why, "no frame yet");
	else if (other)
		h.health = HEALTH_BAD,
		snprintf(h.why, sizeof h.why, "lines of one stream on two ingest lcores: %llu frames refused",
			 (unsigned long long)other);
	else if (oldest > c->lag_fail_ns)
		h.health = HEALTH_BAD,
		snprintf(h.why, sizeof h.why, "newest data is %.1f s old", (double)oldest / 1e9);
	else if (h.wire_p999_ns > c->lag_fail_ns)
		h.health = HEALTH_BAD,
		snprintf(h.why, sizeof h.why, "p99.9 of wire lag is %.1f ms", (double)h.wire_p999_ns / 1e6);
	else if (refused)
		h.health = HEALTH_DEGRADED,
		snprintf(h.why, sizeof h.why, "full links lost %llu elements, the last not 10 s ago",
			 (unsigned long long)refused);
	else if (h.wire_p999_ns > c->lag_warn_ns)
		h.health = HEALTH_DEGRADED,
		snprintf(h.why, sizeof h.why, "p99.9 of wire lag is %.3f ms", (double)h.wire_p999_ns / 1e6);
	judge_behind(l->plant, &h);
	judge_channels(l->plant, &h);
	judge_recovery(l->plant, &h);
	judge_journal(l->plant, t, &h, clock_ns(&l->plant->clock, now_tsc));
	judge_gateway(l->plant, t, &h, clock_ns(&l->plant->clock, now_tsc));
	judge_sinks(l->plant, &h);
	__atomic_store_n(&t->seq, t->seq + 1, __ATOMIC_RELEASE);
	t->shown = h;
	__atomic_store_n(&t->seq, t->seq + 1, __ATOMIC_RELEASE);
}

static void tick(struct lcore *l, uint64_t now_tsc)
{
	struct telemetry *t = l->state;

	if (now_tsc - t->window_tsc < rte_get_tsc_hz())
		return;
	t->window_tsc = now_tsc;
	judge(l, t, now_tsc);
	if (t->guard.lcore)
		guard_tick(&t->guard, now_tsc);
}

void telemetry_health(const struct lcore *l, struct telemetry_health *out)
{
	const struct telemetry *t = l->state;
	uint32_t before;
	int left = VERDICT_TRIES; // who writes it may have been killed while it did

	do {
		before = __atomic_load_n(&t->seq, __ATOMIC_ACQUIRE);
		*out = t->shown;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (((before & 1) || before != __atomic_load_n(&t->seq, __ATOMIC_RELAXED)) && --left);
	if (!left)
		*out = (struct telemetry_health){ .health = HEALTH_BAD, .why = "whoever judges has ended" };
}

unsigned telemetry_fires(const struct lcore *l, struct fire out[TELEMETRY_FIRES], uint64_t *total)
{
	const struct telemetry *t = l->state;
	unsigned n = t->fires < TELEMETRY_FIRES ? (unsigned)t->fires : TELEMETRY_FIRES;

	for (unsigned i = 0; i < n; i++)
		out[i] = t->last[(t->fires - n + i) % TELEMETRY_FIRES];
	*total = t->fires;
	return n;
}

// What a snapshot holds of it (carry.h): the last fires. The verdict begins anew.
struct head {
	uint64_t rows, fires, bars;
	struct fire last[TELEMETRY_FIRES];
};

static bool freeze(const struct lcore *l, void *mem)
{
	const struct telemetry *t = l->state;
	struct head *h = mem;

	h->rows = l->shared->rows - l->n_in; // without the ends, which are of that process
	h->fires = t->fires;
	h->bars = t->bars;
	memcpy(h->last, t->last, sizeof h->last);
	return true;
}

static bool thaw(struct lcore *l, const void *mem)
{
	struct telemetry *t = l->state;
	const struct head *h = mem;

	l->shared->rows = h->rows;
	t->fires = h->fires;
	t->bars = h->bars;
	memcpy(t->last, h->last, sizeof t->last);
	return true;
}

static unsigned areas(const struct lcore *l, struct carry_area *out) { return (void)l, (void)out, 0; }

static const struct stage_carry carry = { sizeof(struct head), freeze, thaw, areas, NULL };

const struct stage stage_telemetry = { "telemetry", bytes, init, poll, tick, NULL, NULL, &steps, &carry };

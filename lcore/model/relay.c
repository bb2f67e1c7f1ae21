/* SPDX-License-Identifier: BSD-3-Clause */
// relay.c: what a relaying engine sends to the owner. The owner's side is relay_owner.c.
#include "lcore/model/relay.h"

#include <string.h>

#include "lcore/model/engine.h"
#include "lcore/model/strand.h"

// A channel's clock is sent at least this often, so that silence is judged by when it really spoke last.
#define SYNC_NS (100 * NS_PER_MS)

static void tell(struct engine *e, struct relay *r, const struct strand *strand, enum relay_kind kind)
{
	r->kind = (uint8_t)kind;
	r->rx_ns = e->rx_ns;
	r->quiet = e->quiet;
	if (strand) {
		r->channel = strand->channel;
		r->symbol = e->instr[strand->instr].symbol;
	}
	e->sink.relay(e->sink.ctx, r);
}

// Sends the channel's clock as it is, before a fact that is judged by it.
static void sync(struct engine *e, struct chan *c)
{
	struct relay r = { .channel = (uint8_t)(c - e->chan), .ts_ns = c->spoke_rx_ns };

	// A channel that was silent must not seem to speak.
	if (c->sync_rx_ns == c->spoke_rx_ns && c->sync_clock_ns == c->clock_ns)
		return;
	c->sync_clock_ns = c->clock_ns;
	c->sync_rx_ns = c->spoke_rx_ns;
	r.event = (struct event){ .kind = EV_CLOCK,
				  .instr = INSTR_NONE,
				  .ts_ns = c->clock_ns,
				  .flags = c->beats ? EVF_HEARTBEAT : 0 };
	tell(e, &r, NULL, RELAY_EVENT);
}

static void tell_strand(struct engine *e, struct strand *strand, uint64_t ts_ns, enum relay_kind kind)
{
	struct relay r = { .ts_ns = ts_ns,
			   .flow = frag_flow(&strand->cur),
			   .touch = strand->touch,
			   .status = strand->status,
			   .op_halted = strand->op_halted,
			   .clean_gen = strand->clean_gen };

	tell(e, &r, strand, kind);
	frag_clear(&strand->cur, strand->cur.sec);
}

void relay_roll(struct engine *e, struct strand *strand, uint64_t ts_ns)
{
	tell_strand(e, strand, ts_ns, RELAY_ROLL);
}

void relay_dirty(struct engine *e, struct strand *strand)
{
	const struct chan *c = &e->chan[strand->channel];

	if (unlikely(c->told_rx_ns == c->spoke_rx_ns ||
		     c->state == CHAN_ENDED)) { // bars go on without it: none waits for its clock
		tell_strand(e, strand, 0, RELAY_STRAND);
		return;
	}
	if (strand->dirty)
		return;
	strand->dirty = true;
	e->dirty[e->n_dirty++] = strand_index(e->strand, strand);
}

// Flushes the channel's strands that have collected something in seconds before sec.
static void tell_before(struct engine *e, const struct chan *c, uint32_t sec)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < e->n_dirty; i++) {
		struct strand *strand = &e->strand[e->dirty[i]];

		if (&e->chan[strand->channel] != c || strand->cur.sec >= sec) {
			e->dirty[kept++] = e->dirty[i];
			continue;
		}
		tell_strand(e, strand, 0, RELAY_STRAND);
		strand->dirty = false;
	}
	e->n_dirty = kept;
}

void relay_event(struct engine *e, const struct event *ev)
{
	struct chan *c = &e->chan[ev->channel];
	struct relay r = { .channel = ev->channel };

	if (ev->kind == EV_END)
		tell_before(e, c, UINT32_MAX);
	if (ev->kind != EV_JOIN && ev->kind != EV_OPEN)
		sync(e, c);
	r.event = *ev;
	r.feed = c->feed;
	tell(e, &r, NULL, RELAY_EVENT);
}

void relay_fact(struct engine *e, const struct event *ev)
{
	struct relay r = { .channel = ev->channel, .symbol = e->symtab->symbol[ev->instr] };

	r.event = *ev;
	tell(e, &r, NULL, RELAY_EVENT);
}

void relay_new(struct engine *e, const struct strand *strand, uint64_t ts_ns)
{
	struct relay r = { .ts_ns = ts_ns, .clean_gen = strand->clean_gen };

	tell(e, &r, strand, RELAY_NEW);
}

void relay_print(struct engine *e, const struct strand *strand, const struct frag_print *print, uint64_t key)
{
	struct relay r = { .print = *print, .key = key };

	tell(e, &r, strand, RELAY_PRINT);
}

void relay_step(struct engine *e, const struct chan *c, unsigned step, const struct fact_entry *f)
{
	struct relay r = { .channel = (uint8_t)(c - e->chan), .fact = *f, .step = (uint8_t)step };

	tell(e, &r, NULL, RELAY_FACT);
}

void relay_reset(struct engine *e, const struct chan *c, uint64_t ts_ns)
{
	struct relay r = { .channel = (uint8_t)(c - e->chan), .ts_ns = ts_ns, .clean_gen = c->born_gen };

	tell(e, &r, NULL, RELAY_RESET);
}

void relay_clock(struct engine *e, struct chan *c, uint64_t rx_ns, bool must)
{
	if (!must && rx_ns < c->sync_rx_ns + SYNC_NS)
		return;
	tell_before(e, c, c->due_sec);
	sync(e, c);
}

void relay_rest(struct engine *e, struct chan *c)
{
	tell_before(e, c, UINT32_MAX);
	sync(e, c);
}

void relay_quiet(struct engine *e, uint64_t rx_ns)
{
	uint64_t half = e->conf.silence_ns / 2;

	e->silence_check_ns = rx_ns + half / 2;
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		struct chan *c = &e->chan[i];

		if (c->state != CHAN_LIVE || c->spoke_rx_ns + half >= rx_ns ||
		    c->told_rx_ns == c->spoke_rx_ns)
			continue;
		if (e->rx_ns < c->spoke_rx_ns + half)
			e->rx_ns = c->spoke_rx_ns + half;
		e->quiet = true;
		relay_rest(e, c);
		e->quiet = false;
		c->told_rx_ns = c->spoke_rx_ns;
	}
}

struct frag *relay_older(struct engine *e, struct strand *strand, uint32_t sec)
{
	if (!e->older_strand || e->older.sec != sec) {
		relay_older_done(e);
		frag_clear(&e->older, sec);
		e->older_strand = strand_index(e->strand, strand) + 1;
	}
	return &e->older;
}

void relay_older_done(struct engine *e)
{
	if (!e->older_strand)
		return;
	struct relay r = { .flow = frag_flow(&e->older) };

	tell(e, &r, &e->strand[e->older_strand - 1], RELAY_OLDER);
	e->older_strand = 0;
}

void relay_progress(struct engine *e, uint64_t rx_ns)
{
	struct relay r = { .channel = 0 };

	if (rx_ns > e->silence_check_ns)
		relay_quiet(e, rx_ns);
	e->rx_ns = rx_ns > e->rx_ns ? rx_ns : e->rx_ns;
	tell(e, &r, NULL, RELAY_PROGRESS);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/relay.h"

#include <string.h>

#include "lcore/model/engine_parts.h"

// A channel's clock is sent at least this often, so that silence is judged by when it really spoke last.
#define SYNC_NS (100 * NS_PER_MS)

static void tell(struct engine *e, struct relay *r, const struct leg *leg, enum relay_kind kind)
{
	r->kind = (uint8_t)kind;
	r->rx_ns = e->rx_ns;
	r->quiet = e->quiet;
	if (leg) {
		r->channel = leg->channel;
		r->symbol = e->instr[leg->instr].symbol;
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
	r.event = (struct event){ .kind = EV_CLOCK, .instr = INSTR_NONE, .ts_ns = c->clock_ns,
				  .flags = c->beats ? EVF_HEARTBEAT : 0 };
	tell(e, &r, NULL, RELAY_EVENT);
}

static struct relay_flow flow_of(const struct frag *f)
{
	return (struct relay_flow){ f->sec, f->touched, f->flags, f->dom_executed, f->dom_cancelled, f->ofi };
}

static void tell_leg(struct engine *e, struct leg *leg, uint64_t ts_ns, enum relay_kind kind)
{
	struct relay r = { .ts_ns = ts_ns, .flow = flow_of(&leg->cur), .touch = leg->touch, .status = leg->status,
			   .op_halted = leg->op_halted, .clean_gen = leg->clean_gen };

	tell(e, &r, leg, kind);
	frag_clear(&leg->cur, leg->cur.sec);
}

void relay_roll(struct engine *e, struct leg *leg, uint64_t ts_ns) { tell_leg(e, leg, ts_ns, RELAY_ROLL); }

void relay_mark(struct engine *e, struct leg *leg)
{
	const struct chan *c = &e->chan[leg->channel];

	if (unlikely(c->told_rx_ns == c->spoke_rx_ns || c->state == CHAN_ENDED)) { // bars go on without it: none waits for its clock
		tell_leg(e, leg, 0, RELAY_LEG);
		return;
	}
	if (leg->marked)
		return;
	leg->marked = true;
	e->marked[e->n_marked++] = leg_index(e, leg);
}

// Flushes the channel's legs that have collected something in seconds before sec.
static void tell_before(struct engine *e, const struct chan *c, uint32_t sec)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < e->n_marked; i++) {
		struct leg *leg = &e->leg[e->marked[i]];

		if (&e->chan[leg->channel] != c || leg->cur.sec >= sec) {
			e->marked[kept++] = e->marked[i];
			continue;
		}
		tell_leg(e, leg, 0, RELAY_LEG);
		leg->marked = false;
	}
	e->n_marked = kept;
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

void relay_new(struct engine *e, const struct leg *leg, uint64_t ts_ns)
{
	struct relay r = { .ts_ns = ts_ns, .clean_gen = leg->clean_gen };

	tell(e, &r, leg, RELAY_NEW);
}

void relay_print(struct engine *e, const struct leg *leg, const struct frag_print *print, uint64_t key)
{
	struct relay r = { .print = *print, .key = key };

	tell(e, &r, leg, RELAY_PRINT);
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

void relay_quiet(struct engine *e, uint64_t rx_ns)
{
	uint64_t half = e->conf.silence_ns / 2;

	e->silence_check_ns = rx_ns + half / 2;
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		struct chan *c = &e->chan[i];

		if (c->state != CHAN_LIVE || c->spoke_rx_ns + half >= rx_ns || c->told_rx_ns == c->spoke_rx_ns)
			continue;
		if (e->rx_ns < c->spoke_rx_ns + half)
			e->rx_ns = c->spoke_rx_ns + half;
		e->quiet = true;
		tell_before(e, c, UINT32_MAX);
		sync(e, c);
		e->quiet = false;
		c->told_rx_ns = c->spoke_rx_ns;
	}
}

struct frag *relay_older(struct engine *e, struct leg *leg, uint32_t sec)
{
	if (!e->older_leg || e->older.sec != sec) {
		relay_older_done(e);
		frag_clear(&e->older, sec);
		e->older_leg = leg_index(e, leg) + 1;
	}
	return &e->older;
}

void relay_older_done(struct engine *e)
{
	if (!e->older_leg)
		return;
	struct relay r = { .flow = flow_of(&e->older) };

	tell(e, &r, &e->leg[e->older_leg - 1], RELAY_OLDER);
	e->older_leg = 0;
}

void engine_relay_progress(struct engine *e, uint64_t rx_ns)
{
	struct relay r = { .channel = 0 };

	if (rx_ns > e->silence_check_ns)
		relay_quiet(e, rx_ns);
	e->rx_ns = rx_ns > e->rx_ns ? rx_ns : e->rx_ns;
	tell(e, &r, NULL, RELAY_PROGRESS);
}

void engine_relay_lost(struct engine *e)
{
	for (uint8_t i = 0; i < ENGINE_CHANNELS; i++)
		if (e->chan[i].state != CHAN_FREE)
			chan_gap(e, &e->chan[i]);
}

void engine_relay_end(struct engine *e)
{
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		if (e->chan[i].state == CHAN_FREE)
			continue;
		tell_before(e, &e->chan[i], UINT32_MAX);
		sync(e, &e->chan[i]);
		chan_step_over(e, &e->chan[i]);
	}
	engine_relay_progress(e, UINT64_MAX);
}

// From here on the owner's side.

static void add_flow(struct engine *e, struct leg *leg, const struct relay_flow *flow)
{
	bool late;

	if (!flow->touched)
		return;
	struct frag *f = leg_frag_for(e, leg, ns_of(flow->sec), &late);

	if (!f)
		f = &leg->cur; // flow of a sealed second counts in the first one still open
	f->touched = 1;
	f->flags |= flow->flags;
	f->dom_executed += flow->dom_executed;
	f->dom_cancelled += flow->dom_cancelled;
	f->ofi += flow->ofi;
}

static void take_leg(struct engine *e, struct leg *leg, const struct relay *r)
{
	if (r->kind != RELAY_OLDER)
		leg_advance(e, leg, ns_of(r->flow.sec)); // an idle leg: its book has not changed until this second
	add_flow(e, leg, &r->flow);
	if (r->kind == RELAY_OLDER)
		return;
	bool told = !touch_equal(&leg->touch, &r->touch) || leg->status != r->status || leg->op_halted != r->op_halted;

	leg->touch = r->touch;
	leg->status = r->status;
	leg->op_halted = r->op_halted;
	leg->clean_gen = r->clean_gen;
	if (told && e->tables) {
		tables_quote(e->tables, leg_index(e, leg), leg->instr, leg->venue, leg->channel, &leg->touch, ns_of(r->flow.sec));
		tables_quote_status(e->tables, leg_index(e, leg), leg->op_halted ? STATUS_HALTED : leg->status,
				    leg->clean_gen != e->chan[leg->channel].suspect_gen);
	}
	if (r->kind == RELAY_ROLL)
		leg_advance(e, leg, r->ts_ns);
}

static void no_leg(struct engine *e, const struct relay *r)
{
	if (r->kind == RELAY_PRINT)
		LEDGER_INC(e->ledger, prints_no_room);
}

static void take(struct engine *e, const struct relay *r, uint8_t channel)
{
	uint32_t instr = symtab_intern(e->symtab, r->symbol);
	struct leg *leg = instr == INSTR_NONE ? NULL : leg_get(e, channel, instr, r->ts_ns);

	if (!leg) {
		no_leg(e, r);
		return;
	}
	const struct instr *in = &e->instr[instr];

	if (in->next_sec < chan_due(e, in))
		seal_instr(e, instr, chan_due(e, in));
	if (r->kind == RELAY_PRINT)
		print_take(e, leg, &r->print, r->key);
	else if (r->kind == RELAY_NEW)
		leg->clean_gen = r->clean_gen;
	else
		take_leg(e, leg, r);
}

static void take_event(struct engine *e, const struct relay *r, uint8_t channel)
{
	struct event ev = r->event;

	ev.channel = channel;
	if (r->symbol) {
		ev.instr = symtab_intern(e->symtab, r->symbol);
		if (ev.kind == EV_DIRECTORY)
			engine_control(e, &ev, r->rx_ns);
		else
			fact_put(e, &ev);
		return;
	}
	if (ev.kind == EV_JOIN)
		engine_join_feed(e, channel, r->feed);
	engine_control(e, &ev, ev.kind == EV_CLOCK ? r->ts_ns : r->rx_ns);
	if (ev.kind == EV_JOIN) {
		e->chan[channel].relayed = true;
		e->chan[channel].join_due = false;
	}
}

void engine_relay(struct engine *e, const struct relay *r, uint8_t channel_base)
{
	uint8_t channel = (uint8_t)(channel_base + r->channel);

	if (r->kind == RELAY_PROGRESS || channel >= ENGINE_CHANNELS)
		return;
	if (unlikely(r->rx_ns > e->silence_check_ns) && !r->quiet)
		chan_silence(e, r->rx_ns, false);
	if (r->kind == RELAY_EVENT)
		take_event(e, r, channel);
	else if (r->kind == RELAY_FACT)
		chan_told(e, &e->chan[channel], (enum fact_step)r->step, &r->fact);
	else if (r->kind == RELAY_RESET)
		chan_emptied(e, channel, r->ts_ns, r->clean_gen);
	else
		take(e, r, channel);
}

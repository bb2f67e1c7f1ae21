/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_paper.c: where orders of ours meet the books of an ingest lcore: which leg of the script a strand
// is, what the paper exchange is told of, and where its reports go.
#include <string.h>

#include "lcore/stage/ingest_parts.h"

enum { REFS_MAX = 1 << 19, TAKEN_MAX = 1 << 16, PRINTS_MAX = 1 << 16, WAITS_MAX = 1 << 16 };

static struct paper_conf conf_of(const struct lcore *l)
{
	const struct plant_paper *plant = l->plant->paper;
	const struct conf *conf = l->plant->conf;
	const struct paper_script *s = &plant->script;
	uint32_t orders = plant->desk ? (uint32_t)conf->orders.table : s->n_orders;
	uint64_t refs = (uint64_t)orders * PAPER_BEHIND_MAX;
	uint32_t legs =
		(uint32_t)conf->bars.instruments * VENUE_COUNT; // gates may order at any, after a reload
	struct paper_conf c = { .legs = plant->desk ? legs : s->n_legs,
				.orders = orders,
				.waits = plant->desk ? WAITS_MAX : 0,
				.refs = refs < REFS_MAX ? (uint32_t)refs : REFS_MAX,
				.taken = TAKEN_MAX,
				.prints = PRINTS_MAX };

	for (int v = 0; v < VENUE_COUNT; v++) {
		c.hidden[v] = (enum paper_hidden)plant->venue[v].hidden;
		c.l2[v] = (enum paper_l2)plant->venue[v].l2;
	}
	return c;
}

static size_t strands_bytes(const struct lcore *l)
{
	return line_bytes(l->plant->conf->bars.instruments * INSTR_STRANDS * sizeof(uint32_t));
}

static size_t busy_bytes(const struct lcore *l)
{
	return line_bytes((l->plant->conf->bars.instruments / 64 + 1) * sizeof(uint64_t));
}

size_t ingest_paper_bytes(const struct lcore *l)
{
	if (!l->plant->paper)
		return 0;
	struct paper_conf c = conf_of(l);

	return line_bytes(sizeof(struct ingest_paper)) + strands_bytes(l) +
	       line_bytes(c.legs * sizeof(struct ingest_held)) + line_bytes(paper_bytes(&c)) +
	       ingest_script_bytes(l);
}

// What our orders have made of a leg: while it is not flat its touch is told, if somebody watches stops.
static void hold(struct ingest *in, const struct trade_report *r)
{
	const struct instr *ins = &in->engine.instr[r->instr];
	int64_t qty = (r->side == SIDE_BUY) == (r->kind == REPORT_FILL) ? (int64_t)r->qty : -(int64_t)r->qty;

	for (int i = 0; i < ins->n_strands; i++) {
		uint32_t leg = in->paper->leg_of[ins->strand[i]];

		if (!leg || in->engine.strand[ins->strand[i]].venue != r->venue)
			continue;
		in->paper->held[leg - 1].qty += qty;
		in->paper->held[leg - 1].net += qty;
		in->paper->held[leg - 1].execs++;
	}
}

static void report(void *ctx, const struct trade_report *r)
{
	struct ingest *in = ctx;

	if (in->paper->plant->desk && (r->kind == REPORT_FILL || r->kind == REPORT_BREAK))
		hold(in, r);
	if (in->paper->plant->desk) { // which tells of it when it is known
		ingest_report(in, r);
		return;
	}
	if (in->paper->script)
		ingest_script_told(in, r);
	if (r->kind != REPORT_BREAK) {
		in->elem.order = *r;
		ingest_push(in, LINK_ORDER);
	}
	if (r->kind == REPORT_FILL || r->kind == REPORT_BREAK) {
		in->elem.fill = *r;
		ingest_push(in, LINK_FILL);
	}
}

static enum paper_feed feed_of(const struct ingest *in, uint8_t channel)
{
	uint32_t flags = in->receiver.channel[channel].feed->flags;

	return flags & FEED_ORDERS ? PAPER_ORDERS : flags & FEED_LEVELS ? PAPER_LEVELS : PAPER_QUOTES;
}

// A bit for each symbol of the script, and by chance for a few others: most instruments are none of it.
static uint64_t *near(struct ingest_paper *p, uint64_t symbol, uint64_t *bit)
{
	uint64_t hash = symbol * UINT64_C(0x9E3779B97F4A7C15) >> 49;

	*bit = UINT64_C(1) << (hash & 63);
	return &p->near[hash >> 6];
}

// What may be one of the script is named.
static __attribute__((noinline)) uint32_t name_one(struct ingest *in, uint8_t channel, uint32_t instr,
						   uint64_t ts_ns)
{
	struct ingest_paper *p = in->paper;
	const struct chan *c = &in->engine.chan[channel];

	if (!c->prints)
		return UINT32_MAX;
	uint32_t leg = paper_script_find(&p->plant->script, c->venue, in->symtab.symbol[instr]);

	if (leg == UINT32_MAX)
		return leg;
	if (p->paper.leg[leg].named)
		return p->paper.leg[leg].channel == channel ? leg : UINT32_MAX;
	if (__atomic_exchange_n(&p->plant->claimed[leg], 1, __ATOMIC_RELAXED))
		return UINT32_MAX;
	paper_named(&p->paper, leg, channel, feed_of(in, channel), instr, ts_ns);
	return leg;
}

// A message at ts_ns of a channel names an instrument: it is a leg's if the channel prints, and if no other
// channel was first. Returns the leg, or UINT32_MAX.
static inline uint32_t name(struct ingest *in, uint8_t channel, uint32_t instr, uint64_t ts_ns)
{
	uint64_t bit, *of = near(in->paper, in->symtab.symbol[instr], &bit);

	return *of & bit ? name_one(in, channel, instr, ts_ns) : UINT32_MAX;
}

static bool made(void *ctx, const struct strand *strand, uint64_t ts_ns)
{
	struct ingest *in = ctx;
	bool desk = in->paper->plant->desk, relayed = in->engine.chan[strand->channel].relayed;
	uint32_t leg = desk || relayed ? UINT32_MAX : name(in, strand->channel, strand->instr, ts_ns);

	if (desk && strand->counts && !in->relay)
		ingest_keeper(in, strand, ts_ns);

	if (leg == UINT32_MAX)
		return false;
	in->paper->leg_of[strand_index(in->engine.strand, strand)] = leg + 1;
	paper_book(&in->paper->paper, leg, &in->engine.levels, &strand->book);
	return true;
}

static uint32_t leg_of(const struct ingest *in, const struct strand *strand)
{
	return in->paper->leg_of[strand_index(in->engine.strand, strand)] - 1;
}

static void before(void *ctx, const struct strand *strand, const struct event *ev, const struct order *named)
{
	struct ingest *in = ctx;

	paper_before(&in->paper->paper, leg_of(in, strand), ev, named);
}

// At another venue the instrument has business, too.
static bool elsewhere(const struct ingest *in, const struct strand *strand)
{
	const struct instr *ins = &in->engine.instr[strand->instr];
	bool ours = false;

	for (int i = 0; i < ins->n_strands; i++) {
		const struct strand *other = &in->engine.strand[ins->strand[i]];

		ours |= other != strand && other->ours;
	}
	return ours;
}

static bool after(void *ctx, const struct strand *strand, const struct event *ev)
{
	struct ingest *in = ctx;
	uint32_t leg = leg_of(in, strand);
	bool goes_on = paper_after(&in->paper->paper, leg, ev);

	if (!in->paper->guarded)
		return goes_on;
	if (in->paper->held[leg].qty) {
		ingest_touch(in, &in->paper->held[leg], strand, ev->ts_ns);
		return true;
	}
	if (!goes_on && !elsewhere(in, strand))
		in->paper->busy[strand->instr / 64] &= ~(UINT64_C(1) << (strand->instr & 63));
	return goes_on;
}

// The leg of an event that is not for a book.
static uint32_t leg_named(struct ingest *in, const struct event *ev)
{
	if (!in->paper->plant->desk)
		return name(in, ev->channel, ev->instr, ev->ts_ns);
	uint32_t slot = in->engine.chan[ev->channel].strand_of[ev->instr];

	return slot ? in->paper->leg_of[slot - 1] - 1 : UINT32_MAX; // 0 wraps round to none
}

static void other(void *ctx, const struct event *ev)
{
	struct ingest *in = ctx;
	struct paper *p = &in->paper->paper;
	uint32_t leg;

	switch (ev->kind) {
	case EV_JOIN:
	case EV_RESET:
	case EV_SYSTEM: paper_channel_event(p, ev); break;
	case EV_BREAK: paper_break(p, ev); break;
	case EV_END: // no clock of it says any more what has arrived
		if (in->paper->plant->desk)
			paper_time(p, ev->channel, in->paper->newest_ns[ev->channel] + 1);
		break;
	default:
		if (ev->instr == INSTR_NONE)
			break;
		leg = p->n_legs ? leg_named(in, ev) : UINT32_MAX;
		if (leg != UINT32_MAX)
			paper_other(p, leg, ev);
		break;
	}
}

static void emptied(void *ctx, uint8_t channel, uint64_t ts_ns)
{
	struct ingest *in = ctx;

	paper_emptied(&in->paper->paper, channel, ts_ns);
}

static void due(void *ctx, uint8_t channel, uint64_t due_ns)
{
	struct ingest *in = ctx;

	if (in->paper->plant->desk)
		paper_time(&in->paper->paper, channel, due_ns);
}

void ingest_paper_init(struct ingest *in, void *mem)
{
	struct lcore *l = in->lcore;
	struct ingest_paper *p = mem;
	const struct paper_script *s = &l->plant->paper->script;
	struct paper_conf c = conf_of(l);
	char *at = (char *)mem + line_bytes(sizeof *p);

	in->paper = p;
	p->plant = l->plant->paper;
	p->legs = (struct engine_legs){ in, made, before, after, other, emptied, due };
	p->leg_of = (uint32_t *)at;
	at += strands_bytes(l);
	p->held = (struct ingest_held *)at;
	p->guarded = p->plant->desk && l->plant->conf->n_stop;
	p->busy = (uint64_t *)(at + line_bytes(c.legs * sizeof(struct ingest_held)));
	at += line_bytes(c.legs * sizeof(struct ingest_held)) + busy_bytes(l);
	paper_init(&p->paper, &c, &in->shared->ledger, report, in, at);
	for (uint32_t i = 0; i < s->n_legs; i++) {
		uint64_t bit, *of = near(p, s->leg[i].symbol, &bit);

		*of |= bit;
		paper_leg_add(&p->paper, (enum venue)s->leg[i].venue, s->leg[i].symbol,
			      s->row + s->leg[i].first, s->leg[i].n);
	}
	ingest_script_init(in, at + line_bytes(paper_bytes(&c)));
}

// The strand at a venue that a desk's orders go to: of the first channel that prints.
static struct strand *strand_for(struct ingest *in, const struct trade_request *r)
{
	uint32_t id = r->lcore == in->lcore->index ? symtab_find(&in->symtab, r->symbol) : INSTR_NONE;
	const struct instr *ins = id != INSTR_NONE && id < in->engine.n_instr ? &in->engine.instr[id] : NULL;

	for (int i = 0; ins && i < ins->n_strands; i++) {
		struct strand *s = &in->engine.strand[ins->strand[i]];

		if (s->venue == r->venue && s->counts && !in->engine.chan[s->channel].relayed)
			return s;
	}
	return NULL;
}

static uint32_t leg_make(struct ingest *in, struct strand *s)
{
	struct ingest_paper *p = in->paper;
	uint32_t *at = &p->leg_of[strand_index(in->engine.strand, s)];

	if (*at)
		return *at - 1;
	uint32_t leg = paper_leg_add(&p->paper, (enum venue)s->venue, in->symtab.symbol[s->instr], NULL, 0);

	if (leg == UINT32_MAX)
		return leg;
	*at = leg + 1;
	paper_named(&p->paper, leg, s->channel, feed_of(in, s->channel), s->instr, 0);
	paper_book(&p->paper, leg, &in->engine.levels, &s->book);
	return leg;
}

// Without business a leg hears nothing of its strand. Where a venue has letters they say what it is, and not
// the status that is made of them.
static void catch_up(struct ingest *in, uint32_t leg, const struct strand *s)
{
	const struct paper_state now = { .halted = !s->lettered && s->status != STATUS_TRADING,
					 .op_halted = s->op_halted,
					 .still = s->still,
					 .closed = s->closed,
					 .doubt = s->doubt };

	if (!s->ours)
		paper_leg_state(&in->paper->paper, leg, &now);
}

// An operator's shares: their touch is told from now on, and as it is now.
static void adopted(struct ingest *in, const struct strand *s, struct ingest_held *held,
		    const struct trade_request *r)
{
	if (!in->paper->guarded)
		return;
	held->qty += r->side == SIDE_BUY ? (int64_t)r->qty : -(int64_t)r->qty;
	held->bid = held->ask = -1; // as nothing that was told
	ingest_touch(in, held, s, in->paper->message_ns[s->channel]);
}

void ingest_paper_request(struct ingest *in, const struct trade_request *r)
{
	struct ingest_paper *p = in->paper;

	if (unlikely(r->action == TRADE_VIEW)) {
		ingest_view(in, r);
		return;
	}
	struct strand *s = strand_for(in, r);
	uint32_t leg = s ? leg_make(in, s) : UINT32_MAX;

	if (leg == UINT32_MAX) {
		paper_refuse(&p->paper, r, r->arrival_ns);
		return;
	}
	catch_up(in, leg, s);
	if (r->action == TRADE_ADOPTED)
		adopted(in, s, &p->held[leg], r);
	else
		paper_ask(&p->paper, leg, r, p->message_ns[s->channel]);
	s->ours = s->aside = true;
	p->busy[s->instr / 64] |= UINT64_C(1) << (s->instr & 63);
}

static void later(uint64_t *newest_ns, uint64_t ns) { *newest_ns = ns > *newest_ns ? ns : *newest_ns; }

static inline bool is_message(const struct event *ev, uint8_t channel)
{
	return ev->channel == channel && !event_is_control(ev->kind);
}

// Messages of one channel, one behind the other. Each message pays for this loop.
static inline unsigned hear_messages(struct ingest_paper *p, const struct event *ev, unsigned n)
{
	const struct event *at = ev, *end = ev + n;
	uint64_t newest_ns = 0;
	uint8_t channel = ev->channel;

	// By fours, with one way out of all.
	for (; end - at >= 4 && is_message(at, channel) && is_message(at + 1, channel) &&
	       is_message(at + 2, channel) && is_message(at + 3, channel);
	     at += 4)
		for (unsigned k = 0; k < 4; k++)
			newest_ns = at[k].ts_ns > newest_ns ? at[k].ts_ns : newest_ns;
	for (; at < end && is_message(at, channel); at++)
		newest_ns = at->ts_ns > newest_ns ? at->ts_ns : newest_ns;
	if (at == ev)
		return 0;
	if (unlikely(p->holes >> channel & 1)) { // it is before the first message behind it
		p->holes &= ~(UINT32_C(1) << channel);
		paper_hole(&p->paper, channel, ev->ts_ns);
	}
	later(&p->newest_ns[channel], newest_ns);
	later(&p->message_ns[channel], newest_ns);
	return (unsigned)(at - ev);
}

// Hears times before events are applied: the newest one of each channel, send times of packets among them.
// Returns how many may be applied: up to a hole, of which the first message behind it is to know.
static unsigned hear(struct ingest_paper *p, const struct event *ev, unsigned n)
{
	unsigned i = 0;

	while (i < n) {
		unsigned k = hear_messages(p, ev + i, n - i);

		i += k;
		if (k)
			continue;
		if (ev[i].kind == EV_CLOCK)
			later(&p->newest_ns[ev[i].channel], ev[i].ts_ns);
		if (ev[i++].kind == EV_GAP)
			break;
	}
	return i;
}

void ingest_paper_apply(struct ingest *in, const struct event *ev, unsigned n, const uint64_t *rx_ns)
{
	while (n) {
		unsigned k = hear(in->paper, ev, n);

		engine_apply(&in->engine, ev, k, rx_ns);
		if (ev[k - 1].kind == EV_GAP)
			in->paper->holes |= UINT32_C(1) << ev[k - 1].channel;
		ev += k;
		n -= k;
	}
}

// Each lcore ends the legs of its channels. What no channel has named is the owner's, whose end comes last.
void ingest_paper_end(struct ingest *in)
{
	struct ingest_paper *p = in->paper;
	const struct plant *plant = in->lcore->plant;
	uint64_t *mine = p->plant->newest_ns[in->lcore->index], newest[VENUE_COUNT] = { 0 };

	for (unsigned c = 0; c < in->receiver.n_channels; c++) {
		uint64_t *of = &mine[in->engine.chan[c].venue];

		*of = p->newest_ns[c] > *of ? p->newest_ns[c] : *of;
	}
	for (uint32_t i = 0; i < p->paper.n_legs; i++)
		if (p->paper.leg[i].named)
			paper_end(&p->paper, i, p->newest_ns[p->paper.leg[i].channel]);
	if (in->relay || p->plant->desk)
		return;
	for (unsigned i = 0; i < plant->n_lcores; i++)
		for (int v = 0; v < VENUE_COUNT; v++)
			if (p->plant->newest_ns[i][v] > newest[v])
				newest[v] = p->plant->newest_ns[i][v];
	for (uint32_t i = 0; i < p->paper.n_legs; i++)
		if (!__atomic_load_n(&p->plant->claimed[i], __ATOMIC_RELAXED))
			paper_end(&p->paper, i, newest[p->paper.leg[i].venue]);
}

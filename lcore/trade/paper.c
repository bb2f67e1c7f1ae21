/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/paper_parts.h"

#include <string.h>

// Lays out the parts one after the other; mem NULL: only adds up. Returns the end.
static size_t layout(struct paper *p, const struct paper_conf *c, char *mem)
{
	size_t at = 0;
	struct {
		void **to;
		size_t bytes;
	} part[] = {
		{ (void **)&p->leg, c->legs * sizeof(struct paper_leg) },
		{ (void **)&p->order, c->orders * sizeof(struct paper_order) },
		{ (void **)&p->ref, c->refs * sizeof(struct paper_ref) },
		{ (void **)&p->taken, c->taken * sizeof(struct paper_taken) },
		{ (void **)&p->wait, c->waits * sizeof(struct paper_wait) },
		{ (void **)&p->print, c->prints * sizeof(struct trade_report) },
		{ (void **)&p->match, c->prints * sizeof(uint64_t) },
		{ (void **)&p->print_channel, c->prints },
	};

	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		if (mem)
			*part[i].to = mem + at;
		at += line_bytes(part[i].bytes);
	}
	return at;
}

size_t paper_bytes(const struct paper_conf *conf)
{
	struct paper scratch;

	return layout(&scratch, conf, NULL);
}

void paper_init(struct paper *p, const struct paper_conf *conf, struct ledger *ledger,
		void (*report)(void *ctx, const struct trade_report *report), void *ctx, void *mem)
{
	memset(p, 0, sizeof *p);
	p->conf = *conf;
	p->ledger = ledger;
	p->report = report;
	p->ctx = ctx;
	layout(p, conf, mem);
}

uint32_t paper_leg_add(struct paper *p, enum venue venue, uint64_t symbol, const struct trade_request *rows,
		       uint32_t n_rows)
{
	if (p->n_legs == p->conf.legs)
		return UINT32_MAX;
	p->leg[p->n_legs] = (struct paper_leg){
		.venue = (uint8_t)venue, .symbol = symbol, .rows = rows, .n_rows = n_rows, .instr = INSTR_NONE
	};
	return p->n_legs++;
}

void paper_named(struct paper *p, uint32_t at, uint8_t channel, enum paper_feed feed, uint32_t instr,
		 uint64_t ts_ns)
{
	struct paper_leg *leg = &p->leg[at];

	paper_request_due(p, leg, ts_ns);
	leg->named = true;
	leg->channel = channel;
	leg->feed = (uint8_t)feed;
	leg->instr = instr;
}

void paper_book(struct paper *p, uint32_t at, const struct levels_arena *levels, const struct book *book)
{
	p->leg[at].levels = levels;
	p->leg[at].book = book;
}

static void close_leg(struct paper *p, struct paper_leg *leg, uint64_t ts_ns)
{
	if (!leg->closed)
		paper_request_close(p, leg, ts_ns);
}

// A venue's own letters of a security status.
static void letter(struct paper *p, struct paper_leg *leg, uint8_t detail, uint64_t ts_ns)
{
	unsigned says = event_letter(detail);

	if (says & (LETTER_STOPS | LETTER_STARTS))
		leg->still = says & LETTER_STOPS;
	if (says & LETTER_CLOSES)
		close_leg(p, leg, ts_ns);
}

void paper_leg_state(struct paper *p, uint32_t at, const struct paper_state *now)
{
	struct paper_leg *leg = &p->leg[at];

	leg->halted = now->halted;
	leg->op_halted = now->op_halted;
	leg->still = now->still;
	leg->closed = now->closed;
	leg->doubt = now->doubt;
}

static void status(struct paper *p, struct paper_leg *leg, const struct event *ev)
{
	if (ev->detail)
		letter(p, leg, ev->detail, ev->ts_ns);
	else if (ev->ref)
		leg->op_halted = ev->side == STATUS_HALTED;
	else
		leg->halted = ev->side != STATUS_TRADING;
}

// The book is emptied: nothing is known any more of who stands where.
static void emptied(struct paper *p, struct paper_leg *leg)
{
	paper_line_forget(p, leg);
	paper_behind_clear(p, leg);
	paper_take_clear(p, leg);
}

void paper_before(struct paper *p, uint32_t at, const struct event *ev, const struct order *named)
{
	struct paper_leg *leg = &p->leg[at];

	if (unlikely(leg->wait || leg->at < leg->n_rows))
		paper_request_due(p, leg, ev->ts_ns);
	switch (ev->kind) {
	case EV_STATUS: status(p, leg, ev); break;
	case EV_SYMBOL_CLEAR:
		letter(p, leg, ev->detail, ev->ts_ns);
		emptied(p, leg);
		break;
	case EV_LEVEL: paper_level(p, leg, ev); break;
	case EV_QUOTE: leg->was = leg->book ? book_touch(leg->levels, leg->book) : touch_empty(); break;
	case EV_TRADE:
	case EV_CROSS:
		if (leg->feed != PAPER_ORDERS) {
			paper_level_trade(p, leg, ev);
			break;
		} // fall through
	case EV_ADD:
	case EV_EXEC:
	case EV_EXEC_PX:
	case EV_CANCEL:
	case EV_DELETE:
	case EV_REPLACE: paper_rest(p, leg, ev, named); break;
	default: break;
	}
}

bool paper_after(struct paper *p, uint32_t at, const struct event *ev)
{
	struct paper_leg *leg = &p->leg[at];

	if (likely(leg->n_orders && !leg->taken && ev->kind != EV_QUOTE))
		return true;
	if (leg->taken)
		paper_take_caps(p, leg);
	if (ev->kind == EV_QUOTE)
		paper_level_quote(p, leg, ev);
	if (leg->n_orders || leg->taken || leg->at < leg->n_rows || leg->wait)
		return true;
	paper_behind_clear(p, leg);
	return false;
}

void paper_other(struct paper *p, uint32_t at, const struct event *ev)
{
	struct paper_leg *leg = &p->leg[at];

	paper_request_due(p, leg, ev->ts_ns);
	if (ev->kind == EV_ADMIN)
		letter(p, leg, ev->detail, ev->ts_ns);
}

static bool is_of(const struct paper_leg *leg, uint8_t channel)
{
	return leg->named && leg->channel == channel;
}

void paper_channel_event(struct paper *p, const struct event *ev)
{
	struct paper_channel *c = &p->channel[ev->channel];

	if (ev->kind == EV_JOIN)
		*c = (struct paper_channel){ .doubt = ev->flags & EVF_MIDSTREAM };
	if (ev->kind == EV_RESET)
		c->midstream = ev->flags & EVF_MIDSTREAM;
	if (ev->kind != EV_SYSTEM)
		return;
	bool closes = ev->side == 'M';

	for (uint32_t i = 0; i < p->n_legs; i++) {
		struct paper_leg *leg = &p->leg[i];

		if (!is_of(leg, ev->channel))
			continue;
		paper_request_due(p, leg, ev->ts_ns);
		if (closes)
			close_leg(p, leg, ev->ts_ns);
	}
	c->closed = c->closed || closes;
}

void paper_hole(struct paper *p, uint8_t channel, uint64_t ts_ns)
{
	for (uint32_t i = 0; i < p->n_legs; i++) {
		if (!is_of(&p->leg[i], channel))
			continue;
		paper_request_due(p, &p->leg[i], ts_ns);
		paper_line_forget(p, &p->leg[i]);
	}
	p->channel[channel].doubt = true;
}

void paper_emptied(struct paper *p, uint8_t channel, uint64_t ts_ns)
{
	for (uint32_t i = 0; i < p->n_legs; i++) {
		struct paper_leg *leg = &p->leg[i];

		if (!is_of(leg, channel))
			continue;
		paper_request_due(p, leg, ts_ns);
		emptied(p, leg);
		leg->halted = leg->op_halted = leg->still = leg->doubt = leg->closed = false;
	}
	p->channel[channel].doubt = p->channel[channel].midstream;
	p->channel[channel].closed = false;
}

void paper_end(struct paper *p, uint32_t at, uint64_t newest_ns)
{
	struct paper_leg *leg = &p->leg[at];

	paper_request_due(p, leg, newest_ns == UINT64_MAX ? newest_ns : newest_ns + 1);
	paper_request_rest(p, leg);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/desk_parts.h"

#define NONE UINT32_MAX

const char *const desk_count_name[DESK_COUNTS] = {
#define DESK_COUNT(name, text) #name,
#include "lcore/trade/desk.def"
#undef DESK_COUNT
};
const char *const desk_count_text[DESK_COUNTS] = {
#define DESK_COUNT(name, text) text,
#include "lcore/trade/desk.def"
#undef DESK_COUNT
};

static struct position_conf positions_of(const struct desk_conf *c)
{
	return (struct position_conf){ .instruments = c->orders.instruments,
				       .fills = c->fills,
				       .orders = c->orders.orders,
				       .schedule = c->fees };
}

size_t desk_bytes(const struct desk_conf *conf)
{
	struct position_conf positions = positions_of(conf);

	return line_bytes(order_bytes(&conf->orders)) + line_bytes(position_bytes(&positions)) +
	       line_bytes(conf->orders.instruments * sizeof(struct desk_instr)) +
	       line_bytes(conf->reports * sizeof(struct desk_held));
}

static void trip_ended(void *ctx, const struct position_trip *t)
{
	struct desk *d = ctx;

	earned_trip(&d->earned, t);
	if (d->sink.trip)
		d->sink.trip(d->sink.ctx, t);
}

void desk_init(struct desk *d, const struct desk_conf *conf, const struct desk_sink *sink, void *mem)
{
	struct position_conf positions = positions_of(conf);
	char *at = mem;

	*d = (struct desk){ .conf = *conf, .sink = *sink };
	order_init(&d->orders, &conf->orders, at);
	at += line_bytes(order_bytes(&conf->orders));
	position_init(&d->positions, &positions, trip_ended, d, at);
	at += line_bytes(position_bytes(&positions));
	d->instr = (struct desk_instr *)at;
	at += line_bytes(conf->orders.instruments * sizeof(struct desk_instr));
	d->held = (struct desk_held *)at;
	for (uint32_t i = 0; i < conf->orders.instruments; i++)
		d->instr[i].gate = UINT8_MAX;
}

void desk_instrument(struct desk *d, uint32_t instr, uint64_t symbol, uint16_t lcore, uint32_t facts)
{
	struct desk_instr *i = &d->instr[instr];

	i->symbol = symbol;
	i->lcore = lcore;
	i->facts = facts;
}

void desk_tick_table(struct desk *d, uint32_t instr, uint8_t table) { d->instr[instr].ticks = table; }

static void cancel_all(struct desk *d, uint32_t instr, bool entries_only)
{
	uint32_t next, i = instr == NONE ? d->orders.open : d->orders.head[instr];

	for (; i != NONE; i = next) {
		struct own_order *o = &d->orders.order[i];

		next = instr == NONE ? o->next : o->instr_next;
		if (!entries_only || o->who == RISK_ENTRY || o->who == RISK_OPERATOR)
			desk_cancel(d, o, false);
	}
}

// An entry that rests where its gate wants it goes with the touch.
static void follow(struct desk *d, struct own_order *o)
{
	const struct desk_gate *g = o->gate < d->conf.n_gates ? &d->conf.gates[o->gate] : NULL;
	uint8_t tif = o->tif;
	int64_t px, away;

	if (!g || !g->reprice_ticks || o->who != RISK_ENTRY || o->flight || o->reprices >= g->reprice_max ||
	    (o->state != STATE_LIVE && o->state != STATE_PART) || g->price > PRICE_MID)
		return;
	px = desk_price_of(d, o->instr, RISK_ENTRY, o->side, g->price, g->ticks, &tif);
	away = o->side == SIDE_BUY ? px - o->price : o->price - px;
	if (away >= (int64_t)g->reprice_ticks * risk_tick(desk_ticks(d, o->instr), o->price))
		desk_replace(d, o, o->total, px);
}

void desk_quote(struct desk *d, uint32_t instr, int64_t bid, int64_t ask, uint64_t ts_ns, uint64_t now_ns)
{
	struct desk_instr *i = &d->instr[instr];
	struct risk_quote *q = &i->quote;
	uint32_t next;

	desk_known(d, now_ns);
	q->bid = bid;
	q->ask = ask;
	q->ts_ns = ts_ns;
	if (bid > 0 && ask > 0) {
		q->last_bid = bid;
		q->last_ask = ask;
	}
	exposure_price(&d->account, &i->exposure, ask > 0 ? ask : bid);
	position_mark(&d->positions, instr, bid, ask, true);
	d->account.day_net = position_day_net(&d->positions);
	for (uint32_t o = d->orders.head[instr]; o != NONE; o = next) {
		next = d->orders.order[o].instr_next;
		follow(d, &d->orders.order[o]);
	}
}

static void end_exit(struct desk *d, struct desk_instr *i)
{
	d->n_exits -= i->exit.wanted;
	i->exit.wanted = false;
}

static void begin_exit(struct desk *d, uint32_t instr, const struct desk_exit *e)
{
	struct desk_instr *i = &d->instr[instr];
	struct desk_want w = { .close_ts = e->close_ts,
			       .decided_tsc = e->decided_tsc,
			       .instr = instr,
			       .who = (enum risk_who)e->who,
			       .side = e->side,
			       .tif = TIF_DAY,
			       .venue = e->gate < d->conf.n_gates ? d->conf.gates[e->gate].venue
								  : d->conf.exit_venue,
			       .source = e->source,
			       .gate = e->gate,
			       .retry = e->retry,
			       .position_id = d->positions.position[instr].id };

	d->n_exits += !i->exit.wanted;
	i->exit = *e;
	i->exit.wanted = true;
	desk_exit_now(d, instr, &w, (enum desk_price)e->price, e->ticks);
	i->exit.decided_tsc = 0;        // what goes later has waited for a second's mark
	cancel_all(d, instr, true);     // the exit goes first
	if (desk_mode(d) == LATCH_KILL) // an operator who resumes is not surprised by it
		end_exit(d, i);
}

static bool holds(const struct desk *d, uint32_t instr, uint8_t exit_side)
{
	int64_t qty = d->instr[instr].exposure.position;

	return exit_side == SIDE_SELL ? qty > 0 : qty < 0;
}

static void fire_exit(struct desk *d, const struct desk_decision *f)
{
	const struct desk_gate *g = &d->conf.gates[f->gate];
	struct desk_exit e = { .who = RISK_EXIT,
			       .source = SOURCE_GATE,
			       .gate = f->gate,
			       .price = (uint8_t)g->price,
			       .ticks = g->ticks,
			       .side = f->is_short ? SIDE_BUY : SIDE_SELL,
			       .close_ts = f->close_ts,
			       .decided_tsc = f->decided_tsc };

	// An entry that is still on its way is not wanted any more, nor what it may bring.
	if (holds(d, f->instr, e.side) || d->orders.head[f->instr] != NONE)
		begin_exit(d, f->instr, &e);
	else
		d->count[DESK_fires_flat]++;
}

static void fire_entry(struct desk *d, const struct desk_decision *f)
{
	const struct desk_gate *g = &d->conf.gates[f->gate];
	struct desk_instr *i = &d->instr[f->instr];
	struct desk_want w = { .close_ts = f->close_ts,
			       .decided_tsc = f->decided_tsc,
			       .instr = f->instr,
			       .who = RISK_ENTRY,
			       .side = f->is_short ? SIDE_SELL : SIDE_BUY,
			       .tif = g->tif,
			       .venue = g->venue,
			       .source = SOURCE_GATE,
			       .gate = f->gate };

	if (f->close_ts && i->close_ts[f->is_short] == f->close_ts) {
		d->count[DESK_fires_merged]++;
		return;
	}
	if (!i->exposure.n_unknown && (i->exposure.position || d->orders.head[f->instr] != NONE)) {
		d->count[DESK_fires_busy]++;
		return;
	}
	if (d->now_ns < i->cool_ns[f->is_short]) {
		d->count[DESK_fires_cooling]++;
		return;
	}
	i->close_ts[f->is_short] = f->close_ts;
	i->gate = f->gate;
	end_exit(d, i);
	w.price = desk_price_of(d, f->instr, RISK_ENTRY, w.side, g->price, g->ticks, &w.tif);
	w.qty = desk_shares(g, w.price, f->range);
	w.ends_ns = g->ttl_ns ? d->now_ns + g->ttl_ns : 0;
	desk_submit(d, &w);
}

void desk_fire(struct desk *d, const struct desk_decision *f)
{
	if (f->gate >= d->conf.n_gates)
		return;
	d->count[DESK_fires]++;
	desk_quote(d, f->instr, f->bid, f->ask, f->close_ts, f->known_ns);
	d->now_ns = f->submit_ns > d->now_ns ? f->submit_ns : d->now_ns;
	if (f->exit)
		fire_exit(d, f);
	else
		fire_entry(d, f);
}

void desk_stop(struct desk *d, uint32_t instr, const struct stop_fire *f, uint64_t now_ns)
{
	struct desk_want w = { .instr = instr,
			       .who = RISK_EXIT,
			       .side = f->side,
			       .tif = TIF_DAY,
			       .venue = d->conf.exit_venue,
			       .source = SOURCE_STOP,
			       .gate = UINT8_MAX,
			       .retry = f->retry,
			       .position_id = f->position_id };

	desk_known(d, now_ns);
	w.price = desk_limit_of(d, instr, f->side, f->limit);
	d->count[DESK_stops]++;
	d->count[DESK_alarms] += f->alarm;
	if (d->positions.position[instr].id != f->position_id || !holds(d, instr, f->side)) {
		d->count[DESK_stops_stale]++;
		return;
	}
	desk_exit_now(d, instr, &w, PRICE_MARKET, 0);
	cancel_all(d, instr, true);
}

// An exit goes on until its side is flat: again when nothing of it is open, so often a second, with an alarm
// from the second time on. A stop goes on by itself.
static void again(struct desk *d, uint32_t instr)
{
	struct desk_instr *i = &d->instr[instr];
	struct desk_exit *e = &i->exit;
	int64_t open = e->side == SIDE_SELL ? i->exposure.open_sell : i->exposure.open_buy;

	if (!holds(d, instr, e->side) && !i->exposure.n_open)
		end_exit(d, i);
	if (!e->wanted || open || !holds(d, instr, e->side))
		return;
	if (d->now_ns / NS_PER_S != e->second) {
		e->second = d->now_ns / NS_PER_S;
		e->in_second = 0;
	}
	if (e->in_second >= d->conf.retries_per_s)
		return;
	e->in_second++;
	e->retry += e->retry < UINT16_MAX;
	d->count[DESK_retries]++;
	d->count[DESK_alarms] += e->retry >= 2;
	struct desk_exit next = *e;

	next.price = PRICE_MARKET; // what did not work is not waited for
	begin_exit(d, instr, &next);
}

static void due(void *ctx, struct own_order *o, enum order_due what)
{
	struct desk *d = ctx;

	if (what == ORDER_DUE_UNKNOWN) {
		desk_counts(d, o, STATE_SENT);
		desk_say(d, o, REPORT_UNKNOWN, RISK_PASS);
		return;
	}
	d->count[DESK_alarms] += what == ORDER_DUE_ALARM;
	desk_cancel(d, o, true); // benign, however often
}

void desk_time(struct desk *d, uint64_t now_ns)
{
	enum latch_mode mode;
	uint32_t next;

	desk_known(d, now_ns);
	desk_losses(d);
	mode = desk_mode(d);
	if (mode >= LATCH_REDUCE)
		cancel_all(d, NONE, mode != LATCH_KILL);
	order_overdue(&d->orders, &d->conf.timeouts, d->now_ns, due, d);
	for (uint32_t i = d->orders.open; i != NONE; i = next) {
		struct own_order *o = &d->orders.order[i];

		next = o->next;
		if (o->ends_ns && o->ends_ns <= d->now_ns)
			desk_cancel(d, o, false);
	}
	for (uint32_t i = 0; d->n_exits && i < d->conf.orders.instruments; i++)
		if (d->instr[i].exit.wanted && mode == LATCH_KILL)
			end_exit(d, &d->instr[i]);
		else if (d->instr[i].exit.wanted)
			again(d, i);
}

void desk_flatten(struct desk *d, uint32_t instr, uint64_t now_ns)
{
	int64_t held = d->instr[instr].exposure.position;
	struct desk_exit e = { .who = RISK_REDUCE,
			       .source = SOURCE_OPERATOR,
			       .gate = UINT8_MAX,
			       .price = PRICE_MARKET,
			       .side = held > 0 ? SIDE_SELL : SIDE_BUY };

	desk_known(d, now_ns);
	if (held)
		begin_exit(d, instr, &e);
}

void desk_do(struct desk *d, enum desk_command command, uint64_t now_ns)
{
	desk_known(d, now_ns);
	if (command == DESK_RESUME) {
		d->own_mode = LATCH_RUN;
		d->account.rejects = d->account.denials = 0;
		d->account.loss_latched = d->account.rejects_latched = false;
		return;
	}
	if (command == DESK_CANCEL_ALL) {
		cancel_all(d, NONE, false);
		return;
	}
	for (uint32_t i = 0; i < d->conf.orders.instruments; i++)
		desk_flatten(d, i, now_ns);
}

void desk_adopt(struct desk *d, uint32_t instr, int64_t qty, int64_t price, uint64_t now_ns)
{
	struct trade_report r = { .kind = REPORT_FILL,
				  .symbol = d->instr[instr].symbol,
				  .instr = instr,
				  .price = price,
				  .qty = (uint32_t)(qty < 0 ? -qty : qty),
				  .side = qty < 0 ? SIDE_SELL : SIDE_BUY,
				  .venue = VENUE_COUNT, // no fees
				  .source = SOURCE_OPERATOR };

	desk_known(d, now_ns);
	r.ts_ns = d->now_ns;
	desk_move(d, &r);
}

void desk_query(struct desk *d, uint64_t now_ns)
{
	desk_known(d, now_ns);
	for (uint32_t i = d->orders.open; i != NONE; i = d->orders.order[i].next)
		if (d->orders.order[i].state == STATE_UNKNOWN)
			desk_ask(d, &d->orders.order[i]);
}

uint32_t desk_settle(struct desk *d, uint32_t instr, uint64_t now_ns)
{
	uint32_t next, n = 0;

	desk_known(d, now_ns);
	for (uint32_t i = d->orders.head[instr]; i != NONE; i = next) {
		struct own_order *o = &d->orders.order[i];

		next = o->instr_next;
		if (o->state != STATE_UNKNOWN)
			continue;
		exposure_leaves(&d->account, &d->instr[instr].exposure, o->side,
				-order_end(&d->orders, o, STATE_CANCELLED, 0));
		desk_counts(d, o, STATE_UNKNOWN);
		desk_say(d, o, REPORT_CANCELLED, RISK_PASS);
		n++;
	}
	d->count[DESK_settled] += n;
	return n;
}

void desk_restrict(struct desk *d, enum latch_mode mode, enum latch_cause cause, const char *reason)
{
	desk_raise(d, mode, cause, reason);
}

void desk_lost(struct desk *d, uint8_t venue, uint64_t now_ns)
{
	desk_known(d, now_ns);
	for (uint32_t i = d->orders.open; i != NONE; i = d->orders.order[i].next) {
		struct own_order *o = &d->orders.order[i];
		struct order_change c = { .before = o->state };

		if (o->venue != venue || o->state == STATE_UNKNOWN)
			continue;
		c = order_lost(o);
		desk_counts(d, o, c.before);
		desk_say(d, o, REPORT_UNKNOWN, RISK_PASS);
	}
}

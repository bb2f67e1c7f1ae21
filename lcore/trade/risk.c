/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/risk.h"

enum { NO, YES };

static const char who_is_checked[RISK_REASONS][RISK_WHOS] = {
	{ NO, NO, NO, NO, NO },
#define RISK(NAME, entry, exit, cancel, oper, reduce, text) { entry, exit, cancel, oper, reduce },
#include "lcore/trade/risk.def"
};

const char *const risk_name[RISK_REASONS] = {
	"PASS",
#define RISK(NAME, entry, exit, cancel, oper, reduce, text) #NAME,
#include "lcore/trade/risk.def"
};

const char *const risk_text[RISK_REASONS] = {
	"may leave",
#define RISK(NAME, entry, exit, cancel, oper, reduce, text) text,
#include "lcore/trade/risk.def"
};

const struct risk_ticks risk_ticks_of[RISK_TICK_TABLES] = {
	[RISK_TICKS_CENT] = { 2, { { 0, PX_ONE / 10000 }, { PX_ONE, PX_ONE / 100 } } },
	[RISK_TICKS_HALF_CENT] = { 2, { { 0, PX_ONE / 10000 }, { PX_ONE, PX_ONE / 200 } } },
};

static const struct risk_limits unlimited = {
#define RISK_LIMIT(name, unit, help) .name = RISK_UNLIMITED,
#include "lcore/trade/risk.def"
};

// What the checks see: where something is not known, what stands for it so that only the check of that
// refuses.
struct view {
	const struct risk_input *in;
	const struct risk_order *o;
	const struct risk_limits *l;
	const struct exposure *at;
	int64_t more; // shares that it adds to what is open
};

static bool is_exit(enum risk_who who) { return who == RISK_EXIT || who == RISK_REDUCE; }
static bool wants_young_quote(enum risk_who who) { return who == RISK_ENTRY || who == RISK_OPERATOR; }

int64_t risk_tick(const struct risk_ticks *ticks, int64_t price)
{
	uint32_t i = 0;

	while (i + 1 < ticks->n && price >= ticks->row[i + 1].from)
		i++;
	return ticks->row[i].tick;
}

enum exposure_rate risk_rate(enum risk_who who)
{
	return who == RISK_ENTRY ? RATE_ENTRY : who == RISK_CANCEL ? RATE_CANCEL : RATE_EXIT;
}

static bool young(const struct risk_input *in, const struct risk_limits *l)
{
	const struct risk_quote *q = &in->quote;
	uint64_t age = in->now_ns > q->ts_ns ? in->now_ns - q->ts_ns : 0;

	return q->bid > 0 && q->ask > 0 && l->quote_age != RISK_ABSENT && age <= (uint64_t)l->quote_age;
}

// What an order of the side is measured at: 0 when there is nothing.
static int64_t reference(const struct risk_input *in, const struct risk_limits *l, enum risk_who who,
			 uint8_t side, bool *blind)
{
	const struct risk_quote *q = &in->quote;

	*blind = false;
	if (young(in, l))
		return side == SIDE_BUY ? q->ask : q->bid;
	if (wants_young_quote(who) || q->last_bid <= 0 || q->last_ask <= 0)
		return 0;
	*blind = true;
	return side == SIDE_BUY ? q->last_ask : q->last_bid;
}

static int64_t of_bps(int64_t price, int64_t bps)
{
	__int128 offset = (__int128)price * bps / 10000;

	return offset > RISK_TOP_PRICE ? RISK_TOP_PRICE : (int64_t)offset;
}

// How far through the reference an order may be. An old quote's collar is wider, and has no bound of ticks.
static int64_t reach(const struct risk_input *in, const struct risk_limits *l, int64_t from, bool blind)
{
	int64_t bps = l->collar_bps, by_bps, by_ticks;

	if (blind)
		bps = bps == RISK_UNLIMITED || l->blind_bps == RISK_UNLIMITED ? RISK_UNLIMITED
									      : bps + l->blind_bps;
	by_bps = bps == RISK_UNLIMITED ? RISK_TOP_PRICE : of_bps(from, bps);
	if (blind || l->collar_ticks == RISK_UNLIMITED)
		return by_bps;
	by_ticks = of_bps(risk_tick(in->ticks, from) * 10000, l->collar_ticks);
	return by_ticks < by_bps ? by_ticks : by_bps;
}

static int64_t bound(const struct risk_input *in, const struct risk_limits *l, enum risk_who who,
		     uint8_t side, bool *blind)
{
	int64_t from = reference(in, l, who, side, blind);

	if (!from)
		return 0;
	return side == SIDE_BUY ? from + reach(in, l, from, *blind) : from - reach(in, l, from, *blind);
}

int64_t risk_collar(const struct risk_input *in, enum risk_who who, uint8_t side, bool *blind)
{
	int64_t worst, tick;

	*blind = false;
	if (!in->limits || risk_limits_absent(in->limits) ||
	    !(worst = bound(in, in->limits, who, side, blind)))
		return 0;
	worst = worst > RISK_TOP_PRICE ? RISK_TOP_PRICE : worst;
	tick = risk_tick(in->ticks, worst);
	if (side == SIDE_BUY)
		return worst / tick * tick;
	if (worst < tick)
		return tick;
	return (worst + tick - 1) / tick * tick;
}

static bool fact(const struct view *v, uint32_t bit) { return v->in->facts & bit; }

static bool check_KILLED(const struct view *v) { return v->in->mode >= LATCH_KILL; }
static bool check_TRADING_HALTED(const struct view *v) { return v->in->mode == LATCH_HALT; }
static bool check_LIMITS_ABSENT(const struct view *v)
{
	return !v->in->limits || risk_limits_absent(v->in->limits);
}
static bool check_INSTRUMENT_UNKNOWN(const struct view *v) { return !v->in->at; }
static bool check_RESTRICTED(const struct view *v) { return fact(v, RISK_FACT_RESTRICTED); }
static bool check_SESSION(const struct view *v)
{
	return fact(v, v->o->who == RISK_ENTRY ? RISK_FACT_SESSION | RISK_FACT_CLOSED : RISK_FACT_CLOSED);
}
static bool check_NO_LIVE_LINE(const struct view *v) { return fact(v, RISK_FACT_NO_LINE); }
static bool check_DATA_TEST(const struct view *v) { return fact(v, RISK_FACT_TEST); }
static bool check_DATA_STALE(const struct view *v) { return fact(v, RISK_FACT_STALE); }
static bool check_DATA_GAP(const struct view *v) { return fact(v, RISK_FACT_GAP); }
static bool check_BOOK_SUSPECT(const struct view *v) { return fact(v, RISK_FACT_SUSPECT); }
static bool check_DATA_HALTED(const struct view *v) { return fact(v, RISK_FACT_HALTED); }
static bool check_CLOCK_SKEW(const struct view *v) { return fact(v, RISK_FACT_SKEW); }
static bool check_VENUE_DOWN(const struct view *v) { return fact(v, RISK_FACT_VENUE_DOWN); }
static bool check_UNVERIFIED(const struct view *v) { return fact(v, RISK_FACT_UNVERIFIED); }
static bool check_UNKNOWN_ORDER(const struct view *v) { return v->at->n_unknown; }
static bool check_QTY_ZERO(const struct view *v) { return !v->o->qty; }
static bool check_QTY_MAX(const struct view *v)
{
	return v->o->qty > v->l->qty_max || v->o->qty > RISK_TOP_QTY;
}
static bool check_PRICE_TICK(const struct view *v)
{
	return v->o->price > 0 && v->o->price % risk_tick(v->in->ticks, v->o->price);
}
static bool check_PRICE_RANGE(const struct view *v)
{
	return v->o->price <= 0 || v->o->price > RISK_TOP_PRICE;
}
static bool check_NO_REFERENCE(const struct view *v)
{
	bool blind;

	return !reference(v->in, v->l, v->o->who, v->o->side, &blind);
}

// Without a reference there is nothing to measure at, and NO_REFERENCE has refused.
static bool check_COLLAR(const struct view *v)
{
	bool blind;
	int64_t worst = bound(v->in, v->l, v->o->who, v->o->side, &blind);

	if (!worst)
		return false;
	return v->o->side == SIDE_BUY ? v->o->price > worst : v->o->price < worst;
}
// An exit is split, and one share cannot be: it is never refused for its size.
static bool check_NOTIONAL_MAX(const struct view *v)
{
	if (is_exit(v->o->who) && v->o->qty == 1)
		return false;
	return (__int128)v->o->price * v->o->qty > v->l->notional_max;
}

// A position can be made smaller by what it is less what is already on its way out.
static bool check_REDUCING_ONLY(const struct view *v)
{
	const struct exposure *e = v->at;
	int64_t room = v->o->side == SIDE_SELL ? e->position - e->open_sell : -e->position - e->open_buy;

	return (is_exit(v->o->who) || v->in->mode == LATCH_REDUCE) && v->more > (room > 0 ? room : 0);
}
static bool check_POSITION_MAX(const struct view *v)
{
	const struct exposure *e = v->at;

	if (v->o->side == SIDE_BUY)
		return e->position + e->open_buy + v->more > v->l->position_max;
	return e->open_sell + v->more - e->position > v->l->short_max;
}
static bool check_GROSS_MAX(const struct view *v)
{
	return exposure_with(v->in->account, v->at, v->o->side, v->more, v->o->price).gross > v->l->gross_max;
}
static bool check_NET_MAX(const struct view *v)
{
	return exposure_with(v->in->account, v->at, v->o->side, v->more, v->o->price).net > v->l->net_max;
}
static bool check_OPEN_ORDERS_MAX(const struct view *v)
{
	return v->in->account->n_open + !v->o->replaces > v->l->open_orders_max;
}
static bool check_DUPLICATE(const struct view *v)
{
	const struct risk_order *o = v->o;

	for (int i = 0; i < EXPOSURE_RECENT; i++) {
		const struct exposure_recent *r = &v->at->recent[i];

		if (r->sent_ns && v->in->now_ns - r->sent_ns < (uint64_t)v->l->duplicate_window &&
		    r->side == o->side && r->tif == o->tif && r->qty == o->qty && r->price == o->price &&
		    r->retry == o->retry)
			return true;
	}
	return false;
}
static bool check_SYMBOL_RATE(const struct view *v)
{
	return !bucket_has(&v->at->rate[risk_rate(v->o->who)], v->l->symbol_rate, v->in->now_ns);
}

// An absent limit refuses orders as LIMITS_ABSENT; it must not hold back cancels.
static int64_t rate_limit(const struct risk_limits *l, enum exposure_rate rate)
{
	if (rate == RATE_CANCEL)
		return l->cancel_rate == RISK_ABSENT ? RISK_UNLIMITED : l->cancel_rate;
	return rate == RATE_ENTRY ? l->entry_rate : l->exit_rate;
}

static bool check_ORDER_RATE(const struct view *v)
{
	enum exposure_rate rate = risk_rate(v->o->who);

	return !bucket_has(&v->in->account->rate[rate], rate_limit(v->l, rate), v->in->now_ns);
}
static bool check_REJECTS_CONSECUTIVE(const struct view *v)
{
	const struct account *a = v->in->account;

	return a->rejects_latched || a->rejects > v->l->rejects_max || a->denials > v->l->denials_max;
}

// Reached is enough, and once reached it stays so until an operator resumes. 0: no loss at all.
static bool check_LOSS_DAY(const struct view *v)
{
	const struct account *a = v->in->account;

	return a->loss_latched || risk_lost(v->l, a);
}
static bool check_ID_EXHAUSTED(const struct view *v) { return !v->in->ids_left; }
static bool check_LINK_FULL(const struct view *v) { return !v->in->link_room; }

bool risk_checked(enum risk_reason reason, enum risk_who who) { return who_is_checked[reason][who]; }

enum risk_reason risk_check(const struct risk_input *in, const struct risk_order *o, uint64_t masked)
{
	static const struct exposure nothing;
	struct view v = {
		.in = in, .o = o, .l = in->limits ? in->limits : &unlimited, .at = in->at ? in->at : &nothing
	};

	v.more = o->qty > o->replaces ? o->qty - o->replaces : 0;
#define RISK(NAME, entry, exit, cancel, oper, reduce, text) \
	if (who_is_checked[RISK_##NAME][o->who] && !(masked >> RISK_##NAME & 1) && check_##NAME(&v)) \
		return RISK_##NAME;
#include "lcore/trade/risk.def"
	return RISK_PASS;
}

void risk_take(const struct risk_limits *limits, struct account *account, struct exposure *at,
	       const struct risk_order *o, uint64_t now_ns)
{
	enum exposure_rate rate = risk_rate(o->who);
	struct exposure_recent recent = { .sent_ns = now_ns ? now_ns : 1,
					  .price = o->price,
					  .qty = o->qty,
					  .retry = o->retry,
					  .side = o->side,
					  .tif = o->tif };

	bucket_take(&account->rate[rate], rate_limit(limits, rate), now_ns);
	if (o->who == RISK_CANCEL)
		return;
	bucket_take(&at->rate[rate], limits->symbol_rate, now_ns);
	exposure_sent(at, &recent);
}

// Of limits alone: bad data is nobody's loop.
static bool by_a_limit(enum risk_reason why) { return why >= RISK_QTY_ZERO && why <= RISK_ORDER_RATE; }

void risk_denied(const struct risk_limits *limits, struct account *account, enum risk_who who,
		 enum risk_reason why)
{
	if ((who != RISK_ENTRY && who != RISK_OPERATOR) || !by_a_limit(why) || !limits)
		return;
	account->denials++;
	if (account->denials > limits->denials_max)
		account->rejects_latched = true;
}

void risk_rejected(const struct risk_limits *limits, struct account *account)
{
	account->rejects++;
	if (limits && account->rejects > limits->rejects_max)
		account->rejects_latched = true;
}

bool risk_lost(const struct risk_limits *limits, const struct account *account)
{
	return limits && limits->loss_day != RISK_UNLIMITED && account->day_net < 0 &&
	       -account->day_net >= limits->loss_day;
}

void risk_limits_clear(struct risk_limits *limits)
{
#define RISK_LIMIT(name, unit, help) limits->name = RISK_ABSENT;
#include "lcore/trade/risk.def"
}

const char *risk_limits_absent(const struct risk_limits *limits)
{
#define RISK_LIMIT(name, unit, help) \
	if (limits->name < 0) \
		return #name;
#include "lcore/trade/risk.def"
	return NULL;
}

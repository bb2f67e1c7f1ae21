/* SPDX-License-Identifier: BSD-3-Clause */
// tele_orders.c: what our orders do: the open and the last ended ones, positions, what may leave and why not.
// Read from the desk of the signal lcore, which goes on meanwhile: each row is whole, rows may be of moments
// that are a few orders apart.
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/control.h"
#include "app/wirebar/tele/tele.h"
#include "app/wirebar/trading.h"
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"
#include "lcore/model/tables.h"
#include "lcore/stage/guard.h"
#include "lcore/trade/desk.h"

const struct desk *tele_desk(const struct tele_ask *ask)
{
	for (unsigned i = 0; i < ask->a->n_lcore; i++)
		if (ask->a->lcore[i].stage == stages[CONF_STAGE_SIGNAL])
			return signal_desk(&ask->a->lcore[i]);
	return NULL;
}

// The desk, or NULL with an error in the reply.
static const struct desk *desk_of(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct desk *d = tele_desk(ask);

	if (!d)
		tele_error(r, "orders are not enabled in this run ([orders] enabled = yes)");
	return d;
}

static bool from_of(const struct tele_ask *ask, struct tele_reply *r, uint64_t *from)
{
	*from = 0;
	return !ask->n || tele_uint(r, "from", ask->arg[0], 0, UINT32_MAX, from);
}

// Amounts are 1e-6 dollar, as prices are.
static bool add_money(struct tele_reply *r, const char *key, int64_t micro) { return tele_px(r, key, micro); }

static void add_symbol(struct tele_reply *r, uint64_t symbol)
{
	char text[32];

	symtab_text(symbol, text);
	tele_text(r, "symbol", text);
}

struct found {
	uint64_t id;
	uint32_t at;
	bool open;
};

// Open ones first, then the newest.
static int order_before(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->open != y->open)
		return x->open ? -1 : 1;
	return x->id < y->id ? 1 : x->id > y->id ? -1 : 0;
}

static uint32_t find_orders(const struct order_table *t, struct found *out, uint32_t *n_open)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->max; i++) {
		const struct own_order *o = &t->order[i];

		if (!o->id)
			continue;
		out[n++] = (struct found){ o->id, i, order_is_open(o) };
		*n_open += out[n - 1].open;
	}
	qsort(out, n, sizeof *out, order_before);
	return n;
}

static const char *flight_text(unsigned flight)
{
	return flight & ORDER_CANCELLING ? "cancelling" : flight & ORDER_REPLACING ? "replacing" : "";
}

static void add_gate(struct tele_reply *r, const struct plant *plant, unsigned gate)
{
	tele_text(r, "gate", gate < CONF_GATE_MAX ? plant->gate_name[gate] : "");
}

static bool add_order(struct tele_reply *r, const struct appliance *a, const struct own_order *o,
		      uint64_t place)
{
	struct tele_reply sub;
	char text[ORDER_ID_BYTES > 24 ? ORDER_ID_BYTES : 24];

	if (!tele_begin(&sub))
		return false;
	order_id_text(a->conf.orders.instance, o->id, text);
	tele_text(&sub, "id", text);
	add_symbol(&sub, o->symbol);
	tele_text(&sub, "state", o->state < TRADE_STATES ? trade_state_name[o->state] : "?");
	tele_text(&sub, "flight", order_is_open(o) ? flight_text(o->flight) : "");
	tele_text(&sub, "side", o->side == SIDE_BUY ? "buy" : "sell");
	tele_number(&sub, "qty", o->total);
	tele_number(&sub, "filled", o->filled);
	tele_number(&sub, "leaves", order_leaves(o));
	tele_px(&sub, "price", o->price);
	tele_text(&sub, "tif", o->tif == TIF_IOC ? "ioc" : "day");
	tele_text(&sub, "venue", venue_name(o->venue));
	tele_text(&sub, "source", o->source < TRADE_SOURCES ? trade_source_name[o->source] : "?");
	add_gate(&sub, &a->plant, o->gate);
	snprintf(text, sizeof text, "%llu", (unsigned long long)place);
	return tele_end(r, text, &sub);
}

void tele_orders(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct desk *d = desk_of(ask, r);
	uint64_t from, at;
	uint32_t n_open = 0;
	bool room = true;

	if (!d || !from_of(ask, r, &from))
		return;
	struct found *found = malloc(d->orders.max * sizeof *found);

	if (!found) {
		tele_error(r, "no memory");
		return;
	}
	uint32_t n = find_orders(&d->orders, found, &n_open);

	tele_number(r, "open", n_open);
	tele_number(r, "ended", n - n_open);
	for (at = from; at < n && room; at += room) {
		struct own_order o = d->orders.order[found[at].at];

		if (o.id == found[at].id) // its place was not taken meanwhile
			room = add_order(r, ask->a, &o, at);
	}
	tele_number(r, "more", at < n ? n - at : 0);
	free(found);
}

static bool add_position(struct tele_reply *r, uint64_t symbol, const struct position *p, uint64_t place)
{
	struct tele_reply sub;
	char key[24];

	if (!tele_begin(&sub))
		return false;
	add_symbol(&sub, symbol);
	tele_signed(&sub, "qty", p->qty);
	add_money(&sub, "cost", p->cost);
	add_money(&sub, "realized", p->realized);
	add_money(&sub, "unrealized", p->unrealized);
	add_money(&sub, "fees", p->fees);
	tele_px(&sub, "bid", p->bid ? p->bid : PX_NULL);
	tele_px(&sub, "ask", p->ask ? p->ask : PX_NULL);
	tele_number(&sub, "stale", p->stale);
	snprintf(key, sizeof key, "%llu", (unsigned long long)place);
	return tele_end(r, key, &sub);
}

static void add_earned(struct tele_reply *r, const char *gate, const struct earned *e)
{
	struct tele_reply sub;

	if (!e->trips || !tele_begin(&sub))
		return;
	tele_number(&sub, "trips", e->trips);
	tele_number(&sub, "wins", e->wins);
	tele_number(&sub, "losses", e->losses);
	add_money(&sub, "realized", e->realized);
	add_money(&sub, "fees", e->fees);
	add_money(&sub, "net", e->net);
	tele_end(r, gate, &sub);
}

void tele_earned(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct desk *d = desk_of(ask, r);

	for (unsigned i = 0; d && i <= EARNED_GATES; i++)
		add_earned(r, i < EARNED_GATES ? ask->a->plant.gate_name[i] : "none", &d->earned.gate[i]);
}

void tele_positions(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct desk *d = desk_of(ask, r);
	uint64_t from, seen = 0, shown = 0, held = 0;
	bool room = true;

	if (!d || !from_of(ask, r, &from))
		return;
	add_money(r, "realized", d->positions.realized);
	add_money(r, "unrealized", d->positions.unrealized);
	add_money(r, "fees", d->positions.paid);
	add_money(r, "net", d->positions.realized + d->positions.unrealized - d->positions.paid);
	add_money(r, "day_net", d->account.day_net);
	for (uint32_t i = 0; i < d->positions.instruments; i++) {
		struct position p = d->positions.position[i];

		if (!p.qty && !p.open_qty && !p.realized && !p.fees)
			continue;
		held += p.qty != 0;
		if (seen++ < from || !room)
			continue;
		room = add_position(r, d->instr[i].symbol, &p, seen - 1);
		shown += room;
	}
	tele_number(r, "held", held);
	tele_number(r, "traded", seen);
	tele_number(r, "more", seen > from + shown ? seen - from - shown : 0);
}

static void add_counts(struct tele_reply *r, const char *key, const char *const *name, const uint64_t *count,
		       int from, int n)
{
	struct tele_reply sub;

	if (!tele_begin(&sub))
		return;
	for (int i = from; i < n; i++)
		tele_number(&sub, name[i], count[i]);
	tele_end(r, key, &sub);
}

static void add_time(struct tele_reply *r, const char *name, int64_t ns)
{
	static const struct {
		int64_t ns;
		const char *unit;
	} unit[] = { { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" } };
	char text[40];
	unsigned i = 0;

	while (ns % unit[i].ns)
		i++;
	snprintf(text, sizeof text, "%lld%s", (long long)(ns / unit[i].ns), unit[i].unit);
	tele_text(r, name, text);
}

// A limit as it could stand in the configuration.
static void add_limit(struct tele_reply *r, const char *name, int64_t v, enum conf_unit unit)
{
	if (v == RISK_ABSENT)
		tele_text(r, name, "absent");
	else if (v == RISK_UNLIMITED)
		tele_text(r, name, "unlimited");
	else if (unit == CONF_UNIT_MONEY)
		add_money(r, name, v);
	else if (unit == CONF_UNIT_NS)
		add_time(r, name, v);
	else
		tele_signed(r, name, v);
}

static void add_limits(struct tele_reply *r, const struct risk_limits *l)
{
	struct tele_reply sub;

	if (!tele_begin(&sub))
		return;
#define RISK_LIMIT(name, unit, help) add_limit(&sub, #name, l->name, CONF_UNIT_##unit);
#include "conf/limits.def"
	tele_end(r, "limits", &sub);
}

bool tele_watchdog(const struct appliance *a, struct lcore_watchdog *w)
{
	*w = (struct lcore_watchdog){ 0 };
	for (unsigned i = 0; i < a->n_lcore && !w->on && !a->plant.replay; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_TELEMETRY)
			guard_look(&a->lcore[i], w);
	return w->on;
}

// Where none is: entries never leave.
static void add_watch(struct tele_reply *r, const struct appliance *a)
{
	struct lcore_watchdog w;
	struct tele_reply sub;

	if (a->plant.replay || !tele_begin(&sub))
		return;
	tele_watchdog(a, &w);
	tele_text(&sub, "state", w.on && w.state < WATCHDOG_STATES ? watchdog_state_name[w.state] : "none");
	tele_text(&sub, "finding", w.text);
	tele_number(&sub, "differences", w.differences);
	tele_number(&sub, "passes", w.passes);
	tele_number(&sub, "alike", w.alike);
	tele_number(&sub, "partial", w.partial);
	tele_end(r, "watchdog", &sub);
}

void tele_risk(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct desk *d = desk_of(ask, r);

	if (!d)
		return;
	enum latch_mode said = plant_mode(&ask->a->plant), own = d->own_mode;
	const struct latch *latch = trading_latch();

	tele_text(r, "mode", latch_mode_name[own > said ? own : said]);
	tele_text(r, "why", latch->reason);
	tele_text(r, "cause", latch_cause_name[latch->cause]);
	tele_text(r, "raised_by_desk", latch_mode_name[own]);
	tele_number(r, "loss_latched", d->account.loss_latched);
	tele_number(r, "rejects_latched", d->account.rejects_latched);
	tele_number(r, "open_orders", d->account.n_open);
	add_money(r, "gross", d->account.gross);
	add_money(r, "net_long", d->account.net_long);
	add_money(r, "net_short", d->account.net_short);
	add_money(r, "day_net", d->account.day_net);
	add_watch(r, ask->a);
	add_counts(r, "denied", risk_name, d->denied, RISK_PASS + 1, RISK_REASONS);
	add_counts(r, "desk", desk_count_name, d->count, 0, DESK_COUNTS);
	add_counts(r, "surprises", order_surprise_name, d->orders.surprises, ORDER_NOTHING + 1,
		   ORDER_SURPRISES);
	add_limits(r, d->conf.limits);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// order_apply.c: what reports and the lack of them do to an order.
#include "lcore/trade/order.h"

#define NONE UINT32_MAX

// Returns whether an execution or break was applied before. Remembers it if not.
static bool seen(struct order_table *t, uint64_t id, uint64_t fill_id, bool broken)
{
	uint64_t fill = fill_id << 1 | broken;
	uint64_t key = (id ^ fill * UINT64_C(0xC2B2AE3D27D4EB4F)) * UINT64_C(0x9E3779B97F4A7C15);
	struct order_seen *line = &t->seen[(key ^ key >> 32) >> 16 & t->seen_mask];

	for (int i = 0; i < ORDER_SEEN; i++)
		if (line->at[i].id == id && line->at[i].fill == fill)
			return true;
	t->seen_forgotten += line->n >= ORDER_SEEN;
	line->at[line->n % ORDER_SEEN].id = id;
	line->at[line->n++ % ORDER_SEEN].fill = fill;
	return false;
}

void order_remember(struct order_table *t, uint64_t id, uint64_t fill_id, bool broken)
{
	seen(t, id, fill_id, broken);
}

static void end(struct order_table *t, struct own_order *o, enum trade_state state, char reason)
{
	order_end(t, o, state, reason);
}

// What is alive by what we know of executions: also the way back from UNKNOWN.
static void alive(struct own_order *o) { o->state = o->filled ? STATE_PART : STATE_LIVE; }

static enum order_surprise accepted(struct own_order *o, const struct trade_report *r)
{
	bool first = !o->ack_ns;

	if (o->state == STATE_REJECTED || o->state == STATE_DENIED)
		return ORDER_CONTRADICTION;
	if (!first && o->state != STATE_UNKNOWN)
		return ORDER_DUPLICATE;
	o->ack_ns = first ? r->ts_ns : o->ack_ns;
	if (!order_is_open(o) || o->state == STATE_PART)
		return first ? ORDER_LATE_ACK : ORDER_DUPLICATE;
	o->price = r->limit > 0 ? r->limit : o->price; // which a venue may improve
	alive(o);
	return r->filled > o->filled ? ORDER_FILL_MISSING
				     : ORDER_NOTHING; // an answer about one that was UNKNOWN
}

// A fill moves the position whatever is believed of its order.
static enum order_surprise filled(struct order_table *t, struct own_order *o, const struct trade_report *r)
{
	bool open = order_is_open(o), early = !o->ack_ns && o->state != STATE_UNKNOWN && !o->filled;

	o->filled += r->qty;
	o->notional += (uint64_t)r->price * r->qty;
	if (!open)
		return o->state == STATE_FILLED ? ORDER_OVERFILL : ORDER_FILL_AFTER_END;
	if (o->filled >= o->total && !(o->flight & ORDER_REPLACING && o->asked_total > o->filled))
		end(t, o, STATE_FILLED, 0);
	else
		alive(o);
	if (o->filled > o->total && !(o->flight & ORDER_REPLACING && o->asked_total >= o->filled))
		return ORDER_OVERFILL;
	if (r->filled > o->filled)
		return ORDER_FILL_MISSING;
	return early ? ORDER_FILL_BEFORE_ACK : ORDER_NOTHING;
}

// The venue's leaves count; the total follows from what we have seen executed.
static enum order_surprise cancelled(struct order_table *t, struct own_order *o, const struct trade_report *r)
{
	bool asked = o->flight;

	if (!order_is_open(o))
		return o->state == STATE_REJECTED ? ORDER_CONTRADICTION : ORDER_DUPLICATE;
	o->total = o->filled + r->leaves;
	o->flight &= (uint8_t)~ORDER_CANCELLING;
	o->cancels = 0;
	if (!r->leaves)
		end(t, o, STATE_CANCELLED, r->reason);
	else
		alive(o);
	if (r->filled > o->filled)
		return ORDER_FILL_MISSING;
	return asked || o->tif == TIF_IOC || !r->leaves ? ORDER_NOTHING : ORDER_UNASKED;
}

static enum order_surprise replaced(struct order_table *t, struct own_order *o, const struct trade_report *r)
{
	bool asked = o->flight & ORDER_REPLACING;

	if (!order_is_open(o))
		return r->leaves ? ORDER_CONTRADICTION : ORDER_DUPLICATE;
	o->flight &= (uint8_t)~ORDER_REPLACING;
	o->price = r->limit;
	o->total = o->filled + r->leaves;
	if (!r->leaves)
		end(t, o, STATE_CANCELLED, r->reason);
	else
		alive(o);
	if (r->filled > o->filled)
		return ORDER_FILL_MISSING;
	return asked ? ORDER_NOTHING : ORDER_UNASKED;
}

// A reject is of the replace in flight where there is one: the order lives on as it was.
static enum order_surprise rejected(struct order_table *t, struct own_order *o, const struct trade_report *r)
{
	if (!order_is_open(o))
		return o->state == STATE_REJECTED ? ORDER_DUPLICATE : ORDER_CONTRADICTION;
	if (o->flight & ORDER_REPLACING) {
		o->flight &= (uint8_t)~ORDER_REPLACING;
		if (o->filled >= o->total)
			end(t, o, STATE_FILLED, 0);
		return ORDER_NOTHING;
	}
	if (o->ack_ns || o->filled) { // it was alive: who is right is not known
		o->state = STATE_UNKNOWN;
		return ORDER_CONTRADICTION;
	}
	end(t, o, STATE_REJECTED, r->reason);
	return ORDER_NOTHING;
}

static enum order_surprise expired(struct order_table *t, struct own_order *o, const struct trade_report *r)
{
	if (!order_is_open(o))
		return o->state == STATE_REJECTED ? ORDER_CONTRADICTION : ORDER_DUPLICATE;
	end(t, o, STATE_EXPIRED, r->reason);
	return r->filled > o->filled ? ORDER_FILL_MISSING : ORDER_NOTHING;
}

struct order_change order_apply(struct order_table *t, const struct trade_report *r)
{
	struct own_order *o = order_find(t, r->id);
	struct order_change c = { .order = o };
	uint32_t was = o ? o->reserved : 0;
	bool execution = r->kind == REPORT_FILL || r->kind == REPORT_BREAK;

	c.before = o ? o->state : STATE_UNKNOWN;
	if (execution && seen(t, r->id, r->fill_id, r->kind == REPORT_BREAK)) {
		c.surprise = ORDER_DUPLICATE;
	} else if (!o) {
		c.surprise = ORDER_STRANGER;
		c.fill = r->kind == REPORT_FILL;
	} else {
		c.fill = r->kind == REPORT_FILL;
		switch (r->kind) {
		case REPORT_ACCEPTED: c.surprise = accepted(o, r); break;
		case REPORT_FILL: c.surprise = filled(t, o, r); break;
		case REPORT_CANCELLED: c.surprise = cancelled(t, o, r); break;
		case REPORT_REPLACED: c.surprise = replaced(t, o, r); break;
		case REPORT_REJECTED: c.surprise = rejected(t, o, r); break;
		case REPORT_EXPIRED: c.surprise = expired(t, o, r); break;
		default: break; // a break moves the position only
		}
		order_reserve(o);
		c.released = (int64_t)was - o->reserved;
	}
	t->surprises[c.surprise]++;
	return c;
}

struct order_change order_lost(struct own_order *o)
{
	struct order_change c = { .order = o, .before = o->state };

	if (order_is_open(o))
		o->state = STATE_UNKNOWN;
	return c;
}

static bool overdue(uint64_t since_ns, uint64_t now_ns, uint64_t after_ns)
{
	return now_ns > since_ns && now_ns - since_ns >= after_ns;
}

void order_overdue(struct order_table *t, const struct order_timeouts *timeouts, uint64_t now_ns,
		   void (*due)(void *ctx, struct own_order *o, enum order_due what), void *ctx)
{
	uint32_t next;

	for (uint32_t i = t->open; i != NONE; i = next) {
		struct own_order *o = &t->order[i];

		next = o->next;
		if (o->state == STATE_SENT && overdue(o->sent_ns, now_ns, timeouts->ack_ns)) {
			order_lost(o);
			due(ctx, o, ORDER_DUE_UNKNOWN);
		} else if (o->flight & ORDER_CANCELLING &&
			   overdue(o->flight_ns, now_ns, timeouts->cancel_ns)) {
			o->flight_ns = now_ns;
			due(ctx, o,
			    o->cancels <= timeouts->cancels ? ORDER_DUE_CANCEL_AGAIN : ORDER_DUE_ALARM);
		}
	}
}

enum order_engine order_engine_of(const struct order_table *t, uint32_t instr, uint8_t side, int64_t position,
				  bool armed, uint64_t cool_ns, uint64_t now_ns)
{
	bool entries = false, exits = false, held = side == SIDE_BUY ? position > 0 : position < 0;

	for (uint32_t i = t->head[instr]; i != NONE; i = t->order[i].instr_next) {
		const struct own_order *o = &t->order[i];

		// An operator's order is one or the other by what is held.
		if (o->who == RISK_ENTRY || (o->who == RISK_OPERATOR && o->side == side))
			entries |= o->side == side;
		else
			exits |= o->side != side && held;
	}
	if (exits)
		return ENGINE_EXITING;
	if (entries)
		return ENGINE_ENTERING;
	if (held)
		return ENGINE_OPEN;
	if (now_ns < cool_ns)
		return ENGINE_COOL_DOWN;
	return armed ? ENGINE_ARMED : ENGINE_FLAT;
}

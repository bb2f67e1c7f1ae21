/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/stop.h"

const char *const stop_mode_name[STOP_MODES] = { "price", "ticks", "bps", "range" };
const char *const stop_watch_name[STOP_WATCHES] = { "exit_side", "last", "mid" };
const char *const stop_path_name[STOP_PATHS] = { "event", "second", "retry" };

static bool is_long(const struct stop *s) { return s->qty > 0; }

// Whether price a is better for the position than b.
static bool better(const struct stop *s, int64_t a, int64_t b) { return is_long(s) ? a > b : a < b; }

void stop_position(struct stop *s, const struct stop_rule *rule, uint64_t position_id, int64_t qty)
{
	int64_t range = s->range;

	if (!qty || !position_id) {
		*s = (struct stop){ .range = range };
		return;
	}
	if (s->position_id != position_id)
		*s = (struct stop){ .position_id = position_id,
				    .activation = rule->activation,
				    .trigger = rule->trigger,
				    .range = range };
	s->qty = qty;
}

void stop_restore(struct stop *s, const struct stop *kept)
{
	*s = *kept;
	s->exit_live = false;
	s->seen_ns = 0;
	s->seen_bid = s->seen_ask = s->seen_last = 0;
}

void stop_range(struct stop *s, const struct stop_rule *rule, int64_t range)
{
	int64_t offset = (int64_t)((__int128)range * rule->offset / 1000);

	if (range <= 0)
		return;
	s->range = range;
	if (rule->mode == STOP_RANGE && rule->follow && s->hwm && offset < s->offset)
		s->offset = offset;
}

static int64_t offset_of(const struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			 int64_t hwm)
{
	switch (rule->mode) {
	case STOP_TICKS: return rule->offset * risk_tick(ticks, hwm);
	case STOP_BPS: return (int64_t)((__int128)hwm * rule->offset / 10000);
	case STOP_RANGE: return s->offset;
	default: return rule->offset;
	}
}

int64_t stop_trigger_of(const struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			int64_t hwm)
{
	int64_t offset = offset_of(s, rule, ticks, hwm), px = is_long(s) ? hwm - offset : hwm + offset, tick;

	if (px <= 0)
		return 0;
	tick = risk_tick(ticks, px);
	return (px + (is_long(s) ? tick - 1 : 0)) / tick * tick;
}

// The price that counts, or 0 where nothing may move: one could not trade at it.
static int64_t watched(const struct stop *s, const struct stop_rule *rule, const struct stop_quote *q,
		       uint64_t now_ns)
{
	bool old = now_ns > q->ts_ns && now_ns - q->ts_ns > rule->quote_age_ns;

	if (q->suspect || old || q->bid <= 0 || q->ask <= 0 || q->bid >= q->ask)
		return 0;
	if (rule->watch == STOP_LAST)
		return q->last > 0 ? q->last : 0;
	if (rule->watch == STOP_MID)
		return (q->bid + q->ask + !is_long(s)) / 2;
	return is_long(s) ? q->bid : q->ask;
}

static enum stop_verdict fire(struct stop *s, const struct stop_rule *rule, int64_t price, uint64_t now_ns,
			      enum stop_path path, struct stop_fire *out)
{
	s->fired = s->exit_live = true;
	s->fired_ns = now_ns;
	*out = (struct stop_fire){ .position_id = s->position_id,
				   .ts_ns = now_ns,
				   .qty = is_long(s) ? s->qty : -s->qty,
				   .trigger = s->trigger,
				   .watched = price,
				   .retry = s->retry,
				   .side = is_long(s) ? SIDE_SELL : SIDE_BUY,
				   .path = (uint8_t)path,
				   .alarm = s->retry >= 2 };
	if (rule->limit_offset && s->trigger)
		out->limit = s->trigger + (is_long(s) ? -rule->limit_offset : rule->limit_offset);
	return STOP_FIRED;
}

// The first price after activation only begins the mark.
static enum stop_verdict trail(struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			       int64_t price)
{
	int64_t trigger;

	if (s->hwm && !better(s, price, s->hwm) && !(rule->mode == STOP_RANGE && rule->follow))
		return STOP_QUIET;
	if (!s->hwm) {
		if (s->activation && better(s, s->activation, price))
			return STOP_QUIET;
		if (rule->mode == STOP_RANGE && !s->range)
			return STOP_QUIET;
		s->offset = (int64_t)((__int128)s->range * rule->offset / 1000);
		s->hwm = price;
	}
	s->hwm = better(s, price, s->hwm) ? price : s->hwm;
	trigger = stop_trigger_of(s, rule, ticks, s->hwm);
	if (!trigger || (s->trigger && !better(s, trigger, s->trigger)))
		return STOP_QUIET;
	s->trigger = trigger;
	return STOP_MOVED;
}

static enum stop_verdict look(struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			      const struct stop_quote *q, uint64_t now_ns, enum stop_path path,
			      struct stop_fire *out)
{
	int64_t price;

	if (!s->position_id || s->fired)
		return STOP_QUIET;
	if (q->ts_ns == s->seen_ns && q->bid == s->seen_bid && q->ask == s->seen_ask &&
	    q->last == s->seen_last)
		return STOP_QUIET; // it has done what it can
	if (!(price = watched(s, rule, q, now_ns)))
		return STOP_QUIET;
	s->seen_ns = q->ts_ns;
	s->seen_bid = q->bid;
	s->seen_ask = q->ask;
	s->seen_last = q->last;
	if (s->trigger && !better(s, price, s->trigger))
		return fire(s, rule, price, now_ns, path, out);
	return trail(s, rule, ticks, price);
}

enum stop_verdict stop_event(struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			     const struct stop_quote *q, uint64_t now_ns, struct stop_fire *out)
{
	return look(s, rule, ticks, q, now_ns, STOP_BY_EVENT, out);
}

// A position that must go is never left without a try: the trigger is not waited for again, nor a quote.
static enum stop_verdict retry(struct stop *s, const struct stop_rule *rule, uint64_t now_ns,
			       struct stop_fire *out)
{
	bool answered = !s->exit_live || now_ns - s->fired_ns >= rule->answer_ns;

	if (now_ns / NS_PER_S != s->second) {
		s->second = now_ns / NS_PER_S;
		s->in_second = 0;
	}
	if (!answered || s->in_second >= rule->retries_per_s)
		return STOP_QUIET;
	s->in_second++;
	s->retry += s->retry < UINT16_MAX;
	return fire(s, rule, 0, now_ns, STOP_BY_RETRY, out);
}

enum stop_verdict stop_second(struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			      const struct stop_quote *q, uint64_t now_ns, struct stop_fire *out)
{
	if (s->position_id && s->fired)
		return retry(s, rule, now_ns, out);
	return look(s, rule, ticks, q, now_ns, STOP_BY_SECOND, out);
}

void stop_exit_ended(struct stop *s) { s->exit_live = false; }

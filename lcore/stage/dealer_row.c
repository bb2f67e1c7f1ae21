/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_row.c: the present of the desk, and what a row says of its instrument beside its prices.
#include <rte_cycles.h>

#include "lcore/base/calendar.h"
#include "lcore/stage/dealer.h"

#define SKEW_NS (2 * NS_PER_S) // beyond the greatest lateness

uint64_t dealer_host_ns(const struct dealer *o)
{
	const struct lcore_clock *c = &o->lcore->plant->clock;
	uint64_t tsc = o->lcore->twin ? o->lcore->tsc : rte_rdtsc();

	return c->base_ns + clock_ns(c, tsc - c->base_tsc);
}

// Live: exchange time, as far as rows show it. It goes on with the host's clock between them.
static uint64_t now_ns(const struct dealer *o)
{
	return (uint64_t)((int64_t)dealer_host_ns(o) + o->offset_ns);
}

uint64_t dealer_now(const struct dealer *o)
{
	return o->lcore->plant->replay || o->offset_ns == INT64_MIN ? o->desk.now_ns : now_ns(o);
}

static uint32_t facts_of_time(const struct dealer *o, uint64_t ts_ns)
{
	struct calendar_day day;

	calendar_day_of(ts_ns, &day);
	enum session s = calendar_session(&day, ts_ns);
	uint32_t closed = s == SESSION_NONE ? RISK_FACT_CLOSED : 0;

	return s != SESSION_RTH && !(o->conf.extended && s != SESSION_NONE) ? closed | RISK_FACT_SESSION
									    : closed;
}

// No entry, and exits by the clock of the venue.
uint32_t dealer_facts_unseen(const struct dealer *o, const struct dealer_instr *in)
{
	return RISK_FACT_STALE | (in->restricted ? RISK_FACT_RESTRICTED : 0) |
	       facts_of_time(o, dealer_now(o));
}

uint32_t dealer_facts(const struct dealer *o, const struct dealer_instr *in, const struct bar *b)
{
	static const struct {
		uint32_t flag, fact;
	} map[] = { { BAR_TEST, RISK_FACT_TEST },
		    { BAR_STALE, RISK_FACT_STALE | RISK_FACT_NO_LINE },
		    { BAR_GAP, RISK_FACT_GAP },
		    { BAR_BOOK_SUSPECT, RISK_FACT_SUSPECT },
		    { BAR_HALTED, RISK_FACT_HALTED } };
	uint32_t facts = in->restricted ? RISK_FACT_RESTRICTED : 0;

	for (size_t i = 0; i < sizeof map / sizeof *map; i++)
		facts |= b->flags & map[i].flag ? map[i].fact : 0;
	facts |= facts_of_time(o, b->close_ts);
	if (!o->lcore->plant->replay && o->lcore->plant->conf->run.clock_anchor == CONF_CLOCK_ANCHOR_HOST &&
	    o->offset_ns > (int64_t)SKEW_NS)
		facts |= RISK_FACT_SKEW;
	return facts;
}

// Wilder 1978: the first mean is of 14 true ranges, then each new one counts a fourteenth.
void dealer_range(struct dealer_instr *in, const struct bar *b)
{
	enum { RANGES = 14 };

	if (b->span != SPAN_1M || !b->trades || b->high == PX_NULL || b->close == PX_NULL)
		return;
	int64_t high = in->last_close > b->high ? in->last_close : b->high;
	int64_t low = in->last_close && in->last_close < b->low ? in->last_close : b->low;

	in->last_close = b->close;
	if (in->n_ranges < RANGES) {
		in->range_sum += high - low;
		in->range = ++in->n_ranges == RANGES ? in->range_sum / RANGES : 0;
	} else {
		in->range = (in->range * (RANGES - 1) + high - low) / RANGES;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/equity.h"

#define MINUTE_NS (60 * NS_PER_S)

void equity_init(struct equity *e, struct position_book *book) { *e = (struct equity){ .book = book }; }

static bool in_session(struct equity *e, uint64_t ns)
{
	struct calendar_day next;

	if (ns < e->day.midnight_ns || ns >= e->day_end_ns) {
		calendar_day_of(ns, &e->day);
		calendar_day_by_date(e->day.day + 1, &next);
		e->day_end_ns = next.midnight_ns;
	}
	return calendar_session(&e->day, ns) != SESSION_NONE;
}

// Closes the minute that is open. Returns whether it has a row.
static bool close_minute(struct equity *e, struct equity_row *row)
{
	bool has = e->filled || in_session(e, e->end_ns - MINUTE_NS);

	if (has)
		*row = (struct equity_row){ e->end_ns, position_equity_of(e->book) };
	e->filled = false;
	e->end_ns += MINUTE_NS;
	return has;
}

bool equity_due(struct equity *e, uint64_t ts_ns, bool fill, struct equity_row *row)
{
	while (e->end_ns && (e->end_ns < ts_ns || (fill && e->end_ns == ts_ns)))
		if (close_minute(e, row))
			return true;
	if (fill) {
		e->end_ns = e->end_ns ? e->end_ns : (ts_ns / MINUTE_NS + 1) * MINUTE_NS;
		e->filled = true;
	}
	return false;
}

bool equity_last(struct equity *e, struct equity_row *row)
{
	bool has = e->end_ns && close_minute(e, row);

	e->end_ns = 0;
	return has;
}

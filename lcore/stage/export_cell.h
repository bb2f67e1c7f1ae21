/* SPDX-License-Identifier: BSD-3-Clause */
// export_cell.h: cells of CSV rows that several streams write alike. Each writes at p its value and the comma
// after it, and returns where the next cell begins. Pure; the caller's line has room (BAR_LINE_BYTES).
#ifndef WB_STAGE_EXPORT_CELL_H
#define WB_STAGE_EXPORT_CELL_H

#include "lcore/base/calendar.h"
#include "lcore/base/decimal.h"

// export_comma ends a cell that the caller has written.
static inline char *export_comma(char *p)
{
	*p++ = ',';
	return p;
}

// export_dollars writes v, 1e-6 dollar, in dollars.
static inline char *export_dollars(int64_t v, char *p) { return export_comma(p + decimal_millionths(v, p)); }

// export_time writes ns since 1970 as a UTC time; 0: an empty cell.
static inline char *export_time(uint64_t ns, char *p)
{
	return export_comma(ns ? p + calendar_iso(ns, p) : p);
}

#endif

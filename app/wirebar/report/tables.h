/* SPDX-License-Identifier: BSD-3-Clause */
// tables.h: the numbers of a run as tables. One thread.
#ifndef WB_REPORT_TABLES_H
#define WB_REPORT_TABLES_H

#include "app/wirebar/report/report.h"

// tables_numbers writes what users of backtests expect: result, round trips, risk, execution, assumptions.
void tables_numbers(struct page *p, const struct report *r);
// tables_trips writes the last round trips, and how many are left out.
void tables_trips(struct page *p, const struct report *r);
// tables_files writes which bytes the page was made from.
void tables_files(struct page *p, const struct report *r);

#endif

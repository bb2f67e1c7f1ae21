/* SPDX-License-Identifier: BSD-3-Clause */
// sheet.h: the page from its parts. One thread.
#ifndef WB_REPORT_SHEET_H
#define WB_REPORT_SHEET_H

#include "app/wirebar/report/report.h"

// sheet_write writes the whole page to p, which is open. Wants calendar_load.
void sheet_write(struct page *p, const struct report *r);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// docs.h: pages of docs/ that are made from lists and have more text than fits beside them.
#ifndef WB_WIREBAR_DOCS_H
#define WB_WIREBAR_DOCS_H

#include <stdio.h>

// docs_cell prints text into a cell of a table, where | would end it. Main thread.
void docs_cell(FILE *out, const char *text);
// docs_bars prints docs/bars.md. Main thread.
void docs_bars(FILE *out);
// docs_metrics prints docs/metrics.md, docs_dashboard conf/prometheus/dashboard.json. Main thread.
void docs_metrics(FILE *out);
void docs_dashboard(FILE *out);
// docs_risk prints docs/risk.md. Main thread.
void docs_risk(FILE *out);

#endif

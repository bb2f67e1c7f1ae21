/* SPDX-License-Identifier: BSD-3-Clause */
// facts.h: what the summary of a run (--summary) says. One thread.
#ifndef WB_REPORT_FACTS_H
#define WB_REPORT_FACTS_H

#include "app/wirebar/report/report.h"

// facts_load reads the summary: the run's hash, whether its SHA-256 of the other files are those of what was
// read, and all it says of trading. Call it after load_files. Returns false with r->error.
bool facts_load(struct report *r);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// load.h: the files of a run into figures. One thread.
#ifndef WB_REPORT_LOAD_H
#define WB_REPORT_LOAD_H

#include "app/wirebar/report/report.h"

// load_files reads all files of r->path but the summary. Wants calendar_load. Returns false with r->error.
bool load_files(struct report *r);

#endif

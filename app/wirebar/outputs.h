/* SPDX-License-Identifier: BSD-3-Clause */
// outputs.h: the files that a run writes: refused before anything is opened, written beside their targets,
// and given their names when the run is over. Control thread.
#ifndef WB_APP_OUTPUTS_H
#define WB_APP_OUTPUTS_H

#include "app/wirebar/appliance.h"

// outputs_check refuses outputs that are an input, the configuration, or each other, and those that nobody
// would write. Opens nothing. Returns 0, 1 (cannot be written) or 2 (usage), with the reason on stderr.
int outputs_check(const struct appliance *a);
// outputs_open opens all but the summary's. Returns 0 or -errno, with the reason on stderr.
int outputs_open(struct appliance *a);
// outputs_say_stale says on stderr which temporaries of dead processes output_open has removed.
void outputs_say_stale(const struct output *o);
// outputs_settle gives the streams their names, if keep and all are whole; else all targets stay as they
// were. After the lcores have ended. Returns whether they were kept.
bool outputs_settle(struct appliance *a, bool keep);
// outputs_drop removes every temporary file. Accepts what was never opened.
void outputs_drop(struct appliance *a);
// outputs_report is where the report for people goes: stdout, unless a stream has it for itself.
FILE *outputs_report(const struct appliance *a);
// outputs_failed returns true if any stream was not written whole.
bool outputs_failed(const struct appliance *a);

#endif

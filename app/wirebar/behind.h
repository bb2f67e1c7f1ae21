/* SPDX-License-Identifier: BSD-3-Clause */
// behind.h: which consumers of links are slow, and what full links have lost. Looked at from outside, by the
// counters of the links: a consumer that is stuck cannot say so itself, the telemetry lcore included.
#ifndef WB_APP_BEHIND_H
#define WB_APP_BEHIND_H

#include "app/wirebar/appliance.h"

// behind_look takes a look at all links, four times a second however often it is called. Main thread.
void behind_look(const struct appliance *a);
// behind_ns returns for how long the oldest element of link i has waited, as of the last look. Any thread.
uint64_t behind_ns(unsigned i);
// behind_verdict makes the verdict worse where a consumer is slow (telemetry.behind_warn): degraded, or bad
// where the signal stage decides by data older than telemetry.lag_fail. Any thread.
void behind_verdict(const struct appliance *a, struct telemetry_health *h);
// behind_lost returns true, with what was lost in words, when a full link has lost something since the last
// call that means REDUCE for trading (pressure.def). Control thread.
bool behind_lost(const struct appliance *a, char *text, size_t text_bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// render.h: the view as Prometheus reads it.
#ifndef WB_CONSOLE_RENDER_H
#define WB_CONSOLE_RENDER_H

#include <stdio.h>

#include "app/wirebar_console/view.h"

// render_metrics writes all families of metric.h of which the view has samples. When the appliance has not
// answered for VIEW_DEAD_S it writes only whether and when it did and the age of its data: Prometheus then
// knows that the others are gone. Assumes that the view's lock is held.
void render_metrics(FILE *out, const struct view *v, uint64_t now_ns);

#endif

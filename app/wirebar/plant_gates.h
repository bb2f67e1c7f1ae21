/* SPDX-License-Identifier: BSD-3-Clause */
// plant_gates.h: the gates of a configuration, compiled: by the check, the start, a reload and the library.
#ifndef WB_APP_PLANT_GATES_H
#define WB_APP_PLANT_GATES_H

#include "conf/conf.h"

struct gate_set;

// plant_gates compiles the gates of c into set. With each, a rule that cannot be is refused through it, and
// the others go on. Returns how many were refused.
unsigned plant_gates(const struct conf *c, struct gate_set *set,
		     void (*refused)(void *ctx, const struct conf_error *err), void *ctx);

#endif

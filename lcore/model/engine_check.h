/* SPDX-License-Identifier: BSD-3-Clause */
// engine_check.h: what always holds of an engine between two calls, and of each row: for tests and fuzz
// targets. Nothing on the hot path calls it. PURE; the lcore that has the engine.
#ifndef WB_MODEL_ENGINE_CHECK_H
#define WB_MODEL_ENGINE_CHECK_H

#include "lcore/model/engine.h"

// engine_check returns NULL if every invariant holds, else the one that does not, in words. Looks at every
// channel, instrument, strand and waiting fragment. Assumes no call of the engine is under way.
const char *engine_check(const struct engine *e);

// engine_check_row does the same for a consolidated row that the engine has handed on.
const char *engine_check_row(const struct bar *b);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// guard.h: the watchdog (lcore/trade/watchdog.h) on the telemetry lcore: views of the desk and of the keepers
// of books in, a verdict for all to read out, and the mode halt when they differ. Live: in a replay both are
// one program's function of the same data, known at different times by design. Owner: the telemetry lcore.
#ifndef WB_STAGE_GUARD_H
#define WB_STAGE_GUARD_H

#include "lcore/stage/stage.h"
#include "lcore/trade/watchdog.h"

struct guard {
	struct lcore *lcore; // NULL: there are no orders, or it is a replay
	struct watchdog dog;
};

// guard_bytes returns what guard_init wants; 0: nothing is watched. Boot only.
size_t guard_bytes(const struct lcore *lcore);
void guard_init(struct guard *g, struct lcore *lcore, void *mem);
// guard_view takes a part of a view; guard_tick looks whether any came lately. now_tsc: the present.
void guard_view(struct guard *g, const struct trade_view *view, uint64_t now_tsc);
void guard_tick(struct guard *g, uint64_t now_tsc);
// guard_look copies what an lcore has found. Returns false where nothing is watched. Any thread.
bool guard_look(const struct lcore *lcore, struct lcore_watchdog *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// engine_carry.h: an engine's head for another process: struct engine without what is an address, and laid
// over an engine that was initialised alike. What its pointers lead to within its own memory holds no
// address, and is carried as it is. PURE.
#ifndef WB_MODEL_ENGINE_CARRY_H
#define WB_MODEL_ENGINE_CARRY_H

struct engine;

// engine_freeze writes e's head into *out. Every word that is an address, and what the configuration says, is
// 0 there. Assumes that no event is half applied. Owner lcore, or after its end.
void engine_freeze(const struct engine *e, struct engine *out);
// engine_thaw takes the head *from, but for addresses and configuration, which stay e's own. The feeds of
// channels are to be joined again (engine_join_feed). Assumes that e was initialised with the same
// configuration, and that its memory is as it was when *from was written. Boot only.
void engine_thaw(struct engine *e, const struct engine *from);

#endif

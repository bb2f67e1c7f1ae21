/* SPDX-License-Identifier: BSD-3-Clause */
// receiver_carry.h: a receiver's head for another process: struct receiver without what is an address, and
// laid over a receiver that was initialised alike. What its pointers lead to within its own memory, and what
// others read (struct receiver_counts), holds no address, and is carried as it is. PURE.
#ifndef WB_FEED_RECEIVER_CARRY_H
#define WB_FEED_RECEIVER_CARRY_H

#include <stdbool.h>

struct receiver;

// receiver_freeze writes r's head into *out, every word that is an address as 0; a channel's feed becomes its
// place in feeds, plus 1. Returns false between two calls for one frame: it has something in hand. Owner
// lcore, or after its end.
bool receiver_freeze(const struct receiver *r, struct receiver *out);
// receiver_thaw takes the head *from. Returns false, and has done nothing, when it names a feed or a channel
// that there is not. Assumes as engine_thaw. Boot only.
bool receiver_thaw(struct receiver *r, const struct receiver *from);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// gateway_item.h: elements of links as things to hand on, and what fires and fills have led to. Pure. One
// thread: the gateway lcore.
#ifndef WB_STAGE_GATEWAY_ITEM_H
#define WB_STAGE_GATEWAY_ITEM_H

#include "lcore/stage/kept.h"
#include "lcore/stage/link.h"

// gateway_item makes the item of an element, but for its number. Returns false if elements of its kind are
// not handed on.
bool gateway_item(const struct link_elem *e, struct sink_item *to);
// gateway_engine changes the engines ([instruments][2]) by a fire or a fill, saving what they were.
void gateway_engine(struct kept *k, struct sink_engine *engine, const struct link_elem *e);

#endif

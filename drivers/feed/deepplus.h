/* SPDX-License-Identifier: BSD-3-Clause */
// deepplus.h: IEX DEEP+ 1.0 (IEX-TP protocol 0x8005), IEX's book order by order. Layouts from real segments
// of 2024-10-01 (every type but C) and the field lists of two independent dissectors. PURE; state is the
// caller's struct feed_channel, one lcore.
#ifndef WB_FEED_DEEPPLUS_H
#define WB_FEED_DEEPPLUS_H

#include "drivers/feed/feed.h"

extern const struct feed deepplus_feed;

#endif

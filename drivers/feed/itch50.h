/* SPDX-License-Identifier: BSD-3-Clause */
// itch50.h: Nasdaq TotalView-ITCH 5.0 messages (big-endian), carried by MoldUDP64. Section names in itch50.c
// are those of the specification of 2026-02-19. PURE; state is the caller's struct feed_channel, one lcore.
#ifndef WB_FEED_ITCH50_H
#define WB_FEED_ITCH50_H

#include "drivers/feed/feed.h"

extern const struct feed itch50_feed, itch50_bx_feed, itch50_psx_feed; // Nasdaq, Nasdaq BX, Nasdaq PSX

// itch50_length returns the number of bytes of a message of that type, or 0 when the type is not known.
unsigned itch50_length(uint8_t type);

#endif

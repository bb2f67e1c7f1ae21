/* SPDX-License-Identifier: BSD-3-Clause */
// peel.h: the headers between the first byte of a frame and its UDP payload besides Ethernet and IPv4: tags,
// labels, tunnels, headers of capture hardware, cooked captures. One table of EtherTypes and one of IP
// protocols say for each what follows it, or that it is known to carry no feed. PURE and stateless: any
// thread. Off the fast path: frame_parse calls it for a frame that is not plain Ethernet, IPv4 and UDP.
#ifndef WB_FEED_PEEL_H
#define WB_FEED_PEEL_H

#include "drivers/receiver/frame.h"

// Headers of all kinds that are peeled off one frame; more are assumed to be a loop made on purpose.
#define PEEL_HEADERS_MAX 16

// peel_time_ns returns the receive time that capture hardware has written before the frame (UTC ns; the
// innermost such header, that of the device nearest to the exchange), or 0 when there is no plausible one.
// near_ns is the time known otherwise (0: none): it completes times that have only the low bits of their
// second, and a device's time more than a day away from it is of a clock that was never set.
uint64_t peel_time_ns(enum frame_link link, const uint8_t *data, uint32_t bytes, uint64_t near_ns);

// What capture hardware may append to every frame. It cannot be recognised with certainty, so it must
// be configured.
enum peel_trailer { PEEL_TRAILER_NONE, PEEL_TRAILER_METAMAKO, PEEL_TRAILER_EXABLAZE };

// peel_trailer_ns returns the receive time in the trailer of a whole frame (UTC ns), whether or not a frame
// check sequence follows it; 0 when there is none within a day of near_ns (which must be known).
uint64_t peel_trailer_ns(enum peel_trailer trailer, const uint8_t *data, uint32_t bytes, uint64_t near_ns);

// peel_plain returns whether data is plain Ethernet, IPv4 and UDP, which holds no header with a time.
static inline bool peel_plain(const uint8_t *data, uint32_t bytes)
{
	return bytes > 23 && data[12] == 0x08 && data[13] == 0x00 && data[23] == 17;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// repeat.h: heartbeats that say the same once more: frames of the same bytes behind one that the receiver has
// taken straight, which change nothing but counters and times. Part of the receiver; same thread.
#ifndef WB_RECEIVER_REPEAT_H
#define WB_RECEIVER_REPEAT_H

#include "drivers/receiver/take.h"
#include "lcore/base/bytes.h"

// Ethernet, IPv4 without options, UDP, and the header of MoldUDP64: the one transport whose heartbeats carry
// no time, so that two of them are alike.
enum { REPEAT_PAYLOAD_AT = 14 + 20 + 8, REPEAT_BYTES = REPEAT_PAYLOAD_AT + 20 };

// repeat_same returns whether two frames of REPEAT_BYTES say the same: all of them behind the Ethernet
// addresses, but for what each datagram has anew (its identification, RFC 791, and the sums over that).
static inline bool repeat_same(const uint8_t *a, const uint8_t *b)
{
	const uint64_t identification = UINT64_C(0xffff) << 48, sum = UINT64_C(0xffff) << 32;

	return (((le64(a + 12) ^ le64(b + 12)) & ~identification) |
		((le64(a + 20) ^ le64(b + 20)) & ~sum) |                                 // of the IPv4 header
		(le64(a + 28) ^ le64(b + 28)) | ((le64(a + 36) ^ le64(b + 36)) & ~sum) | // of UDP
		(le64(a + 44) ^ le64(b + 44)) | (le64(a + 52) ^ le64(b + 52)) |
		(le64(a + 54) ^ le64(b + 54))) == 0;
}

// repeat_may returns whether the heartbeat in hand, taken straight from frame, may have more of the same
// behind it. channel->hold is empty.
static inline bool repeat_may(const struct receiver *r, const struct receiver_channel *channel,
			      const struct frame_in *frame)
{
	return r->conf.merges_beats && !(channel->feed->flags & FEED_CLOCK_IN_HEADER) && !channel->waiting &&
	       !r->conf.verify_checksum && r->view.payload == frame->data + REPEAT_PAYLOAD_AT &&
	       r->view.bytes == REPEAT_BYTES - REPEAT_PAYLOAD_AT && frame->link == FRAME_ETHERNET &&
	       frame->data[14] == 0x45 &&
	       be16(frame->data + 16) == REPEAT_BYTES - 14; // IPv4 of 20 and 28 bytes
}

// repeat_run takes the heartbeats at frame[1 .. n) that are the same as frame[0], for which repeat_may holds,
// up to the first that is not, or before which a hole is to be declared; ev is frame[0]'s event. Returns how
// many.
static inline unsigned repeat_run(struct receiver *r, struct receiver_channel *channel,
				  struct receiver_line *line, const struct frame_in *frame, unsigned n,
				  struct event *ev)
{
	const uint8_t *first = frame->data;
	unsigned k = 1;

	for (; k < n; k++) {
		const struct frame_in *next = &frame[k];

		if (next->checksum_bad | next->segmented | next->recovered | (next->source ^ frame->source) |
			    (next->link != FRAME_ETHERNET) | (next->bytes < REPEAT_BYTES) ||
		    next->rx_ns >= r->expiry_ns || !repeat_same(first, next->data))
			break;
	}
	k--;
	channel->counts->packets += k;
	channel->counts->heartbeats += k;
	line->counts->packets += k;
	channel->counts->last_rx_ns = line->counts->last_rx_ns = channel->fresh_rx_ns = frame[k].rx_ns;
	LEDGER_ADD(r->ledger, frames_heartbeat, k);
	LEDGER_ADD(r->ledger, frames_rx, k);
	ev->qty = k;
	return k;
}

#endif

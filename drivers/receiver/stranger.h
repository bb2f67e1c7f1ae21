/* SPDX-License-Identifier: BSD-3-Clause */
// stranger.h: packets that do not continue the numbers of their line: of another session, or of the channel's
// own one, numbered anew. One packet proves nothing: a test publisher, a damaged header. They are held until
// a second one in order comes on the same line with none of the old between, or at once after an end of
// session; then all held packets of the same session are applied, by number. Of a restart these are the
// packets of this line: each line proves by itself that it follows. On a line that never carried the channel
// they prove nothing while other lines carry it. A packet that is never proven is refused and counted:
// packets_stranger. Part of the receiver; same thread.
#ifndef WB_FEED_STRANGER_H
#define WB_FEED_STRANGER_H

#include "drivers/receiver/frame.h"
#include "drivers/receiver/receiver.h"

// A stranger's packet as it came.
struct stranger_in {
	const struct packet *packet;
	const struct frame_view *view;
	uint8_t source;
	enum stranger_kind kind;
	bool frame; // count its frame, too
	uint64_t rx_ns;
};

// stranger_would_prove returns whether the packet would be proven by stranger_proven, and changes nothing.
bool stranger_would_prove(struct receiver_channel *channel, const struct stranger_in *in);
// stranger_proven judges a packet. Returns true when the new numbering is proven: its first packet was sent
// at *first_ns (0: not known) and has the number *first_seq. Apply its held packets (stranger_next), then
// this one, which is neither held nor counted. Returns false when the packet is held, or refused and counted.
bool stranger_proven(struct receiver *r, struct receiver_channel *channel, const struct stranger_in *in,
		     uint64_t *first_ns, uint64_t *first_seq);
// stranger_refuse counts a packet that is refused. frame: its frame, too.
void stranger_refuse(struct receiver *r, uint32_t count, bool frame);
// stranger_expects returns whether a restart (or the following of one) is on trial on the line, and a packet
// with this number, sent at time_ns (0: not known), would be next in order.
bool stranger_expects(const struct receiver_channel *channel, const struct receiver_line *line,
		      uint64_t first_seq, uint64_t time_ns);
// stranger_next returns the proven packet with the lowest number that is held, and its origin. NULL: no more.
// stranger_done drops it; its body stays until another packet is held.
const struct held *stranger_next(struct receiver_channel *channel, struct packet *packet,
				 struct frame_view *view, uint8_t *source);
void stranger_done(struct receiver_channel *channel);
// stranger_expire ends trials, and refuses their packets, whose line has carried other packets since, hold_ns
// after their last one; at UINT64_MAX all. Returns when to call it again; UINT64_MAX: nothing is on trial.
uint64_t stranger_expire(struct receiver *r, struct receiver_channel *channel, uint64_t now_ns);

#endif

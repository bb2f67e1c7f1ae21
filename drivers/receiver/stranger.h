/* SPDX-License-Identifier: BSD-3-Clause */
// stranger.h: packets that do not go on where their line stands: of another session, or of the channel's own
// numbered anew. One packet proves nothing: a test publisher, a damaged header. They are held until a second
// one in order comes on the same line with none of the old between, or at once after an end of session; then
// all that is held of the same session is taken, by number. Of a restart it is what this line brought: each
// line proves by itself that it follows. On a line that never carried the channel they prove nothing while
// the channel lives elsewhere. What is never proven is refused and counted: packets_stranger. Part of the
// receiver; same thread.
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
	bool frame; // its frame is to be counted
	uint64_t rx_ns;
};

// stranger_would_prove tells whether stranger_proven would believe the packet, and changes nothing.
bool stranger_would_prove(struct receiver_channel *channel, const struct stranger_in *in);
// stranger_proven judges a packet. True: the new numbering is believed, its first packet was sent at
// *first_ns (0: not told) and has the number *first_seq; what is held of it is to be taken (stranger_next),
// then this packet, which is neither held nor counted. False: the packet is held, or refused and counted.
bool stranger_proven(struct receiver *r, struct receiver_channel *channel, const struct stranger_in *in,
		     uint64_t *first_ns, uint64_t *first_seq);
// stranger_refuse counts a packet that is refused. frame: its frame, too.
void stranger_refuse(struct receiver *r, uint32_t count, bool frame);
// stranger_expects tells whether a restart, or that the line follows one, is on trial on the line, and a
// packet with this number, sent at time_ns (0: not told), would be next in order.
bool stranger_expects(const struct receiver_channel *channel, const struct receiver_line *line,
		      uint64_t first_seq, uint64_t time_ns);
// stranger_next finds the packet with the lowest number that is held of what is proven, and where it came
// from. NULL: no more. stranger_done forgets it; its body stays until another packet is held.
const struct held *stranger_next(struct receiver_channel *channel, struct packet *packet,
				 struct frame_view *view, uint8_t *source);
void stranger_done(struct receiver_channel *channel);
// stranger_expire refuses what others have gone on without for as long as a hole may stay open; at UINT64_MAX
// all. Returns when to look again; UINT64_MAX: nothing is held.
uint64_t stranger_expire(struct receiver *r, struct receiver_channel *channel, uint64_t now_ns);

#endif

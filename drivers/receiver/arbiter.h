/* SPDX-License-Identifier: BSD-3-Clause */
// arbiter.h: judges one packet of a channel by its numbers, and holds or applies it, with the control events
// that this causes. Applying a packet with messages sets the receiver's walk, which decodes them. Part of the
// receiver; same thread.
#ifndef WB_RECEIVER_ARBITER_H
#define WB_RECEIVER_ARBITER_H

#include "drivers/receiver/channel.h"

// Control events that one packet can cause before its messages: open and join or reset, gap, held, clock,
// end.
#define ARBITER_EVENTS_MAX 6

// The array that a packet's control events go to, and their common values.
struct emitter {
	struct event *out;
	unsigned n;
	uint16_t frame;
	uint64_t send_ns, rx_ns;
	bool surplus; // a further packet of its datagram: the frame is counted
};

// The origin of a packet.
struct arbiter_in {
	const struct frame_view *view; // the addresses make its line
	uint8_t source;
	bool frame; // count its frame together with the packet
	bool held;  // a stranger's, copied: no longer in a frame
};

enum arbiter {
	ARBITER_DONE,
	ARBITER_LET_GO, // apply what the channel holds first, then pass the packet in again
	ARBITER_BEGUN, // a new numbering has begun: apply the strangers' packets of it, then pass it in again
	ARBITER_HELD,  // on trial, or refused as a stranger: its frame is counted there
	ARBITER_OTHER_LCORE, // of a session that another lcore carries
};

// arbiter_packet handles a packet that arrived on a line.
enum arbiter arbiter_packet(struct receiver *r, struct receiver_channel *channel, enum channel_how how,
			    const struct packet *packet, const struct arbiter_in *in, struct emitter *to);
// arbiter_recovered handles a transport packet that recovery brought (frame_in.recovered).
void arbiter_recovered(struct receiver *r, const struct frame_in *in, struct emitter *to);
// arbiter_held applies the first packet that the channel holds, if its turn has come. force: declares the
// hole before it, and does no more. Returns false when the packet has to wait; *forget: drop it, no messages
// are left to decode.
bool arbiter_held(struct receiver *r, struct receiver_channel *channel, bool force, struct emitter *to,
		  bool *forget);
// arbiter_lose declares the messages [first_seq, first_seq + lost) lost: position and numbering continue
// after them. first_seq 0: they have no numbers.
void arbiter_lose(struct receiver *r, struct receiver_channel *channel, uint64_t first_seq, uint64_t lost,
		  uint64_t from_rx_ns, struct emitter *to);
// arbiter_expiry_ns returns the receive time at which the channel's open hole is to be declared; UINT64_MAX:
// none is open.
uint64_t arbiter_expiry_ns(const struct receiver_channel *channel);

#endif

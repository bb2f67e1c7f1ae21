/* SPDX-License-Identifier: BSD-3-Clause */
// channel.h: finds the channel of a packet. A channel is one stream of a feed (same feed, same session or
// channel id), whatever addresses it arrives on. Part of the
// receiver; same thread.
#ifndef WB_FEED_CHANNEL_H
#define WB_FEED_CHANNEL_H

#include "drivers/receiver/frame.h"
#include "drivers/receiver/receiver.h"

enum channel_how {
	CHANNEL_KNOWN,   // of the channel's session
	CHANNEL_NEW,     // first packet of a new channel: set up, not yet announced
	CHANNEL_PAST,    // of a past session: known, or too late
	CHANNEL_STRANGE, // of another session, which is not proven yet
	CHANNEL_REFUSED, // *why holds the end of the frame
};

// channel_find recognises a payload, parses its transport header into *packet and finds or makes its channel.
// rx_ns dates a new channel's or session's messages where the feed carries the time of day only.
enum channel_how channel_find(struct receiver *r, const struct frame_view *view, uint8_t source,
			      uint64_t rx_ns, struct packet *packet, struct receiver_channel **channel,
			      enum ledger_id *why);

// channel_speaks returns whether a payload of unknown address can be a packet of the channel's own stream and
// session, and parses its header.
bool channel_speaks(const struct receiver_channel *channel, const uint8_t *payload, size_t bytes,
		    struct packet *packet);
// channel_begin begins a new numbering: of a new session, or anew within the one that is (next_ns: exchange
// time at which it does). rx_ns renews the trade date. Assumes that nothing is held. Returns false if another
// lcore carries the session.
bool channel_begin(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
		   uint64_t first_seq, uint64_t next_ns, uint64_t rx_ns);

#endif

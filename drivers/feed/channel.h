/* SPDX-License-Identifier: BSD-3-Clause */
// channel.h: which channel of a receiver a packet belongs to. A channel is one
// stream of a feed (same feed, same session or channel id), whatever addresses it arrives on. Part of the
// receiver; same thread.
#ifndef WB_FEED_CHANNEL_H
#define WB_FEED_CHANNEL_H

#include "drivers/feed/frame.h"
#include "drivers/feed/receiver.h"

enum channel_how {
	CHANNEL_KNOWN,   // the packet goes on where the channel stands
	CHANNEL_NEW,     // first packet of a new channel: set up, not yet announced
	CHANNEL_SESSION, // first packet of a new session of a known channel: set up, not yet announced
	CHANNEL_HOLDING, // a new session of a channel that still holds packets of the old one: to be released first, then
			 // asked again. Nothing is changed yet
	CHANNEL_STALE,   // late packet of the session before, nothing new in it
	CHANNEL_REFUSED, // *why holds the end of the frame
};

// channel_find recognises a payload, parses its transport header into *packet and finds or makes its channel.
// rx_ns dates a new channel's or session's messages where the feed carries the time of day only.
enum channel_how channel_find(struct receiver *r, const struct frame_view *view, uint64_t rx_ns,
			      struct packet *packet, struct receiver_channel **channel, enum ledger_id *why);

// channel_speaks tells whether a payload of unknown address can be a packet of the channel's own stream and session,
// and parses its header.
bool channel_speaks(const struct receiver_channel *channel, const uint8_t *payload, size_t bytes,
		    struct packet *packet);
// channel_renumber forgets what goes by the old sequence numbers; named: the packets tell by their session which
// numbers they mean. Assumes that nothing is held.
void channel_renumber(struct receiver_channel *channel, bool named);

#endif

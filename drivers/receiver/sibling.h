/* SPDX-License-Identifier: BSD-3-Clause */
// sibling.h: finds the channel of a line for feeds whose packets name none (FEED_BY_LINE), when the line
// missed the packet that names it. A symbol that a channel introduced proves it, or content: the same message
// at the same number. Numbers alone prove nothing: all channels of a venue begin at 1, and two different ones
// would drop each other's messages as duplicates. A line that is not proven yet waits for feed.hold as a
// channel that settles, and is moved then. Part of the receiver; same thread.
#ifndef WB_FEED_SIBLING_H
#define WB_FEED_SIBLING_H

#include "drivers/receiver/receiver.h"

// sibling_of returns the channel, other than self (or NULL), that a packet is proven to be of; NULL: none.
// *near, when not NULL, becomes true when the packet's number and time fit a channel without a proof.
struct receiver_channel *sibling_of(struct receiver *r, const struct feed *feed,
				    const struct receiver_channel *self, const struct packet *packet,
				    bool *near);
// sibling_move moves a settling channel's held packets and lines to the channel that they are proven to be
// of, which then waits, and returns that one. NULL: it stays a channel of its own; when another may be the
// same, that is counted: lines_unplaced.
struct receiver_channel *sibling_move(struct receiver *r, struct receiver_channel *channel);

// sibling_mark keeps the content of a packet's first message, to prove others by.
static inline void sibling_mark(struct receiver_channel *channel, const struct packet *packet)
{
	channel->mark[channel->n_marks++ % RECEIVER_MARKS] =
		(struct receiver_mark){ .seq = packet->first_seq,
					.mark = channel->feed->mark(packet->body, packet->end) };
}

#endif

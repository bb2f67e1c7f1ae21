/* SPDX-License-Identifier: BSD-3-Clause */
// sibling.h: which channel the line of a feed belongs to whose packets name none (FEED_BY_LINE), when it
// missed the one that does. By a symbol that a channel introduced, or by content: the same message at the
// same number. Numbers alone prove nothing: all channels of a venue begin at 1, and two that are really
// different would swallow each other's messages as duplicates. What cannot be told yet waits for feed.hold as
// a channel that settles, and is moved then. Part of the receiver; same thread.
#ifndef WB_FEED_SIBLING_H
#define WB_FEED_SIBLING_H

#include "drivers/receiver/receiver.h"

// sibling_of returns the channel, other than self (or NULL), that a packet proves to be a line of; NULL:
// none. *near, when not NULL, becomes true when there is one that its number and time would fit, and nothing
// to prove it by.
struct receiver_channel *sibling_of(struct receiver *r, const struct feed *feed,
				    const struct receiver_channel *self, const struct packet *packet,
				    bool *near);
// sibling_move gives what a settling channel holds, and its lines, to the channel that they prove to be of,
// which waits then. NULL: it stays a channel of its own; when another may be the same, that is counted:
// lines_unplaced.
struct receiver_channel *sibling_move(struct receiver *r, struct receiver_channel *channel);

// sibling_mark keeps the content of a packet's first message, to prove others by.
static inline void sibling_mark(struct receiver_channel *channel, const struct packet *packet)
{
	channel->mark[channel->n_marks++ % RECEIVER_MARKS] =
		(struct receiver_mark){ .seq = packet->first_seq,
					.mark = channel->feed->mark(packet->body, packet->end) };
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// numbering.h: finds the numbering of its channel that a packet belongs to. A numbering ends when the session
// changes and when, within one session, numbers begin anew. The channel knows its current one and a few past
// ones; each line has a position of its own in its numbering, so that lines may be any distance apart. Part
// of the receiver; same thread.
#ifndef WB_FEED_NUMBERING_H
#define WB_FEED_NUMBERING_H

#include "drivers/receiver/receiver.h"

enum numbering_of {
	NUMBERING_CURRENT,
	NUMBERING_PAST,    // known, or too late
	NUMBERING_TRIAL,   // the line's numbers go back while exchange time goes on: it may be a restart
	NUMBERING_FOLLOWS, // the same, and other lines have proven that restart: this line may have come to
			   // it
};

// numbering_judge judges a packet of the channel's session on a line. A line that is in no numbering is put
// into the one of the packet's time. *past: the packet's numbering, when that is past.
enum numbering_of numbering_judge(struct receiver_channel *channel, struct receiver_line *line,
				  const struct packet *packet, uint64_t rx_ns, struct receiver_past **past);
// numbering_catch_up moves a line that is proven to follow a restart into the numbering that the packet is
// of.
void numbering_catch_up(struct receiver_channel *channel, struct receiver_line *line,
			const struct packet *packet, uint64_t rx_ns);
// numbering_past returns the latest past numbering of a session; NULL: there is none.
struct receiver_past *numbering_past(struct receiver_channel *channel, const uint64_t session[2]);
// numbering_past_at returns the one of them that fits a packet's time, where numbers began anew within its
// session.
struct receiver_past *numbering_past_at(struct receiver_channel *channel, const struct packet *packet,
					uint64_t rx_ns);
// numbering_end ends the current numbering. next_ns: exchange time at which the next begins, where it is of
// the same session. Assumes that nothing is held.
void numbering_end(struct receiver_channel *channel, uint64_t next_ns);
// numbering_follow puts a line into the channel's current numbering.
static inline void numbering_follow(const struct receiver_channel *channel, struct receiver_line *line)
{
	if (line->numbering == channel->numbering)
		return;
	line->numbering = channel->numbering;
	line->next_seq = line->old_next_seq = 0;
	line->missing.n = 0;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// numbering.h: which numbering of its channel a packet belongs to. A numbering ends when the session changes
// and when, within one session, numbers begin anew. The channel knows its current one and a few past ones;
// each line has a position of its own in the one that it is in, so that lines may stand any distance apart.
// Part of the receiver; same thread.
#ifndef WB_FEED_NUMBERING_H
#define WB_FEED_NUMBERING_H

#include "drivers/receiver/receiver.h"

enum numbering_of {
	NUMBERING_CURRENT,
	NUMBERING_PAST,    // known, or too late
	NUMBERING_TRIAL,   // numbers of the line fall back while exchange time goes on: it may be a restart
	NUMBERING_FOLLOWS, // the same, and others have shown that restart already: the line may have come to
			   // it
};

// numbering_judge judges a packet of the channel's session on a line, and puts a line that is in none into
// the numbering that its time tells. *past: the one that it belongs to, when it is past.
enum numbering_of numbering_judge(struct receiver_channel *channel, struct receiver_line *line,
				  const struct packet *packet, uint64_t rx_ns, struct receiver_past **past);
// numbering_catch_up moves a line that is proven to follow a restart into the numbering that the packet is
// of.
void numbering_catch_up(struct receiver_channel *channel, struct receiver_line *line,
			const struct packet *packet, uint64_t rx_ns);
// numbering_past finds a past numbering by its session, the latest one of it; NULL: there is none.
struct receiver_past *numbering_past(struct receiver_channel *channel, const uint64_t session[2]);
// numbering_past_at finds the one of them that a packet's time tells, where numbers began anew within its
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

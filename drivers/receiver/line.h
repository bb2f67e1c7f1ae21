/* SPDX-License-Identifier: BSD-3-Clause */
// line.h: counts what each line of a channel brought: first, again, late or not at all, and how much later
// than the others. Part of the receiver; same thread.
#ifndef WB_FEED_LINE_H
#define WB_FEED_LINE_H

#include "drivers/receiver/receiver.h"

// The content of one packet, as its channel judged it.
struct line_news {
	uint32_t known; // messages that had arrived before
	uint64_t late;  // of those, declared lost meanwhile
	bool apart;     // of a past numbering, or sent again: outside the line's numbers
};

// line_new returns a new line for those addresses. When all places are used, the last one is shared by all
// other lines, and that is counted: lines_shared.
struct receiver_line *line_new(struct receiver *r, struct receiver_channel *channel, uint32_t dst_ip,
			       uint16_t dst_port, uint8_t source);
// line_find returns the line of those addresses, or NULL.
static inline struct receiver_line *line_find(struct receiver_channel *channel, uint32_t dst_ip,
					      uint16_t dst_port, uint8_t source)
{
	for (unsigned i = 0; i < channel->n_lines; i++) {
		struct receiver_line *line = &channel->line[i];

		if (line->dst_ip == dst_ip && line->dst_port == dst_port && line->source == source)
			return line;
	}
	return NULL;
}
// line_of returns the line of those addresses.
static inline struct receiver_line *line_of(struct receiver *r, struct receiver_channel *channel,
					    uint32_t dst_ip, uint16_t dst_port, uint8_t source)
{
	struct receiver_line *line = line_find(channel, dst_ip, dst_port, source);

	return likely(line) ? line : line_new(r, channel, dst_ip, dst_port, source);
}

// line_number follows the line's own sequence: numbers that it skips are lost on this line, until it brings
// them after all.
void line_number(struct receiver_line *line, uint64_t first, uint32_t count);
// line_skew records how much later than the first arrival, on another line, this one brought a message;
// nothing when it is the first. Call it before the packet is applied.
void line_skew(struct receiver_channel *channel, struct receiver_line *line, uint64_t seq, uint64_t rx_ns);
// line_heard counts a packet that arrived on the line.
static inline void line_heard(struct receiver_channel *channel, struct receiver_line *line,
			      const struct packet *packet, struct line_news news, uint64_t rx_ns)
{
	struct line_counts *counts = line->counts;

	counts->packets++;
	counts->first += packet->count - news.known;
	counts->duplicate += news.known;
	counts->late += news.late;
	counts->last_rx_ns = rx_ns;
	if (likely(packet->count))
		counts->data_rx_ns = rx_ns;
	if (unlikely(packet->first_seq == 0 || news.apart || line->shared))
		return;
	if (likely(packet->first_seq == line->next_seq))
		line->next_seq += packet->count;
	else
		line_number(line, packet->first_seq, packet->count);
	if (news.known && !news.late && channel->n_lines > 1)
		line_skew(channel, line, packet->first_seq, rx_ns);
}

// line_arrived notes which line brought a packet's news first, and when; packets in the order of their
// numbers.
static inline void line_arrived(struct receiver_channel *channel, uint64_t first_seq, uint8_t line,
				uint64_t rx_ns)
{
	channel->arrival[channel->n_arrivals++ % LINE_ARRIVALS] =
		(struct receiver_arrival){ .first_seq = first_seq, .line = line, .rx_ns = rx_ns };
}

#endif

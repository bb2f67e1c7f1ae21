/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/line.h"

struct receiver_line *line_new(struct receiver *r, struct receiver_channel *channel, uint32_t dst_ip,
			       uint16_t dst_port, uint8_t source)
{
	if (channel->n_lines == RECEIVER_LINES) {
		LEDGER_INC(r->ledger, lines_shared);
		channel->line[RECEIVER_LINES - 1].shared = true;
		return &channel->line[RECEIVER_LINES - 1];
	}
	struct receiver_line *line = &channel->line[channel->n_lines];
	struct line_counts *counts = &channel->counts->line[channel->n_lines];

	counts->packets = counts->first = counts->duplicate = counts->late = counts->lost = 0;
	counts->last_rx_ns = counts->data_rx_ns = 0;
	*line = (struct receiver_line){
		.dst_ip = dst_ip,
		.dst_port = dst_port,
		.source = source,
		.counts = counts,
	};
	channel->n_lines++;
	return line;
}

void line_number(struct receiver_line *line, uint64_t first, uint32_t count)
{
	uint64_t end = first + count;

	if (line->next_seq == 0) {
		line->next_seq = end;
		return;
	}
	if (first > line->next_seq) {
		line->counts->lost += first - line->next_seq;
		missing_add(&line->missing, line->next_seq, first - 1);
	} else if (count && line->missing.n) {
		line->counts->lost -= missing_take(&line->missing, first, end - 1);
	}
	if (end > line->next_seq)
		line->next_seq = end;
}

// first_arrival finds the packet that brought a message first, among the last ones that were applied.
static const struct receiver_arrival *first_arrival(const struct receiver_channel *channel, uint64_t seq)
{
	uint64_t high = channel->n_arrivals, low = high > LINE_ARRIVALS ? high - LINE_ARRIVALS : 0;
	const struct receiver_arrival *best = NULL;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		const struct receiver_arrival *a = &channel->arrival[middle % LINE_ARRIVALS];

		if (a->first_seq > seq) {
			high = middle;
		} else {
			best = a;
			low = middle + 1;
		}
	}
	return best;
}

void line_skew(struct receiver_channel *channel, struct receiver_line *line, uint64_t seq, uint64_t rx_ns)
{
	const struct held *held = hold_of(&channel->hold, seq);
	const struct receiver_arrival *applied =
		held || seq >= channel->next_seq ? NULL : first_arrival(channel, seq);
	unsigned by = held ? held->line : applied ? (unsigned)applied->line : LINE_RECOVERED;
	uint64_t then_ns = held ? held->rx_ns : applied ? applied->rx_ns : 0;

	if (by < channel->n_lines && &channel->line[by] != line)
		hist_record(&line->counts->skew, rx_ns > then_ns ? rx_ns - then_ns : 0);
}

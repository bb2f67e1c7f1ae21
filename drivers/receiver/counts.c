/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/counts.h"

#include "drivers/receiver/receiver.h"

const char *counts_feed(const struct channel_counts *c) { return feeds[c->feed - 1]->name; }

void counts_publish(const struct receiver *r)
{
	struct receiver_counts *out = r->counts;

	for (uint32_t i = 0; i < r->n_channels; i++) {
		const struct receiver_channel *from = &r->channel[i];
		struct channel_counts *to = from->counts;

		to->feed = (uint8_t)(feed_place(from->feed) + 1);
		to->state = (uint8_t)from->state;
		to->stream = from->stream;
		to->held = from->hold.n;
		to->session[0] = from->session[0];
		to->session[1] = from->session[1];
		to->first_seq = from->first_seq;
		to->next_seq = from->next_seq;
		for (unsigned k = 0; k < from->n_lines; k++) {
			to->line[k].dst_ip = from->line[k].dst_ip;
			to->line[k].dst_port = from->line[k].dst_port;
			to->line[k].source = from->line[k].source;
		}
		to->n_lines = from->n_lines;
	}
	__atomic_store_n(&out->n_channels, r->n_channels, __ATOMIC_RELEASE);
}

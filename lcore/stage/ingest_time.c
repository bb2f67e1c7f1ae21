/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_time.c: receive times of capture hardware on the way of a live port.
#include "drivers/receiver/peel.h"
#include "lcore/stage/ingest_parts.h"

void ingest_hardware_times(struct ingest *in, unsigned n)
{
	const struct conf *conf = in->lcore->plant->conf;

	for (unsigned i = 0; i < n; i++) {
		struct frame_in *f = &in->frame[i];
		uint64_t ns =
			peel_trailer_ns((enum peel_trailer)conf->feed.trailer, f->data, f->bytes, f->rx_ns);

		if (!ns && conf->feed.header_time && !f->segmented && !peel_plain(f->data, f->bytes))
			ns = peel_time_ns((enum frame_link)f->link, f->data, f->bytes, f->rx_ns);
		f->rx_ns = in->rx_ns[i] = ns ? ns : f->rx_ns;
	}
}

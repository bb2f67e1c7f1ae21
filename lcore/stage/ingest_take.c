/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_take.c: frames as ports hand them out, described for the receiver.
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "drivers/nic/rxtime.h"
#include "lcore/stage/ingest_parts.h"

void ingest_take(struct ingest *in, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(in->mbuf[i], void *));
	for (unsigned i = 0; i < n; i++) {
		const struct rte_mbuf *m = in->mbuf[i];

		in->rx_ns[i] = rxtime_ns(m);
		in->frame[i] = (struct frame_in){
			.data = rte_pktmbuf_mtod(m, const uint8_t *),
			.bytes = m->data_len,
			.wire_bytes = port_wire_bytes(m),
			.rx_ns = in->rx_ns[i],
			.checksum_bad =
				(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD ||
				(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD,
			.segmented = m->nb_segs > 1,
			.source = (uint8_t)m->port,
			.link = port_link(m),
		};
	}
	if (unlikely(in->aside))
		ingest_aside(in, n);
	in->last_rx_ns = in->rx_ns[n - 1];
}

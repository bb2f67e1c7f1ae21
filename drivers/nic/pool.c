/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/nic/pool.h"

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

enum { AF_XDP_FRAMES = 4096, VLAN_TAGS_BYTES = 8 };

unsigned pool_frames(const struct pool_conf *conf)
{
	unsigned ring = conf->af_xdp && conf->descriptors < AF_XDP_FRAMES ? AF_XDP_FRAMES : conf->descriptors;

	return rte_align32pow2(ring + conf->in_flight + 2 * conf->burst + POOL_CACHE_FRAMES * 3 / 2 + 1) - 1;
}

struct rte_mempool *pool_create(const struct pool_conf *conf)
{
	unsigned frame_bytes = conf->mtu + RTE_ETHER_HDR_LEN + VLAN_TAGS_BYTES + RTE_ETHER_CRC_LEN;
	unsigned room_bytes = RTE_MAX(RTE_ALIGN(frame_bytes, 1024u), (unsigned)RTE_MBUF_DEFAULT_DATAROOM);

	return rte_pktmbuf_pool_create(conf->name, pool_frames(conf), POOL_CACHE_FRAMES, 0,
				       (uint16_t)(RTE_PKTMBUF_HEADROOM + room_bytes),
				       conf->numa_node < 0 ? SOCKET_ID_ANY : conf->numa_node);
}

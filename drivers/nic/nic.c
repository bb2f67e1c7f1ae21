/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/nic/nic.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "drivers/nic/nic_clock.h"
#include "drivers/nic/nic_device.h"
#include "drivers/nic/nic_member.h"
#include "drivers/nic/pool.h"
#include "drivers/nic/rxtime.h"

enum { RX_DESC_DEFAULT = 1024, IN_FLIGHT_DEFAULT = 512, MTU_DEFAULT = 1500 };

struct nic_queue {
	alignas(CACHE_LINE) uint64_t frames; // w: owner, r: any
	uint64_t bytes;
	struct rte_mempool *pool;
};

struct nic {
	struct port port;
	struct nic_device device;
	bool stamped; // the device stamps frames
	bool configured;
	struct nic_queue queue[NIC_QUEUES];
	struct nic_member member;
};

static inline struct nic *of(struct port *port) { return (struct nic *)port; }
static inline const struct nic *of_const(const struct port *port) { return (const struct nic *)port; }

static inline void bump(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

// Stamps are of the device's clock: UTC on some, counts of its own on others.
static inline bool stamp_is_utc(const struct rte_mbuf *m, uint64_t now_ns)
{
	return (m->ol_flags & port_rx_time_flag) && rxtime_ns(m) - (now_ns - NS_PER_S) < 2 * NS_PER_S;
}

static uint16_t nic_rx(struct port *port, uint16_t queue, struct rte_mbuf **out, uint16_t n)
{
	struct nic *nic = of(port);
	struct nic_queue *q = &nic->queue[queue];
	uint16_t got = rte_eth_rx_burst(nic->device.id, queue, out, n < NIC_BURST_MAX ? n : NIC_BURST_MAX);
	uint64_t now_ns, bytes = 0;

	if (got == 0)
		return 0;
	now_ns = nic_clock_ns(rte_rdtsc());
	for (uint16_t i = 0; i < got; i++) {
		struct rte_mbuf *m = out[i];

		if (!nic->stamped || !stamp_is_utc(m, now_ns)) {
			rxtime_set_ns(m, now_ns);
			m->ol_flags |= port_rx_time_flag;
		}
		bytes += m->pkt_len;
	}
	bump(&q->frames, got);
	bump(&q->bytes, bytes);
	return got;
}

static bool nic_ended(const struct port *port)
{
	(void)port;
	return false;
}

static uint64_t nic_now_ns(const struct port *port)
{
	(void)port;
	return nic_clock_now_ns();
}

static double nic_progress(const struct port *port)
{
	(void)port;
	return 0;
}

static void nic_stats(const struct port *port, struct port_stats *out)
{
	const struct nic *nic = of_const(port);
	struct rte_eth_stats stats = { 0 };

	*out = (struct port_stats){ 0 };
	for (unsigned i = 0; i < port->n_queues; i++) {
		out->frames += __atomic_load_n(&nic->queue[i].frames, __ATOMIC_RELAXED);
		out->bytes += __atomic_load_n(&nic->queue[i].bytes, __ATOMIC_RELAXED);
	}
	if (rte_eth_stats_get(nic->device.id, &stats) == 0) {
		out->missed = stats.imissed;
		out->errors = stats.ierrors;
		out->no_mbuf = stats.rx_nombuf;
	}
	nic_member_stats(&nic->member, out);
}

static int nic_start(struct port *port)
{
	int rc = rte_eth_dev_start(of(port)->device.id);

	if (rc < 0)
		return rc;
	nic_member_join(&of(port)->member, nic_clock_now_ns());
	return 0;
}

static void nic_tick(struct port *port) { nic_member_tick(&of(port)->member, nic_clock_now_ns()); }

static void nic_heard(struct port *port, const uint8_t *frame, uint32_t bytes)
{
	nic_member_heard(&of(port)->member, frame, bytes, nic_clock_now_ns());
}

static void nic_stop(struct port *port)
{
	nic_member_leave(&of(port)->member, nic_clock_now_ns());
	rte_eth_dev_stop(of(port)->device.id);
}

static void nic_destroy(struct port *port)
{
	struct nic *nic = of(port);

	if (!port)
		return;
	if (nic->configured)
		rte_eth_dev_stop(nic->device.id);
	nic_device_close(&nic->device);
	nic_member_fini(&nic->member);
	for (unsigned i = 0; i < NIC_QUEUES; i++)
		rte_mempool_free(nic->queue[i].pool);
	free(nic);
}

static const struct port_ops nic_ops = {
	.kind = "nic",
	.rx = nic_rx,
	.ended = nic_ended,
	.now_ns = nic_now_ns,
	.progress = nic_progress,
	.stats = nic_stats,
	.tick = nic_tick,
	.heard = nic_heard,
	.start = nic_start,
	.stop = nic_stop,
	.destroy = nic_destroy,
};

static int configure(struct nic *nic, const struct nic_conf *conf, const struct rte_eth_dev_info *info,
		     char *err, size_t err_len)
{
	static const uint64_t wanted = RTE_ETH_RX_OFFLOAD_TIMESTAMP | RTE_ETH_RX_OFFLOAD_IPV4_CKSUM |
				       RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH;
	struct rte_eth_conf eth = { .rxmode = { .offloads = wanted & info->rx_offload_capa } };
	int rc;

	if (nic->port.n_queues > 1) {
		eth.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		eth.rx_adv_conf.rss_conf.rss_hf = (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) &
						  info->flow_type_rss_offloads;
	} else {
		eth.rxmode.offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH; // goes with spreading only
	}
	if (conf->mtu && conf->mtu >= info->min_mtu && conf->mtu <= info->max_mtu)
		eth.rxmode.mtu = conf->mtu;
	nic->stamped = (eth.rxmode.offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0;
	rc = rte_eth_dev_configure(nic->device.id, nic->port.n_queues, info->max_tx_queues ? 1 : 0, &eth);
	if (rc < 0) {
		snprintf(err, err_len, "%s: cannot configure %s with %u queues and mtu %u: %s", conf->name,
			 conf->device, nic->port.n_queues, conf->mtu, rte_strerror(-rc));
		return rc;
	}
	nic->configured = true;
	return 0;
}

static int set_mtu(struct nic *nic, const struct nic_conf *conf, uint16_t *mtu, char *err, size_t err_len)
{
	int rc = conf->mtu ? rte_eth_dev_set_mtu(nic->device.id, (uint16_t)conf->mtu) : 0;

	if (rte_eth_dev_get_mtu(nic->device.id, mtu) < 0)
		*mtu = MTU_DEFAULT;
	// A device whose MTU cannot be set is fine if its MTU is large enough already.
	if (rc < 0 && *mtu < conf->mtu) {
		snprintf(err, err_len, "%s: %s cannot take an mtu of %u, has %u: %s", conf->name,
			 conf->device, conf->mtu, *mtu, rte_strerror(-rc));
		return rc;
	}
	return 0;
}

static int setup_queues(struct nic *nic, const struct nic_conf *conf, const struct rte_eth_dev_info *info,
			uint16_t mtu, char *err, size_t err_len)
{
	uint16_t rx_desc = (uint16_t)(conf->rx_desc ? conf->rx_desc : RX_DESC_DEFAULT), tx_desc = 0;
	uint16_t id = nic->device.id;
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx_desc, &tx_desc);
	char name[26];
	struct pool_conf pool = { .name = name,
				  .descriptors = rx_desc,
				  .burst = NIC_BURST_MAX,
				  .mtu = mtu,
				  .in_flight = conf->in_flight ? conf->in_flight : IN_FLIGHT_DEFAULT,
				  .af_xdp = !strcmp(info->driver_name, "net_af_xdp"),
				  .numa_node = nic->port.numa_node };

	for (uint16_t i = 0; rc == 0 && i < nic->port.n_queues; i++) {
		snprintf(name, sizeof name, "nic_%u_%u", id, i);
		nic->queue[i].pool = pool_create(&pool);
		if (!nic->queue[i].pool) {
			snprintf(err, err_len, "%s: no memory for %u frames of queue %u on NUMA node %d: %s",
				 conf->name, pool_frames(&pool), i, nic->port.numa_node,
				 rte_strerror(rte_errno));
			return -ENOMEM;
		}
		rc = rte_eth_rx_queue_setup(id, i, rx_desc, (unsigned)nic->port.numa_node, NULL,
					    nic->queue[i].pool);
	}
	// Some virtual devices do not start without a transmit queue.
	if (rc == 0 && info->max_tx_queues)
		rc = rte_eth_tx_queue_setup(id, 0, tx_desc, (unsigned)nic->port.numa_node, NULL);
	if (rc < 0)
		snprintf(err, err_len, "%s: cannot set up the queues of %s (%u descriptors): %s", conf->name,
			 conf->device, rx_desc, rte_strerror(-rc));
	return rc;
}

static int bring_up(struct nic *nic, const struct nic_conf *conf, char *err, size_t err_len)
{
	struct rte_eth_dev_info info;
	uint16_t mtu = 0;
	int rc = nic_device_open(&nic->device, conf, err, err_len);

	if (rc < 0)
		return rc;
	rc = rte_eth_dev_info_get(nic->device.id, &info);
	if (rc < 0) {
		snprintf(err, err_len, "%s: %s tells nothing of itself: %s", conf->name, conf->device,
			 rte_strerror(-rc));
		return rc;
	}
	if (nic->port.n_queues > info.max_rx_queues) {
		snprintf(err, err_len, "%s: %s has %u receive queues; %u wanted", conf->name, conf->device,
			 info.max_rx_queues, nic->port.n_queues);
		return -EINVAL;
	}
	nic->port.numa_node = (int16_t)rte_eth_dev_socket_id(nic->device.id);
	nic->port.source = (uint8_t)nic->device.id;
	rc = configure(nic, conf, &info, err, err_len);
	if (rc == 0)
		rc = set_mtu(nic, conf, &mtu, err, err_len);
	if (rc == 0)
		rc = setup_queues(nic, conf, &info, mtu, err, err_len);
	if (rc == 0)
		rc = nic_device_filter(&nic->device, conf, err, err_len);
	if (rc == 0 && conf->member && !info.max_tx_queues) {
		snprintf(err, err_len, "%s: %s cannot send: it cannot join groups itself", conf->name,
			 conf->device);
		return -ENOTSUP;
	}
	if (rc == 0 && conf->member)
		rc = nic_member_init(&nic->member, nic->device.id, conf, nic->port.numa_node, err, err_len);
	return rc;
}

struct port *nic_create(const struct nic_conf *conf, char *err, size_t err_len)
{
	struct nic *nic;

	if (conf->queues > NIC_QUEUES || conf->n_groups > NIC_GROUPS || conf->rx_desc > UINT16_MAX ||
	    conf->mtu > UINT16_MAX) {
		snprintf(err, err_len,
			 "%s: %u queues, %u groups, %u descriptors, mtu %u; allowed are %d, %d, %u, %u",
			 conf->name, conf->queues, conf->n_groups, conf->rx_desc, conf->mtu, NIC_QUEUES,
			 NIC_GROUPS, UINT16_MAX, UINT16_MAX);
		return NULL;
	}
	nic = aligned_alloc(CACHE_LINE, sizeof *nic);
	if (!nic || rxtime_register() < 0) {
		snprintf(err, err_len, "%s: out of memory or mbuf fields", conf->name);
		free(nic);
		return NULL;
	}
	memset(nic, 0, sizeof *nic);
	nic_clock_init();
	snprintf(nic->port.name, sizeof nic->port.name, "%s", conf->name);
	nic->port.ops = &nic_ops;
	nic->port.n_queues = (uint16_t)(conf->queues ? conf->queues : 1);
	nic->port.clock = PORT_CLOCK_LIVE;
	if (bring_up(nic, conf, err, err_len) < 0) {
		nic_destroy(&nic->port);
		return NULL;
	}
	return &nic->port;
}

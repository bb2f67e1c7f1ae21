/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/shim/eal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "drivers/nic/rxtime.h"
#include "lcore/base/port.h"

static struct rte_mbuf *held[1 << 16];
static unsigned n_held;
static struct rte_ring *wire;
static struct rte_mempool *wire_pool;

int shim_eal_up(const char *program)
{
	char prefix[64];
	const char *args[] = {
		program,      "--no-huge",           "--no-shconf",    "--no-pci",      "-m",  "256",
		"--lcores=0", "--log-level=*:error", "--no-telemetry", "--file-prefix", prefix
	};

	snprintf(prefix, sizeof prefix, "wbtest%d", (int)getpid());
	return rte_eal_init((int)(sizeof args / sizeof *args), (char **)(uintptr_t)args) < 0 ? -rte_errno : 0;
}

void shim_eal_down(void)
{
	shim_free();
	rte_eal_cleanup();
}

unsigned shim_rx(struct port *port, uint16_t queue, struct shim_frame *out, unsigned n)
{
	struct rte_mbuf **in = held + n_held;
	unsigned got = port_rx(port, queue, in, (uint16_t)n);

	for (unsigned i = 0; i < got; i++)
		out[i] = (struct shim_frame){
			.data = rte_pktmbuf_mtod(in[i], const uint8_t *),
			.bytes = in[i]->pkt_len,
			.wire_bytes = port_wire_bytes(in[i]),
			.rx_ns = rxtime_ns(in[i]),
			.segments = in[i]->nb_segs,
			.rx_time_flag = (in[i]->ol_flags & port_rx_time_flag) != 0,
			.zero_copy = in[i]->buf_addr != rte_mbuf_to_baddr(in[i]),
		};
	n_held += got;
	return got;
}

void shim_free(void)
{
	rte_pktmbuf_free_bulk(held, n_held);
	n_held = 0;
}

unsigned shim_held(void) { return n_held; }

int shim_ring_port(const char *name)
{
	wire = rte_ring_create("shim_wire", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	wire_pool =
		rte_pktmbuf_pool_create("shim_wire", 2047, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!wire || !wire_pool)
		return -rte_errno;
	return rte_eth_from_rings(name, &wire, 1, &wire, 1, 0) < 0 ? -rte_errno : 0;
}

int shim_ring_put(const uint8_t *data, uint32_t bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(wire_pool);
	char *to = m ? rte_pktmbuf_append(m, (uint16_t)bytes) : NULL;

	if (!to)
		return -ENOMEM;
	memcpy(to, data, bytes);
	return rte_ring_enqueue(wire, m);
}

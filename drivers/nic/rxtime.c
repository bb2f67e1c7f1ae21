/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/nic/rxtime.h"

#include <rte_bitops.h>
#include <rte_errno.h>

int port_rx_time_offset = -1;
uint64_t port_rx_time_flag;
int port_wire_bytes_offset = -1;
uint64_t port_cut_flag;
int port_link_offset = -1;
uint64_t port_link_flag;

static const struct rte_mbuf_dynfield wire_bytes_field = {
	.name = "wirebar_wire_bytes",
	.size = sizeof(uint32_t),
	.align = __alignof__(uint32_t),
};
static const struct rte_mbuf_dynfield link_field = { .name = "wirebar_link", .size = 1, .align = 1 };
static const struct rte_mbuf_dynflag link_flag = { .name = "wirebar_not_ethernet" };
static const struct rte_mbuf_dynflag cut_flag = { .name = "wirebar_cut" };

int rxtime_register(void)
{
	int bit;

	if (rte_mbuf_dyn_rx_timestamp_register(&port_rx_time_offset, &port_rx_time_flag) < 0)
		return -rte_errno;
	port_wire_bytes_offset = rte_mbuf_dynfield_register(&wire_bytes_field);
	if (port_wire_bytes_offset < 0)
		return -rte_errno;
	bit = rte_mbuf_dynflag_register(&cut_flag);
	if (bit < 0)
		return -rte_errno;
	port_cut_flag = RTE_BIT64(bit);
	port_link_offset = rte_mbuf_dynfield_register(&link_field);
	if (port_link_offset < 0)
		return -rte_errno;
	bit = rte_mbuf_dynflag_register(&link_flag);
	if (bit < 0)
		return -rte_errno;
	port_link_flag = RTE_BIT64(bit);
	return 0;
}

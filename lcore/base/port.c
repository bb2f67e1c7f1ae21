/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/port.h"

#include "lcore/base/ledger.h"

#define PORT_ROW(row, member) \
	{ \
		LEDGER_##row, offsetof(struct port_stats, member) \
	}

static const struct {
	enum ledger_id row;
	size_t offset;
} port_rows[] = {
	PORT_ROW(port_missed, missed),
	PORT_ROW(port_errors, errors),
	PORT_ROW(port_no_mbuf, no_mbuf),
	PORT_ROW(port_cut_tail_bytes, cut_tail_bytes),
	PORT_ROW(port_unknown_interface, unknown_interface),
	PORT_ROW(rx_times_mended, rx_times_mended),
	PORT_ROW(port_recorder_dropped, recorder_dropped),
	PORT_ROW(igmp_reports, igmp_reports),
	PORT_ROW(igmp_leaves, igmp_leaves),
	PORT_ROW(igmp_queries, igmp_queries),
	PORT_ROW(igmp_bad, igmp_bad),
	PORT_ROW(igmp_unsent, igmp_unsent),
};

void port_ledger(const struct port_stats *stats, struct ledger *ledger)
{
	for (size_t i = 0; i < sizeof port_rows / sizeof *port_rows; i++)
		ledger->v[port_rows[i].row] += *(const uint64_t *)((const char *)stats + port_rows[i].offset);
}

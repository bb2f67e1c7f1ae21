/* SPDX-License-Identifier: BSD-3-Clause */
// port.h: where frames come from. Two rooms make ports: drivers/nic (an ethdev) and drivers/replay
// (captures); no stage knows which. Process-local; never in shared memory.
//
// Every mbuf handed out carries its receive time in the dynamic field at port_rx_time_offset (nanoseconds,
// UTC epoch): the capture's own time, the NIC's timestamp, or the time of the poll where the NIC has none.
#ifndef WB_BASE_PORT_H
#define WB_BASE_PORT_H

#include "lcore/base/num.h"

struct rte_mbuf;

struct port_stats {
	uint64_t frames; // handed out
	uint64_t bytes;
	uint64_t missed;            // dropped by the device for want of descriptors (imissed)
	uint64_t errors;            // refused by the device (ierrors)
	uint64_t no_mbuf;           // pool empty (rx_nombuf)
	uint64_t cut_frames;        // replay: frames cut short by the capture (captured < original length)
	uint64_t cut_tail_bytes;    // replay: bytes of an incomplete last record
	uint64_t left_bytes;        // replay: bytes of the captures that have not been handed out (so far)
	uint64_t unknown_interface; // replay: captured packets of interfaces that the capture does not
				    // describe
	uint64_t rx_times_mended;   // replay: receive times that their neighbours contradict, replaced
	uint64_t recorder_dropped;  // replay: frames that the capture says its recorder dropped
	// membership of multicast groups, where the port keeps it itself
	uint64_t igmp_reports, igmp_leaves; // groups reported and left (one frame may have several)
	uint64_t igmp_queries;              // heard
	uint64_t igmp_bad;                  // frames of IGMP that are damaged
	uint64_t igmp_unsent;               // frames that the device did not take
	uint64_t igmp_unheard;              // frames that came while the port was busy with another
};

// port_stats_add adds up: all of them are counters.
static inline void port_stats_add(struct port_stats *to, const struct port_stats *from)
{
	uint64_t *sum = (uint64_t *)to;
	const uint64_t *more = (const uint64_t *)from;

	for (size_t i = 0; i < sizeof *to / sizeof *sum; i++)
		sum[i] += more[i];
}

// port_ledger adds to the ledger what ports count themselves, but for left_bytes: while a run goes on, that
// is what is to come, and at its end what will never come (LEDGER_port_unplayed_bytes). Any thread.
struct ledger;
void port_ledger(const struct port_stats *stats, struct ledger *ledger);

// How receive times relate to the clock that lag is measured against.
enum port_clock {
	PORT_CLOCK_LIVE,  // a NIC: receive times are of the host's clock
	PORT_CLOCK_PACED, // replay at 1x or Nx: the capture's clock, shifted and scaled
	PORT_CLOCK_FLAT,  // replay flat out: a frame is received when its burst is handed out
};

struct port;

struct port_ops {
	const char *kind;
	// rx fills out with up to n frames of the queue and returns how many. Owner lcore only. Frames belong
	// to the caller until rte_pktmbuf_free. A capture returns 0 when it has ended, or when the next is
	// not due.
	uint16_t (*rx)(struct port *port, uint16_t queue, struct rte_mbuf **out, uint16_t n);
	// ended returns true if no frame will ever come again (end of the captures). Never true for a NIC.
	bool (*ended)(const struct port *port);
	// now_ns is the present in the clock of the port's receive times (see enum port_clock).
	uint64_t (*now_ns)(const struct port *port);
	// progress is 0..1 of the captures handed out; 0 for a NIC. Any thread.
	double (*progress)(const struct port *port);
	void (*stats)(const struct port *port, struct port_stats *out); // any thread
	// tick does what the port has to do of itself (membership). Owner of queue 0, about every
	// millisecond. May be NULL.
	void (*tick)(struct port *port);
	// heard takes a frame that concerns the port itself (IGMP). Any ingest lcore. May be NULL.
	void (*heard)(struct port *port, const uint8_t *frame, uint32_t bytes);
	int (*start)(struct port *port); // 0 or -errno; before launch
	void (*stop)(struct port *port);
	void (*destroy)(struct port *port); // accepts NULL
};

// struct port is the head of each maker's own struct.
struct port {
	const struct port_ops *ops;
	char name[32];
	uint16_t n_queues;
	int16_t numa_node; // -1: unknown
	uint8_t source;    // a NIC: what its mbufs say they came from; frames of a replay name their file
	enum port_clock clock;
};

static inline uint16_t port_rx(struct port *port, uint16_t queue, struct rte_mbuf **out, uint16_t n)
{
	return port->ops->rx(port, queue, out, n);
}

#endif

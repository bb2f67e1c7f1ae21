/* SPDX-License-Identifier: BSD-3-Clause */
// wire.h: the cost of a message from the wire to the book, for benchmarks that vary what stands around it.
// One thread.
#ifndef WB_BENCH_WIRE_H
#define WB_BENCH_WIRE_H

#include <stdbool.h>
#include <stdint.h>

struct wire_cost {
	double receive_ns, apply_ns; // per message
	uint64_t messages;
};

// wire_measure builds the books up, then measures steady flow for about so many seconds of busy time. Returns
// false when the ledger did not balance or the wrong number of orders rests at the end.
bool wire_measure(uint32_t instruments, uint32_t resting, uint32_t per_packet, double seconds,
		  struct wire_cost *cost);

#endif

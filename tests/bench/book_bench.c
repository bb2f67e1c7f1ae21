/* SPDX-License-Identifier: BSD-3-Clause */
// book_bench: wire to book: MoldUDP64 frames in memory to events to order-level books with touch, inside one
// second of market time, so that nothing is sealed. Flow and mix: flow.h.
#include <stdio.h>

#include "tests/bench/flow.h"
#include "tests/bench/machine.h"
#include "tests/bench/opt.h"
#include "tests/bench/wire.h"

static const char *const about = "book_bench: ns per ITCH message from the wire to the book.";

int main(int argc, char **argv)
{
	double instruments = 8000, resting = 1.6e6, per_packet = 4, seconds = 1.5;
	const struct opt options[] = {
		{ "instruments", &instruments, 1, 60000, "instruments" },
		{ "resting", &resting, 100, 5e7, "orders that rest" },
		{ "per-packet", &per_packet, 1, 40, "messages a packet" },
		{ "seconds", &seconds, 0.01, 100, "busy time to measure" },
	};
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, NULL);
	struct wire_cost cost;

	if (rc)
		return rc - 1;
	if (!wire_measure((uint32_t)instruments, (uint32_t)resting, (uint32_t)per_packet, seconds, &cost)) {
		fprintf(stderr, "book_bench: the ledger does not balance\n");
		return 1;
	}
	double gbs = machine_scan_gbs(), dram = machine_dram_ns(), all = cost.receive_ns + cost.apply_ns;

	printf("%.0f instruments, %.1f million orders rest, %.0f messages a packet, %llu messages\n",
	       instruments, resting / 1e6, per_packet, (unsigned long long)cost.messages);
	printf("wire to book  %6.1f ns per message   (receive %.1f, books %.1f)\n", all, cost.receive_ns,
	       cost.apply_ns);
	printf("the machine   %6.1f ns a random memory access, %.1f GB/s read in order\n", dram, gbs);
	printf("ratio         %6.2f memory accesses a message\n", all / dram);
	printf("bench=book instruments=%.0f resting=%.0f ns=%.2f receive_ns=%.2f apply_ns=%.2f dram_ns=%.1f scan_gbs=%.1f ratio=%.3f\n",
	       instruments, resting, all, cost.receive_ns, cost.apply_ns, dram, gbs, all / dram);
	return 0;
}

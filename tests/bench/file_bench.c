/* SPDX-License-Identifier: BSD-3-Clause */
// file_bench: a capture's frames, in memory, to books alone and to everything: for comparison with another
// program that reads the same market (marketgen --raw writes the messages without packets beside the
// packets).
//
//	file_bench FILE.pcap [INSTRUMENTS [ORDERS]]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/replay/capture.h"
#include "tests/bench/machine.h"
#include "tests/bench/rig.h"

struct frames {
	struct frame_in *frame;
	size_t n;
};

static size_t count(struct capture *capture, size_t *bytes)
{
	struct capture_record rec[CAPTURE_BATCH];
	size_t all = 0;
	unsigned n;

	*bytes = 0;
	for (; (n = capture_read(capture, rec, CAPTURE_BATCH)) > 0; all += n)
		for (unsigned i = 0; i < n; i++)
			*bytes += line_bytes(rec[i].bytes);
	capture_rewind(capture);
	return all;
}

// Frames in memory as a NIC writes them: each at the beginning of a cache line, in pages of 2 MiB. A mapped
// file's pages have 4 KiB.
static struct frames load(struct capture *capture)
{
	struct capture_record rec[CAPTURE_BATCH];
	struct frames all = { 0 };
	size_t bytes, most = count(capture, &bytes);
	char *at = machine_memory(bytes);
	unsigned n;

	all.frame = machine_memory(most * sizeof *all.frame);
	while (all.n < most && (n = capture_read(capture, rec, CAPTURE_BATCH)) > 0)
		for (unsigned i = 0; i < n && all.n < most; i++) {
			memcpy(at, rec[i].data, rec[i].bytes);
			all.frame[all.n++] = (struct frame_in){ .data = (uint8_t *)at,
								.bytes = rec[i].bytes,
								.wire_bytes = rec[i].wire_bytes,
								.rx_ns = rec[i].ts_ns };
			at += line_bytes(rec[i].bytes);
		}
	return all;
}

// Without bars, what is due is sealed beside the clock.
static double run(const struct frames *all, const struct rig_conf *conf, bool bars, uint64_t *rows)
{
	struct rig *rig = rig_create(conf);
	uint64_t seal_ticks = 0;

	for (size_t i = 0; i < all->n; i += RIG_BURST) {
		rig_push(rig, all->frame + i, all->n - i < RIG_BURST ? (unsigned)(all->n - i) : RIG_BURST);
		if (!bars) {
			rig_seal(rig, 64);
			continue;
		}
		uint64_t begun = rig_ticks();

		engine_seal(&rig->engine, 64);
		seal_ticks += rig_ticks() - begun;
	}
	double ns = (double)(rig->receive_ticks + rig->apply_ticks + seal_ticks) * rig_tick_ns() /
		    (double)rig->messages;

	*rows = rig->rows;
	if (!rig_balanced(rig)) {
		fprintf(stderr, "file_bench: the ledger does not balance, or the capture is damaged\n");
		exit(1);
	}
	rig_destroy(rig);
	return ns;
}

int main(int argc, char **argv)
{
	struct rig_conf conf = { .instruments = argc > 2 ? (uint32_t)atoi(argv[2]) : 12000,
				 .trade_day = INT32_MIN,
				 .tables = true,
				 .orders = argc > 3 ? (uint32_t)atoi(argv[3]) : 2097152,
				 .levels = 8388608,
				 .prints = 1 << 20 };
	struct capture capture;
	char err[256];
	uint64_t rows;

	if (argc < 2 || argc > 4 || argv[1][0] == '-') {
		fprintf(argc > 1 && !strcmp(argv[1], "--help") ? stdout : stderr,
			"usage: file_bench FILE.pcap [INSTRUMENTS [ORDERS]]\n");
		return argc > 1 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	if (capture_open(&capture, argv[1], CAPTURE_NO_DAY, err, sizeof err)) {
		fprintf(stderr, "file_bench: %s\n", err);
		return 1;
	}
	struct frames all = load(&capture);

	capture_close(&capture);
	if (!all.n) {
		fprintf(stderr, "file_bench: %s: no frames\n", argv[1]);
		return 1;
	}
	double huge = machine_huge_percent(), book = run(&all, &conf, false, &rows),
	       everything = run(&all, &conf, true, &rows);

	printf("%s: %zu frames, %.0f %% of the memory in pages of 2 MiB (madvise)\n", argv[1], all.n, huge);
	printf("wire to book        %7.1f ns per message\n", book);
	printf("wire to everything  %7.1f ns per message, %llu rows into tables\n", everything,
	       (unsigned long long)rows);
	printf("bench=file frames=%zu book_ns=%.2f all_ns=%.2f rows=%llu huge_percent=%.0f\n", all.n, book,
	       everything, (unsigned long long)rows, huge);
	machine_free((void *)(uintptr_t)all.frame[0].data);
	machine_free(all.frame);
	return 0;
}

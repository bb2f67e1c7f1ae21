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
	size_t n, room;
};

static struct frames load(struct capture *capture)
{
	struct frames all = { 0 };
	struct capture_record rec[CAPTURE_BATCH];
	unsigned n;

	while ((n = capture_read(capture, rec, CAPTURE_BATCH)) > 0) {
		if (all.n + n > all.room) {
			all.room = all.room ? all.room * 2 : 1 << 20;
			all.frame = realloc(all.frame, all.room * sizeof *all.frame);
			if (!all.frame) {
				fprintf(stderr, "file_bench: no memory for %zu frames\n", all.room);
				exit(1);
			}
		}
		for (unsigned i = 0; i < n; i++)
			all.frame[all.n++] = (struct frame_in){ .data = rec[i].data,
								.bytes = rec[i].bytes,
								.wire_bytes = rec[i].wire_bytes,
								.rx_ns = rec[i].ts_ns };
	}
	return all;
}

// The mapped file's pages are asked for once, so that no page fault is measured.
static uint64_t touch(const struct frames *all)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < all->n; i++)
		sum += all->frame[i].data[all->frame[i].bytes - 1];
	return sum;
}

static int never(const void *ctx, enum venue venue, const void *feed)
{
	(void)ctx, (void)venue, (void)feed;
	return -1; // nothing counts as a print: no bars
}

static double run(const struct frames *all, struct rig_conf conf, bool bars, uint64_t *rows)
{
	conf.prints_rank = bars ? NULL : never;
	struct rig *rig = rig_create(&conf);
	uint64_t seal_ticks = 0;

	for (size_t i = 0; i < all->n; i += RIG_BURST) {
		rig_push(rig, all->frame + i, all->n - i < RIG_BURST ? (unsigned)(all->n - i) : RIG_BURST);
		if (!bars)
			continue;
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
	uint64_t sum = touch(&all);
	double book = run(&all, conf, false, &rows), everything = run(&all, conf, true, &rows);

	printf("%s: %zu frames\n", argv[1], all.n);
	printf("wire to book        %7.1f ns per message\n", book);
	printf("wire to everything  %7.1f ns per message, %llu rows into tables\n", everything,
	       (unsigned long long)rows);
	printf("bench=file frames=%zu book_ns=%.2f all_ns=%.2f rows=%llu check=%llu\n", all.n, book,
	       everything, (unsigned long long)rows, (unsigned long long)sum);
	free(all.frame);
	capture_close(&capture);
	return 0;
}

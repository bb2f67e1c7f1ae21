/* SPDX-License-Identifier: BSD-3-Clause */
// replay_bench: how fast the replay port hands out frames flat out and takes them back, and nothing else.
// Writes a capture of its own (frames of a given length, nanosecond pcap) unless one is named. Usage:
// replay_bench [--frames N] [--bytes N] [--burst N] [--rounds N] [CAPTURE...]
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "drivers/replay/replay.h"
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"

struct options {
	uint64_t frames;
	uint32_t bytes;
	uint16_t burst;
	unsigned rounds;
};

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static int write_capture(char *path, const struct options *options)
{
	uint8_t header[24] = { 0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4 }, *record = calloc(1, 16 + options->bytes);
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");

	if (!f || !record)
		return -1;
	header[17] = 1; // snap length
	header[20] = 1; // Ethernet
	fwrite(header, 1, sizeof header, f);
	for (uint64_t i = 0; i < options->frames; i++) {
		put_le32(record, (uint32_t)(i / 1000000));
		put_le32(record + 4, (uint32_t)(i % 1000000) * 1000);
		put_le32(record + 8, options->bytes);
		put_le32(record + 12, options->bytes);
		if (fwrite(record, 1, 16 + options->bytes, f) != 16 + options->bytes)
			return -1;
	}
	free(record);
	return fclose(f);
}

static int play(const struct replay_conf *conf, uint16_t burst)
{
	char err[512];
	struct rte_mbuf *frame[REPLAY_BURST_MAX];
	struct port *port = replay_create(conf, err, sizeof err);
	struct port_stats stats;
	double start_s, took_s;

	if (!port) {
		fprintf(stderr, "replay_bench: %s\n", err);
		return 1;
	}
	start_s = now_s();
	while (!port->ops->ended(port)) {
		uint16_t n = port_rx(port, 0, frame, burst);

		for (uint16_t i = 0; i < n; i++)
			__asm__ volatile("" : : "r"(frame[i]->pkt_len));
		rte_pktmbuf_free_bulk(frame, n);
	}
	took_s = now_s() - start_s;
	port->ops->stats(port, &stats);
	printf("%llu frames, %.3f s, %.1f Mpps, %.1f ns a frame\n", (unsigned long long)stats.frames, took_s,
	       (double)stats.frames / took_s / 1e6, took_s * 1e9 / (double)stats.frames);
	printf("bench=replay frames=%llu ns=%.2f mpps=%.2f\n", (unsigned long long)stats.frames,
	       took_s * 1e9 / (double)stats.frames, (double)stats.frames / took_s / 1e6);
	port->ops->destroy(port);
	return 0;
}

static int bench(const char *const *paths, unsigned n_paths, const struct options *options)
{
	struct replay_conf conf = { .name = "bench",
				    .paths = paths,
				    .n_paths = n_paths,
				    .trade_day = CAPTURE_NO_DAY,
				    .numa_node = -1 };
	struct rusage usage;
	int rc = 0;

	for (unsigned i = 0; i < options->rounds && rc == 0; i++)
		rc = play(&conf, options->burst);
	getrusage(RUSAGE_SELF, &usage);
	printf("peak resident %ld MiB\n", usage.ru_maxrss / 1024);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = { { "frames", 1, NULL, 'f' },
					       { "bytes", 1, NULL, 'b' },
					       { "burst", 1, NULL, 'u' },
					       { "rounds", 1, NULL, 'r' },
					       { 0 } };
	struct options options = { .frames = 3000000, .bytes = 200, .burst = 32, .rounds = 4 };
	const char *eal[] = { "replay_bench", "--no-huge",  "--no-shconf",    "--no-pci",           "-m",
			      "64",           "--lcores=0", "--no-telemetry", "--log-level=*:error" };
	const char *tmp = getenv("TMPDIR");
	char path[4096];
	const char *own = path;
	int c, rc;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		uint64_t v = optarg ? strtoull(optarg, NULL, 0) : 0;

		switch (c) {
		case 'f': options.frames = v; break;
		case 'b': options.bytes = (uint32_t)v; break;
		case 'u': options.burst = (uint16_t)v; break;
		case 'r': options.rounds = (unsigned)v; break;
		default: return 2;
		}
	}
	calendar_load();
	int files = argc - optind;
	const char *const *paths = (const char *const *)argv + optind;

	if (rte_eal_init((int)(sizeof eal / sizeof *eal), (char **)(uintptr_t)eal) < 0)
		return 1;
	if (files)
		return bench(paths, (unsigned)files, &options);
	snprintf(path, sizeof path, "%s/replay_bench_XXXXXX", tmp && *tmp ? tmp : "/tmp");
	rc = write_capture(path, &options);
	if (rc < 0)
		fprintf(stderr, "replay_bench: cannot write %s: %s\n", path, strerror(errno));
	else
		rc = bench(&own, 1, &options);
	unlink(path);
	return rc ? 1 : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// port_count: a NIC port and nothing behind it. Says "ready" when the port receives, counts frames until none
// has come for some seconds, then prints a line of JSON. Its digest is FNV-1a over the frames' bytes, as in
// send.c. Usage: port_count DEVICE [--idle SECONDS] [--burst N] [--mtu N] Exit: 0 counted, 1 failed, 2 usage.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "drivers/nic/nic.h"
#include "drivers/nic/nic_clock.h"
#include "drivers/nic/rxtime.h"
#include "lcore/base/fnv.h"

enum { FIRST_FRAME_S = 20 };

struct count {
	uint64_t frames, bytes, digest, first_ns, last_ns, stamp_errors;
};

static void count_frames(struct port *port, uint16_t burst, uint64_t idle_ns, struct count *count)
{
	struct rte_mbuf *frame[NIC_BURST_MAX];
	uint64_t begun_ns = nic_clock_now_ns(), now_ns = begun_ns, disciplined_ns = begun_ns;

	while (now_ns - (count->frames ? count->last_ns : begun_ns) <
	       (count->frames ? idle_ns : FIRST_FRAME_S * NS_PER_S)) {
		uint16_t n = port_rx(port, 0, frame, burst);

		for (uint16_t i = 0; i < n; i++) {
			count->digest = fnv_bytes(count->digest, rte_pktmbuf_mtod(frame[i], uint8_t *),
						  frame[i]->data_len);
			count->bytes += frame[i]->pkt_len;
			// Receive times are the host's present, and never go back.
			count->stamp_errors += rxtime_ns(frame[i]) < count->last_ns;
			count->last_ns = rxtime_ns(frame[i]);
		}
		if (n && count->frames == 0)
			count->first_ns = count->last_ns;
		count->frames += n;
		rte_pktmbuf_free_bulk(frame, n);
		now_ns = nic_clock_now_ns();
		if (now_ns - disciplined_ns > NS_PER_S) {
			disciplined_ns = now_ns;
			nic_clock_discipline();
		}
	}
}

static int run(const struct nic_conf *conf, uint16_t burst, double idle_s)
{
	struct count count = { .digest = FNV_BASIS };
	struct port_stats stats;
	char err[1024];
	struct port *port = nic_create(conf, err, sizeof err);
	int rc;

	if (!port) {
		fprintf(stderr, "port_count: %s\n", err);
		return 1;
	}
	rc = port->ops->start(port);
	if (rc < 0) {
		fprintf(stderr, "port_count: %s does not start: %d\n", conf->device, rc);
		port->ops->destroy(port);
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	count_frames(port, burst, (uint64_t)(idle_s * 1e9), &count);
	port->ops->stats(port, &stats);
	printf("{\"frames\": %llu, \"bytes\": %llu, \"digest\": \"%016llx\", \"seconds\": %.6f, \"stamp_errors\": %llu, "
	       "\"missed\": %llu, \"errors\": %llu, \"no_mbuf\": %llu}\n",
	       (unsigned long long)stats.frames, (unsigned long long)stats.bytes,
	       (unsigned long long)count.digest, (double)(count.last_ns - count.first_ns) / 1e9,
	       (unsigned long long)count.stamp_errors, (unsigned long long)stats.missed,
	       (unsigned long long)stats.errors, (unsigned long long)stats.no_mbuf);
	port->ops->stop(port);
	port->ops->destroy(port);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "idle", 1, NULL, 'i' }, { "burst", 1, NULL, 'b' }, { "mtu", 1, NULL, 'm' }, { 0 }
	};
	char prefix[32];
	const char *eal[] = {
		"port_count", "--no-huge",      "--no-shconf",           "--no-pci",      "-m",  "256",
		"--lcores=0", "--no-telemetry", "--log-level=*:warning", "--file-prefix", prefix
	};
	struct nic_conf conf = { .name = "count", .queues = 1, .rx_desc = 2048, .promiscuous = true };
	uint16_t burst = 32;
	double idle_s = 2;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 'i': idle_s = atof(optarg); break;
		case 'b': burst = (uint16_t)atoi(optarg); break;
		case 'm': conf.mtu = (unsigned)atoi(optarg); break;
		default: return 2;
		}
	}
	if (optind != argc - 1 || burst == 0 || burst > NIC_BURST_MAX || !(idle_s > 0)) {
		fprintf(stderr, "usage: port_count DEVICE [--idle SECONDS] [--burst 1..%d] [--mtu N]\n",
			NIC_BURST_MAX);
		return 2;
	}
	conf.device = argv[optind];
	snprintf(prefix, sizeof prefix, "count%d", (int)getpid());
	if (rte_eal_init((int)(sizeof eal / sizeof *eal), (char **)(uintptr_t)eal) < 0)
		return 1;
	c = run(&conf, burst, idle_s);
	rte_eal_cleanup();
	return c;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// link_bench: a row over a link between two lcores (lcore/stage/link.h): one at a time, and flat out; beside
// an empty rte_ring's hop and round trip in the same run.
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_memory.h>

#include "hwtest/lab/lab.h"
#include "lcore/stage/link.h"
#include "tests/bench/hop.h"
#include "tests/bench/opt.h"

static const char *const about = "link_bench: ns for a row over a link between two lcores.";

enum { CONSUMER = 1, BURST = 32, PARTS = 20, APART_NS = 3000 };

static struct hop hop;
static struct link link_to;
static struct hist row_way; // w: consumer
static bool stop;

static int consume(void *arg)
{
	static struct link_elem elem[BURST];

	(void)arg;
	while (!hop.stop) {
		hop_answer(&hop);
		unsigned n = link_pop(&link_to, elem, BURST);
		uint64_t now = n ? lab_ns() : 0;

		for (unsigned i = 0; i < n; i++) {
			// pushed_tsc holds lab_ns() when the row is sent alone, else 0
			if (elem[i].pushed_tsc)
				hist_record(&row_way,
					    now > elem[i].pushed_tsc ? now - elem[i].pushed_tsc : 0);
		}
	}
	return 0;
}

static void send_alone(struct link_elem *elem, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		elem->pushed_tsc = lab_ns();
		link_push(&link_to, elem);
		while (lab_ns() - elem->pushed_tsc < APART_NS || link_count(&link_to))
			lab_relax();
	}
}

// ns per row when the link is never empty.
static double send_flat_out(struct link_elem *elem, unsigned n)
{
	uint64_t begun = lab_ns();

	elem->pushed_tsc = 0;
	for (unsigned i = 0; i < n; i++)
		link_push(&link_to, elem);
	while (link_count(&link_to))
		lab_relax();
	return (double)(lab_ns() - begun) / n;
}

static void print(const char *name, const struct hist *h)
{
	printf("%-24s %10llu %10llu %10llu\n", name, (unsigned long long)hist_percentile(h, 0.5),
	       (unsigned long long)hist_percentile(h, 0.999), (unsigned long long)h->max);
}

static int measure(unsigned rows)
{
	static struct link_elem elem = { .stream = LINK_NEW_BAR };
	double flat = 1e9;

	rte_eal_remote_launch(consume, NULL, CONSUMER);
	// In parts, so that all of them see the same states of the machine.
	for (int part = 0; part < PARTS; part++) {
		hop_round(&hop, rows / PARTS);
		hop_send(&hop, rows / PARTS);
		send_alone(&elem, rows / PARTS);
		double ns = send_flat_out(&elem, rows);

		flat = ns < flat ? ns : flat;
	}
	hop.stop = true;
	rte_eal_wait_lcore(CONSUMER);
	const struct link_shared *s = link_to.shared;
	double p50 = (double)hist_percentile(&row_way, 0.5), empty = (double)hist_percentile(&hop.way, 0.5);

	printf("%-24s %10s %10s %10s\n", "ns", "p50", "p99.9", "max");
	print("empty ring, round trip", &hop.trip);
	print("empty ring, one way", &hop.way);
	print("a row, one way", &row_way);
	printf("a row of %zu bytes flat out: %.1f ns, %.1f GB/s; a row takes %.2f empty hops\n", sizeof elem,
	       flat, sizeof elem / flat, p50 / empty);
	printf("bench=link trip_p50_ns=%llu hop_p50_ns=%.0f hop_p999_ns=%llu p50_ns=%.0f p999_ns=%llu flat_ns=%.1f ratio=%.2f\n",
	       (unsigned long long)hist_percentile(&hop.trip, 0.5), empty,
	       (unsigned long long)hist_percentile(&hop.way, 0.999), p50,
	       (unsigned long long)hist_percentile(&row_way, 0.999), flat, p50 / empty);
	if (s->pushes != s->pops + s->refused || s->refused) {
		fprintf(stderr, "link_bench: rows are missing\n");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	double rows = 100000;
	const struct opt options[] = { { "rows", &rows, 100, 1e7, "sent alone" } };
	static const unsigned cpu[] = { 0, 1 };
	int rc = opt_parse(argc, argv, about, options, 1, NULL);

	if (rc)
		return rc - 1;
	if (lab_eal_up("link_bench", cpu, 2) < 0)
		return 1;
	rc = hop_create(&hop);
	if (rc == 0)
		rc = link_create(&link_to, "bench", "main", "consumer", 1024, SOCKET_ID_ANY);
	if (rc < 0) {
		fprintf(stderr, "link_bench: no memory for rings: %s\n", rte_strerror(-rc));
		return 1;
	}
	link_to.wait = true;
	link_to.stop = &stop;
	rc = measure((unsigned)rows);
	lab_eal_down();
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// backpressure: what a link does when its consumer is slow for a while, by policy: block (the producer
// waits), drop oldest, conflate (the newest of each symbol and class stands, the others are superseded), shed
// by priority (quotes are refused when the link is a quarter full, bars at half, fires never before it is
// full). The same traffic goes through all four: fires (2 %), bars (18 %) and quotes (80 %) of 64 symbols at
// a steady rate; the consumer is fast, then slow, then fast again. What was offered is delivered, dropped,
// superseded or shed: nothing else, by class.
//
// Age is counted from the moment an item is due, not from when the producer got round to it: a producer that
// waits makes everything behind it late, and its own meters never show it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_ring_elem.h>

#include "hwtest/lab/lab.h"
#include "tests/bench/opt.h"
#include "tests/bench/plot.h"

static const char *const about =
	"backpressure: a slow consumer behind each link policy: what is lost, what is late, what is counted.";

enum policy { BLOCK, DROP_OLDEST, CONFLATE, SHED, POLICIES };
static const char *const policy_name[POLICIES] = { "block", "drop oldest", "conflate", "shed" };
static const char *const policy_key[POLICIES] = { "block", "drop_oldest", "conflate", "shed" };

enum class { FIRE, BAR, QUOTE, CLASSES };
static const char *const class_name[CLASSES] = { "fires", "bars", "quotes" };
static const char *const class_key[CLASSES] = { "fire", "bar", "quote" };

enum { CONSUMER = 1, SYMBOLS = 64, SLOTS = SYMBOLS * CLASSES, POINTS = 200, TABLE_ROWS = 1024 };

static double rate = 150000, seconds = 3, depth = 1024, fast_us = 1, slow_us = 20, late_ms = 10;

struct item {
	uint64_t number, due_ns;
	uint32_t symbol, class;
};

// The newest item of a symbol and class. queued: its index is in the ring.
struct slot {
	uint32_t seq; // odd while it is written
	uint32_t queued;
	uint64_t version; // items ever written
	uint64_t seen;    // w: consumer: version last read
	struct item item;
} __attribute__((aligned(CACHE_LINE)));

struct tally {
	uint64_t offered, delivered, late, dropped, superseded, shed;
};

struct run {
	enum policy policy;
	struct rte_ring *ring;
	uint64_t begun_ns;
	// w: producer
	uint64_t offered[CLASSES], dropped[CLASSES], shed[CLASSES];
	uint64_t waits, wait_ns, peak;
	volatile bool sent_all;
	struct lab_watch producer_core;
	// w: consumer
	uint64_t delivered[CLASSES] __attribute__((aligned(CACHE_LINE))), late[CLASSES], superseded[CLASSES],
		again;
	struct hist age[CLASSES];
	double age_ms[POINTS]; // the greatest in each part of the run
	struct lab_watch consumer_core;
};

static struct run runs[POLICIES];
static struct slot slots[SLOTS];
static struct lab_table table;
static uint64_t fast_rows, slow_rows;

// Producer

static bool put(struct run *r, const struct item *item)
{
	struct item copy = *item; // the ring's interface takes no const

	return rte_ring_enqueue_elem(r->ring, &copy, sizeof copy) == 0;
}

static void wait_for_room(struct run *r, const struct item *item)
{
	uint64_t begun = lab_ns();

	r->waits++;
	while (!put(r, item))
		lab_relax();
	r->wait_ns += lab_ns() - begun;
	r->producer_core.last_ns = 0;
}

static void make_room(struct run *r, const struct item *item)
{
	struct item oldest;

	do {
		if (rte_ring_dequeue_elem(r->ring, &oldest, sizeof oldest) == 0)
			r->dropped[oldest.class]++;
	} while (!put(r, item));
}

static void overwrite(struct run *r, const struct item *item)
{
	uint32_t index = item->symbol * CLASSES + item->class;
	struct slot *s = &slots[index];
	struct item place = { .number = index };

	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	s->item = *item;
	s->version++;
	__atomic_store_n(&s->seq, s->seq + 1, __ATOMIC_RELEASE);
	if (__atomic_exchange_n(&s->queued, 1, __ATOMIC_ACQ_REL) == 0)
		put(r, &place); // room for all slots
}

// Returns false when the link is too full for the item's class.
static bool admitted(const struct run *r, uint32_t class)
{
	uint32_t n = rte_ring_count(r->ring), most = rte_ring_get_capacity(r->ring);

	return class == FIRE ? n < most : n < most / (class == BAR ? 2 : 4);
}

static void push(struct run *r, const struct item *item)
{
	if (r->policy == CONFLATE) {
		overwrite(r, item);
		return;
	}
	if (r->policy == SHED && !admitted(r, item->class)) {
		r->shed[item->class]++;
		return;
	}
	if (put(r, item))
		return;
	if (r->policy == BLOCK)
		wait_for_room(r, item);
	else
		make_room(r, item);
}

static struct item make_item(const struct run *r, uint64_t number, uint64_t *random)
{
	*random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	uint32_t draw = (uint32_t)(*random >> 40) % 100;
	enum class class = draw < 2 ? FIRE : draw < 20 ? BAR : QUOTE;

	return (struct item){ number, r->begun_ns + (uint64_t)((double)number / rate * 1e9),
			      (uint32_t)(*random >> 33) % SYMBOLS, class };
}

static void produce(struct run *r)
{
	uint64_t n = (uint64_t)(rate * seconds), random = 42;

	for (uint64_t i = 0; i < n; i++) {
		struct item item = make_item(r, i, &random);

		while (lab_watch(&r->producer_core) < item.due_ns)
			lab_relax();
		r->offered[item.class]++;
		push(r, &item);
		uint64_t in_ring = rte_ring_count(r->ring);

		r->peak = in_ring > r->peak ? in_ring : r->peak;
	}
	r->sent_all = true;
}

// Consumer

// Reads the newest item behind a place in the ring. Returns false when it was read before.
static bool read_slot(struct run *r, struct item *item)
{
	struct slot *s = &slots[item->number];
	uint64_t version;
	uint32_t seq;

	__atomic_exchange_n(&s->queued, 0, __ATOMIC_ACQ_REL);
	do {
		seq = __atomic_load_n(&s->seq, __ATOMIC_ACQUIRE);
		*item = s->item;
		version = s->version;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((seq & 1) || seq != __atomic_load_n(&s->seq, __ATOMIC_RELAXED));
	if (version == s->seen) {
		r->again++;
		return false;
	}
	r->superseded[item->class] += version - s->seen - 1;
	s->seen = version;
	return true;
}

static bool slow_now(const struct run *r, uint64_t now)
{
	double part = (double)(now - r->begun_ns) / 1e9 / seconds;

	return part >= 0.25 && part < 0.5;
}

static void deliver(struct run *r, const struct item *item)
{
	uint64_t now = lab_ns(), age = now > item->due_ns ? now - item->due_ns : 0;
	size_t at = (size_t)((double)(now - r->begun_ns) / 1e9 / seconds * POINTS);

	r->delivered[item->class]++;
	r->late[item->class] += (double)age > late_ms * 1e6;
	hist_record(&r->age[item->class], age);
	if (at < POINTS && (double)age / 1e6 > r->age_ms[at])
		r->age_ms[at] = (double)age / 1e6;
	lab_work(&table, slow_now(r, now) ? slow_rows : fast_rows);
}

static int consume(void *arg)
{
	struct run *r = arg;
	struct item item;

	for (;;) {
		bool sent_all = r->sent_all;

		lab_watch(&r->consumer_core);
		if (rte_ring_dequeue_elem(r->ring, &item, sizeof item) == 0) {
			if (r->policy != CONFLATE || read_slot(r, &item))
				deliver(r, &item);
		} else if (sent_all) {
			return 0;
		} else {
			lab_relax();
		}
	}
}

// Report

static struct tally tally(const struct run *r, int class)
{
	return (struct tally){ r->offered[class], r->delivered[class],  r->late[class],
			       r->dropped[class], r->superseded[class], r->shed[class] };
}

static void print_row(const struct run *r, int class)
{
	struct tally t = tally(r, class);
	const struct hist *h = &r->age[class];

	printf("%-12s %-7s %9llu %9llu %9llu %9llu %10llu %9llu %10.1f %10.1f %10.1f\n",
	       class ? "" : policy_name[r->policy], class_name[class], (unsigned long long)t.offered,
	       (unsigned long long)t.delivered, (unsigned long long)t.late, (unsigned long long)t.dropped,
	       (unsigned long long)t.superseded, (unsigned long long)t.shed,
	       (double)hist_percentile(h, 0.5) / 1e3, (double)hist_percentile(h, 0.999) / 1e3,
	       (double)h->max / 1e3);
}

static int print_records(void)
{
	int rc = 0;

	for (int p = 0; p < POLICIES; p++)
		for (int c = 0; c < CLASSES; c++) {
			struct tally t = tally(&runs[p], c);

			printf("lab=backpressure policy=%s class=%s offered=%llu delivered=%llu late=%llu dropped=%llu superseded=%llu "
			       "shed=%llu age_p50_us=%.1f age_max_us=%.1f\n",
			       policy_key[p], class_key[c], (unsigned long long)t.offered,
			       (unsigned long long)t.delivered, (unsigned long long)t.late,
			       (unsigned long long)t.dropped, (unsigned long long)t.superseded,
			       (unsigned long long)t.shed,
			       (double)hist_percentile(&runs[p].age[c], 0.5) / 1e3,
			       (double)runs[p].age[c].max / 1e3);
			rc |= t.offered != t.delivered + t.dropped + t.superseded + t.shed;
		}
	if (rc)
		fprintf(stderr, "backpressure: items are not all accounted for\n");
	return rc;
}

static int report(void)
{
	printf("%-12s %-7s %9s %9s %9s %9s %10s %9s %10s %10s %10s\n", "policy", "class", "offered",
	       "delivered", "of it late", "dropped", "superseded", "shed", "p50 us", "p99.9 us", "max us");
	for (int p = 0; p < POLICIES; p++)
		for (int c = 0; c < CLASSES; c++)
			print_row(&runs[p], c);
	printf("\n%-12s %14s %12s %10s %12s\n", "policy", "producer waits", "waited ms", "peak depth",
	       "off core ms");
	for (int p = 0; p < POLICIES; p++)
		printf("%-12s %14llu %12.1f %10llu %12.1f\n", policy_name[p],
		       (unsigned long long)runs[p].waits, (double)runs[p].wait_ns / 1e6,
		       (unsigned long long)runs[p].peak,
		       (double)(runs[p].producer_core.off_ns + runs[p].consumer_core.off_ns) / 1e6);
	printf("off core: the two loops stood still for more than %llu us (kernel, host)\n\n",
	       (unsigned long long)(LAB_OFF_CORE_NS / NS_PER_US));
	return print_records();
}

// Shares of what was offered, of some classes together.
static void draw_shares(struct plot *plot, int first, int n)
{
	static const char *const part[] = { "in time", "late", "dropped", "superseded", "shed" };

	for (int p = 0; p < POLICIES; p++) {
		double sum[5] = { 0 }, offered = 0;

		for (int c = first; c < first + n; c++) {
			struct tally t = tally(&runs[p], c);

			offered += (double)t.offered;
			sum[0] += (double)(t.delivered - t.late);
			sum[1] += (double)t.late;
			sum[2] += (double)t.dropped;
			sum[3] += (double)t.superseded;
			sum[4] += (double)t.shed;
		}
		for (int i = 0; i < 5; i++)
			sum[i] *= offered > 0 ? 100 / offered : 0;
		plot_stack(plot, policy_name[p], part, sum, 5);
	}
}

static int draw(const char *path)
{
	const struct plot_axis time = { .label = "time, s" },
			       age = { .label = "greatest age at delivery, ms", .log = true },
			       share = { "% of offered", false, 0, 100 }, all = { .label = "all items" },
			       fires = { .label = "fires only" };
	char subtitle[200], budget[40];
	double x[POINTS];
	struct plot *p;

	snprintf(
		subtitle, sizeof subtitle,
		"%g items a second into a link of %g; the consumer takes %g us an item, and %g us from %.2f to "
		"%.2f s",
		rate, depth, fast_us, slow_us, seconds / 4, seconds / 2);
	snprintf(budget, sizeof budget, "late: %g ms", late_ms);
	p = plot_open("A slow consumer: what each policy makes late, and what it gives up", subtitle);
	for (int i = 0; i < POINTS; i++)
		x[i] = (i + 0.5) * seconds / POINTS;
	plot_panel(p, &time, &age);
	for (int i = 0; i < POLICIES; i++)
		plot_line(p, policy_name[i], (unsigned)i, PLOT_SOLID, x, runs[i].age_ms, POINTS);
	plot_level(p, late_ms, budget);
	plot_panel(p, &share, &all);
	draw_shares(p, 0, CLASSES);
	plot_panel(p, &share, &fires);
	draw_shares(p, FIRE, 1);
	return plot_close(p, path);
}

static int play(enum policy policy)
{
	struct run *r = &runs[policy];
	// Dropping the oldest takes two that dequeue: the consumer, and the producer that makes room.
	unsigned flags = RING_F_SP_ENQ | (policy == DROP_OLDEST ? 0 : RING_F_SC_DEQ),
		 n = policy == CONFLATE ? SLOTS : (unsigned)depth;

	r->policy = policy;
	r->ring = rte_ring_create_elem(policy_name[policy], sizeof(struct item), n, SOCKET_ID_ANY,
				       flags | RING_F_EXACT_SZ);
	if (!r->ring)
		return -rte_errno;
	memset(slots, 0, sizeof slots);
	r->begun_ns = lab_ns();
	rte_eal_remote_launch(consume, r, CONSUMER);
	produce(r);
	rte_eal_wait_lcore(CONSUMER);
	return 0;
}

static int measure(void)
{
	double row_ns = lab_work_cost(&table);

	fast_rows = (uint64_t)(fast_us * 1e3 / row_ns);
	slow_rows = (uint64_t)(slow_us * 1e3 / row_ns);
	printf("%g items a second for %g s a policy; link of %g; consumer %g us an item, %g us in the second quarter; late is over %g ms\n\n",
	       rate, seconds, depth, fast_us, slow_us, late_ms);
	for (int p = 0; p < POLICIES; p++) {
		int rc = play((enum policy)p);

		if (rc < 0) {
			fprintf(stderr, "backpressure: no memory for a link: %s\n", rte_strerror(-rc));
			return 1;
		}
	}
	return report();
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "rate", &rate, 100, 1e7, "items a second" },
		{ "seconds", &seconds, 0.02, 1000, "for each policy, s" },
		{ "depth", &depth, 8, 1 << 20, "of the link, items" },
		{ "fast", &fast_us, 0, 1e6, "consumer's work for an item, us" },
		{ "slow", &slow_us, 0, 1e6, "and while it is slow, us" },
		{ "late", &late_ms, 0, 1e6, "age from which an item is late, ms" },
	};
	static const unsigned cpu[] = { 0, 1 };
	const char *plot = NULL;
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, &plot);

	if (rc)
		return rc - 1;
	if (lab_eal_up("backpressure", cpu, 2) < 0 || lab_table_init(&table, TABLE_ROWS))
		return 1;
	rc = measure();
	if (plot && draw(plot) < 0) {
		fprintf(stderr, "backpressure: cannot write %s: %s\n", plot, strerror(errno));
		rc = 1;
	}
	lab_eal_down();
	return rc;
}

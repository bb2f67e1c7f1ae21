/* SPDX-License-Identifier: BSD-3-Clause */
// microbatch: three ways to hand messages to workers: one by one, in a timed window (500 us), in adaptive
// bursts (what is there when a worker can take it). Batches are stamped with sequence numbers and dealt out
// in turn; workers finish in any order; a holding pen (rte_reorder) lets batches go in the order of their
// stamps. Over a range of rates: throughput, p50 and p99.9 from the moment a message is due to its release,
// and order violations, which must be none. A batch is one mbuf, so that what one hand-over costs is the same
// in all three.
//
// The main lcore hands over and keeps the pen; each worker has an lcore. With too few cpus for that, an lcore
// serves several workers, QUANTUM messages of each in turn: left to the kernel, two spinning lcores on one
// cpu would wait for each other by whole time slices.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_mbuf.h>
#include <rte_reorder.h>
#include <rte_ring.h>

#include "hwtest/lab/lab.h"
#include "tests/bench/opt.h"
#include "tests/bench/plot.h"

static const char *const about =
	"microbatch: hand-over of messages to workers one by one, in a timed window, in adaptive bursts.\n"
	"A line for each way and rate: what came out, in what time, in what order.";

enum way { ONE_BY_ONE, WINDOW, ADAPTIVE, WAYS };
static const char *const way_name[WAYS] = { "one by one", "timed window", "adaptive bursts" };
static const char *const way_key[WAYS] = { "one", "window", "adaptive" };

enum {
	WORKERS_MAX = 8,
	BATCH_MAX = 1024,
	IN_FLIGHT_MAX = 256,
	RING = 512,
	PEN = 1024,
	RATES = 6,
	TABLE_ROWS = 1024
};
enum { QUANTUM = 32, ROUND_TRIPS = 1000 };
// A worker that has one batch in hand and one in its ring is not handed a third: the burst grows instead.
enum { ADAPTIVE_AHEAD = 2 };

static double workers = 2, seconds = 0.4, work_ns = 100, window_us = 500, top_rate = 5e6;

struct message {
	uint64_t number, due_ns;
};

struct batch {
	uint32_t n, worker;
	struct message message[BATCH_MAX];
};

struct worker {
	struct rte_ring *in, *out;
	struct lab_table table;
	struct rte_mbuf *batch; // in hand, with the next message to do
	uint32_t at;
	uint32_t in_flight __attribute__((aligned(CACHE_LINE))); // w: main lcore
} __attribute__((aligned(CACHE_LINE)));

// One way at one rate. Main lcore only.
struct run {
	enum way way;
	double rate; // 0: flat out
	uint64_t begun_ns, took_ns;
	// the source: messages are due at random moments (a Poisson process), always the same ones
	uint64_t random, offered;
	double next_due_ns;
	// hand-over
	struct rte_mbuf *open; // the batch that is being filled
	uint64_t handed, batches;
	uint32_t in_flight, turn;
	// the pen
	uint64_t released, violations, early, left;
	struct hist latency;
	// how the machine was: an empty batch to a worker and back, before the run; lcores off core during it
	uint64_t round_trip_ns, off_ns;
};

static struct worker worker[WORKERS_MAX];
static struct rte_mempool *pool;
static struct rte_reorder_buffer *pen;
static uint32_t next_stamp, next_arrival; // of batches, over all runs
static unsigned work_rows;
static unsigned n_lcores; // that serve workers
static volatile bool quit;
static struct lab_watch core[WORKERS_MAX + 1]; // by lcore
static struct run runs[WAYS][RATES + 1];

static struct batch *batch_of(struct rte_mbuf *m) { return rte_pktmbuf_mtod(m, struct batch *); }

// Workers

// One message in a hundred is ten times the work: batches overtake each other.
static uint64_t rows_of(uint64_t number)
{
	return number * 2654435761u % 100 == 0 ? work_rows * 10 : work_rows;
}

// Does at most QUANTUM messages. Returns false when there was nothing to do.
static bool step(struct worker *w)
{
	if (!w->batch) {
		if (rte_ring_sc_dequeue(w->in, (void **)&w->batch))
			return false;
		w->at = 0;
	}
	const struct batch *b = batch_of(w->batch);

	for (uint32_t end = w->at + QUANTUM; w->at < b->n && w->at < end; w->at++)
		lab_work(&w->table, rows_of(b->message[w->at].number));
	if (w->at == b->n) {
		rte_ring_sp_enqueue(w->out, w->batch); // room for all that are in flight
		w->batch = NULL;
	}
	return true;
}

static int serve(void *arg)
{
	unsigned first = (unsigned)(uintptr_t)arg;

	while (!quit) {
		bool any = false;

		lab_watch(&core[first + 1]);
		for (unsigned i = first; i < (unsigned)workers; i += n_lcores)
			any |= step(&worker[i]);
		if (!any)
			lab_relax();
	}
	return 0;
}

// The source

static double random_gap_ns(struct run *r)
{
	r->random = r->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return -log(((double)(r->random >> 11) + 1) * 0x1p-53) / r->rate * 1e9;
}

// The next message, when it is due. Flat out all are.
static bool next_message(struct run *r, uint64_t now, struct message *out)
{
	if (r->rate > 0 && r->next_due_ns > (double)(now - r->begun_ns))
		return false;
	*out = (struct message){ r->offered++, r->rate > 0 ? r->begun_ns + (uint64_t)r->next_due_ns : now };
	if (r->rate > 0)
		r->next_due_ns += random_gap_ns(r);
	return true;
}

// Hand-over

static void hand_over(struct run *r)
{
	struct rte_mbuf *m = r->open;
	struct worker *w = &worker[r->turn];

	*rte_reorder_seqn(m) = next_stamp++;
	batch_of(m)->worker = r->turn;
	r->handed += batch_of(m)->n;
	r->batches++;
	r->in_flight++;
	w->in_flight++;
	r->turn = (r->turn + 1) % (unsigned)workers;
	r->open = NULL;
	rte_ring_sp_enqueue(w->in, m);
}

static bool ready(const struct run *r, uint64_t now)
{
	const struct batch *b = batch_of(r->open);

	if (b->n == 0)
		return false;
	switch (r->way) {
	case ONE_BY_ONE: return true;
	case WINDOW: return b->n == BATCH_MAX || (double)(now - b->message[0].due_ns) >= window_us * 1e3;
	default: return worker[r->turn].in_flight < ADAPTIVE_AHEAD;
	}
}

// Fills the open batch with what is due and hands it over when its time has come. Returns false when nothing
// moved.
static bool feed(struct run *r, uint64_t now)
{
	uint32_t most = r->way == ONE_BY_ONE ? 1 : BATCH_MAX;

	if (!r->open) {
		if (r->in_flight >= IN_FLIGHT_MAX || !(r->open = rte_pktmbuf_alloc(pool)))
			return false;
		batch_of(r->open)->n = 0;
	}
	struct batch *b = batch_of(r->open);

	while (b->n < most && next_message(r, now, &b->message[b->n]))
		b->n++;
	if (!ready(r, now))
		return false;
	hand_over(r);
	return true;
}

// The pen

static void release(struct run *r, struct rte_mbuf *m)
{
	const struct batch *b = batch_of(m);
	uint64_t now = lab_ns();

	for (uint32_t i = 0; i < b->n; i++) {
		if (b->message[i].number != r->released + i)
			r->violations++;
		hist_record(&r->latency, now > b->message[i].due_ns ? now - b->message[i].due_ns : 0);
	}
	r->released += b->n;
	rte_pktmbuf_free(m);
}

static void collect(struct run *r)
{
	struct rte_mbuf *m, *ready_batch[64];
	unsigned n;

	for (unsigned i = 0; i < (unsigned)workers; i++) {
		while (rte_ring_sc_dequeue(worker[i].out, (void **)&m) == 0) {
			worker[i].in_flight--;
			r->in_flight--;
			r->early += *rte_reorder_seqn(m) != next_arrival;
			next_arrival++;
			if (rte_reorder_insert(pen,
					       m)) { // outside its window: cannot be with so few in flight
				r->violations += batch_of(m)->n;
				rte_pktmbuf_free(m);
			}
		}
	}
	while ((n = rte_reorder_drain(pen, ready_batch, 64)))
		for (unsigned i = 0; i < n; i++)
			release(r, ready_batch[i]);
}

// An empty batch to the first worker and back: the least that any hand-over costs now.
static uint64_t round_trip(void)
{
	static struct hist h;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	memset(&h, 0, sizeof h);
	batch_of(m)->n = 0;
	for (int i = 0; i < ROUND_TRIPS; i++) {
		uint64_t begun = lab_ns();

		rte_ring_sp_enqueue(worker[0].in, m);
		while (rte_ring_sc_dequeue(worker[0].out, (void **)&m))
			lab_relax();
		hist_record(&h, lab_ns() - begun);
	}
	rte_pktmbuf_free(m);
	return hist_percentile(&h, 0.5);
}

static uint64_t off_core_ns(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i <= n_lcores; i++)
		sum += core[i].off_ns;
	return sum;
}

static void play(struct run *r)
{
	uint64_t end, off_ns = off_core_ns();

	r->round_trip_ns = round_trip();
	core[0].last_ns = 0;
	r->random = 42;
	r->begun_ns = lab_ns();
	r->next_due_ns = r->rate > 0 ? random_gap_ns(r) : 0;
	end = r->begun_ns + (uint64_t)(seconds * 1e9);
	for (uint64_t now = r->begun_ns; now < end; now = lab_watch(&core[0])) {
		for (unsigned i = 0; i < 32 && feed(r, now); i++)
			;
		collect(r);
	}
	r->took_ns = lab_ns() - r->begun_ns;
	r->off_ns = off_core_ns() - off_ns;
	uint64_t in_time = r->released;

	while (r->in_flight)
		collect(r);
	// What is due and was not handed over in time stays.
	struct message m;

	while (r->rate > 0 && r->next_due_ns < seconds * 1e9 && next_message(r, end, &m))
		;
	r->left = r->offered - r->released;
	if (r->open)
		rte_pktmbuf_free(r->open);
	r->open = NULL;
	r->handed = in_time; // from here on: what came out within the time
}

// rte_reorder takes its first insertion for the lowest number: a batch of nothing goes first.
static int prime_pen(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *out;

	if (!m)
		return -ENOMEM;
	*rte_reorder_seqn(m) = next_stamp++;
	next_arrival = next_stamp;
	if (rte_reorder_insert(pen, m) || rte_reorder_drain(pen, &out, 1) != 1)
		return -EINVAL;
	rte_pktmbuf_free(out);
	return 0;
}

static int set_up(void)
{
	pool = rte_pktmbuf_pool_create("batches", 2047, 64, 0, sizeof(struct batch) + RTE_PKTMBUF_HEADROOM,
				       SOCKET_ID_ANY);
	pen = rte_reorder_create("pen", 0, PEN);
	if (!pool || !pen)
		return -rte_errno;
	for (unsigned i = 0; i < (unsigned)workers; i++) {
		struct worker *w = &worker[i];
		char in[16], out[16];

		snprintf(in, sizeof in, "in%u", i);
		snprintf(out, sizeof out, "out%u", i);
		w->in = rte_ring_create(in, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		w->out = rte_ring_create(out, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!w->in || !w->out || lab_table_init(&w->table, TABLE_ROWS))
			return -ENOMEM;
	}
	work_rows = (unsigned)(work_ns / lab_work_cost(&worker[0].table) + 0.5);
	return prime_pen();
}

static void print_run(const struct run *r)
{
	double in_s = (double)r->took_ns / 1e9, came = (double)r->handed / in_s;
	char rate[32] = "flat out", latency[3][16] = { "-", "-", "-" };

	if (r->rate > 0) {
		const uint64_t ns[] = { hist_percentile(&r->latency, 0.5),
					hist_percentile(&r->latency, 0.999), r->latency.max };

		snprintf(rate, sizeof rate, "%.0f", r->rate / 1e3);
		for (int i = 0; i < 3; i++)
			snprintf(latency[i], sizeof latency[i], "%.1f", (double)ns[i] / 1e3);
	}
	printf("%-16s %9s %9.0f %10.1f %10s %10s %10s %9.1f %10llu %10llu %8.1f\n", way_name[r->way], rate,
	       came / 1e3, r->batches ? (double)(r->released) / (double)r->batches : 0, latency[0],
	       latency[1], latency[2], r->batches ? 100.0 * (double)r->early / (double)r->batches : 0,
	       (unsigned long long)r->violations, (unsigned long long)r->round_trip_ns,
	       (double)r->off_ns / 1e6);
}

static int report(void)
{
	int rc = 0;

	printf("%-16s %9s %9s %10s %10s %10s %10s %9s %10s %10s %8s\n", "hand-over", "k/s due", "k/s out",
	       "a batch", "p50 us", "p99.9 us", "max us", "% astray", "violations", "empty ns", "off ms");
	for (int w = 0; w < WAYS; w++)
		for (int i = 0; i <= RATES; i++)
			print_run(&runs[w][i]);
	printf("astray: batches that reached the pen before one with a lower stamp, or after one with a higher\n"
	       "empty: p50 of an empty batch to a worker and back, before the run. off: lcores off core during it (kernel, host)\n\n");
	for (int w = 0; w < WAYS; w++)
		for (int i = 0; i <= RATES; i++) {
			const struct run *r = &runs[w][i];

			printf("lab=microbatch way=%s rate=%.0f offered=%llu released=%llu left=%llu batches=%llu violations=%llu "
			       "out_per_s=%.0f p50_ns=%llu p999_ns=%llu\n",
			       way_key[w], r->rate, (unsigned long long)r->offered,
			       (unsigned long long)r->released, (unsigned long long)r->left,
			       (unsigned long long)r->batches, (unsigned long long)r->violations,
			       (double)r->handed * 1e9 / (double)r->took_ns,
			       (unsigned long long)hist_percentile(&r->latency, 0.5),
			       (unsigned long long)hist_percentile(&r->latency, 0.999));
			rc |= r->violations != 0 || r->released > r->offered;
		}
	if (rc)
		fprintf(stderr, "microbatch: messages out of order or not accounted for\n");
	return rc;
}

static int draw(const char *path)
{
	const struct plot_axis rate = { .label = "messages due a second", .log = true },
			       latency = { .label = "due to released, us", .log = true },
			       flat = { .label = "million messages a second, flat out" },
			       none = { .label = "throughput" };
	static const char *const part[] = { "released" };
	char subtitle[200], name[64];
	struct plot *p;

	snprintf(
		subtitle, sizeof subtitle,
		"%g workers, %g ns of work a message (every hundredth ten times that), window %g us; order kept "
		"by a holding pen",
		workers, work_ns, window_us);
	p = plot_open("Adaptive bursts: the latency of one by one, the throughput of a window", subtitle);
	plot_panel(p, &rate, &latency);
	for (int w = 0; w < WAYS; w++)
		for (int tail = 0; tail < 2; tail++) {
			double x[RATES], y[RATES];

			for (int i = 0; i < RATES; i++) {
				x[i] = runs[w][i].rate;
				y[i] = (double)hist_percentile(&runs[w][i].latency, tail ? 0.999 : 0.5) / 1e3;
			}
			snprintf(name, sizeof name, "%s, %s", way_name[w], tail ? "p99.9" : "p50");
			plot_line(p, name, (unsigned)w, tail ? PLOT_DASHED : PLOT_SOLID, x, y, RATES);
		}
	plot_panel(p, &flat, &none);
	for (int w = 0; w < WAYS; w++) {
		double m = (double)runs[w][RATES].handed * 1e3 / (double)runs[w][RATES].took_ns;

		plot_stack(p, way_key[w], part, &m, 1);
	}
	return plot_close(p, path);
}

static int measure(void)
{
	static const double part[RATES] = { 0.01, 0.03, 0.1, 0.3, 0.6, 1 };

	printf("%g workers on %u lcore%s; %u rows of work a message, every hundredth ten times that; %g s each\n\n",
	       workers, n_lcores, n_lcores > 1 ? "s" : "", work_rows, seconds);
	for (unsigned i = 0; i < n_lcores; i++)
		rte_eal_remote_launch(serve, (void *)(uintptr_t)i, i + 1);
	// The three ways side by side: what the host does to a core changes within seconds.
	for (int i = 0; i <= RATES; i++)
		for (int w = 0; w < WAYS; w++) {
			runs[w][i] = (struct run){ .way = (enum way)w,
						   .rate = i < RATES ? part[i] * top_rate : 0 };
			play(&runs[w][i]);
		}
	quit = true;
	rte_eal_mp_wait_lcore();
	return report();
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "workers", &workers, 1, WORKERS_MAX, "workers" },
		{ "seconds", &seconds, 0.01, 100, "for each way and rate, s" },
		{ "work", &work_ns, 0, 1e6, "of a message, ns" },
		{ "window", &window_us, 1, 1e6, "the timed window, us" },
		{ "rate", &top_rate, 1e3, 1e9, "the highest rate, messages a second" },
	};
	unsigned cpu[WORKERS_MAX + 1] = { 0 };
	const char *plot = NULL;
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, &plot), n_cpus;

	if (rc)
		return rc - 1;
	workers = floor(workers);
	n_cpus = lab_cpus();
	n_lcores = n_cpus > (int)workers ? (unsigned)workers : n_cpus > 1 ? (unsigned)n_cpus - 1 : 1;
	for (unsigned i = 0; i < n_lcores; i++)
		cpu[i + 1] = i + 1;
	if (lab_eal_up("microbatch", cpu, n_lcores + 1) < 0)
		return 1;
	rc = set_up();
	if (rc < 0) {
		fprintf(stderr, "microbatch: cannot set up: %s\n", rte_strerror(-rc));
		return 1;
	}
	rc = measure();
	if (plot && draw(plot) < 0) {
		fprintf(stderr, "microbatch: cannot write %s: %s\n", plot, strerror(errno));
		rc = 1;
	}
	lab_eal_down();
	return rc;
}

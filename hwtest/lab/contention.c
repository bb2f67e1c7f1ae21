/* SPDX-License-Identifier: BSD-3-Clause */
// contention: why a heavy worker may not live on the ingest lcore. A producer sends RATE messages a second,
// each with the time of its sending; an ingest loop takes them from an rte_ring and measures now - sent_at; a
// worker goes over HOLD_SIZE rows HOLDS_PER_CYCLE times a cycle, and holds its core while it does. Four
// places for the worker, one after the other: taking turns with ingest on its lcore, as a lower-rate
// cooperative task there, on an lcore of its own, in a process of its own. Beside the lag stand the meters
// that people look at: time per message, time per hold, drops. They say the same in all four.
//
// Messages older than the stale ceiling (120 s, divided by --scale) are refused, and then the session is out.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_ring_elem.h>

#include "hwtest/lab/lab.h"
#include "tests/bench/opt.h"
#include "tests/bench/plot.h"

static const char *const about =
	"contention: lag of an ingest loop beside a heavy worker, by where the worker runs.\n"
	"One line for each 100 messages: average and greatest lag, ms; then what the work meters said.";

enum mode { ON_INGEST, COOPERATIVE, OWN_LCORE, OWN_PROCESS, MODES };
static const char *const mode_name[MODES] = { "on the ingest lcore", "cooperative, lower rate", "own lcore",
					      "own process" };
static const char *const mode_key[MODES] = { "ingest", "cooperative", "lcore", "process" };

enum { INGEST_CPU = 0, OTHER_CPU = 1, INGEST = 1, WORKER = 2 };
enum {
	PER_POINT = 100,
	POINTS_MAX = 4000,
	DRAWN = 400,
	RING = 1 << 18,
	TURN = 32,
	TABLE_ROWS = 4096,
	HANDLER_ROWS = 4
};
#define STALE_S           120.0
#define COOPERATIVE_SHARE 10 // the worker's part of the core is one in so many

static double rate = 1000, seconds = 4, hold_size, holds_per_cycle = 4, load = 2, scale = 100;

struct message {
	uint64_t number, sent_ns;
};

struct point {
	double at_s, avg_ms, max_ms, handler_us;
};

// One run of one mode. w: as said; read by the main thread after the run.
struct run {
	enum mode mode;
	uint64_t begun_ns;
	uint64_t sent, dropped; // w: producer
	volatile bool sent_all;
	// w: ingest
	uint64_t handled, stale, left, handler_ns;
	double out_s;          // when the session was out; 0: it was not
	struct lab_watch core; // only where no worker shares the lcore
	struct hist lag;
	struct point point[POINTS_MAX];
	unsigned n_points;
	volatile bool over;
};

// What the worker says of itself, in memory that its process shares with ours.
struct worker {
	volatile bool go, quit;
	volatile double hold_size;
	volatile uint64_t holds, hold_ns;
};

static struct worker *worker;
static struct rte_ring *ring;
static struct lab_table ingest_table, worker_table;
static struct run runs[MODES];

// The worker's process has no EAL, and so not lab_ns.
static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void hold(void)
{
	uint64_t begun = monotonic_ns();

	lab_work(&worker_table, (uint64_t)hold_size);
	worker->hold_ns = worker->hold_ns + monotonic_ns() - begun;
	worker->holds = worker->holds + 1;
}

static void cycle(void)
{
	for (unsigned i = 0; i < (unsigned)holds_per_cycle; i++)
		hold();
}

static int work(void *arg)
{
	const struct run *run = arg;

	while (!run->over)
		cycle();
	return 0;
}

// One hold a turn, and a rest behind each cycle that leaves the worker its share of the core.
static void cooperate(unsigned *done, uint64_t *next_ns, uint64_t *begun_ns)
{
	uint64_t now = lab_ns();

	if (now < *next_ns)
		return;
	if (*done == 0)
		*begun_ns = now;
	hold();
	if (++*done < (unsigned)holds_per_cycle)
		return;
	*done = 0;
	now = lab_ns();
	*next_ns = now + (now - *begun_ns) * (COOPERATIVE_SHARE - 1);
}

struct tally {
	double sum_ms, max_ms;
	uint64_t handler_ns;
	unsigned n;
};

static void add_point(struct run *run, struct tally *t, uint64_t now)
{
	if (t->n < PER_POINT)
		return;
	if (run->n_points < POINTS_MAX)
		run->point[run->n_points++] = (struct point){ (double)(now - run->begun_ns) / 1e9,
							      t->sum_ms / t->n, t->max_ms,
							      (double)t->handler_ns / 1e3 / t->n };
	*t = (struct tally){ 0 };
}

// Returns false when the session is out.
static bool handle(struct run *run, const struct message *m, struct tally *t)
{
	uint64_t now = lab_ns(), lag = now > m->sent_ns ? now - m->sent_ns : 0;

	if ((double)lag > STALE_S / scale * 1e9) {
		run->stale++;
		run->out_s = (double)(now - run->begun_ns) / 1e9;
		return false;
	}
	lab_work(&ingest_table, HANDLER_ROWS);
	uint64_t took = lab_ns() - now;

	run->handled++;
	run->handler_ns += took;
	hist_record(&run->lag, lag);
	t->n++;
	t->handler_ns += took;
	t->sum_ms += (double)lag / 1e6;
	t->max_ms = (double)lag / 1e6 > t->max_ms ? (double)lag / 1e6 : t->max_ms;
	add_point(run, t, now);
	return true;
}

static int ingest(void *arg)
{
	struct run *run = arg;
	struct message m[TURN];
	struct tally tally = { 0 };
	unsigned coop_done = 0, turn = run->mode == ON_INGEST ? 1 : TURN;
	uint64_t coop_next = 0, coop_begun = 0,
		 end = run->begun_ns + (uint64_t)(seconds * 1e9) + 100 * NS_PER_MS;
	bool in = true;

	while (in && lab_ns() < end) {
		bool sent_all = run->sent_all;
		unsigned n = rte_ring_dequeue_burst_elem(ring, m, sizeof *m, turn, NULL), i = 0;

		while (i < n && (in = handle(run, &m[i], &tally)))
			i++;
		run->left += i < n ? n - i - 1 : 0; // behind the stale one
		if (run->mode == ON_INGEST)
			cycle();
		else if (run->mode == COOPERATIVE)
			cooperate(&coop_done, &coop_next, &coop_begun);
		else
			lab_watch(&run->core);
		if (n == 0 && sent_all)
			break;
	}
	run->over = true;
	return 0;
}

static void produce(struct run *run)
{
	uint64_t n = (uint64_t)(rate * seconds);

	for (uint64_t i = 0; i < n && !run->over; i++) {
		lab_wait_until(run->begun_ns + (uint64_t)((double)i / rate * 1e9));
		struct message m = { i, lab_ns() };

		run->sent++;
		if (rte_ring_enqueue_elem(ring, &m, sizeof m))
			run->dropped++;
	}
	run->sent_all = true;
}

static void play(enum mode mode, double *holds_per_s, double *hold_us)
{
	struct run *run = &runs[mode];
	uint64_t holds = worker->holds, hold_ns = worker->hold_ns;
	struct message m;

	run->mode = mode;
	run->begun_ns = lab_ns();
	rte_eal_remote_launch(ingest, run, INGEST);
	if (mode == OWN_LCORE)
		rte_eal_remote_launch(work, run, WORKER);
	worker->go = mode == OWN_PROCESS;
	produce(run);
	rte_eal_wait_lcore(INGEST);
	worker->go = false;
	rte_eal_wait_lcore(WORKER);
	double took_s = (double)(lab_ns() - run->begun_ns) / 1e9;

	*holds_per_s = (double)(worker->holds - holds) / took_s;
	*hold_us = worker->holds > holds
			   ? (double)(worker->hold_ns - hold_ns) / 1e3 / (double)(worker->holds - holds)
			   : 0;
	while (rte_ring_dequeue_elem(ring, &m, sizeof m) == 0)
		run->left++;
}

static void print_points(void)
{
	printf("\nlag_avg and lag_max of each %d messages, ms\n%8s", PER_POINT, "messages");
	for (int i = 0; i < MODES; i++)
		printf("  %24s", mode_name[i]);
	printf("\n");
	for (unsigned k = 0; k < POINTS_MAX; k++) {
		bool any = false;

		for (int i = 0; i < MODES; i++)
			any |= k < runs[i].n_points;
		if (!any)
			break;
		printf("%8u", (k + 1) * PER_POINT);
		for (int i = 0; i < MODES; i++)
			if (k < runs[i].n_points)
				printf("  %11.3f  %11.3f", runs[i].point[k].avg_ms, runs[i].point[k].max_ms);
			else
				printf("  %24s",
				       k == runs[i].n_points && runs[i].out_s > 0 ? "SESSION OUT" : "");
		printf("\n");
	}
}

static int print_meters(const double *holds_per_s, const double *hold_us)
{
	int rc = 0;

	printf("\nwhat the work meters said, and the lag\n%-24s %12s %12s %10s %10s %8s | %10s %10s %10s %6s %12s\n",
	       "worker", "us/message", "messages/s", "us/hold", "holds/s", "drops", "lag p50 us", "p99.9 us",
	       "max us", "stale", "off core ms");
	for (int i = 0; i < MODES; i++) {
		struct run *r = &runs[i];
		double end_s = r->out_s > 0 ? r->out_s : seconds;

		printf("%-24s %12.2f %12.0f %10.0f %10.0f %8llu | %10.1f %10.1f %10.1f %6s %12.1f\n",
		       mode_name[i], r->handled ? (double)r->handler_ns / 1e3 / (double)r->handled : 0,
		       (double)r->handled / end_s, hold_us[i], holds_per_s[i], (unsigned long long)r->dropped,
		       (double)hist_percentile(&r->lag, 0.5) / 1e3,
		       (double)hist_percentile(&r->lag, 0.999) / 1e3, (double)r->lag.max / 1e3,
		       r->out_s > 0 ? "out" : "-", (double)r->core.off_ns / 1e6);
	}
	printf("off core: the ingest loop stood still for more than %llu us while no worker ran on its lcore (host and kernel)\n\n",
	       (unsigned long long)(LAB_OFF_CORE_NS / NS_PER_US));
	for (int i = 0; i < MODES; i++) {
		struct run *r = &runs[i];

		printf("lab=contention mode=%s sent=%llu handled=%llu stale=%llu left=%llu dropped=%llu lag_p50_us=%.1f lag_max_us=%.1f "
		       "session_out_s=%.2f off_core_ms=%.1f off_core_max_ms=%.1f\n",
		       mode_key[i], (unsigned long long)r->sent, (unsigned long long)r->handled,
		       (unsigned long long)r->stale, (unsigned long long)r->left,
		       (unsigned long long)r->dropped, (double)hist_percentile(&r->lag, 0.5) / 1e3,
		       (double)r->lag.max / 1e3, r->out_s, (double)r->core.off_ns / 1e6,
		       (double)r->core.off_max_ns / 1e6);
		if (r->sent != r->handled + r->stale + r->left + r->dropped)
			rc = 1;
	}
	if (rc)
		fprintf(stderr, "contention: messages are not all accounted for\n");
	return rc;
}

// The greatest of each stretch of time, so that a picture of an hour is no larger than one of a second.
static size_t thin(const struct run *r, double *x, double *lag_ms, double *meter_us)
{
	size_t step = (r->n_points + DRAWN - 1) / DRAWN, n = 0;

	for (size_t k = 0; k < r->n_points; k++) {
		const struct point *p = &r->point[k];

		if (k % step == 0) {
			x[n] = p->at_s, lag_ms[n] = p->max_ms, meter_us[n] = p->handler_us;
			n++;
		}
		lag_ms[n - 1] = p->max_ms > lag_ms[n - 1] ? p->max_ms : lag_ms[n - 1];
		meter_us[n - 1] = p->handler_us > meter_us[n - 1] ? p->handler_us : meter_us[n - 1];
	}
	return n;
}

static int draw(const char *path)
{
	const struct plot_axis time = { .label = "time, s" },
			       lag = { .label = "lag_max of each 100 messages, ms", .log = true },
			       meter = { "the handler's own meter, us per message", true, 0.01, 1000 };
	static double x[MODES][DRAWN], y[DRAWN], z[MODES][DRAWN];
	size_t n[MODES];
	char subtitle[200], stale[80];
	struct plot *p;

	snprintf(subtitle, sizeof subtitle,
		 "%g messages a second; a worker's cycle of %g holds takes %g times the time between two. "
		 "1 s here stands for %g s",
		 rate, holds_per_cycle, load, scale);
	snprintf(stale, sizeof stale, "stale ceiling: %g s at scale 1:%g", STALE_S / scale, scale);
	p = plot_open("One busy neighbour on the ingest core: lag runs away, meters stay innocent", subtitle);
	plot_panel(p, &time, &lag);
	for (int i = 0; i < MODES; i++) {
		const struct run *r = &runs[i];

		n[i] = thin(r, x[i], y, z[i]);
		plot_line(p, mode_name[i], (unsigned)i, PLOT_SOLID, x[i], y, n[i]);
		if (r->out_s > 0)
			plot_note(p, r->out_s, STALE_S / scale * 1e3, "session out");
	}
	plot_level(p, STALE_S / scale * 1e3, stale);
	plot_panel(p, &time, &meter);
	for (int i = 0; i < MODES; i++)
		plot_line(p, mode_name[i], (unsigned)i, PLOT_SOLID, x[i], z[i], n[i]);
	return plot_close(p, path);
}

// The worker that lives in a process of its own: made before EAL starts, so that it shares nothing but
// *worker.
static pid_t fork_worker(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	lab_pin(OTHER_CPU);
	if (lab_table_init(&worker_table, TABLE_ROWS))
		_exit(1);
	// The size of a hold is known to the parent only when it has measured; it stands in shared memory.
	while (!worker->quit) {
		if (!worker->go) {
			usleep(1000);
			continue;
		}
		hold_size = worker->hold_size;
		cycle();
	}
	_exit(0);
}

static int measure(void)
{
	double holds_per_s[MODES], hold_us[MODES], row_ns;

	lab_pin(INGEST_CPU); // where nothing else of ours runs yet
	row_ns = lab_work_cost(&worker_table);
	lab_pin(OTHER_CPU);

	if (hold_size < 1)
		hold_size = load / rate * 1e9 / row_ns / holds_per_cycle;
	else
		load = hold_size * row_ns * holds_per_cycle * rate / 1e9;
	hold_size = hold_size < 1 ? 1 : hold_size;
	worker->hold_size = hold_size;
	printf("%g messages a second for %g s a mode; a hold is %.0f rows, about %.0f us; %g holds a cycle: %.2f of the time between "
	       "two messages\nscale 1:%g: the stale ceiling of %g s is %g s here\n",
	       rate, seconds, hold_size, hold_size * row_ns / 1e3, holds_per_cycle,
	       hold_size * row_ns * holds_per_cycle * rate / 1e9, scale, STALE_S, STALE_S / scale);
	fflush(stdout);
	for (int i = 0; i < MODES; i++)
		play((enum mode)i, &holds_per_s[i], &hold_us[i]);
	print_points();
	return print_meters(holds_per_s, hold_us);
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "rate", &rate, 10, 1e5, "messages a second" },
		{ "seconds", &seconds, 0.05, 1000, "for each mode, s" },
		{ "hold-size", &hold_size, 0, 1e9, "rows a hold; 0: by --load" },
		{ "holds-per-cycle", &holds_per_cycle, 1, 1000, "holds in one cycle of the worker" },
		{ "load", &load, 0.01, 1000, "a cycle's length by the time between two messages" },
		{ "scale", &scale, 1, 10000, "the stale ceiling of 120 s is divided by it" },
	};
	static const unsigned cpu[] = { OTHER_CPU, INGEST_CPU, OTHER_CPU };
	const char *plot = NULL;
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, &plot);

	if (rc)
		return rc - 1;
	worker = mmap(NULL, sizeof *worker, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (worker == MAP_FAILED)
		return 1;
	fflush(stdout);
	pid_t child = fork_worker();

	if (child < 0 || lab_eal_up("contention", cpu, 3) < 0)
		return 1;
	ring = rte_ring_create_elem("feed", sizeof(struct message), RING, SOCKET_ID_ANY,
				    RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!ring || lab_table_init(&ingest_table, TABLE_ROWS) || lab_table_init(&worker_table, TABLE_ROWS)) {
		fprintf(stderr, "contention: no memory: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	rc = measure();
	worker->quit = true;
	waitpid(child, NULL, 0);
	if (plot && draw(plot) < 0) {
		fprintf(stderr, "contention: cannot write %s: %s\n", plot, strerror(errno));
		rc = 1;
	}
	lab_eal_down();
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwtest/lab/lab.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_pause.h>

enum { LCORES = 16, ROW = CACHE_LINE / sizeof(double) };

static double ns_per_tsc;
static bool one_cpu;

// The cpus of this process as it was started: threads of EAL have masks of their own.
static int cpus(int out[CPU_SETSIZE])
{
	static cpu_set_t set;
	static bool known;
	int n = 0;

	if (!known && sched_getaffinity(0, sizeof set, &set) < 0)
		return -errno;
	known = true;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			out[n++] = i;
	return n;
}

int lab_cpus(void)
{
	int allowed[CPU_SETSIZE];

	return cpus(allowed);
}

int lab_eal_up(const char *program, const unsigned *cpu, unsigned n)
{
	int allowed[CPU_SETSIZE], n_cpus = cpus(allowed);
	char lcores[LCORES * 16] = "--lcores=", prefix[32];
	const char *args[] = { program, "--no-huge",      "--no-shconf",         "--no-pci",      "-m",
			       "128",   "--no-telemetry", "--log-level=*:error", "--file-prefix", prefix,
			       lcores };

	if (n_cpus <= 0 || n > LCORES)
		return n_cpus < 0 ? n_cpus : -EINVAL;
	snprintf(prefix, sizeof prefix, "wblab%d", (int)getpid());
	for (unsigned i = 0; i < n; i++) {
		size_t at = strlen(lcores);

		snprintf(lcores + at, sizeof lcores - at, "%s%u@%d", i ? "," : "", i,
			 allowed[cpu[i] % (unsigned)n_cpus]);
	}
	if (rte_eal_init((int)(sizeof args / sizeof *args), (char **)(uintptr_t)args) < 0) {
		fprintf(stderr, "%s: EAL does not start: %s\n", program, rte_strerror(rte_errno));
		return rte_errno ? -rte_errno : -EIO;
	}
	one_cpu = n_cpus == 1;
	ns_per_tsc = 1e9 / (double)rte_get_tsc_hz();
	return n_cpus;
}

void lab_eal_down(void) { rte_eal_cleanup(); }

void lab_pin(unsigned cpu)
{
	int allowed[CPU_SETSIZE], n = cpus(allowed);
	cpu_set_t set;

	if (n <= 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(allowed[cpu % (unsigned)n], &set);
	sched_setaffinity(0, sizeof set, &set);
}

uint64_t lab_ns(void) { return (uint64_t)((double)rte_rdtsc() * ns_per_tsc); }

void lab_wait_until(uint64_t ns)
{
	uint64_t now;

	while ((now = lab_ns()) < ns) {
		uint64_t left = ns - now;
		struct timespec t = { (time_t)(left / NS_PER_S), (long)(left % NS_PER_S) };

		nanosleep(&t, NULL);
	}
}

uint64_t lab_watch(struct lab_watch *watch)
{
	uint64_t now = lab_ns(), gap = watch->last_ns ? now - watch->last_ns : 0;

	if (gap > LAB_OFF_CORE_NS) {
		watch->off_ns += gap;
		watch->off_max_ns = gap > watch->off_max_ns ? gap : watch->off_max_ns;
	}
	watch->last_ns = now;
	return now;
}

void lab_relax(void)
{
	if (one_cpu)
		sched_yield();
	else
		rte_pause();
}

int lab_table_init(struct lab_table *table, uint32_t n)
{
	*table = (struct lab_table){ .n = n, .row = aligned_alloc(CACHE_LINE, (size_t)n * CACHE_LINE) };
	if (!table->row)
		return -ENOMEM;
	for (size_t i = 0; i < (size_t)n * ROW; i++)
		table->row[i] = (double)(i % 100);
	return 0;
}

void lab_table_fini(struct lab_table *table) { free(table->row); }

void lab_work(struct lab_table *table, uint64_t n)
{
	while (n--) {
		double *r = table->row + (size_t)table->at * ROW;

		// A chain: each value takes a little of the one before, as averages over time do.
		for (unsigned i = 1; i < ROW; i++)
			r[i] += 0.1 * (r[i - 1] - r[i]);
		r[0] += 0.1 * (r[ROW - 1] - r[0]) + 1e-3;
		table->at = table->at + 1 == table->n ? 0 : table->at + 1;
	}
}

double lab_work_cost(struct lab_table *table)
{
	double best = 1e9;

	lab_work(table, 2000000); // the core wakes up
	for (int trial = 0; trial < 200; trial++) {
		uint64_t begun = lab_ns();

		lab_work(table, 5000);
		double cost = (double)(lab_ns() - begun) / 5000;

		best = cost < best ? cost : best;
	}
	return best;
}

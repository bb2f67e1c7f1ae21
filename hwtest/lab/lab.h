/* SPDX-License-Identifier: BSD-3-Clause */
// lab.h: what the labs share: EAL without hugepages on the cpus there are, a clock, and
// work of a known size. Each lab is one program: one EAL, some lcores, no root.
#ifndef WB_HWTEST_LAB_H
#define WB_HWTEST_LAB_H

#include "lcore/base/hist.h"

// lab_cpus returns how many cpus this process may use, or -errno.
int lab_cpus(void);
// lab_eal_up starts EAL with n lcores, lcore i on the cpu'th cpu (counted from 0, round and round) of those
// that this process may use. Returns how many cpus there are, or -errno.
int lab_eal_up(const char *program, const unsigned *cpu, unsigned n);
void lab_eal_down(void);
// lab_pin puts the calling thread on a cpu, counted as for lab_eal_up.
void lab_pin(unsigned cpu);

// lab_ns is the time since some moment before, ns. After lab_eal_up, any thread (the TSC, which all cpus
// share).
uint64_t lab_ns(void);
// lab_wait_until lets other threads of this cpu run until lab_ns() reaches ns.
void lab_wait_until(uint64_t ns);
// lab_relax is for idle loops: a pause, or the cpu for others where there is only one.
void lab_relax(void);

// How long a polling loop stood still without a reason of its own: a turn is short, so when the next one is
// late, the kernel or the host took the core. One per loop.
#define LAB_OFF_CORE_NS (200 * NS_PER_US)
struct lab_watch {
	uint64_t last_ns, off_ns, off_max_ns;
} __attribute__((aligned(CACHE_LINE)));

// lab_watch is called in each turn; last_ns = 0 forgets the turn before. Returns lab_ns().
uint64_t lab_watch(struct lab_watch *watch);

// A table of rows of one cache line that work goes over: what it costs is memory and arithmetic, as in real
// work. It has a line of its own: beside a variable that another core polls, the same work took two to four
// times as long.
struct lab_table {
	double *row;
	uint32_t n, at;
} __attribute__((aligned(CACHE_LINE)));

// lab_table_init takes memory for n rows. Returns 0 or -errno.
int lab_table_init(struct lab_table *table, uint32_t n);
void lab_table_fini(struct lab_table *table);
// lab_work smooths n rows, going round and round.
void lab_work(struct lab_table *table, uint64_t n);
// lab_work_cost measures lab_work and returns ns per row: the least of some trials.
double lab_work_cost(struct lab_table *table);

#endif

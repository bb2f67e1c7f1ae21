/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define HUGE_BYTES  ((size_t)2 << 20)
#define SCAN_BYTES  ((size_t)64 << 20)
#define CHASE_BYTES ((size_t)256 << 20)
enum { SCANS = 8, CHASE_STEPS = 1000000 };

uint64_t machine_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static size_t rounded(size_t bytes) { return (bytes + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1); }

void *machine_memory(size_t bytes)
{
	void *mem = aligned_alloc(HUGE_BYTES, rounded(bytes));

	if (!mem) {
		fprintf(stderr, "no memory: %zu bytes\n", bytes);
		exit(1);
	}
	madvise(mem, rounded(bytes), MADV_HUGEPAGE); // a wish
	memset(mem, 0, rounded(bytes));
	return mem;
}

void machine_free(void *mem) { free(mem); }

double machine_huge_percent(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	double all = 0, huge = 0, kb;

	for (char line[128]; f && fgets(line, sizeof line, f);) {
		all += sscanf(line, "Anonymous: %lf", &kb) == 1 ? kb : 0;
		huge += sscanf(line, "AnonHugePages: %lf", &kb) == 1 ? kb : 0;
	}
	if (f)
		fclose(f);
	return all > 0 ? 100 * huge / all : 0;
}

double machine_scan_gbs(void)
{
	uint64_t *mem = machine_memory(SCAN_BYTES), least_ns = UINT64_MAX;

	for (int i = 0; i < SCANS; i++) {
		uint64_t begun = machine_ns(), sum = 0;

		for (size_t k = 0; k < SCAN_BYTES / sizeof *mem; k++)
			sum += mem[k];
		__asm__ volatile("" : : "r"(sum));
		uint64_t took = machine_ns() - begun;

		least_ns = took < least_ns ? took : least_ns;
	}
	machine_free(mem);
	return (double)SCAN_BYTES / (double)least_ns;
}

// One cycle through all lines, in random order (Sattolo's shuffle).
static void make_cycle(uint32_t *next, uint32_t n, size_t step)
{
	uint64_t random = 1;

	for (uint32_t i = 0; i < n; i++)
		next[i * step] = i;
	for (uint32_t i = n - 1; i > 0; i--) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		uint32_t k = (uint32_t)((random >> 33) % i), swap = next[i * step];

		next[i * step] = next[k * step];
		next[k * step] = swap;
	}
}

double machine_dram_ns(void)
{
	size_t step = CACHE_LINE / sizeof(uint32_t);
	uint32_t *next = machine_memory(CHASE_BYTES), at = 0;

	make_cycle(next, CHASE_BYTES / CACHE_LINE, step);
	uint64_t begun = machine_ns();

	for (int i = 0; i < CHASE_STEPS; i++)
		at = next[at * step];
	__asm__ volatile("" : : "r"(at));
	double ns = (double)(machine_ns() - begun) / CHASE_STEPS;

	machine_free(next);
	return ns;
}

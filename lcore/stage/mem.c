/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <numa.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define HUGE_BYTES (UINT64_C(2) << 20)

static size_t mapped(size_t bytes) { return (bytes + HUGE_BYTES - 1) & ~(size_t)(HUGE_BYTES - 1); }

void *mem_take(size_t bytes, int numa_node, bool huge)
{
	if (huge)
		return rte_zmalloc_socket("wirebar", bytes, CACHE_LINE, numa_node);
	// One page more, so that the part we keep starts at a huge page's boundary.
	size_t want = mapped(bytes) + HUGE_BYTES;
	char *raw =
		mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (raw == MAP_FAILED)
		return NULL;
	char *mem = (char *)(((uintptr_t)raw + HUGE_BYTES - 1) & ~(uintptr_t)(HUGE_BYTES - 1));

	if (mem > raw)
		munmap(raw, (size_t)(mem - raw));
	munmap(mem + mapped(bytes), (size_t)(raw + want - (mem + mapped(bytes))));
	madvise(mem, mapped(bytes), MADV_HUGEPAGE); // a wish: pages of 4 KiB serve as well, slower
	if (numa_available() >= 0 && numa_node >= 0 && numa_max_node() > 0)
		numa_tonode_memory(mem, mapped(bytes), numa_node);
	return mem;
}

// EAL's memory without hugepages is not for anything large: it comes in pages of 4 KiB that no advice
// changes.
void *mem_zone(const char *name, size_t bytes, int numa_node)
{
	if (!rte_eal_has_hugepages()) {
		void *mem = mem_take(bytes, numa_node, false);

		rte_errno = mem ? 0 : ENOMEM;
		return mem;
	}
	const struct rte_memzone *mz = rte_memzone_reserve_aligned(name, bytes, numa_node, 0, CACHE_LINE);

	return mz ? memset(mz->addr, 0, bytes) : NULL;
}

void mem_touch(void *mem, size_t bytes)
{
	char *page = (char *)((uintptr_t)mem & ~(uintptr_t)4095);

	// Linux 5.14; older kernels refuse, and pages come as they are used.
	(void)madvise(page, (size_t)((char *)mem + bytes - page), MADV_POPULATE_WRITE);
}

void mem_give(void *mem, size_t bytes, bool huge)
{
	if (!mem)
		return;
	if (huge)
		rte_free(mem);
	else
		munmap(mem, mapped(bytes));
}

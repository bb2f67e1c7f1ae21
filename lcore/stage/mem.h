/* SPDX-License-Identifier: BSD-3-Clause */
// mem.h: private memory of lcores, taken once before launch on the lcore's NUMA node: from EAL's hugepages
// where it has them, else anonymous memory that asks for transparent huge pages.
#ifndef WB_STAGE_MEM_H
#define WB_STAGE_MEM_H

#include "lcore/base/num.h"

// mem_zone returns zeroed memory that other processes find by name where EAL has hugepages; else memory of
// this process alone, as mem_take's, which stays until the process ends. NULL when there is none, with
// rte_errno. Boot only.
void *mem_zone(const char *name, size_t bytes, int numa_node);
// mem_take returns zeroed memory aligned to 2 MiB or at least a cache line; NULL when there is none. huge:
// from EAL.
void *mem_take(size_t bytes, int numa_node, bool huge);
// mem_touch maps every page now, so that no poll takes page faults later. EAL's hugepages are mapped
// already.
void mem_touch(void *mem, size_t bytes);
// mem_give frees it. Accepts NULL.
void mem_give(void *mem, size_t bytes, bool huge);

#endif

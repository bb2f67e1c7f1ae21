/* SPDX-License-Identifier: BSD-3-Clause */
// machine.h: what the machine can do in the same run, to set a benchmark's figure beside; memory as the
// appliance takes it; a clock. libc only, one thread.
#ifndef WB_BENCH_MACHINE_H
#define WB_BENCH_MACHINE_H

#include "lcore/base/num.h"

// machine_ns is CLOCK_MONOTONIC, ns. About 20 ns a call.
uint64_t machine_ns(void);
// machine_memory takes zeroed memory that is there already: huge pages where the kernel has them. Ends the
// program when there is none.
void *machine_memory(size_t bytes);
void machine_free(void *mem);
// machine_huge_percent returns how much of the process's anonymous memory is in pages of 2 MiB now.
double machine_huge_percent(void);
// machine_scan_gbs reads 64 MiB in order, some times over, and returns the best speed, GB/s.
double machine_scan_gbs(void);
// machine_dram_ns follows pointers at random through 256 MiB and returns ns per access: no cache and no
// prefetcher helps.
double machine_dram_ns(void);

#endif

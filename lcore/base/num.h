/* SPDX-License-Identifier: BSD-3-Clause */
// num.h: units and limits that every room shares. Pure, libc only, valid in C and C++.
//
// Prices are int64_t in units of 1e-6 dollar (PX_ONE is one dollar); times are uint64_t nanoseconds since the
// Unix epoch, UTC; quantities are shares; instruments are dense uint32_t ids of one process.
#ifndef WB_BASE_NUM_H
#define WB_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PX_ONE    INT64_C(1000000) // one dollar
#define PX_NULL   INT64_MIN        // no price: empty in exports
#define PX_PER_E4 INT64_C(100)     // wire price of 4 decimals to ours
#undef NS_PER_S                    // DPDK's is an int
#define NS_PER_S   UINT64_C(1000000000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_US  UINT64_C(1000)
#define NS_PER_DAY (UINT64_C(86400) * NS_PER_S)
#define INSTR_NONE UINT32_MAX // no instrument: feed-wide event, or symbol not known yet

#define CACHE_LINE 64

// line_bytes rounds a size up to whole cache lines: what follows it in a block begins on one. Pure.
static inline size_t line_bytes(size_t n) { return (n + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1); }

#ifndef likely
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

#endif

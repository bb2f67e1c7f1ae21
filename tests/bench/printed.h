/* SPDX-License-Identifier: BSD-3-Clause */
// printed.h: rows that a generated open has made, for benchmarks of what is done with rows.
#ifndef WB_BENCH_PRINTED_H
#define WB_BENCH_PRINTED_H

#include "lcore/model/engine.h"

// printed_rows gives keep each sealed row of a steady flow of 1,000 instruments, 50,000 messages a second,
// until full says that it has enough. Both get ctx. Ends the program when there is no memory.
void printed_rows(void (*keep)(void *ctx, const struct bar *bar), bool (*full)(const void *ctx), void *ctx);

#endif

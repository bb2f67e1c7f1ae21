/* SPDX-License-Identifier: BSD-3-Clause */
// tally.h: sums by symbol, in bounded memory. One thread.
#ifndef WB_REPORT_TALLY_H
#define WB_REPORT_TALLY_H

#include <stdbool.h>
#include <stdint.h>

enum { TALLY_SYMBOLS_MAX = 60000, TALLY_SYMBOL_BYTES = 24 };

struct tally; // on the heap

// tally_create returns an empty tally, or NULL without memory.
struct tally *tally_create(void);
// tally_add adds n to the sum of a symbol (shorter than TALLY_SYMBOL_BYTES). Returns false when it would be
// one symbol too many.
bool tally_add(struct tally *t, const char *symbol, int64_t n);
// tally_most returns the symbol with the largest sum above 0, of equal ones the first by the alphabet, or
// NULL.
const char *tally_most(const struct tally *t);
uint64_t tally_symbols(const struct tally *t);
// tally_destroy releases it. Accepts NULL.
void tally_destroy(struct tally *t);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/tally.h"

#include <stdlib.h>
#include <string.h>

#include "lcore/base/fnv.h"

enum { SLOTS = 1 << 17 };

struct tally {
	uint64_t n;
	struct {
		char symbol[TALLY_SYMBOL_BYTES]; // empty: free
		int64_t sum;
	} slot[SLOTS];
};

struct tally *tally_create(void) { return calloc(1, sizeof(struct tally)); }

static uint64_t hash_of(const char *p)
{
	uint64_t h = fnv_bytes(FNV_BASIS, p, strlen(p));

	return h ^ h >> 29;
}

bool tally_add(struct tally *t, const char *symbol, int64_t n)
{
	uint64_t at = hash_of(symbol);

	while (t->slot[at % SLOTS].symbol[0] && strcmp(t->slot[at % SLOTS].symbol, symbol))
		at++;
	if (!t->slot[at % SLOTS].symbol[0]) {
		if (t->n == TALLY_SYMBOLS_MAX || strlen(symbol) >= TALLY_SYMBOL_BYTES)
			return false;
		strcpy(t->slot[at % SLOTS].symbol, symbol);
		t->n++;
	}
	t->slot[at % SLOTS].sum += n;
	return true;
}

const char *tally_most(const struct tally *t)
{
	int64_t most = 0;
	const char *best = NULL;

	for (unsigned i = 0; i < SLOTS; i++) {
		int64_t sum = t->slot[i].sum;

		if (sum > most || (best && sum == most && strcmp(t->slot[i].symbol, best) < 0)) {
			most = sum;
			best = t->slot[i].symbol;
		}
	}
	return best;
}

uint64_t tally_symbols(const struct tally *t) { return t->n; }

void tally_destroy(struct tally *t) { free(t); }

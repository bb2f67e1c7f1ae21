/* SPDX-License-Identifier: BSD-3-Clause */
// symbols.c: what a user may have meant by a symbol that no channel names.
#include <string.h>

#include "app/wirebar/summary.h"
#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"

enum { NEAR = 2 };

// Letters to change, insert, remove or swap to make one from the other; case is nothing: spy is SPY.
static unsigned distance(const char *a, const char *b)
{
	unsigned d[SYMBOL_BYTES + 1][SYMBOL_BYTES + 1];
	size_t n = strlen(a), m = strlen(b);

	for (size_t i = 0; i <= n; i++)
		for (size_t k = 0; k <= m; k++) {
			if (!i || !k) {
				d[i][k] = (unsigned)(i + k);
				continue;
			}
			unsigned best = d[i - 1][k - 1] + ((a[i - 1] & ~0x20) != (b[k - 1] & ~0x20));

			best = d[i - 1][k] + 1 < best ? d[i - 1][k] + 1 : best;
			best = d[i][k - 1] + 1 < best ? d[i][k - 1] + 1 : best;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
			    d[i - 2][k - 2] + 1 < best)
				best = d[i - 2][k - 2] + 1;
			d[i][k] = best;
		}
	return d[n][m];
}

bool symbols_nearest(const struct tables *t, uint64_t key, char out[SYMBOL_BYTES + 1])
{
	char want[SYMBOL_BYTES + 1], have[SYMBOL_BYTES + 1];
	unsigned best = NEAR + 1;

	symtab_text(key, want);
	for (uint32_t i = 0; i < t->n_instr; i++) {
		symtab_text(tables_symbol(t, i), have);
		unsigned n = distance(want, have);

		if (n < best && n < strlen(want)) {
			best = n;
			strcpy(out, have);
		}
	}
	return best <= NEAR;
}

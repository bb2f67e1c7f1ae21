/* SPDX-License-Identifier: BSD-3-Clause */
// show_parts.c: the parts that a supervisor runs. It writes the rows itself, as in its log.
#include "app/wirebarctl/show.h"

#include <string.h>

int show_parts(const json_t *a, FILE *out)
{
	char row[TABLE_CELL_BYTES * 8];
	bool good = true;
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(a, "parts"), i, p)
	{
		const char *state = show_text(p, "state");

		fprintf(out, "%s\n", table_text_clean(show_text(p, "row"), row, sizeof row));
		good &= strcmp(state, "failed") && strcmp(state, "stuck");
	}
	if (show_u64(a, "log_dropped"))
		fprintf(out, "(%llu lines of the log were dropped: its reader is slow)\n",
			(unsigned long long)show_u64(a, "log_dropped"));
	return good ? 0 : 1;
}

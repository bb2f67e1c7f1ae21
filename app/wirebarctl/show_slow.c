/* SPDX-License-Identifier: BSD-3-Clause */
// show_slow.c: what the flight recorders have kept: each slow poll among the steps around it.
#include "app/wirebarctl/show.h"

#include "app/wirebarctl/table.h"

static const char *const count[] = { "work",   "idle",     "frames",  "messages", "rows",
				     "pushes", "requests", "refused", "waits" };

static void rows(struct table *t, const json_t *record)
{
	char key[16], text[TABLE_CELL_BYTES];
	const json_t *s;

	for (unsigned i = 0; snprintf(key, sizeof key, "step%u", i), (s = json_object_get(record, key));
	     i++) {
		table_text(t, i ? "" : show_text(record, "lcore"));
		table_text(t, i ? "" : show_clock(show_text(record, "at"), 15, text));
		table_text(t, show_text(s, "what"));
		table_text(t, show_u64(s, "slow") ? "*" : "");
		table_time(t, show_u64(s, "took_ns"));
		table_time(t, show_u64(s, "since_ns"));
		for (size_t k = 0; k < sizeof count / sizeof *count; k++)
			table_count(t, show_u64(s, count[k]));
		table_time(t, show_u64(s, "wait_ns"));
	}
}

int show_slow(const json_t *a, FILE *out)
{
	char x[TABLE_CELL_BYTES], y[TABLE_CELL_BYTES], z[TABLE_CELL_BYTES];
	const char *key;
	struct table t;
	json_t *record;

	fprintf(out, "%s polls took longer than %s; %s are kept (* slow; times of the host, UTC)\n",
		table_text_count(show_u64(a, "slow"), x), table_text_time(show_u64(a, "threshold_ns"), y),
		table_text_count(show_u64(a, "kept"), z));
	table_start(&t, "<lcore|<at|<what|<|>took|>after|>work|>idle polls|>frames|>messages|>rows|>pushes|"
			">requests|>refused|>waits|>waited");
	json_object_foreach((json_t *)a, key, record) if (json_is_object(record)) rows(&t, record);
	table_end(&t, out, 0);
	show_more(a, out);
	return 0;
}

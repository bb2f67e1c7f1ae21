/* SPDX-License-Identifier: BSD-3-Clause */
// show_list.c: what is watched, the gates, the last fires.
#include "app/wirebarctl/show.h"

#include <string.h>

#include "app/wirebarctl/table.h"

int show_watched(const json_t *a, FILE *out)
{
	char x[TABLE_CELL_BYTES], y[TABLE_CELL_BYTES];
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)a, key, v) if (json_is_string(v))
		fprintf(out, "%s\n", table_text_clean(json_string_value(v), x, sizeof x));
	fprintf(out, "(%s watched, room for %s)\n", table_text_count(show_u64(a, "watched"), x),
		table_text_count(show_u64(a, "room"), y));
	show_more(a, out);
	return 0;
}

int show_gates(const json_t *a, FILE *out)
{
	struct table t;
	const char *name;
	json_t *g;

	if (show_u64(a, "halted"))
		fprintf(out, "entries are HALTED (wirebarctl resume)\n\n");
	table_start(&t, "<gate|<stream|<side|<threshold|<rules");
	json_object_foreach((json_t *)a, name, g)
	{
		char key[16];

		if (!json_is_object(g))
			continue;
		for (unsigned i = 0; i < 16; i++) {
			snprintf(key, sizeof key, "rule%u", i);
			if (i && !*show_text(g, key))
				break;
			table_text(&t, i ? "" : name);
			table_text(&t, i ? "" : show_text(g, "stream"));
			table_text(&t, i ? "" : show_text(g, "side"));
			table_text(&t, i ? "" : show_text(g, "threshold"));
			table_text(&t, show_text(g, key));
		}
	}
	table_end(&t, out, 0);
	show_more(a, out);
	return 0;
}

int show_fires(const json_t *a, FILE *out)
{
	static const char *const text[] = {
		"close_ts", "symbol", "stream", "side", "gate", "score", "close"
	};
	struct table t;
	const char *key;
	json_t *f;

	table_start(&t, "<close_ts|<symbol|<stream|<side|<gate|>score|>close");
	json_object_foreach((json_t *)a, key,
			    f) for (size_t i = 0; json_is_object(f) && i < sizeof text / sizeof *text; i++)
		table_text(&t, show_text(f, text[i]));
	table_end(&t, out, 0);
	show_more(a, out);
	return 0;
}

int show_mode(const json_t *a, FILE *out)
{
	char mode[64], before[64];

	fprintf(out, "mode %s (before: %s)\n", table_text_clean(show_text(a, "mode"), mode, sizeof mode),
		table_text_clean(show_text(a, "before"), before, sizeof before));
	return 0;
}

int show_set(const json_t *a, FILE *out)
{
	char key[64], value[200];

	fprintf(out, "%s = %s\n", table_text_clean(show_text(a, "key"), key, sizeof key),
		table_text_clean(show_text(a, "value"), value, sizeof value));
	return 0;
}

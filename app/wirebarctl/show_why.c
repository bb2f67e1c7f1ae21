/* SPDX-License-Identifier: BSD-3-Clause */
// show_why.c: what each gate sees of an instrument, and why it does not fire.
#include <string.h>

#include "app/wirebarctl/show.h"
#include "app/wirebarctl/table.h"

static void line(const json_t *g, const char *label, const char *key, FILE *out)
{
	char text[TABLE_CELL_BYTES * 2];

	if (*show_text(g, key))
		fprintf(out, "  %s %s\n", label, table_text_clean(show_text(g, key), text, sizeof text));
}

static void rules(const json_t *g, FILE *out)
{
	static const char *const cell[] = { "holds", "left", "right", "rule" };
	struct table t;
	char key[16];

	table_start(&t, "<holds|>left|>right|<rule");
	for (unsigned i = 0; i < 16; i++) {
		snprintf(key, sizeof key, "rule%u", i);
		if (!*show_text(g, key))
			break;
		for (unsigned k = 0; k < 4; k++) {
			snprintf(key, sizeof key, "%s%u", cell[k], i);
			table_text(&t, show_text(g, key));
		}
	}
	table_end(&t, out, 2);
}

int show_why(const json_t *a, FILE *out)
{
	char name_text[TABLE_CELL_BYTES], close[TABLE_CELL_BYTES];
	const char *name;
	json_t *g;

	fprintf(out, "%s, as of %s\n", table_text_clean(show_text(a, "symbol"), name_text, sizeof name_text),
		*show_text(a, "close_ts") ? table_text_clean(show_text(a, "close_ts"), close, sizeof close)
					  : "no row so far");
	json_object_foreach((json_t *)a, name, g)
	{
		if (!json_is_object(g))
			continue;
		fprintf(out, "\n%s (%s, %s): %s, share %s of %s needed\n",
			table_text_clean(name, name_text, sizeof name_text), show_text(g, "stream"),
			show_text(g, "side"), show_text(g, "verdict"), show_text(g, "share"),
			show_text(g, "needs"));
		line(g, "why not:", "why_not", out);
		line(g, "if it rose now, what would stop it:", "would_stop", out);
		line(g, "rose", "rose", out);
		line(g, "fired", "fired", out);
		line(g, "cool-down until", "cooldown_until", out);
		rules(g, out);
	}
	show_more(a, out);
	return 0;
}

int show_reload(const json_t *a, FILE *out)
{
	char text[640];

	fprintf(out, "%u gates in force: %u as they were, with their state; %u new\n",
		(unsigned)show_u64(a, "gates"), (unsigned)show_u64(a, "kept"), (unsigned)show_u64(a, "new"));
	if (*show_text(a, "set"))
		fprintf(out, "set: %s\n", table_text_clean(show_text(a, "set"), text, sizeof text));
	if (*show_text(a, "restart"))
		fprintf(out, "not taken, a restart is needed: %s\n",
			table_text_clean(show_text(a, "restart"), text, sizeof text));
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// show_orders.c: our orders, positions, and what may leave.
#include <string.h>

#include "app/wirebarctl/show.h"
#include "app/wirebarctl/table.h"

// One row for each object of the answer: the members named, in their order.
static void rows(const json_t *a, const char *head, const char *const *member, unsigned n, FILE *out)
{
	const char *key;
	struct table t;
	json_t *row;

	table_start(&t, head);
	json_object_foreach((json_t *)a, key, row)
	{
		for (unsigned i = 0; i < n && json_is_object(row); i++)
			show_cell(&t, json_object_get(row, member[i]));
	}
	table_end(&t, out, 0);
	show_more(a, out);
}

int show_orders(const json_t *a, FILE *out)
{
	static const char *const member[] = { "id",  "symbol", "venue",  "state", "flight", "side",
					      "qty", "filled", "leaves", "price", "source", "gate" };
	char open[TABLE_CELL_BYTES], ended[TABLE_CELL_BYTES];

	rows(a, "<id|<symbol|<venue|<state|<in_flight|<side|>qty|>filled|>leaves|>price|<source|<gate",
	     member, sizeof member / sizeof *member, out);
	fprintf(out, "%s open, %s ended\n", table_text_count(show_u64(a, "open"), open),
		table_text_count(show_u64(a, "ended"), ended));
	return 0;
}

static void sums(const json_t *a, const char *const *member, unsigned n, FILE *out)
{
	char text[TABLE_CELL_BYTES];

	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%s%s %s", i ? ", " : "", member[i],
			table_text_clean(show_text(a, member[i]), text, sizeof text));
	fputs("\n", out);
}

int show_positions(const json_t *a, FILE *out)
{
	static const char *const member[] = { "symbol",     "qty",  "cost", "realized",
					      "unrealized", "fees", "bid",  "ask" };
	static const char *const sum[] = { "realized", "unrealized", "fees", "net", "day_net" };
	char text[TABLE_CELL_BYTES];

	rows(a, "<symbol|>qty|>cost|>realized|>unrealized|>fees|>bid|>ask", member,
	     sizeof member / sizeof *member, out);
	fprintf(out, "%s held, of ", table_text_count(show_u64(a, "held"), text));
	fprintf(out, "%s that were traded\n", table_text_count(show_u64(a, "traded"), text));
	sums(a, sum, sizeof sum / sizeof *sum, out);
	return 0;
}

int show_earned(const json_t *a, FILE *out)
{
	static const char *const count[] = { "trips", "wins", "losses" }, *const amount[] = { "realized",
											      "fees", "net" };
	char text[TABLE_CELL_BYTES];
	const char *gate;
	struct table t;
	json_t *v;

	table_start(&t, "<gate|>trips|>won|>lost|>realized|>fees|>net");
	json_object_foreach((json_t *)a, gate, v)
	{
		if (!json_is_object(v))
			continue;
		table_text(&t, gate);
		for (unsigned i = 0; i < 3; i++)
			table_text(&t, table_text_count(show_u64(v, count[i]), text));
		for (unsigned i = 0; i < 3; i++)
			table_text(&t, show_text(v, amount[i]));
	}
	table_end(&t, out, 0);
	return 0;
}

// zeros: rows that are 0 are shown, too.
static void pairs(const json_t *a, const char *key, const char *head, bool zeros, FILE *out)
{
	const json_t *of = json_object_get(a, key);
	const char *name;
	struct table t;
	json_t *v;

	table_start(&t, head);
	json_object_foreach((json_t *)of, name, v)
	{
		if (!zeros && !(json_is_integer(v) && json_integer_value(v)))
			continue;
		table_text(&t, name);
		show_cell(&t, v);
	}
	table_end(&t, out, 0);
	fputs("\n", out);
}

static void show_watchdog(const json_t *w, FILE *out)
{
	char state[TABLE_CELL_BYTES], finding[TABLE_CELL_BYTES * 3];

	if (!w) // a replay
		return;
	fprintf(out, "watchdog %s, %llu of %llu passes alike, %llu not whole%s%s\n",
		table_text_clean(show_text(w, "state"), state, sizeof state),
		(unsigned long long)show_u64(w, "alike"), (unsigned long long)show_u64(w, "passes"),
		(unsigned long long)show_u64(w, "partial"), *show_text(w, "finding") ? ": " : "",
		table_text_clean(show_text(w, "finding"), finding, sizeof finding));
}

int show_risk(const json_t *a, FILE *out)
{
	static const char *const sum[] = { "gross", "net_long", "net_short", "day_net" };
	char x[TABLE_CELL_BYTES], y[TABLE_CELL_BYTES], why[TABLE_CELL_BYTES * 3];

	fprintf(out, "mode %s (%s)%s%s\n", table_text_clean(show_text(a, "mode"), x, sizeof x),
		table_text_clean(show_text(a, "cause"), y, sizeof y), *show_text(a, "why") ? ": " : "",
		table_text_clean(show_text(a, "why"), why, sizeof why));
	if (show_u64(a, "loss_latched") || show_u64(a, "rejects_latched"))
		fprintf(out, "entries are latched:%s%s; `wirebarctl resume REASON` ends it\n",
			show_u64(a, "loss_latched") ? " loss of the day" : "",
			show_u64(a, "rejects_latched") ? " rejects in a row" : "");
	show_watchdog(json_object_get(a, "watchdog"), out);
	sums(a, sum, sizeof sum / sizeof *sum, out);
	fputs("\n", out);
	pairs(a, "denied", "<denied|>orders", false, out);
	pairs(a, "surprises", "<surprise|>reports", false, out);
	pairs(a, "desk", "<desk|>count", false, out);
	pairs(a, "limits", "<limit|>is", true, out);
	return 0;
}

int show_done(const json_t *a, FILE *out)
{
	char command[TABLE_CELL_BYTES], done[TABLE_CELL_BYTES * 2];

	fprintf(out, "%s: %s\n", table_text_clean(show_text(a, "command"), command, sizeof command),
		table_text_clean(show_text(a, "done"), done, sizeof done));
	return 0;
}

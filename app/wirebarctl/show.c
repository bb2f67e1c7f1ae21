/* SPDX-License-Identifier: BSD-3-Clause */
// show.c: what the process does, as tables.
#include "app/wirebarctl/show.h"

#include <string.h>

#include "app/wirebarctl/table.h"

enum { EXIT_OK, EXIT_BAD, EXIT_DEGRADED = 3 };

uint64_t show_u64(const json_t *object, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(object, key));

	return v > 0 ? (uint64_t)v : 0;
}

const char *show_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

void show_more(const json_t *answer, FILE *out)
{
	char n[TABLE_CELL_BYTES];

	if (show_u64(answer, "more"))
		fprintf(out, "(%s more)\n", table_text_count(show_u64(answer, "more"), n));
}

void show_cell(struct table *t, const json_t *v)
{
	char text[TABLE_CELL_BYTES];

	if (json_is_integer(v)) {
		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(v));
		table_text(t, text);
	} else {
		table_text(t, json_is_string(v) ? json_string_value(v) : "");
	}
}

const char *show_clock(const char *iso, int chars, char *out)
{
	const char *at = strchr(iso, 'T');

	snprintf(out, TABLE_CELL_BYTES, "%.*s", chars, at ? at + 1 : "");
	return out;
}

static const char *permille(uint64_t v, char *out)
{
	snprintf(out, TABLE_CELL_BYTES, "%llu.%llu %%", (unsigned long long)(v / 10),
		 (unsigned long long)(v % 10));
	return out;
}

// Nothing where both views are alike, and where nobody compares them.
static void show_views(const json_t *a, FILE *out)
{
	const char *state = show_text(a, "watchdog");
	char x[TABLE_CELL_BYTES], why[200];

	if (*state && strcmp(state, "alike") && strcmp(state, "none"))
		fprintf(out, "watchdog %s: %s\n", table_text_clean(state, x, sizeof x),
			table_text_clean(show_text(a, "watchdog_why"), why, sizeof why));
}

int show_health(const json_t *a, FILE *out)
{
	const char *health = show_text(a, "health");
	char x[TABLE_CELL_BYTES], y[TABLE_CELL_BYTES], z[TABLE_CELL_BYTES], why[200];

	table_text_clean(show_text(a, "why"), why, sizeof why);
	fprintf(out, "health   %s%s%s\n", table_text_clean(health, x, sizeof x), *why ? ": " : "", why);
	if (*show_text(a, "trading") && strcmp(show_text(a, "trading"), "run"))
		fprintf(out, "trading  %s: %s; `wirebarctl resume REASON` ends it\n",
			table_text_clean(show_text(a, "trading"), x, sizeof x),
			table_text_clean(show_text(a, "trading_why"), why, sizeof why));
	show_views(a, out);
	fprintf(out, "data     %s old, at %s, wire lag p99.9 %s\n",
		table_text_time(show_u64(a, "data_age_ns"), x),
		table_text_clean(*show_text(a, "data_time") ? show_text(a, "data_time") : "-", y, sizeof y),
		table_text_time(show_u64(a, "wire_lag_p999_ns"), z));
	fprintf(out, "done     %s frames, %s messages, %s bars\n", table_text_count(show_u64(a, "frames"), x),
		table_text_count(show_u64(a, "messages"), y), table_text_count(show_u64(a, "bars"), z));
	fprintf(out, "lost     %s messages in gaps, %s refused by links\n",
		table_text_count(show_u64(a, "gap_messages"), x),
		table_text_count(show_u64(a, "refused"), y));
	fprintf(out, "channels %s live, %s quiet, %s silent",
		table_text_count(show_u64(a, "channels_live"), x),
		table_text_count(show_u64(a, "channels_quiet"), y),
		table_text_count(show_u64(a, "channels_silent"), z));
	fprintf(out, "; lines silent %s, joined groups never heard %s\n",
		table_text_count(show_u64(a, "lines_silent"), x),
		table_text_count(show_u64(a, "groups_silent"), y));
	fprintf(out, "process  pid %llu, up %s, %llu lcores (%llu ended)",
		(unsigned long long)show_u64(a, "pid"), table_text_time(show_u64(a, "uptime_ns"), x),
		(unsigned long long)show_u64(a, "lcores"), (unsigned long long)show_u64(a, "lcores_ended"));
	if (show_u64(a, "replay"))
		fprintf(out, ", replay at %s", permille(show_u64(a, "progress_permille"), y));
	fputc('\n', out);
	if (*show_text(a, "privileges"))
		fprintf(out, "may do   %s\n", table_text_clean(show_text(a, "privileges"), why, sizeof why));
	return !strcmp(health, "ok") ? EXIT_OK : !strcmp(health, "bad") ? EXIT_BAD : EXIT_DEGRADED;
}

int show_lag(const json_t *a, FILE *out)
{
	const char *lcore, *name;
	json_t *hists, *h;
	struct table t;

	table_start(&t, "<lcore|<lag|>count|>p50|>p99|>p99.9|>max");
	json_object_foreach((json_t *)a, lcore, hists) json_object_foreach(hists, name, h)
	{
		table_text(&t, lcore);
		table_text(&t, name);
		table_count(&t, show_u64(h, "count"));
		table_time(&t, show_u64(h, "p50_ns"));
		table_time(&t, show_u64(h, "p99_ns"));
		table_time(&t, show_u64(h, "p999_ns"));
		table_time(&t, show_u64(h, "max_ns"));
	}
	table_end(&t, out, 0);
	show_more(a, out);
	return EXIT_OK;
}

// What an ingest lcore knew, as a number (run.state_hash).
static void show_state(const char *name, const json_t *l, const char *when, const char *frames,
		       const char *hash, FILE *out)
{
	char lcore[TABLE_CELL_BYTES], text[TABLE_CELL_BYTES], n[TABLE_CELL_BYTES];

	if (*show_text(l, hash))
		fprintf(out, "state of %s %s: %s after %s frames\n",
			table_text_clean(name, lcore, sizeof lcore), when,
			table_text_clean(show_text(l, hash), text, sizeof text),
			table_text_count(show_u64(l, frames), n));
}

int show_lcores(const json_t *a, FILE *out)
{
	char text[TABLE_CELL_BYTES];
	const char *name;
	struct table t;
	json_t *l;

	table_start(&t, "<lcore|<stage|>cpu|>busy|>worst poll|>frames|>messages|>rows|<state");
	json_object_foreach((json_t *)a, name, l)
	{
		if (!json_is_object(l))
			continue;
		table_text(&t, name);
		table_text(&t, show_text(l, "stage"));
		table_count(&t, show_u64(l, "cpu"));
		table_text(&t, permille(show_u64(l, "busy_permille"), text));
		table_time(&t, show_u64(l, "worst_poll_ns"));
		table_count(&t, show_u64(l, "frames"));
		table_count(&t, show_u64(l, "messages"));
		table_count(&t, show_u64(l, "rows"));
		table_text(&t, show_u64(l, "done") ? "ended" : "runs");
	}
	table_end(&t, out, 0);
	json_object_foreach((json_t *)a, name, l)
	{
		show_state(name, l, "with its journal", "restart_frames", "restart_hash", out);
		show_state(name, l, "at the end of the data", "state_frames", "state_hash", out);
	}
	show_more(a, out);
	return EXIT_OK;
}

int show_links(const json_t *a, FILE *out)
{
	static const char *const count[] = { "pushes", "pops",  "depth", "refused",
					     "lost",   "waits", "peak",  "capacity" };
	const char *name;
	struct table t;
	json_t *l;

	table_start(
		&t,
		"<link|<from|<to|>pushes|>pops|>depth|>refused|>lost|>waits|>peak|>capacity|>behind|<sum");
	json_object_foreach((json_t *)a, name, l)
	{
		if (!json_is_object(l))
			continue;
		table_text(&t, name);
		table_text(&t, show_text(l, "from"));
		table_text(&t, show_text(l, "to"));
		for (size_t i = 0; i < sizeof count / sizeof *count; i++)
			table_count(&t, show_u64(l, count[i]));
		table_time(&t, show_u64(l, "behind_ns"));
		table_text(&t, show_u64(l, "balanced") ? "holds" : "off");
	}
	table_end(&t, out, 0);
	show_more(a, out);
	return EXIT_OK;
}

int show_recovery(const json_t *a, FILE *out)
{
	static const char *const count[] = { "outstanding", "requests", "answers",
					     "recovered",   "useless",  "timeouts",
					     "refused",     "given_up", "addresses_down" };
	const char *name;
	struct table t;
	json_t *s;

	table_start(&t, "<server|<protocol|<state|>asked now|>requests|>answers|>recovered|>useless|"
			">in vain|>refused|>given up|>down|>quota left|<last refusal");
	json_object_foreach((json_t *)a, name, s)
	{
		if (!json_is_object(s))
			continue;
		table_text(&t, name);
		table_text(&t, show_text(s, "protocol"));
		table_text(&t, show_text(s, "state"));
		for (size_t i = 0; i < sizeof count / sizeof *count; i++)
			table_count(&t, show_u64(s, count[i]));
		if (show_u64(s, "requests_per_day"))
			table_count(&t, show_u64(s, "quota_left"));
		else
			table_text(&t, "-");
		table_text(&t, show_text(s, "last_refusal"));
	}
	table_end(&t, out, 0);
	return EXIT_OK;
}

int show_ports(const json_t *a, FILE *out)
{
	static const char *const count[] = { "frames",  "bytes",      "missed",        "errors",
					     "no_mbuf", "cut_frames", "cut_tail_bytes" };
	char text[TABLE_CELL_BYTES];
	const char *name;
	struct table t;
	json_t *p;

	table_start(
		&t,
		"<port|<kind|<clock|>frames|>bytes|>missed|>errors|>no mbuf|>cut frames|>cut tail|>progress");
	json_object_foreach((json_t *)a, name, p)
	{
		if (!json_is_object(p))
			continue;
		table_text(&t, name);
		table_text(&t, show_text(p, "kind"));
		table_text(&t, show_text(p, "clock"));
		for (size_t i = 0; i < sizeof count / sizeof *count; i++)
			table_count(&t, show_u64(p, count[i]));
		table_text(&t, strcmp(show_text(p, "clock"), "live")
				       ? permille(show_u64(p, "progress_permille"), text)
				       : "-");
	}
	table_end(&t, out, 0);
	show_more(a, out);
	return EXIT_OK;
}

static void line_rows(struct table *t, const char *key, const json_t *channel)
{
	static const char *const count[] = { "packets", "first", "duplicate", "late", "lost" };
	static const char *const time[] = { "skew_p50_ns", "skew_p99_ns", "skew_max_ns", "age_ns" };
	char name[16];

	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof name, "line%d", i);
		const json_t *line = json_object_get(channel, name);

		if (!line)
			continue;
		table_text(t, key);
		table_text(t, name);
		table_text(t, show_text(line, "group"));
		table_text(t, show_text(line, "state"));
		table_count(t, show_u64(line, "source"));
		for (size_t k = 0; k < sizeof count / sizeof *count; k++)
			table_count(t, show_u64(line, count[k]));
		for (size_t k = 0; k < sizeof time / sizeof *time; k++)
			table_time(t, show_u64(line, time[k]));
	}
}

int show_lines(const json_t *a, FILE *out)
{
	static const char *const count[] = { "next_seq",     "packets",    "messages", "gaps",
					     "gap_messages", "duplicates", "held" };
	struct table t, lines;
	const char *key;
	json_t *c;

	table_start(&t,
		    "<channel|<feed|<state|>next seq|>packets|>messages|>gaps|>lost|>duplicates|>held|>age");
	table_start(
		&lines,
		"<channel|<line|<group|<state|>source|>packets|>first|>duplicate|>late|>lost|>skew p50|>p99|>max|>age");
	json_object_foreach((json_t *)a, key, c)
	{
		if (!json_is_object(c))
			continue;
		table_text(&t, key);
		table_text(&t, show_text(c, "feed"));
		table_text(&t, show_text(c, "state"));
		for (size_t i = 0; i < sizeof count / sizeof *count; i++)
			table_count(&t, show_u64(c, count[i]));
		table_time(&t, show_u64(c, "age_ns"));
		line_rows(&lines, key, c);
	}
	table_end(&t, out, 0);
	fputc('\n', out);
	table_end(&lines, out, 0);
	for (unsigned i = 0; i < show_u64(a, "groups_silent") && i < 8; i++) {
		char name[24], text[TABLE_CELL_BYTES];

		snprintf(name, sizeof name, "group_silent%u", i);
		fprintf(out, "never heard: group %s\n",
			table_text_clean(show_text(a, name), text, sizeof text));
	}
	show_more(a, out);
	return EXIT_OK;
}

int show_ledger(const json_t *a, FILE *out)
{
	unsigned zero = 0;
	const char *name;
	struct table t;
	json_t *v;

	table_start(&t, "<counter|>count");
	json_object_foreach((json_t *)a, name, v)
	{
		if (!json_is_integer(v) || !strcmp(name, "balanced"))
			continue;
		zero += !json_integer_value(v);
		if (!json_integer_value(v))
			continue;
		table_text(&t, name);
		table_count(&t, show_u64(a, name));
	}
	table_end(&t, out, 0);
	fprintf(out, "(%u more counters are 0)\n\n", zero);
	table_start(&t, "<sum|>left|>right|<verdict");
	json_object_foreach(json_object_get(a, "identities"), name, v)
	{
		if (!show_u64(v, "left") && !show_u64(v, "right"))
			continue;
		table_text(&t, show_text(v, "text"));
		table_count(&t, show_u64(v, "left"));
		table_count(&t, show_u64(v, "right"));
		table_text(&t, show_u64(v, "holds") ? "holds" : "off");
	}
	table_end(&t, out, 0);
	return EXIT_OK;
}

int show_conf(const json_t *a, FILE *out)
{
	const char *name;
	struct table t;
	json_t *v;

	table_start(&t, "<key|<value");
	json_object_foreach((json_t *)a, name, v)
	{
		table_text(&t, name);
		table_text(&t, show_text(a, name));
	}
	table_end(&t, out, 0);
	return EXIT_OK;
}

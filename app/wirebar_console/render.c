/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/render.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar_console/expo.h"
#include "app/wirebar_console/metric.h"
#include "lcore/base/hist.h"

struct family {
	FILE *out;
	struct metric m;
	const struct view *view;
	uint64_t now_ns, age_ns; // since the last answer
	bool begun;
	struct expo_label label[EXPO_LABELS];
	unsigned n_label;
};

static void begin(struct family *f)
{
	if (!f->begun)
		expo_family(f->out, f->m.name, metric_type_name(f->m.type), f->m.help);
	f->begun = true;
}

static void push(struct family *f, const char *name, const char *value)
{
	f->label[f->n_label++] = (struct expo_label){ name, value ? value : "" };
}

static void sample(struct family *f, const char *value)
{
	begin(f);
	expo_sample(f->out, f->m.name, f->label, f->n_label, value);
}

// Money is text: an exact decimal, or nothing.
static bool is_decimal(const char *text)
{
	char *end;

	return *text && strspn(text, "-0123456789.") == strlen(text) && (strtod(text, &end), !*end);
}

// Since the document came in which the family's ages are.
static uint64_t since(const struct family *f)
{
	uint64_t at_ns = f->view->at_ns[f->m.source == METRIC_HEALTH ? TOPIC_health : TOPIC_lines];

	return f->now_ns > at_ns ? f->now_ns - at_ns : 0;
}

static void value(struct family *f, const json_t *v)
{
	const char *word = json_string_value(v);
	char text[40];

	if (f->m.unit == METRIC_SILENT && word) {
		sample(f, strcmp(word, "silent") ? "0" : "1");
	} else if (f->m.unit == METRIC_MONEY && word && is_decimal(word)) {
		sample(f, word);
	} else if (json_is_integer(v)) {
		uint64_t n = (uint64_t)json_integer_value(v);

		if (f->m.unit == METRIC_NS || f->m.unit == METRIC_AGE)
			expo_seconds(n + (f->m.unit == METRIC_AGE ? since(f) : 0), text);
		else if (f->m.unit == METRIC_PERMILLE)
			snprintf(text, sizeof text, "%.3f", (double)n / 1000);
		else
			snprintf(text, sizeof text, "%" PRIu64, n);
		sample(f, text);
	}
}

static void member(struct family *f, const json_t *doc) { value(f, json_object_get(doc, f->m.member)); }

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

// One sample for each object in the document, with its name and two texts of it as labels.
static void each(struct family *f, json_t *doc, const char *name, const char *one, const char *two)
{
	const char *key;
	json_t *o;

	json_object_foreach(doc, key, o)
	{
		if (!json_is_object(o))
			continue;
		f->n_label = 0;
		push(f, name, key);
		push(f, one, text_of(o, one));
		if (two)
			push(f, two, text_of(o, two));
		member(f, o);
	}
}

// Each member of a sub-document is a sample.
static void map(struct family *f, json_t *doc)
{
	const char *key;
	json_t *v;

	json_object_foreach(doc, key, v)
	{
		f->n_label = 0;
		push(f, f->m.member, key);
		value(f, v);
	}
}

static void lines_of(struct family *f, json_t *channel)
{
	unsigned n = f->n_label;
	const char *key;
	json_t *o;

	json_object_foreach(channel, key, o)
	{
		if (!json_is_object(o) || strncmp(key, "line", 4))
			continue;
		f->n_label = n;
		push(f, "line", key + 4);
		push(f, "group", text_of(o, "group"));
		member(f, o);
	}
}

// A channel keeps its place among those of its lcore for as long as the process lives.
static void channels(struct family *f, json_t *doc)
{
	unsigned place[64] = { 0 }, n_lcore = 0;
	const char *lcore[64];
	char key[16], number[16];
	json_t *o;

	for (unsigned i = 0;; i++) {
		unsigned k = 0;

		snprintf(key, sizeof key, "%u", i);
		o = json_object_get(doc, key);
		const char *name = text_of(o, "lcore");

		if (!o || !name)
			return;
		while (k < n_lcore && strcmp(lcore[k], name))
			k++;
		if (k == n_lcore && n_lcore == 64)
			return;
		if (k == n_lcore)
			lcore[n_lcore++] = name;
		snprintf(number, sizeof number, "%u", place[k]++);
		f->n_label = 0;
		push(f, "lcore", name);
		push(f, "channel", number);
		push(f, "feed", text_of(o, "feed"));
		if (f->m.source == METRIC_CHANNEL)
			member(f, o);
		else
			lines_of(f, o);
	}
}

static bool numbers(const json_t *array, uint64_t *out)
{
	if (json_array_size(array) != HIST_EDGES)
		return false;
	for (unsigned i = 0; i < HIST_EDGES; i++)
		out[i] = (uint64_t)json_integer_value(json_array_get(array, i));
	return true;
}

static void lags(struct family *f, json_t *doc)
{
	uint64_t edge[HIST_EDGES], below[HIST_EDGES];
	const char *lcore;
	json_t *o;

	json_object_foreach(doc, lcore, o)
	{
		const json_t *h = json_object_get(o, f->m.member);

		if (!h || !numbers(json_object_get(o, "le_ns"), edge) ||
		    !numbers(json_object_get(h, "below"), below))
			continue;
		f->n_label = 0;
		push(f, "lcore", lcore);
		begin(f);
		expo_histogram(f->out, f->m.name, f->label, 1, edge, below, HIST_EDGES,
			       (uint64_t)json_integer_value(json_object_get(h, "count")),
			       (uint64_t)json_integer_value(json_object_get(h, "sum_ns")));
	}
}

static void word(struct family *f, const char *text)
{
	f->n_label = 0;
	push(f, f->m.member, text);
	if (text)
		sample(f, "1");
}

static uint64_t self_count(const struct view *v, const char *member)
{
	const struct {
		const char *member;
		uint64_t n;
	} all[] = { { "asked", v->asked },
		    { "failed", v->failed },
		    { "streams", v->count.streams },
		    { "dropped", v->count.dropped },
		    { "evicted", v->count.evicted },
		    { "refused", v->count.refused },
		    { "commands", v->count.commands } };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (!strcmp(all[i].member, member))
			return all[i].n;
	return 0;
}

static void self(struct family *f, bool alive)
{
	const struct view *v = f->view;
	char text[40];

	if (!strcmp(f->m.member, "up"))
		snprintf(text, sizeof text, "%d", alive);
	else if (!strcmp(f->m.member, "age") && v->answered_ns)
		expo_seconds(f->age_ns, text);
	else if (!strcmp(f->m.member, "age"))
		snprintf(text, sizeof text, "+Inf");
	else
		snprintf(text, sizeof text, "%" PRIu64, self_count(v, f->m.member));
	sample(f, text);
}

static void samples(struct family *f, bool alive)
{
	json_t *const *doc = f->view->doc;

	switch (f->m.source) {
	case METRIC_SELF: self(f, alive); break;
	case METRIC_HEALTH: member(f, doc[TOPIC_health]); break;
	case METRIC_VERDICT: word(f, text_of(doc[TOPIC_health], "health")); break;
	case METRIC_MODE: word(f, text_of(doc[TOPIC_health], "trading")); break;
	case METRIC_LEDGER: member(f, doc[TOPIC_ledger]); break;
	case METRIC_LCORE: each(f, doc[TOPIC_lcores], "lcore", "stage", NULL); break;
	case METRIC_LINK: each(f, doc[TOPIC_links], "link", "from", "to"); break;
	case METRIC_PORT: each(f, doc[TOPIC_ports], "port", "kind", NULL); break;
	case METRIC_CHANNEL:
	case METRIC_LINE: channels(f, doc[TOPIC_lines]); break;
	case METRIC_SERVER: each(f, doc[TOPIC_recovery], "server", "protocol", NULL); break;
	case METRIC_RISK: member(f, doc[TOPIC_risk]); break;
	case METRIC_DENIED: map(f, json_object_get(doc[TOPIC_risk], "denied")); break;
	case METRIC_DESK: map(f, json_object_get(doc[TOPIC_risk], "desk")); break;
	case METRIC_SURPRISE: map(f, json_object_get(doc[TOPIC_risk], "surprises")); break;
	case METRIC_POSITIONS: member(f, doc[TOPIC_positions]); break;
	case METRIC_LAG: lags(f, doc[TOPIC_buckets]); break;
	case METRIC_SOURCES: break;
	}
}

void render_metrics(FILE *out, const struct view *v, uint64_t now_ns)
{
	const uint64_t age_ns = v->answered_ns && now_ns > v->answered_ns ? now_ns - v->answered_ns : 0;
	const bool alive = view_alive(v, now_ns);

	for (unsigned i = 0; i < metric_count(); i++) {
		struct family f = { .out = out, .view = v, .now_ns = now_ns, .age_ns = age_ns };

		metric_at(i, &f.m);
		if (alive || f.m.source == METRIC_SELF || !strcmp(f.m.name, "wirebar_data_age_seconds"))
			samples(&f, alive);
	}
}

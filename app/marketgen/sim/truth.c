/* SPDX-License-Identifier: BSD-3-Clause */
// truth.c: trades.csv, status.csv and truth.json.
#include "app/marketgen/outputs.h"
#include "app/marketgen/sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct output *open_csv(const char *path, const char *header)
{
	struct output *csv = outputs_open(path, false);

	if (csv != NULL)
		output_put(csv, header, strlen(header));
	return csv;
}

bool truth_open(struct truth *t, const struct args *args)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s.trades.csv", args->prefix);
	t->prints = open_csv(args->truth ? args->truth : path,
			     "venue,symbol,ts_ns,price_e6,shares,kind,flags,match,aggressor,seq,late_ns\n");
	snprintf(path, sizeof path, "%s.status.csv", args->prefix);
	t->status = t->prints ? open_csv(path, "venue,symbol,ts_ns,status\n") : NULL;
	snprintf(path, sizeof path, "%s.truth.json", args->prefix);
	t->json = t->status ? outputs_open(path, false) : NULL;
	return t->json != NULL;
}

static char *put_number(char *p, uint64_t value)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	while (n > 0)
		*p++ = digits[--n];
	*p++ = ',';
	return p;
}

static char *put_text(char *p, const char *text, size_t n_max, char end)
{
	for (size_t i = 0; i < n_max && text[i] && text[i] != end; i++)
		*p++ = text[i];
	*p++ = ',';
	return p;
}

// The cross type, the sale conditions with _ for the blank, or flags as a number.
static char *put_flags(char *p, const struct truth_print *print)
{
	if (print->cross_type) {
		*p++ = print->cross_type;
	} else if (print->conditions[0]) {
		for (const char *c = print->conditions; *c; c++)
			*p++ = *c == ' ' ? '_' : *c;
	} else {
		return put_number(p, print->flags);
	}
	*p++ = ',';
	return p;
}

static void count(struct truth *t, const struct truth_print *print)
{
	t->n_rows++;
	t->n_breaks += print->kind == 'B';
	t->n_corrections += print->kind == 'K';
	t->n_crosses += print->kind == 'Q' || (print->auction && print->kind == 'T');
	t->n_late += print->late_ns > 0;
}

void truth_row(struct truth *t, const struct truth_print *print)
{
	char row[256], *p = row;

	count(t, print);
	p = put_text(p, print->exchange->ops->name, 16, '\0');
	p = put_text(p, print->symbol, 8, ' ');
	p = put_number(p, print->utc_ns);
	p = put_number(p, (uint64_t)print->price_e4 * (uint64_t)PX_PER_E4);
	p = put_number(p, print->shares);
	*p++ = print->kind;
	*p++ = ',';
	p = put_flags(p, print);
	p = put_number(p, print->match);
	*p++ = print->aggressor;
	*p++ = ',';
	p = put_number(p, print->exchange->stream.n_messages);
	p = put_number(p, print->late_ns);
	p[-1] = '\n';
	output_put(t->prints, row, (size_t)(p - row));
}

void truth_status(struct truth *t, const struct exchange *x, uint32_t instr, char status)
{
	char row[64], *p = row;

	t->n_halts += status != 'T' && x->index == 0;
	p = put_text(p, x->ops->name, 16, '\0');
	p = put_text(p, x->sim->market.instrs[instr].symbol, 8, ' ');
	p = put_number(p, sim_utc(x->sim));
	*p++ = status;
	*p++ = '\n';
	output_put(t->status, row, (size_t)(p - row));
}

static void put_ranges(FILE *f, const char *indent, const char *name, const struct ranges *r,
		       const char *after)
{
	fprintf(f, "%s\"%s_messages\": %llu,\n%s\"%s_ranges\": [", indent, name,
		(unsigned long long)ranges_total(r), indent, name);
	for (size_t i = 0; i < r->n_ranges; i++)
		fprintf(f, "%s[%llu, %llu]", i ? ", " : "", (unsigned long long)r->list[i].first,
			(unsigned long long)r->list[i].last);
	fprintf(f, "]%s\n", after);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_line(FILE *f, const struct packets *line, bool last)
{
	const struct faults *faults = &line->faults;
	uint32_t group = line->spec.address.group;

	fprintf(f, "        {\n          \"file\": \"%s\",\n", base_name(faults->out->path));
	fprintf(f, "          \"group\": \"%u.%u.%u.%u\",\n          \"port\": %u,\n", group >> 24,
		group >> 16 & 255, group >> 8 & 255, group & 255, line->spec.address.port);
	fprintf(f, "          \"messages\": %llu,\n", (unsigned long long)line->n_messages);
	fprintf(f, "          \"packets_sent\": %llu,\n", (unsigned long long)faults->n_sent);
	fprintf(f, "          \"packets_written\": %llu,\n", (unsigned long long)faults->n_written);
	fprintf(f, "          \"heartbeats_sent\": %llu,\n", (unsigned long long)line->n_heartbeats);
	fprintf(f, "          \"packets_lost\": %llu,\n", (unsigned long long)faults->n_lost);
	fprintf(f, "          \"packets_duplicated\": %llu,\n", (unsigned long long)faults->n_duplicated);
	fprintf(f, "          \"packets_reordered\": %llu,\n", (unsigned long long)faults->n_reordered);
	fprintf(f, "          \"packets_corrupted\": %llu,\n", (unsigned long long)faults->n_corrupted);
	if (faults->plan.swap > 0)
		fprintf(f, "          \"packets_swapped\": %llu,\n", (unsigned long long)faults->n_swapped);
	if (faults->plan.strangers > 0)
		fprintf(f, "          \"strangers\": %llu,\n", (unsigned long long)faults->n_strangers);
	if (faults->plan.lag_ns > 0)
		fprintf(f, "          \"lag_ns\": %llu,\n", (unsigned long long)faults->plan.lag_ns);
	put_ranges(f, "          ", "lost", &faults->lost, ",");
	put_ranges(f, "          ", "corrupted", &faults->corrupted, "");
	fprintf(f, "        }%s\n", last ? "" : ",");
}

// Where numberings began: how many messages had gone before, and whether with a name of its own. All other
// numbers in the truth count on over them.
static void put_restarts(FILE *f, const struct stream *s)
{
	if (s->n_restarts == 0)
		return;
	fprintf(f, "      \"restarts\": [");
	for (uint32_t i = 0; i < s->n_restarts; i++)
		fprintf(f, "%s{\"messages_before\": %llu, \"session\": %s}", i ? ", " : "",
			(unsigned long long)s->restarts[i], s->next_session[i] ? "true" : "false");
	fprintf(f, "],\n");
}

static void put_stream(FILE *f, const struct stream *s, bool last)
{
	const struct faults *a = &s->lines[0]->faults, *b = &s->lines[s->n_lines - 1]->faults;
	struct ranges lost = { 0 }, unusable = { 0 };
	char session[64];
	bool first = true;

	s->lines[0]->spec.format->put_session(s->lines[0], session, sizeof session);
	fprintf(f, "    \"%s\": {\n      %s,\n", s->name, session);
	fprintf(f,
		"      \"messages\": %llu,\n      \"first_sequence\": 1,\n      \"next_sequence\": %llu,\n",
		(unsigned long long)s->n_messages, (unsigned long long)s->n_messages + 1);
	put_restarts(f, s);
	fprintf(f, "      \"by_type\": {");
	for (int type = 0; type < 256; type++) {
		if (s->by_type[type] == 0)
			continue;
		fprintf(f, s->lines[0]->spec.format->type_is_text ? "%s\"%c\": %llu" : "%s\"%d\": %llu",
			first ? "" : ", ", type, (unsigned long long)s->by_type[type]);
		first = false;
	}
	fprintf(f, "},\n      \"lines\": [\n");
	for (uint32_t i = 0; i < s->n_lines; i++)
		put_line(f, s->lines[i], i + 1 == s->n_lines);
	fprintf(f, "      ],\n");
	ranges_both(&lost, &a->lost, &b->lost);
	ranges_both(&unusable, &a->unusable, &b->unusable);
	put_ranges(f, "      ", "lost_on_every_line", &lost, ",");
	put_ranges(f, "      ", "lost_or_corrupted_on_every_line", &unusable, "");
	fprintf(f, "    }%s\n", last ? "" : ",");
	ranges_fini(&lost);
	ranges_fini(&unusable);
}

// What happened in the market, whatever the lines made of it.
static void put_market(FILE *f, const struct sim *s)
{
	const struct truth *t = &s->truth;
	uint32_t resting_max = 0;

	for (uint32_t i = 0; i < s->n_exchanges; i++)
		resting_max += s->exchanges[i].book ? s->exchanges[i].book->n_alive_max : 0;
	fprintf(f, "  \"prints\": %llu,\n", (unsigned long long)t->n_rows);
	fprintf(f, "  \"breaks\": %llu,\n", (unsigned long long)t->n_breaks);
	fprintf(f, "  \"corrections\": %llu,\n", (unsigned long long)t->n_corrections);
	fprintf(f, "  \"crosses\": %llu,\n", (unsigned long long)t->n_crosses);
	fprintf(f, "  \"late_prints\": %llu,\n", (unsigned long long)t->n_late);
	fprintf(f, "  \"halts\": %llu,\n", (unsigned long long)t->n_halts);
	fprintf(f, "  \"resting_orders_max\": %u,\n", resting_max);
}

int truth_json(const struct sim *s)
{
	uint64_t start_ns = s->midnight_ns + s->args->start_ns;
	char *text = NULL;
	size_t bytes = 0;
	FILE *f = open_memstream(&text, &bytes);

	if (f == NULL)
		return -ENOMEM;
	fprintf(f, "{\n  \"seed\": %llu,\n  \"instruments\": %u,\n", (unsigned long long)s->args->seed,
		s->args->instruments);
	fprintf(f, "  \"start_ns\": %llu,\n  \"end_ns\": %llu,\n", (unsigned long long)start_ns,
		(unsigned long long)(start_ns + s->args->duration_ns));
	fprintf(f, "  \"midnight_ns\": %llu,\n", (unsigned long long)s->midnight_ns);
	put_market(f, s);
	fprintf(f, "  \"streams\": {\n");
	for (uint32_t i = 0; i < s->n_exchanges; i++)
		put_stream(f, &s->exchanges[i].stream, i + 1 == s->n_exchanges);
	fprintf(f, "  }\n}\n");
	bool whole = fclose(f) == 0;

	if (whole)
		output_put(s->truth.json, text, bytes);
	free(text);
	return whole ? 0 : -ENOMEM;
}

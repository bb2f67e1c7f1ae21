/* SPDX-License-Identifier: BSD-3-Clause */
// truth.c: trades.csv and truth.json.
#include "app/marketgen/truth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void truth_begin(struct outfile *csv)
{
	static const char header[] = "venue,symbol,ts_ns,price_e6,shares,kind,flags,match,aggressor\n";

	outfile_write(csv, header, sizeof header - 1);
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

void truth_row(struct outfile *csv, const struct truth_print *print)
{
	char row[192], *p = row;

	for (const char *c = print->venue; *c; c++)
		*p++ = *c;
	*p++ = ',';
	for (int i = 0; i < 8 && print->symbol[i] != ' '; i++)
		*p++ = print->symbol[i];
	*p++ = ',';
	p = put_number(p, print->utc_ns);
	p = put_number(p, (uint64_t)print->price_e4 * (uint64_t)PX_PER_E4);
	p = put_number(p, print->shares);
	*p++ = print->kind;
	*p++ = ',';
	if (print->cross_type) {
		*p++ = print->cross_type;
		*p++ = ',';
	} else {
		p = put_number(p, print->flags);
	}
	p = put_number(p, print->match);
	*p++ = print->aggressor;
	*p++ = '\n';
	outfile_write(csv, row, (size_t)(p - row));
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

	fprintf(f, "        {\n          \"file\": \"%s\",\n", base_name(faults->out.path));
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
	put_ranges(f, "          ", "lost", &faults->lost, ",");
	put_ranges(f, "          ", "corrupted", &faults->corrupted, "");
	fprintf(f, "        }%s\n", last ? "" : ",");
}

static void put_stream(FILE *f, const struct stream *s, bool last)
{
	const struct faults *a = &s->lines[0]->faults, *b = &s->lines[s->n_lines - 1]->faults;
	struct ranges lost = { 0 }, unusable = { 0 };
	bool first = true;

	fprintf(f, "    \"%s\": {\n", s->name);
	if (s->lines[0]->spec.format == PACKETS_MOLD)
		fprintf(f, "      \"session\": \"%.10s\",\n", s->lines[0]->spec.mold_session);
	else
		fprintf(f, "      \"session\": %u,\n", s->lines[0]->spec.iex_session);
	fprintf(f,
		"      \"messages\": %llu,\n      \"first_sequence\": 1,\n      \"next_sequence\": %llu,\n",
		(unsigned long long)s->n_messages, (unsigned long long)s->n_messages + 1);
	fprintf(f, "      \"by_type\": {");
	for (int type = 0; type < 256; type++) {
		if (s->by_type[type] == 0)
			continue;
		fprintf(f, "%s\"%c\": %llu", first ? "" : ", ", type, (unsigned long long)s->by_type[type]);
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

int truth_json(const char *path, const struct truth_summary *summary)
{
	const struct args *args = summary->args;
	uint64_t start_ns = summary->midnight_ns + args->start_ns;
	FILE *f = fopen(path, "we");
	int failed;

	if (f == NULL)
		return -errno;
	fprintf(f, "{\n  \"seed\": %llu,\n  \"instruments\": %u,\n", (unsigned long long)args->seed,
		args->instruments);
	fprintf(f, "  \"start_ns\": %llu,\n  \"end_ns\": %llu,\n", (unsigned long long)start_ns,
		(unsigned long long)(start_ns + args->duration_ns));
	fprintf(f,
		"  \"midnight_ns\": %llu,\n  \"prints\": %llu,\n  \"resting_orders_max\": %u,\n  "
		"\"streams\": {\n",
		(unsigned long long)summary->midnight_ns, (unsigned long long)summary->n_rows,
		summary->resting_max);
	for (int i = 0; i < 2; i++) {
		if (summary->streams[i]->n_lines > 0)
			put_stream(f, summary->streams[i], i == 1 || summary->streams[1]->n_lines == 0);
	}
	fprintf(f, "  }\n}\n");
	failed = ferror(f);
	return fclose(f) != 0 || failed ? -EIO : 0;
}

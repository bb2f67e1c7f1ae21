/* SPDX-License-Identifier: BSD-3-Clause */
// facts.c: the summary. What it says of trading is shown line by line as it is there, whatever lines a
// version of the program writes.
#include "app/wirebar/report/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

enum { SUMMARY_MAX_BYTES = 16 << 20, DEPTH_MAX = 4 };

static void add(struct report *r, const char *name, const char *text)
{
	struct report_fact *f = &r->fact[r->n_facts];

	if (r->n_facts == REPORT_FACTS_MAX)
		return;
	r->n_facts++;
	snprintf(f->name, sizeof f->name, "%s", name);
	snprintf(f->text, sizeof f->text, "%s", text);
	for (char *p = f->name; *p; p++)
		if (*p == '_')
			*p = ' ';
}

// A number as it is shown: a time in the unit that fits it, when the name ends in _ns.
static void add_number(struct report *r, const char *name, const json_t *v)
{
	static const char *const unit[] = { "ns", "us", "ms", "s" };
	char text[PAGE_NUMBER_BYTES], short_name[64];
	size_t len = strlen(name);
	double x = json_number_value(v);
	unsigned u = 0;

	if (len > 3 && len < sizeof short_name && !strcmp(name + len - 3, "_ns")) {
		for (; u < 3 && (x >= 1000 || x <= -1000); u++)
			x /= 1000;
		snprintf(text, sizeof text, "%.6g %s", x, unit[u]);
		snprintf(short_name, sizeof short_name, "%.*s", (int)len - 3, name);
		add(r, short_name, text);
		return;
	}
	if (json_is_integer(v) && json_integer_value(v) >= 0)
		page_count((uint64_t)json_integer_value(v), text);
	else
		snprintf(text, sizeof text, "%.12g", x);
	add(r, name, text);
}

// An array of texts as one text; others by how many there are.
static void add_array(struct report *r, const char *name, const json_t *v)
{
	char text[REPORT_FACT_BYTES] = "";
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(v); i++) {
		const char *word = json_string_value(json_array_get(v, i));

		if (!word || n >= sizeof text)
			break;
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? "; " : "", word);
	}
	if (!n)
		snprintf(text, sizeof text, "%zu", json_array_size(v));
	add(r, name, text);
}

static void add_object(struct report *r, const char *name, json_t *o, unsigned depth)
{
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v)
	{
		char full[64];

		snprintf(full, sizeof full, "%.30s%s%.30s", name, *name ? " " : "", key);
		if (json_is_number(v))
			add_number(r, full, v);
		else if (json_is_string(v))
			add(r, full, json_string_value(v));
		else if (json_is_boolean(v))
			add(r, full, json_is_true(v) ? "yes" : "no");
		else if (json_is_array(v))
			add_array(r, full, v);
		else if (json_is_object(v) && depth < DEPTH_MAX)
			add_object(r, full, v, depth + 1);
	}
}

// Files that the summary has another SHA-256 of are not of its run. Numbers of two runs on one page would be
// worse than none; bars may be there in more than one form (--spans, --columns), and are only marked.
static bool compare(struct report *r, const json_t *o)
{
	for (unsigned i = 0; i < REPORT_SUMMARY; i++) {
		char key[32];
		const char *digest;

		snprintf(key, sizeof key, "sha256_%s", report_file_name[i]);
		digest = json_string_value(json_object_get(o, key));
		if (!digest || !r->digest[i][0] || !strcmp(digest, r->digest[i]))
			continue;
		r->foreign[i] = true;
		if (i == REPORT_BARS)
			continue;
		snprintf(r->error, sizeof r->error,
			 "%.300s: not of the run of %.300s: its SHA-256 is %.12s, the summary has %.12s",
			 r->path[i], r->path[REPORT_SUMMARY], r->digest[i], digest);
		return false;
	}
	return true;
}

static void take(struct report *r, json_t *o)
{
	const char *hash = json_string_value(json_object_get(o, "sha256"));
	json_t *trading = json_object_get(o, "trading");

	if (json_is_object(trading)) // its own hash, of orders and fills, is a row of the table
		add_object(r, "", trading, 0);
	if (hash)
		snprintf(r->hash, sizeof r->hash, "%s", hash);
}

bool facts_load(struct report *r)
{
	const char *path = r->path[REPORT_SUMMARY];
	bool in = !strcmp(path, "-"), ok;
	int fd = in ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	static char text[SUMMARY_MAX_BYTES];
	json_error_t error;
	size_t n;
	json_t *o;

	if (!f) {
		snprintf(r->error, sizeof r->error, "%.400s: %s", path, strerror(errno));
		return false;
	}
	n = fread(text, 1, sizeof text, f);
	ok = !ferror(f) && n < sizeof text;
	fclose(f);
	if (!ok) {
		snprintf(r->error, sizeof r->error, "%.400s: %s", path,
			 n < sizeof text ? "cannot be read" : "more than 16 MiB: this is no summary");
		return false;
	}
	o = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(o)) {
		snprintf(r->error, sizeof r->error, "%.400s:%d: column %d: %s", path, o ? 1 : error.line,
			 o ? 1 : error.column, o ? "no JSON object" : error.text);
		json_decref(o);
		return false;
	}
	take(r, o);
	ok = compare(r, o);
	json_decref(o);
	return ok;
}

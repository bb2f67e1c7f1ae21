/* SPDX-License-Identifier: BSD-3-Clause */
// conf_read.c: the lines of a configuration: comments, headers, key = value, includes.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

enum { LINE_BYTES = 4096 };

static int include(struct reader *r, const char *value);

static bool blank(char ch) { return ch == ' ' || ch == '\t'; }

static char *trim(char *text)
{
	size_t len;

	while (blank(*text))
		text++;
	len = strlen(text);
	while (len && blank(text[len - 1]))
		text[--len] = 0;
	return text;
}

// Ends the line where a comment starts: ; or # at the line's start, after white space, or after `from`.
static void cut_comment(char *line, const char *from)
{
	for (char *p = line; *p; p++)
		if ((*p == ';' || *p == '#') && (p == line || p == from || blank(p[-1]))) {
			*p = 0;
			return;
		}
}

static int read_header(struct reader *r, char *line)
{
	char *end = strchr(line, ']'), *name;
	char quoted[80];

	if (!end || *trim(end + 1)) {
		key_quote(line, quoted, sizeof quoted);
		return reader_refuse(r, "section: found %s, allowed: [section] or [section NAME]", quoted);
	}
	*end = 0;
	line = trim(line + 1);
	name = line + strcspn(line, " \t");
	if (*name) {
		*name++ = 0;
		name = trim(name);
	}
	if (!strcmp(line, "include") && !*name) {
		r->in_include = true;
		r->section = NULL;
		return 0;
	}
	r->in_include = false;
	r->opened = true;
	return reader_section(r, line, name);
}

static int read_line(struct reader *r, char *line)
{
	char *equals = strchr(line, '='), *text;
	char quoted[80];

	cut_comment(line, equals ? equals + 1 : NULL);
	text = trim(line);
	if (!*text)
		return 0;
	if (*text == '[')
		return read_header(r, text);
	equals = strchr(text, '=');
	if (!equals) {
		key_quote(text, quoted, sizeof quoted);
		return reader_refuse(r, "line: found %s, allowed: key = value, [section] or a ; comment",
				     quoted);
	}
	*equals = 0;
	text = trim(text);
	if (!r->section && !strcmp(text, r->in_include ? "file" : "include"))
		return include(r, trim(equals + 1));
	if (r->in_include) {
		key_quote(text, quoted, sizeof quoted);
		return reader_refuse(r, "[include] key: found %s, allowed: file", quoted);
	}
	if (!r->section) {
		key_quote(text, quoted, sizeof quoted);
		return reader_refuse(r, "key: found %s before any section, allowed: after a [section]",
				     quoted);
	}
	return reader_assign(r, text, trim(equals + 1));
}

// What must be given, once all lines are read.
static int check_given(struct reader *r)
{
	char head[64], allowed[160];

	for (unsigned i = 0; i < key_table_count; i++) {
		const struct key *k = &key_table[i];
		const struct key_section *s = key_find_section(k->section);

		if (k->type != KEY_ENUM || *k->def)
			continue;
		for (unsigned j = 0; j < (s->max ? *reader_count(r->c, s) : 1); j++) {
			void *base = reader_base(r->c, s, j);

			if (*(int *)((char *)base + k->offset) != CONF_UNSET)
				continue;
			key_allowed(k, allowed, sizeof allowed);
			r->source = *reader_line(base, s) >> CONF_LINE_BITS;
			r->line = *reader_line(base, s) & CONF_LINE_MASK;
			return reader_refuse(r, "%s %s: found nothing, allowed: %s",
					     reader_title(s, base, head, sizeof head), k->name, allowed);
		}
	}
	return 0;
}

static int read_text(struct reader *r, const char *text, size_t len)
{
	char line[LINE_BYTES];
	size_t at = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at, next = at + n + 1;

		r->line++;
		if (n && text[at + n - 1] == '\r')
			n--;
		if (n >= sizeof line) {
			reader_refuse(r, "line: found %zu bytes, allowed: %d", n, LINE_BYTES - 1);
			return -E2BIG;
		}
		if (memchr(text + at, 0, n))
			return reader_refuse(r, "line: found a NUL byte, allowed: text");
		memcpy(line, text + at, n);
		line[n] = 0;
		int rc = read_line(r, line);

		if (rc)
			return rc;
		at = next;
	}
	return 0;
}

// A relative path begins in the folder of the file that includes it.
static bool beside(const struct reader *r, const char *value, char out[CONF_STR_BYTES])
{
	const char *name = conf_source_name(r->c, reader_place(r)), *slash = strrchr(name, '/');
	int dir = *value == '/' || !slash ? 0 : (int)(slash - name) + 1;

	return snprintf(out, CONF_STR_BYTES, "%.*s%s", dir, name, value) < CONF_STR_BYTES;
}

static int include_text(struct reader *r, const char *name, const char *text, size_t len, bool from_file)
{
	int source = reader_source(r->c, name, reader_place(r));
	struct reader sub = { .c = r->c,
			      .err = r->err,
			      .source = (unsigned)source,
			      .depth = r->depth + 1,
			      .from_file = from_file };

	if (source >= 0)
		return read_text(&sub, text, len);
	reader_refuse(r, "include: found more than %d includes, allowed: up to that", CONF_SOURCE_MAX);
	return -E2BIG;
}

static int include_profile(struct reader *r, const char *value)
{
	const struct conf_profile *p = conf_profile_find(value + strlen(CONF_BUILTIN));
	char quoted[80], names[80];

	if (p)
		return include_text(r, value, p->text, *p->bytes, false);
	key_quote(value, quoted, sizeof quoted);
	conf_profile_names(names, sizeof names);
	return reader_refuse(r, "include: found %s, allowed: " CONF_BUILTIN "NAME of %s", quoted, names);
}

static int include(struct reader *r, const char *value)
{
	char quoted[80], path[CONF_STR_BYTES], why[256], *text;
	size_t len;

	key_quote(value, quoted, sizeof quoted);
	if (r->opened)
		return reader_refuse(
			r,
			"include: found %s behind a section, allowed: before the first, so that this file has the "
			"last word",
			quoted);
	if (r->depth == CONF_INCLUDE_DEPTH) {
		reader_refuse(r, "include: found %s %d deep, allowed: up to %d", quoted,
			      CONF_INCLUDE_DEPTH + 1, CONF_INCLUDE_DEPTH);
		return -E2BIG;
	}
	if (!strncmp(value, CONF_BUILTIN, strlen(CONF_BUILTIN)))
		return include_profile(r, value);
	if (!*value || !r->from_file || !beside(r, value, path))
		return reader_refuse(r, "include: found %s, allowed: %s" CONF_BUILTIN "NAME", quoted,
				     r->from_file ? "a file, or " : "");
	int rc = reader_slurp(path, &text, &len, why, sizeof why);

	if (rc) {
		reader_refuse(r, "include: %s: %s", path, why);
		return rc;
	}
	rc = include_text(r, path, text, len, true);
	free(text);
	return rc;
}

int reader_top(struct reader *r, const char *name, const char *text, size_t len)
{
	r->err->text[0] = 0;
	r->err->place = 0;
	conf_defaults(r->c);
	snprintf(r->c->file, sizeof r->c->file, "%s", name);
	int rc = read_text(r, text, len);

	return rc ? rc : check_given(r);
}

int conf_parse(struct conf *c, const char *name, const char *text, size_t len, struct conf_error *err)
{
	struct reader r = { .c = c, .err = err };

	return reader_top(&r, name, text, len);
}

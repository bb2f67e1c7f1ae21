/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "conf/key.h"

enum { LINE_BYTES = 4096 };

// Where the parser is: file and section of the line it reads.
struct reader {
	struct conf *c;
	struct conf_error *err;
	const char *file;		   // what errors call it
	unsigned line;			   // 0: none
	const struct key_section *section; // NULL before the first
	void *base;			   // the section's struct
};

static void *base_of(struct conf *c, const struct key_section *s, unsigned i)
{
	return (char *)c + s->offset + i * s->bytes;
}

static unsigned *count_of(struct conf *c, const struct key_section *s)
{
	return (unsigned *)((char *)c + s->count_offset);
}

static unsigned *line_of(void *base, const struct key_section *s)
{
	return (unsigned *)((char *)base + s->line_offset);
}

static void print_error(struct conf_error *err, const char *file, unsigned line, const char *format,
			va_list args)
{
	int n;

	if (line)
		n = snprintf(err->text, sizeof err->text, "%.*s:%u: ", CONF_STR_BYTES - 1, file, line);
	else
		n = snprintf(err->text, sizeof err->text, "%.*s: ", CONF_STR_BYTES - 1, file);
	vsnprintf(err->text + n, sizeof err->text - (size_t)n, format, args);
}

int conf_fail(struct conf_error *err, const struct conf *c, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(err, c->file, line, format, args);
	va_end(args);
	return -EINVAL;
}

// Says what is wrong at the reader's place.
__attribute__((format(printf, 2, 3))) static int refuse(const struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(r->err, r->file, r->line, format, args);
	va_end(args);
	return -EINVAL;
}

// "[lcore ingest0]" or "[bars]", for messages.
static const char *title(const struct key_section *s, const void *base, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "[%s%s%s]", s->name, s->max ? " " : "", s->max ? (const char *)base : "");
	return out;
}

static void set_defaults(const struct key_section *s, void *base)
{
	char why[256];

	for (unsigned i = 0; i < key_table_count; i++) {
		const struct key *k = &key_table[i];

		if (strcmp(k->section, s->name) || k->type == KEY_RULE)
			continue;
		if (k->type == KEY_ENUM && !*k->def)
			*(int *)((char *)base + k->offset) = CONF_UNSET;
		else
			key_set(k, base, 0, k->def, why, sizeof why);
	}
}

void conf_defaults(struct conf *c)
{
	memset(c, 0, sizeof *c);
	snprintf(c->file, sizeof c->file, "built-in defaults");
	for (unsigned i = 0; i < key_section_count; i++)
		if (!key_sections[i].max)
			set_defaults(&key_sections[i], base_of(c, &key_sections[i], 0));
}

static bool name_ok(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++) {
		char ch = name[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
		      ch == '_'))
			return false;
	}
	return len > 0 && len <= CONF_NAME_LEN;
}

// Finds the section of that kind and name, or NULL.
static void *find_named(struct conf *c, const struct key_section *s, const char *name)
{
	for (unsigned i = 0; i < *count_of(c, s); i++)
		if (!strcmp(base_of(c, s, i), name))
			return base_of(c, s, i);
	return NULL;
}

static int open_named(struct reader *r, const struct key_section *s, const char *name)
{
	unsigned *n = count_of(r->c, s);
	char quoted[80];
	void *twin;

	key_quote(name, quoted, sizeof quoted);
	if (!name_ok(name)) {
		refuse(r, "[%s] name: found %s, allowed: 1 to %d letters, digits and _", s->name, quoted,
		       CONF_NAME_LEN);
		return strlen(name) > CONF_NAME_LEN ? -E2BIG : -EINVAL;
	}
	twin = find_named(r->c, s, name);
	if (twin) {
		refuse(r, "[%s %s] found twice, first in line %u, allowed: once", s->name, name,
		       *line_of(twin, s));
		return -EEXIST;
	}
	if (*n == s->max) {
		refuse(r, "[%s %s] found %u of [%s NAME], allowed: %u", s->name, name, *n + 1, s->name,
		       s->max);
		return -E2BIG;
	}
	r->section = s;
	r->base = base_of(r->c, s, (*n)++);
	memset(r->base, 0, s->bytes);
	strcpy(r->base, name);
	set_defaults(s, r->base);
	*line_of(r->base, s) = r->line;
	return 0;
}

static int open_single(struct reader *r, const struct key_section *s, const char *name)
{
	char quoted[80];

	r->section = s;
	r->base = base_of(r->c, s, 0);
	if (*name) {
		key_quote(name, quoted, sizeof quoted);
		return refuse(r, "[%s] name: found %s, allowed: none, [%s] stands alone", s->name, quoted,
			      s->name);
	}
	if (*line_of(r->base, s)) {
		refuse(r, "[%s] found twice, first in line %u, allowed: once", s->name, *line_of(r->base, s));
		return -EEXIST;
	}
	*line_of(r->base, s) = r->line;
	return 0;
}

static int open_section(struct reader *r, const char *kind, const char *name)
{
	const struct key_section *s = key_find_section(kind);
	char quoted[80], names[160];

	if (s)
		return s->max ? open_named(r, s, name) : open_single(r, s, name);
	key_quote(kind, quoted, sizeof quoted);
	key_section_names(names, sizeof names);
	return refuse(r, "section: found %s, did you mean \"%s\"? allowed: %s", quoted,
		      key_nearest_section(kind), names);
}

// Sets one key of the open section.
static int assign(struct reader *r, const char *name, const char *value)
{
	const struct key *k = key_find(r->section->name, name);
	char head[64], why[320], quoted[80];
	unsigned earlier;
	int rc;

	title(r->section, r->base, head, sizeof head);
	if (!k) {
		char names[256];

		key_names(r->section->name, names, sizeof names);
		key_quote(name, quoted, sizeof quoted);
		return refuse(r, "%s key: found %s, did you mean \"%s\"? allowed: %s", head, quoted,
			      key_nearest(r->section->name, name), names);
	}
	memcpy(&earlier, (char *)r->base + k->line_offset, sizeof earlier);
	if (r->line && earlier && k->type != KEY_RULE) {
		refuse(r, "%s %s: found twice, first in line %u, allowed: once", head, name, earlier);
		return -EEXIST;
	}
	rc = key_set(k, r->base, r->line, value, why, sizeof why);
	if (rc)
		refuse(r, "%s %s: %s", head, name, why);
	return rc;
}

static bool blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

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
		return refuse(r, "section: found %s, allowed: [section] or [section NAME]", quoted);
	}
	*end = 0;
	line = trim(line + 1);
	name = line + strcspn(line, " \t");
	if (*name) {
		*name++ = 0;
		name = trim(name);
	}
	return open_section(r, line, name);
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
		return refuse(r, "line: found %s, allowed: key = value, [section] or a ; comment", quoted);
	}
	*equals = 0;
	text = trim(text);
	if (!r->section) {
		key_quote(text, quoted, sizeof quoted);
		return refuse(r, "key: found %s before any section, allowed: after a [section]", quoted);
	}
	return assign(r, text, trim(equals + 1));
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
		for (unsigned j = 0; j < (s->max ? *count_of(r->c, s) : 1); j++) {
			void *base = base_of(r->c, s, j);

			if (*(int *)((char *)base + k->offset) != CONF_UNSET)
				continue;
			key_allowed(k, allowed, sizeof allowed);
			r->line = *line_of(base, s);
			return refuse(r, "%s %s: found nothing, allowed: %s",
				      title(s, base, head, sizeof head), k->name, allowed);
		}
	}
	return 0;
}

int conf_parse(struct conf *c, const char *name, const char *text, size_t len, struct conf_error *err)
{
	struct reader r = { .c = c, .err = err, .file = name };
	char line[LINE_BYTES];
	size_t at = 0;
	int rc;

	err->text[0] = 0;
	conf_defaults(c);
	snprintf(c->file, sizeof c->file, "%s", name);
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		at = 3;
	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at, next = at + n + 1;

		r.line++;
		if (n && text[at + n - 1] == '\r')
			n--;
		if (n >= sizeof line) {
			refuse(&r, "line: found %zu bytes, allowed: %d", n, LINE_BYTES - 1);
			return -E2BIG;
		}
		if (memchr(text + at, 0, n))
			return refuse(&r, "line: found a NUL byte, allowed: text");
		memcpy(line, text + at, n);
		line[n] = 0;
		rc = read_line(&r, line);
		if (rc)
			return rc;
		at = next;
	}
	return check_given(&r);
}

int conf_add(struct conf *c, const char *section, const char *name, struct conf_error *err)
{
	struct reader r = { .c = c, .err = err, .file = "add" };
	const struct key_section *s = key_find_section(section);

	if (!s || !s->max)
		return refuse(&r, "section: found \"%s\", allowed: port, lcore, link, server, gate", section);
	return open_named(&r, s, name);
}

int conf_set(struct conf *c, const char *path, const char *value, bool live, struct conf_error *err)
{
	struct reader r = { .c = c, .err = err, .file = "set" };
	char text[128], quoted[80], head[64];
	char *name, *key = NULL;
	const struct key *k;
	int rc;

	key_quote(path, quoted, sizeof quoted);
	snprintf(text, sizeof text, "%s", path);
	name = strchr(text, '.');
	if (name)
		*name++ = 0;
	r.section = key_find_section(text);
	if (r.section && name) {
		key = r.section->max ? strchr(name, '.') : name;
		if (key && r.section->max)
			*key++ = 0;
		r.base = r.section->max ? find_named(c, r.section, name) : base_of(c, r.section, 0);
	}
	if (!r.section || !name || !key || !r.base || strlen(path) >= sizeof text) {
		refuse(&r,
		       "key: found %s, allowed: section.key, or section.name.key of a port, lcore, link, "
		       "server or gate there is",
		       quoted);
		return -ENOENT;
	}
	k = key_find(r.section->name, key);
	if (live && k && k->when != KEY_LIVE) {
		refuse(&r, "%s %s: found a key that is read at boot only, allowed: keys marked LIVE",
		       title(r.section, r.base, head, sizeof head), key);
		return -EPERM;
	}
	rc = assign(&r, key, value);
	return rc && !k ? -ENOENT : rc;
}

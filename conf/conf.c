/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/conf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "conf/reader.h"
#include "lcore/base/text.h"

static bool reader_overrides(const struct reader *r, unsigned earlier)
{
	return earlier >> CONF_LINE_BITS != r->source;
}

void *reader_base(struct conf *c, const struct key_section *s, unsigned i)
{
	return (char *)c + s->offset + i * s->bytes;
}

unsigned *reader_count(struct conf *c, const struct key_section *s)
{
	return (unsigned *)((char *)c + s->count_offset);
}

unsigned *reader_line(void *base, const struct key_section *s)
{
	return (unsigned *)((char *)base + s->line_offset);
}

const char *conf_source_name(const struct conf *c, unsigned place)
{
	unsigned source = place >> CONF_LINE_BITS;

	return source && source <= c->n_source ? c->source[source - 1].name : c->file;
}

struct conf_place_text conf_place(const struct conf *c, unsigned place)
{
	unsigned line = place & CONF_LINE_MASK;
	struct conf_place_text out;

	if (!(place >> CONF_LINE_BITS))
		snprintf(out.text, sizeof out.text, "line %u", line);
	else if (line)
		snprintf(out.text, sizeof out.text, "%.80s:%u", conf_source_name(c, place), line);
	else
		snprintf(out.text, sizeof out.text, "%.80s", conf_source_name(c, place));
	return out;
}

int reader_source(struct conf *c, const char *name, unsigned by)
{
	for (unsigned i = 0; i < c->n_source && !(by & CONF_LINE_MASK); i++)
		if (!c->source[i].by && !strcmp(c->source[i].name, name))
			return (int)i + 1;
	if (c->n_source == CONF_SOURCE_MAX)
		return -E2BIG;
	snprintf(c->source[c->n_source].name, sizeof c->source[0].name, "%s", name);
	c->source[c->n_source].by = by;
	return (int)++c->n_source;
}

void conf_origin(struct conf *c, const char *name)
{
	int source = name ? reader_source(c, name, 0) : 0;

	c->origin = source < 0 ? CONF_SOURCE_MAX : (unsigned)source;
}

// "file:line: ", and of an included file where it is included, outwards to the file that was named.
static size_t print_place(const struct conf *c, const char *file, unsigned place, char *out, size_t out_bytes)
{
	unsigned source = place >> CONF_LINE_BITS, line = place & CONF_LINE_MASK;
	size_t n = (size_t)(line ? snprintf(out, out_bytes, "%.*s:%u: ", CONF_STR_BYTES - 1, file, line)
				 : snprintf(out, out_bytes, "%.*s: ", CONF_STR_BYTES - 1, file));

	while (source && source <= c->n_source && c->source[source - 1].by && n < out_bytes / 2) {
		unsigned by = c->source[source - 1].by;

		n += (size_t)snprintf(out + n, out_bytes - n,
				      "included in %.100s:%u: ", conf_source_name(c, by),
				      by & CONF_LINE_MASK);
		source = by >> CONF_LINE_BITS;
	}
	return n < out_bytes ? n : out_bytes - 1;
}

static void print_error(struct conf_error *err, const struct conf *c, const char *file, unsigned place,
			const char *format, va_list args)
{
	char text[sizeof err->text];
	size_t n = print_place(c, file, place, text, sizeof text);

	vsnprintf(text + n, sizeof text - n, format, args);
	text_visible(text, err->text, sizeof err->text);
	err->place = place;
}

int conf_fail(struct conf_error *err, const struct conf *c, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(err, c, conf_source_name(c, line), line, format, args);
	va_end(args);
	return -EINVAL;
}

int reader_refuse(const struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(r->err, r->c, r->file ? r->file : conf_source_name(r->c, reader_place(r)),
		    reader_place(r), format, args);
	va_end(args);
	return -EINVAL;
}

const char *reader_title(const struct key_section *s, const void *base, char *out, size_t out_bytes)
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
			set_defaults(&key_sections[i], reader_base(c, &key_sections[i], 0));
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
	for (unsigned i = 0; i < *reader_count(c, s); i++)
		if (!strcmp(reader_base(c, s, i), name))
			return reader_base(c, s, i);
	return NULL;
}

static int open_named(struct reader *r, const struct key_section *s, const char *name)
{
	unsigned *n = reader_count(r->c, s);
	char quoted[80];
	void *twin;

	key_quote(name, quoted, sizeof quoted);
	if (!name_ok(name)) {
		reader_refuse(r, "[%s] name: found %s, allowed: 1 to %d letters, digits and _", s->name,
			      quoted, CONF_NAME_LEN);
		return strlen(name) > CONF_NAME_LEN ? -E2BIG : -EINVAL;
	}
	twin = find_named(r->c, s, name);
	if (twin && !reader_overrides(r, *reader_line(twin, s))) {
		reader_refuse(r, "[%s %s] found twice, first in line %u, allowed: once", s->name, name,
			      *reader_line(twin, s) & CONF_LINE_MASK);
		return -EEXIST;
	}
	if (twin) {
		r->section = s;
		r->base = twin;
		*reader_line(twin, s) = reader_place(r);
		return 0;
	}
	if (*n == s->max) {
		reader_refuse(r, "[%s %s] found %u of [%s NAME], allowed: %u", s->name, name, *n + 1, s->name,
			      s->max);
		return -E2BIG;
	}
	r->section = s;
	r->base = reader_base(r->c, s, (*n)++);
	memset(r->base, 0, s->bytes);
	strcpy(r->base, name);
	set_defaults(s, r->base);
	*reader_line(r->base, s) = reader_place(r);
	return 0;
}

static int open_single(struct reader *r, const struct key_section *s, const char *name)
{
	char quoted[80];

	r->section = s;
	r->base = reader_base(r->c, s, 0);
	if (*name) {
		key_quote(name, quoted, sizeof quoted);
		return reader_refuse(r, "[%s] name: found %s, allowed: none, [%s] stands alone", s->name,
				     quoted, s->name);
	}
	if (*reader_line(r->base, s) && !reader_overrides(r, *reader_line(r->base, s))) {
		reader_refuse(r, "[%s] found twice, first in line %u, allowed: once", s->name,
			      *reader_line(r->base, s) & CONF_LINE_MASK);
		return -EEXIST;
	}
	*reader_line(r->base, s) = reader_place(r);
	return 0;
}

int reader_section(struct reader *r, const char *kind, const char *name)
{
	const struct key_section *s = key_find_section(kind);
	char quoted[80], names[KEY_NAMES_BYTES];

	if (s)
		return s->max ? open_named(r, s, name) : open_single(r, s, name);
	key_quote(kind, quoted, sizeof quoted);
	key_section_names(names, sizeof names);
	return reader_refuse(r, "section: found %s, did you mean \"%s\"? allowed: %s", quoted,
			     key_nearest_section(kind), names);
}

int reader_assign(struct reader *r, const char *name, const char *value)
{
	const struct key *k = key_find(r->section->name, name);
	char head[64], why[320], quoted[80];
	unsigned earlier;
	int rc;

	reader_title(r->section, r->base, head, sizeof head);
	if (!k) {
		char names[KEY_NAMES_BYTES];

		key_names(r->section->name, names, sizeof names);
		key_quote(name, quoted, sizeof quoted);
		return reader_refuse(r, "%s key: found %s, did you mean \"%s\"? allowed: %s", head, quoted,
				     key_nearest(r->section->name, name), names);
	}
	memcpy(&earlier, (char *)r->base + k->line_offset, sizeof earlier);
	if (r->line && earlier && k->type != KEY_RULE && !reader_overrides(r, earlier)) {
		reader_refuse(r, "%s %s: found twice, first in line %u, allowed: once", head, name,
			      earlier & CONF_LINE_MASK);
		return -EEXIST;
	}
	// Rules of a file replace those of a file that it includes.
	if (r->line && earlier && k->type == KEY_RULE && reader_overrides(r, earlier))
		((struct conf_gate *)r->base)->n_rule = 0;
	rc = key_set(k, r->base, reader_place(r), value, why, sizeof why);
	if (rc)
		reader_refuse(r, "%s %s: %s", head, name, why);
	return rc;
}

int conf_add(struct conf *c, const char *section, const char *name, struct conf_error *err)
{
	struct reader r = { .c = c, .err = err, .file = c->origin ? NULL : "add", .source = c->origin };
	const struct key_section *s = key_find_section(section);

	if (!s || !s->max)
		return reader_refuse(
			&r, "section: found \"%s\", allowed: port, lcore, link, stop, server, gate", section);
	return open_named(&r, s, name);
}

// A gate is whole by its defaults and a rule, so one can be made by setting its first key. Of other sections
// a name that is not there is a slip of the pen.
static bool is_new_gate(const struct reader *r, const char *name, const char *key)
{
	return !strcmp(r->section->name, "gate") && name_ok(name) && key_find("gate", key);
}

static int set_new_gate(struct reader *r, const char *name, const char *key, const char *value)
{
	int rc = open_named(r, r->section, name);

	if (rc)
		return rc;
	rc = reader_assign(r, key, value);
	if (rc)
		r->c->n_gate--;
	return rc;
}

int conf_set(struct conf *c, const char *path, const char *value, bool live, struct conf_error *err)
{
	struct reader r = { .c = c, .err = err, .file = c->origin ? NULL : "set", .source = c->origin };
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
		r.base = r.section->max ? find_named(c, r.section, name) : reader_base(c, r.section, 0);
		if (key && !r.base && !live && is_new_gate(&r, name, key))
			return set_new_gate(&r, name, key, value);
	}
	if (!r.section || !name || !key || !r.base || strlen(path) >= sizeof text) {
		reader_refuse(
			&r,
			"key: found %s, allowed: section.key, or section.name.key of a port, lcore, link, "
			"server there is, or of a gate",
			quoted);
		return -ENOENT;
	}
	k = key_find(r.section->name, key);
	if (live && k && k->when != KEY_LIVE) {
		reader_refuse(&r, "%s %s: found a key that is read at boot only, allowed: keys marked LIVE",
			      reader_title(r.section, r.base, head, sizeof head), key);
		return -EPERM;
	}
	rc = reader_assign(&r, key, value);
	return rc && !k ? -ENOENT : rc;
}

int conf_set_pair(struct conf *c, const char *pair, struct conf_error *err)
{
	const char *eq = strchr(pair, '=');
	char path[256];

	if (!eq || (size_t)(eq - pair) >= sizeof path)
		return conf_fail(err, c, c->origin << CONF_LINE_BITS,
				 "found \"%.80s\", allowed: section.key=value", pair);
	snprintf(path, sizeof path, "%.*s", (int)(eq - pair), pair);
	return conf_set(c, path, eq + 1, false, err);
}

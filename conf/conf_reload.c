/* SPDX-License-Identifier: BSD-3-Clause */
// conf_reload.c: what of a configuration file that was changed is taken while running, and what is not.
#include <stdlib.h>
#include <string.h>

#include "conf/key.h"

#define OPTIONS "command line"

struct reload {
	struct conf *to, *file;
	const struct conf *started;
	conf_changed *changed;
	void *ctx;
};

static const void *base_of(const struct conf *c, const struct key_section *s, unsigned i)
{
	return (const char *)c + s->offset + i * s->bytes;
}

static unsigned count_of(const struct conf *c, const struct key_section *s)
{
	unsigned n = 1;

	if (s->max)
		memcpy(&n, (const char *)c + s->count_offset, sizeof n);
	return n;
}

// The section of that name, or of a single one itself; NULL: there is none.
static void *twin(const struct conf *c, const struct key_section *s, const void *of)
{
	for (unsigned i = 0; i < count_of(c, s); i++)
		if (!s->max || !strcmp(base_of(c, s, i), of))
			return (void *)(uintptr_t)base_of(c, s, i);
	return NULL;
}

static bool by_option(const struct conf *c, const void *base, size_t line_offset)
{
	unsigned place;

	memcpy(&place, (const char *)base + line_offset, sizeof place);
	return !strncmp(conf_source_name(c, place), OPTIONS, sizeof OPTIONS - 1);
}

static void tell(const struct reload *r, const struct key_section *s, const void *base, const struct key *k)
{
	char path[128];
	size_t n = (size_t)snprintf(path, sizeof path, "%s%s%s", s->name, s->max ? "." : "",
				    s->max ? (const char *)base : "");

	if (k)
		snprintf(path + n, sizeof path - n, ".%s", k->name);
	r->changed(r->ctx, path, k && k->when == KEY_LIVE);
}

static bool differs(const struct key *k, const void *a, const void *b)
{
	char x[CONF_LIST_BYTES], y[CONF_LIST_BYTES];

	key_format(k, a, 0, x, sizeof x);
	key_format(k, b, 0, y, sizeof y);
	return strcmp(x, y) != 0;
}

static void copy(const struct key *k, void *to, const void *from, bool with_place)
{
	char value[CONF_LIST_BYTES], why[256];
	unsigned place = 0;

	key_format(k, from, 0, value, sizeof value);
	if (with_place)
		memcpy(&place, (const char *)from + k->line_offset, sizeof place);
	key_set(k, to, place, value, why, sizeof why);
}

static void compare(const struct reload *r, const struct key_section *s, const void *started, void *file)
{
	void *to = (char *)r->to + s->offset;

	for (unsigned i = 0; i < key_table_count; i++) {
		const struct key *k = &key_table[i];
		bool live = k->when == KEY_LIVE;

		if (strcmp(k->section, s->name) || (live && s->max))
			continue;
		if (by_option(r->started, started, k->line_offset)) {
			copy(k, file, started, false);
		} else if (!live && differs(k, started, file)) {
			tell(r, s, file, k);
		} else if (live && differs(k, to, file)) {
			copy(k, to, file, true);
			tell(r, s, file, k);
		}
	}
}

// A section that only an option has made is in the file, too, as it would be after a restart.
static void add(const struct reload *r, const struct key_section *s, const void *started)
{
	unsigned n = count_of(r->file, s);

	if (n == s->max)
		return;
	memcpy((char *)r->file + s->offset + n * s->bytes, started, s->bytes);
	n++;
	memcpy((char *)r->file + s->count_offset, &n, sizeof n);
}

void conf_reload(struct conf *to, const struct conf *started, struct conf *file, conf_changed *changed,
		 void *ctx)
{
	const struct reload r = { to, file, started, changed, ctx };

	for (unsigned n = 0; n < key_section_count; n++) {
		const struct key_section *s = &key_sections[n];
		bool gates = !strcmp(s->name, "gate");

		for (unsigned i = 0; i < count_of(file, s); i++) {
			void *now = (char *)file + s->offset + i * s->bytes;
			const void *then = twin(started, s, now);

			if (then)
				compare(&r, s, then, now);
			else if (!gates)
				tell(&r, s, now, NULL);
		}
		for (unsigned i = 0; i < count_of(started, s) && !gates; i++) {
			const void *then = base_of(started, s, i);

			if (twin(file, s, then))
				continue;
			if (by_option(started, then, s->line_offset))
				add(&r, s, then);
			else
				tell(&r, s, then, NULL);
		}
	}
	memcpy(to->gate, file->gate, sizeof to->gate);
	to->n_gate = file->n_gate;
	memcpy(to->source, file->source, sizeof to->source);
	to->n_source = file->n_source;
	memcpy(to->file, file->file, sizeof to->file);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/export_arrow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/calendar.h"
#include "lcore/base/venue.h"
#include "drivers/sink/bar_arrow.h"
#include "lcore/model/export_csv.h"

// A batch of bars takes some 3 MiB.
enum { ROWS = 8192, TEXT_BYTES = ROWS * 24 };

struct export_arrow {
	const struct plant *plant;
	struct output *out;
	struct arrow_field field[ARROW_FIELDS_MAX];
	struct arrow_meta meta[BAR_ARROW_META];
	struct arrow_schema schema;
	struct arrow_batch batch;
	struct arrow_block *block; // of the batches so far; a stream keeps none
	size_t n_blocks, blocks_cap;
	char *bytes; // of a message
	size_t bytes_cap;
	uint64_t put_bytes; // so far
	bool file;          // not a stream
	bool of_bars;       // else lines
	bool venue;         // each bar has its venue before it
};

static bool ends_in(const char *name, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len > n && !memcmp(name + len - n, with, n);
}

static bool wanted(const char *path, bool *file)
{
	size_t len = path ? strlen(path) : 0;

	if (path && ends_in(path, len, ".gz"))
		len -= 3;
	*file = path && ends_in(path, len, ".arrow");
	return *file || (path && ends_in(path, len, ".arrows"));
}

static struct arrow_field field_of(const struct export_column *c)
{
	static const struct {
		const char *type;
		enum arrow_type as;
	} types[] = { { "time", ARROW_TIME }, { "price", ARROW_F64 },        { "number", ARROW_F64 },
		      { "count", ARROW_I64 }, { "signed count", ARROW_I64 }, { "flags", ARROW_I32 } };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(c->type, types[i].type))
			return (struct arrow_field){ c->name, types[i].as, true };
	return (struct arrow_field){ c->name, ARROW_UTF8, true };
}

static unsigned fields_of(struct export_arrow *a, enum output_which which)
{
	const struct plant *p = a->plant;
	unsigned n = 0;

	a->venue = which == OUTPUT_VENUE_BARS;
	a->of_bars = a->venue || which == OUTPUT_BARS;
	if (a->of_bars) {
		if (a->venue)
			a->field[n++] = (struct arrow_field){ "venue", ARROW_UTF8, false };
		return n + bar_arrow_fields(p->column, p->n_columns, a->field + n);
	}
	for (unsigned i = 0; i < export_columns_count; i++)
		if (export_columns[i].output == which)
			a->field[n++] = field_of(&export_columns[i]);
	return n;
}

static bool bytes_for(struct export_arrow *a, size_t need)
{
	if (need <= a->bytes_cap)
		return true;
	char *grown = realloc(a->bytes, need);

	if (!grown) {
		a->out->error = a->out->error ? a->out->error : ENOMEM;
		return false;
	}
	a->bytes = grown;
	a->bytes_cap = need;
	return true;
}

static void put(struct export_arrow *a, size_t n)
{
	output_put(a->out, a->bytes, n);
	a->put_bytes += n;
}

static struct export_arrow *failed(struct export_arrow *a, struct output *out)
{
	out->error = out->error ? out->error : ENOMEM;
	if (a) {
		free(a->bytes);
		free(a->batch.column[0].valid);
	}
	free(a);
	return NULL;
}

struct export_arrow *export_arrow_open(const struct plant *p, enum output_which which, struct output *out)
{
	bool file;

	if (!wanted(out->path, &file))
		return NULL;
	struct export_arrow *a = calloc(1, sizeof *a);

	if (!a)
		return failed(a, out);
	a->plant = p;
	a->out = out;
	a->file = file;
	bar_arrow_meta(a->meta);
	a->schema = (struct arrow_schema){ a->field, fields_of(a, which), a->meta, BAR_ARROW_META };
	size_t bytes = arrow_batch_bytes(&a->schema, ROWS, TEXT_BYTES);
	void *mem = aligned_alloc(CACHE_LINE, bytes);

	if (!mem)
		return failed(a, out);
	memset(mem, 0, bytes);
	arrow_batch_init(&a->batch, &a->schema, ROWS, TEXT_BYTES, mem); // column 0 begins there
	if (!bytes_for(a, ARROW_MAGIC_BYTES + arrow_schema_room(&a->schema)))
		return failed(a, out);
	size_t n = file ? arrow_magic(a->bytes) : 0;

	put(a, n + arrow_schema_put(&a->schema, a->bytes + n));
	return a;
}

static bool keep_block(struct export_arrow *a, struct arrow_block **block)
{
	if (a->n_blocks == a->blocks_cap) {
		size_t cap = a->blocks_cap ? a->blocks_cap * 2 : 64;
		struct arrow_block *grown = realloc(a->block, cap * sizeof *grown);

		if (!grown) {
			a->out->error = a->out->error ? a->out->error : ENOMEM;
			return false;
		}
		a->block = grown;
		a->blocks_cap = cap;
	}
	*block = &a->block[a->file ? a->n_blocks++ : 0];
	return true;
}

void export_arrow_flush(struct export_arrow *a)
{
	struct arrow_block *block;

	if (!a->batch.rows || a->out->error || !bytes_for(a, arrow_batch_room(&a->batch)) ||
	    !keep_block(a, &block))
		return;
	block->at = a->put_bytes;
	put(a, arrow_batch_put(&a->batch, a->bytes, block));
}

static bool room(struct export_arrow *a, size_t text)
{
	if (!arrow_has_room(&a->batch, text))
		export_arrow_flush(a);
	return !a->out->error;
}

bool export_arrow_takes_bars(const struct export_arrow *a) { return a->of_bars; }

void export_arrow_bar(struct export_arrow *a, const struct bar *bar)
{
	if (!room(a, 16))
		return;
	if (a->venue)
		arrow_text(&a->batch, 0, venue_name(bar->venue), strlen(venue_name(bar->venue)));
	bar_arrow_cells(&a->batch, a->venue, bar, a->plant->column, a->plant->n_columns);
	arrow_row(&a->batch);
}

static int32_t flags_of(const char *text, size_t len)
{
	int32_t flags = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '|', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		for (int i = 0; i < BAR_FLAG_COUNT; i++)
			if (strlen(bar_flag_names[i]) == n && !memcmp(bar_flag_names[i], text + at, n))
				flags |= 1 << i;
		at += n + 1;
	}
	return flags;
}

// A number is followed by a comma or a newline, where it ends for strtod and strtoll.
static void cell(struct arrow_batch *b, unsigned i, const char *text, size_t len)
{
	uint64_t ns;

	if (!len)
		return;
	switch (b->schema->field[i].type) {
	case ARROW_UTF8: arrow_text(b, i, text, len); break;
	case ARROW_TIME:
		if (calendar_parse_iso(text, len, &ns))
			arrow_int(b, i, (int64_t)ns);
		break;
	case ARROW_F64: arrow_number(b, i, strtod(text, NULL)); break;
	case ARROW_I64:
		arrow_int(b, i, text[0] == '-' ? strtoll(text, NULL, 10) : (int64_t)strtoull(text, NULL, 10));
		break;
	case ARROW_I32: arrow_int32(b, i, flags_of(text, len)); break;
	}
}

void export_arrow_line(struct export_arrow *a, const char *line, size_t bytes)
{
	const char *at = line, *end = line + bytes - 1; // without the newline

	if (!room(a, bytes))
		return;
	for (unsigned i = 0; i < a->schema.n_fields; i++) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t len = (size_t)((comma ? comma : end) - at);

		cell(&a->batch, i, at, len);
		at = comma ? comma + 1 : end;
	}
	arrow_row(&a->batch);
}

void export_arrow_close(struct export_arrow *a)
{
	if (!a)
		return;
	export_arrow_flush(a);
	if (!a->out->error && bytes_for(a, ARROW_END_BYTES + arrow_footer_room(&a->schema, a->n_blocks))) {
		size_t n = arrow_end(a->bytes);

		if (a->file)
			n += arrow_footer(&a->schema, a->block, a->n_blocks, a->bytes + n);
		put(a, n);
	}
	free(a->batch.column[0].valid);
	free(a->block);
	free(a->bytes);
	free(a);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/wire/arrow.h"

#include <math.h>
#include <string.h>

#include "drivers/wire/flat.h"

// Numbers of Message.fbs and Schema.fbs.
enum {
	VERSION_5 = 4,
	HEADER_SCHEMA = 1,
	HEADER_BATCH = 3,
	TYPE_INT = 2,
	TYPE_FLOAT = 3,
	TYPE_UTF8 = 5,
	TYPE_TIME = 10,
	PRECISION_DOUBLE = 2,
	UNIT_NS = 3
};
enum { BUFFER_ALIGN = 64, FIELD_ROOM = 192, META_ROOM = 64, PART_ROOM = 512 };

// Where we put the fields of each table; slots in the order of the .fbs.
static const struct flat_table message_table = { 20, 4, { 16, 18, 4, 8 } }; // version, type, header, body
static const struct flat_table schema_table = { 12, 3, { 0, 4, 8 } };       // endianness, fields, metadata
static const struct flat_table field_table = { 20, 6, { 4, 16, 17, 8, 0, 12 } };
static const struct flat_table int_table = { 12, 2, { 4, 8 } }; // bits, signed
static const struct flat_table float_table = { 8, 1, { 4 } };   // precision
static const struct flat_table utf8_table = { 4, 0, { 0 } };
static const struct flat_table time_table = { 12, 2, { 8, 4 } }; // unit, zone
static const struct flat_table meta_table = { 12, 2, { 4, 8 } };
static const struct flat_table batch_table = { 20, 3, { 8, 4, 16 } };      // rows, nodes, buffers
static const struct flat_table footer_table = { 20, 4, { 16, 4, 8, 12 } }; // version, schema, -, batches

static size_t padded(size_t bytes) { return (bytes + BUFFER_ALIGN - 1) & ~(size_t)(BUFFER_ALIGN - 1); }

static void put_type(struct flat *f, enum arrow_type type, size_t parent)
{
	size_t t;

	switch (type) {
	case ARROW_UTF8: flat_table(f, &utf8_table, parent); break;
	case ARROW_TIME:
		t = flat_table(f, &time_table, parent);
		flat_set(f, t + 8, UNIT_NS, 2);
		flat_string(f, "UTC", t + 4);
		break;
	case ARROW_F64:
		t = flat_table(f, &float_table, parent);
		flat_set(f, t + 4, PRECISION_DOUBLE, 2);
		break;
	case ARROW_I64:
	case ARROW_I32:
		t = flat_table(f, &int_table, parent);
		flat_set(f, t + 4, type == ARROW_I64 ? 64 : 32, 4);
		flat_set(f, t + 8, 1, 1);
		break;
	}
}

static void put_field(struct flat *f, const struct arrow_field *field, size_t parent)
{
	static const uint8_t number[] = { [ARROW_UTF8] = TYPE_UTF8,
					  [ARROW_TIME] = TYPE_TIME,
					  [ARROW_F64] = TYPE_FLOAT,
					  [ARROW_I64] = TYPE_INT,
					  [ARROW_I32] = TYPE_INT };
	size_t t = flat_table(f, &field_table, parent);

	flat_set(f, t + 16, field->nullable, 1);
	flat_set(f, t + 17, number[field->type], 1);
	flat_string(f, field->name, t + 4);
	put_type(f, field->type, t + 8);
	flat_vector(f, 0, 4, t + 12); // children: none, but said, as all writers do
}

static void put_schema(struct flat *f, const struct arrow_schema *s, size_t parent)
{
	size_t t = flat_table(f, &schema_table, parent);

	flat_vector(f, s->n_fields, 4, t + 4);
	size_t at = flat_offsets(f, s->n_fields);

	for (unsigned i = 0; i < s->n_fields; i++)
		put_field(f, &s->field[i], at + 4 * (size_t)i);
	flat_vector(f, s->n_meta, 4, t + 8);
	at = flat_offsets(f, s->n_meta);
	for (unsigned i = 0; i < s->n_meta; i++) {
		size_t m = flat_table(f, &meta_table, at + 4 * (size_t)i);

		flat_string(f, s->meta[i].key, m + 4);
		flat_string(f, s->meta[i].value, m + 8);
	}
}

// A message begins with a mark and its metadata's length; returns the metadata, which begins behind both.
static struct flat message_begin(char *out, uint8_t header, uint64_t body_bytes, size_t *table)
{
	struct flat f = { out + 8, 0 };

	flat_put(&f, 0, 4);
	*table = flat_table(&f, &message_table, 0);
	flat_set(&f, *table + 8, body_bytes, 8);
	flat_set(&f, *table + 16, VERSION_5, 2);
	flat_set(&f, *table + 18, header, 1);
	return f;
}

static size_t message_end(char *out, struct flat *f)
{
	struct flat head = { out, 0 };

	flat_align(f, 8, 0);
	flat_put(&head, UINT32_MAX, 4);
	flat_put(&head, f->used, 4);
	return 8 + f->used;
}

size_t arrow_magic(char *out)
{
	memcpy(out, "ARROW1\0", ARROW_MAGIC_BYTES);
	return ARROW_MAGIC_BYTES;
}

size_t arrow_schema_room(const struct arrow_schema *s)
{
	size_t room = PART_ROOM;

	for (unsigned i = 0; i < s->n_fields; i++)
		room += FIELD_ROOM + strlen(s->field[i].name);
	for (unsigned i = 0; i < s->n_meta; i++)
		room += META_ROOM + strlen(s->meta[i].key) + strlen(s->meta[i].value);
	return room;
}

size_t arrow_schema_put(const struct arrow_schema *s, char *out)
{
	size_t table;
	struct flat f = message_begin(out, HEADER_SCHEMA, 0, &table);

	put_schema(&f, s, table + 4);
	return message_end(out, &f);
}

static size_t value_bytes(enum arrow_type type) { return type == ARROW_I32 || type == ARROW_UTF8 ? 4 : 8; }

static size_t bitmap_bytes(uint32_t rows) { return ((size_t)rows + 7) / 8; }

size_t arrow_batch_bytes(const struct arrow_schema *s, uint32_t rows_max, uint32_t text_max)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < s->n_fields; i++) {
		enum arrow_type type = s->field[i].type;

		bytes += padded(bitmap_bytes(rows_max)) + padded(((size_t)rows_max + 1) * value_bytes(type));
		bytes += type == ARROW_UTF8 ? padded(text_max) : 0;
	}
	return bytes;
}

void arrow_batch_init(struct arrow_batch *b, const struct arrow_schema *s, uint32_t rows_max,
		      uint32_t text_max, void *mem)
{
	char *at = mem;

	*b = (struct arrow_batch){ .schema = s, .rows_max = rows_max, .text_max = text_max };
	for (unsigned i = 0; i < s->n_fields; i++) {
		struct arrow_column *c = &b->column[i];
		enum arrow_type type = s->field[i].type;

		c->valid = (uint8_t *)at;
		at += padded(bitmap_bytes(rows_max));
		c->value = at;
		at += padded(((size_t)rows_max + 1) * value_bytes(type));
		if (type == ARROW_UTF8) {
			c->text = at;
			at += padded(text_max);
		}
	}
}

static uint32_t text_used(const struct arrow_batch *b, unsigned column)
{
	return ((const uint32_t *)b->column[column].value)[b->rows];
}

bool arrow_has_room(const struct arrow_batch *b, size_t text)
{
	if (b->rows == b->rows_max)
		return false;
	for (unsigned i = 0; i < b->schema->n_fields; i++)
		if (b->schema->field[i].type == ARROW_UTF8 && b->text_max - text_used(b, i) < text)
			return false;
	return true;
}

static void is_there(struct arrow_batch *b, unsigned column)
{
	b->column[column].valid[b->rows / 8] |= (uint8_t)(1 << b->rows % 8);
}

void arrow_int(struct arrow_batch *b, unsigned column, int64_t value)
{
	((int64_t *)b->column[column].value)[b->rows] = value;
	is_there(b, column);
}

void arrow_int32(struct arrow_batch *b, unsigned column, int32_t value)
{
	((int32_t *)b->column[column].value)[b->rows] = value;
	is_there(b, column);
}

void arrow_number(struct arrow_batch *b, unsigned column, double value)
{
	if (isnan(value))
		return;
	((double *)b->column[column].value)[b->rows] = value;
	is_there(b, column);
}

void arrow_text(struct arrow_batch *b, unsigned column, const char *text, size_t bytes)
{
	uint32_t *end = (uint32_t *)b->column[column].value + b->rows;

	memcpy(b->column[column].text + *end, text, bytes);
	end[1] = *end + (uint32_t)bytes;
	is_there(b, column);
}

void arrow_row(struct arrow_batch *b)
{
	for (unsigned i = 0; i < b->schema->n_fields; i++) {
		struct arrow_column *c = &b->column[i];
		enum arrow_type type = b->schema->field[i].type;

		if (c->valid[b->rows / 8] >> b->rows % 8 & 1)
			continue;
		// What is not there is 0, so no byte depends on what was before.
		c->nulls++;
		if (type == ARROW_UTF8)
			((uint32_t *)c->value)[b->rows + 1] = text_used(b, i);
		else
			memset((char *)c->value + b->rows * value_bytes(type), 0, value_bytes(type));
	}
	b->rows++;
}

enum { BITS = 56 };

// n rows (up to BITS) are there or not, by the bits. Behind a bitmap lie its padding and the values, so eight
// bytes of it can be written at once, where none is changed but those of the rows.
static void are_there(uint8_t *valid, uint32_t row, uint64_t bits)
{
	uint64_t eight;

	memcpy(&eight, valid + row / 8, sizeof eight);
	eight |= bits << row % 8;
	memcpy(valid + row / 8, &eight, sizeof eight);
}

static void all_there(uint8_t *valid, uint32_t row, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += BITS)
		are_there(valid, row + i, (UINT64_C(1) << (n - i < BITS ? n - i : BITS)) - 1);
}

void arrow_ints(struct arrow_batch *b, unsigned column, const void *first, ptrdiff_t step, uint32_t n)
{
	struct arrow_column *c = &b->column[column];
	int64_t *out = (int64_t *)c->value + b->rows;
	const char *cell = first;

	for (uint32_t i = 0; i < n; i++, cell += step)
		memcpy(&out[i], cell, sizeof *out);
	all_there(c->valid, b->rows, n);
}

void arrow_int32s(struct arrow_batch *b, unsigned column, const void *first, ptrdiff_t step, uint32_t n)
{
	struct arrow_column *c = &b->column[column];
	int32_t *out = (int32_t *)c->value + b->rows;
	const char *cell = first;

	for (uint32_t i = 0; i < n; i++, cell += step) {
		int64_t v;

		memcpy(&v, cell, sizeof v);
		out[i] = (int32_t)v;
	}
	all_there(c->valid, b->rows, n);
}

void arrow_texts(struct arrow_batch *b, unsigned column, uint32_t at, const char *text, size_t bytes,
		 uint32_t n)
{
	struct arrow_column *c = &b->column[column];
	uint32_t *end = (uint32_t *)c->value + b->rows + at;

	char *out = c->text + end[0];

	for (uint32_t i = 0; i < n; i++) {
		memcpy(out, text, bytes);
		out += bytes;
		end[i + 1] = end[i] + (uint32_t)bytes;
	}
	all_there(c->valid, b->rows + at, n);
}

// Copies two at a time, and returns whether all of an even number of them are there.
typedef double pair __attribute__((vector_size(16)));
typedef int64_t pair_is __attribute__((vector_size(16)));
static bool copy_pairs(double *out, const char *cell, ptrdiff_t step, uint32_t n)
{
	pair_is none = { 0, 0 };

	for (uint32_t i = 0; i < n; i += 2, cell += 2 * step) {
		double d[2];

		memcpy(&d[0], cell, sizeof *d);
		memcpy(&d[1], cell + step, sizeof *d);
		pair two = { d[0], d[1] };

		none |= two != two;
		two += (pair){ 0, 0 }; // no minus zero
		memcpy(out + i, &two, sizeof two);
	}
	return !(none[0] | none[1]);
}

void arrow_numbers(struct arrow_batch *b, unsigned column, const void *first, ptrdiff_t step, uint32_t n)
{
	struct arrow_column *c = &b->column[column];
	double *out = (double *)c->value + b->rows;
	uint32_t whole = n - n % 2, done = copy_pairs(out, first, step, whole) ? whole : 0;
	const char *cell = (const char *)first + (ptrdiff_t)done * step;

	all_there(c->valid, b->rows, done);
	for (uint32_t i = done; i < n; i += BITS) {
		uint32_t some = n - i < BITS ? n - i : BITS;
		uint64_t bits = 0;

		for (uint32_t k = 0; k < some; k++, cell += step) {
			double d;

			memcpy(&d, cell, sizeof d);
			bits |= (uint64_t)!isnan(d) << k;
			out[i + k] = isnan(d) ? 0 : d + 0.0;
		}
		are_there(c->valid, b->rows + i, bits);
		c->nulls += some - (uint32_t)__builtin_popcountll(bits);
	}
}

void arrow_rows(struct arrow_batch *b, uint32_t n) { b->rows += n; }

// The buffers of a column in the order of the format: validity, values or offsets, text. Calls fn for each.
static void buffers_of(const struct arrow_batch *b, unsigned i, void (*fn)(void *, const void *, size_t),
		       void *ctx)
{
	const struct arrow_column *c = &b->column[i];
	bool text = b->schema->field[i].type == ARROW_UTF8;

	fn(ctx, c->valid, c->nulls ? bitmap_bytes(b->rows) : 0);
	fn(ctx, c->value, ((size_t)b->rows + text) * value_bytes(b->schema->field[i].type));
	if (text)
		fn(ctx, c->text, text_used(b, i));
}

struct buffers {
	struct flat *flat; // gets their places; NULL: they are only counted
	char *body;        // gets their bytes; NULL: not yet
	size_t used, n;
};

static void one_buffer(void *ctx, const void *bytes, size_t n)
{
	struct buffers *s = ctx;

	s->n++;
	if (s->flat) {
		flat_put(s->flat, s->used, 8);
		flat_put(s->flat, n, 8);
	}
	if (s->body) {
		memcpy(s->body + s->used, bytes, n);
		memset(s->body + s->used + n, 0, padded(n) - n);
	}
	s->used += padded(n);
}

static struct buffers each_buffer(const struct arrow_batch *b, struct flat *flat, char *body)
{
	struct buffers s = { flat, body, 0, 0 };

	for (unsigned i = 0; i < b->schema->n_fields; i++)
		buffers_of(b, i, one_buffer, &s);
	return s;
}

size_t arrow_batch_room(const struct arrow_batch *b)
{
	return PART_ROOM + (size_t)b->schema->n_fields * (16 + 3 * 16) + each_buffer(b, NULL, NULL).used;
}

static void clear(struct arrow_batch *b)
{
	for (unsigned i = 0; i < b->schema->n_fields; i++) {
		struct arrow_column *c = &b->column[i];

		memset(c->valid, 0, bitmap_bytes(b->rows));
		c->nulls = 0;
	}
	b->rows = 0;
}

size_t arrow_batch_put(struct arrow_batch *b, char *out, struct arrow_block *block)
{
	struct buffers all = each_buffer(b, NULL, NULL);
	size_t message, table;
	struct flat f = message_begin(out, HEADER_BATCH, all.used, &message);

	table = flat_table(&f, &batch_table, message + 4);
	flat_set(&f, table + 8, b->rows, 8);
	flat_vector(&f, b->schema->n_fields, 8, table + 4);
	for (unsigned i = 0; i < b->schema->n_fields; i++) {
		flat_put(&f, b->rows, 8);
		flat_put(&f, b->column[i].nulls, 8);
	}
	flat_vector(&f, (uint32_t)all.n, 8, table + 16);
	each_buffer(b, &f, NULL);
	size_t metadata = message_end(out, &f);

	each_buffer(b, NULL, out + metadata);
	block->metadata_bytes = metadata;
	block->body_bytes = all.used;
	clear(b);
	return metadata + all.used;
}

size_t arrow_end(char *out)
{
	memcpy(out, "\xff\xff\xff\xff\0\0\0", ARROW_END_BYTES);
	return ARROW_END_BYTES;
}

size_t arrow_footer_room(const struct arrow_schema *s, size_t n)
{
	return arrow_schema_room(s) + PART_ROOM + n * 24;
}

size_t arrow_footer(const struct arrow_schema *s, const struct arrow_block *block, size_t n, char *out)
{
	struct flat f = { out, 0 };

	flat_put(&f, 0, 4);
	size_t t = flat_table(&f, &footer_table, 0);

	flat_set(&f, t + 16, VERSION_5, 2);
	put_schema(&f, s, t + 4);
	flat_vector(&f, 0, 8, t + 8);
	flat_vector(&f, (uint32_t)n, 8, t + 12);
	for (size_t i = 0; i < n; i++) {
		flat_put(&f, block[i].at, 8);
		flat_put(&f, block[i].metadata_bytes, 8); // an int32, and 4 bytes of nothing
		flat_put(&f, block[i].body_bytes, 8);
	}
	size_t bytes = f.used;

	flat_put(&f, bytes, 4);
	memcpy(out + f.used, "ARROW1", 6);
	return f.used + 6;
}

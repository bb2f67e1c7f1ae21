/* SPDX-License-Identifier: BSD-3-Clause */
// arrow.h: rows as Apache Arrow IPC, for readers such as pandas, polars and duckdb: a schema message, record
// batches, an end mark. As a stream these follow one another; a file has a magic before them and a footer
// after them that says where the batches are. Pure; the caller owns all memory. One thread a batch.
//
// Source: arrow, docs/source/format/Columnar.rst ("Encapsulated message format", "IPC File Format"), and its
// format/Message.fbs, Schema.fbs, File.fbs; metadata version 5, little-endian, no compression, no dictionary.
#ifndef WB_WIRE_ARROW_H
#define WB_WIRE_ARROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum arrow_type {
	ARROW_UTF8,
	ARROW_TIME, // ns since 1970, UTC
	ARROW_F64,
	ARROW_I64,
	ARROW_I32
};

enum { ARROW_FIELDS_MAX = 64, ARROW_MAGIC_BYTES = 8, ARROW_END_BYTES = 8 };

struct arrow_field {
	const char *name;
	enum arrow_type type;
	bool nullable; // a column with no missing value has no bitmap either way
};

struct arrow_meta {
	const char *key, *value;
};

struct arrow_schema {
	const struct arrow_field *field;
	unsigned n_fields; // up to ARROW_FIELDS_MAX
	const struct arrow_meta *meta;
	unsigned n_meta;
};

// Where a message lies in a file: all offsets from the file's beginning.
struct arrow_block {
	uint64_t at, metadata_bytes, body_bytes;
};

// One column of the rows that a batch holds so far.
struct arrow_column {
	uint8_t *valid; // a bit for each row, least significant first
	void *value;    // int64_t, double, int32_t of each row; of text the rows_max + 1 offsets
	char *text;
	uint32_t nulls;
};

struct arrow_batch {
	const struct arrow_schema *schema;
	uint32_t rows, rows_max;
	uint32_t text_max; // bytes of text that each column of text has room for
	struct arrow_column column[ARROW_FIELDS_MAX];
};

// arrow_magic writes the 8 bytes that begin a file.
size_t arrow_magic(char *out);
// arrow_schema_room returns a number of bytes that arrow_schema_put never exceeds; arrow_schema_put writes
// the schema message and returns its bytes, a multiple of 8.
size_t arrow_schema_room(const struct arrow_schema *s);
size_t arrow_schema_put(const struct arrow_schema *s, char *out);

// arrow_batch_bytes is the memory that arrow_batch_init needs, 64-byte aligned and zeroed.
size_t arrow_batch_bytes(const struct arrow_schema *s, uint32_t rows_max, uint32_t text_max);
void arrow_batch_init(struct arrow_batch *b, const struct arrow_schema *s, uint32_t rows_max,
		      uint32_t text_max, void *mem);
// arrow_has_room says whether one more row fits whose cells of text have at most text bytes each. Where it
// does not, the caller writes the batch (arrow_batch_put), which empties it.
bool arrow_has_room(const struct arrow_batch *b, size_t text);
// Each sets a column of the row in hand; a column that is not set is null. arrow_row ends the row. Of time
// and int64_t; of int32_t; of double (NaN: null); of text. Assumes the column's type and that there is room.
void arrow_int(struct arrow_batch *b, unsigned column, int64_t value);
void arrow_int32(struct arrow_batch *b, unsigned column, int32_t value);
void arrow_number(struct arrow_batch *b, unsigned column, double value);
void arrow_text(struct arrow_batch *b, unsigned column, const char *text, size_t bytes);
void arrow_row(struct arrow_batch *b);
// The same by column, several times as fast: of n rows after the last one, whose cells are 8 bytes each and
// step bytes apart, from first on. Of time and int64_t; of int32_t (the low half); of double (NaN: null;
// minus zero: zero); of one text, which rows at to at + n have, in order. arrow_rows ends the n rows, of
// which each column must have been set.
void arrow_ints(struct arrow_batch *b, unsigned column, const void *first, ptrdiff_t step, uint32_t n);
void arrow_int32s(struct arrow_batch *b, unsigned column, const void *first, ptrdiff_t step, uint32_t n);
void arrow_numbers(struct arrow_batch *b, unsigned column, const void *first, ptrdiff_t step, uint32_t n);
void arrow_texts(struct arrow_batch *b, unsigned column, uint32_t at, const char *text, size_t bytes,
		 uint32_t n);
void arrow_rows(struct arrow_batch *b, uint32_t n);
// arrow_batch_room returns how many bytes arrow_batch_put writes at most for the rows so far. arrow_batch_put
// writes the batch's message, says where its parts are (block->at is left alone), returns its bytes, a
// multiple of 8, and empties the batch.
size_t arrow_batch_room(const struct arrow_batch *b);
size_t arrow_batch_put(struct arrow_batch *b, char *out, struct arrow_block *block);

// arrow_end writes the mark behind the last batch.
size_t arrow_end(char *out);
// arrow_footer writes what follows the end mark in a file: where its n batches are, and the magic.
size_t arrow_footer_room(const struct arrow_schema *s, size_t n);
size_t arrow_footer(const struct arrow_schema *s, const struct arrow_block *block, size_t n, char *out);

#endif

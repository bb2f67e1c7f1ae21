/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/row_batch.h"

#include <stdlib.h>
#include <string.h>

#include "lcore/base/num.h"

enum { ROW_TEXT = 16, SPARE = 64 }; // bytes of text of a row; between two buffers

struct row_batch {
	struct arrow_field field[COL_COUNT + 1];
	struct arrow_meta meta[BAR_ARROW_META];
	struct arrow_schema schema;
	struct arrow_batch batch;
	void *mem;
	char *head; // the schema message, which never changes
	size_t head_bytes;
	size_t fixed; // of a batch without rows
};

struct row_batch *row_batch_open(uint32_t rows)
{
	struct row_batch *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	unsigned n = bar_arrow_fields(NULL, 0, b->field);

	b->field[n] = (struct arrow_field){ "n", ARROW_I64, false };
	bar_arrow_meta(b->meta);
	b->schema = (struct arrow_schema){ b->field, n + 1, b->meta, BAR_ARROW_META };
	size_t bytes = line_bytes(arrow_batch_bytes(&b->schema, rows, rows * ROW_TEXT));

	b->mem = aligned_alloc(CACHE_LINE, bytes);
	b->head = malloc(arrow_schema_room(&b->schema));
	if (!b->mem || !b->head) {
		row_batch_close(b);
		return NULL;
	}
	memset(b->mem, 0, bytes);
	arrow_batch_init(&b->batch, &b->schema, rows, rows * ROW_TEXT, b->mem);
	b->head_bytes = arrow_schema_put(&b->schema, b->head);
	b->fixed = b->head_bytes + arrow_batch_room(&b->batch) + ARROW_END_BYTES;
	return b;
}

size_t row_batch_room(const struct row_batch *b, uint32_t rows)
{
	return b->fixed + arrow_batch_bytes(&b->schema, rows, rows * ROW_TEXT) + 3 * SPARE * (COL_COUNT + 1);
}

void row_batch_add(struct row_batch *b, const struct bar *row, uint64_t n)
{
	bar_arrow_cells(&b->batch, 0, row, NULL, 0);
	arrow_int(&b->batch, COL_COUNT, (int64_t)n);
	arrow_row(&b->batch);
}

size_t row_batch_put(struct row_batch *b, char *out)
{
	struct arrow_block block;

	memcpy(out, b->head, b->head_bytes);
	size_t n = b->head_bytes + arrow_batch_put(&b->batch, out + b->head_bytes, &block);

	return n + arrow_end(out + n);
}

void row_batch_close(struct row_batch *b)
{
	if (!b)
		return;
	free(b->mem);
	free(b->head);
	free(b);
}

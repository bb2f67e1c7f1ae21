/* SPDX-License-Identifier: BSD-3-Clause */
// row_batch.h: rows as an Arrow stream of their own: the columns of the output bars (docs/arrow.md), and n,
// the row's number of its stream. The same rows are the same bytes. One thread.
#ifndef WB_SINK_ROW_BATCH_H
#define WB_SINK_ROW_BATCH_H

#include "drivers/sink/bar_arrow.h"

struct row_batch;

// row_batch_open takes memory for batches of up to rows rows. Returns NULL: there is none.
struct row_batch *row_batch_open(uint32_t rows);
// row_batch_room returns how many bytes a stream of rows rows has at most.
size_t row_batch_room(const struct row_batch *b, uint32_t rows);
// row_batch_add takes the next row. Assumes fewer than rows were taken since the last put.
void row_batch_add(struct row_batch *b, const struct bar *row, uint64_t n);
// row_batch_put writes the stream of the rows taken since the last one, and returns its bytes.
size_t row_batch_put(struct row_batch *b, char *out);
// row_batch_close accepts NULL.
void row_batch_close(struct row_batch *b);

#endif

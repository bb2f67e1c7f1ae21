/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_TEXT = 16 };
_Static_assert((int)WINDOW_ROWS <= (int)BAR_ARROW_ROWS, "a window is added at once");

static bool room_for(struct arrow_batch *b, const struct arrow_schema *s, uint32_t rows, void **mem)
{
	size_t n = line_bytes(arrow_batch_bytes(s, rows, rows * ROW_TEXT));

	*mem = aligned_alloc(CACHE_LINE, n);
	if (!*mem)
		return false;
	memset(*mem, 0, n);
	arrow_batch_init(b, s, rows, rows * ROW_TEXT, *mem);
	return true;
}

static bool take_memory(struct window *w)
{
	if (!room_for(&w->batch, &w->schema, WINDOW_ROWS, &w->mem[0]) ||
	    !room_for(&w->six, &w->quoted, SPAN_COUNT, &w->mem[1]))
		return false;
	// No body is larger than all its columns full.
	size_t body = arrow_batch_room(&w->batch) +
		      arrow_batch_bytes(&w->schema, WINDOW_ROWS, WINDOW_ROWS * ROW_TEXT);

	w->head = malloc(arrow_schema_room(&w->schema));
	w->out = malloc(arrow_schema_room(&w->quoted) + WINDOW_QUOTE + body + ARROW_END_BYTES);
	if (!w->head || !w->out)
		return false;
	w->head_bytes = arrow_schema_put(&w->schema, w->head);
	return true;
}

struct window *window_open(void)
{
	struct window *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	unsigned n = bar_arrow_fields(NULL, 0, w->field);

	bar_arrow_meta(w->meta);
	w->meta[BAR_ARROW_META] = (struct arrow_meta){ "wirebar.quote", w->quote };
	w->schema = (struct arrow_schema){ w->field, n, w->meta, BAR_ARROW_META };
	w->quoted = (struct arrow_schema){ w->field, n, w->meta, WINDOW_META };
	if (take_memory(w))
		return w;
	window_close(w);
	return NULL;
}

static size_t rows(struct arrow_batch *b, const struct bar *row, unsigned n, char *out)
{
	struct arrow_block block;

	if (n)
		bar_arrow_rows(b, &row[n - 1], -(ptrdiff_t)sizeof *row, n);
	size_t bytes = arrow_batch_put(b, out, &block);

	return bytes + arrow_end(out + bytes);
}

const char *window_rows(struct window *w, const struct bar *row, unsigned n, size_t *bytes)
{
	memcpy(w->out, w->head, w->head_bytes);
	*bytes = w->head_bytes + rows(&w->batch, row, n, w->out + w->head_bytes);
	return w->out;
}

const char *window_bars(struct window *w, const struct tables *t, uint32_t instr, enum bar_span span,
			size_t *bytes)
{
	uint32_t n = tables_history(t, instr, span, w->row, WINDOW_ROWS), whole = n ? 1 : 0;

	// The oldest may have been written over while they were read.
	while (whole < n && w->row[whole].close_ts < w->row[whole - 1].close_ts)
		whole++;
	return window_rows(w, w->row, whole, bytes);
}

static void say_quote(struct window *w, const struct bar *bar)
{
	char bid[BAR_TEXT_BYTES] = "", ask[BAR_TEXT_BYTES] = "";

	bar_px(bar->bid, bid);
	bar_px(bar->ask, ask);
	snprintf(w->quote, sizeof w->quote,
		 "{\"bid\":%.20s,\"bid_size\":%" PRIu64 ",\"ask\":%.20s,\"ask_size\":%" PRIu64
		 ",\"ts_ns\":%" PRIu64 "}",
		 bid[0] ? bid : "null", bar->bid_size, ask[0] ? ask : "null", bar->ask_size, bar->close_ts);
}

const char *window_bundle(struct window *w, const struct tables *t, uint32_t instr, size_t *bytes)
{
	unsigned n = 0;

	snprintf(w->quote, sizeof w->quote, "null");
	// The longest span first: rows are written backwards.
	for (int span = SPAN_COUNT - 1; span >= 0; span--)
		n += tables_latest(t, instr, (enum bar_span)span, &w->row[n]);
	if (n && w->row[n - 1].span == SPAN_1S)
		say_quote(w, &w->row[n - 1]);
	size_t head = arrow_schema_put(&w->quoted, w->out);

	*bytes = head + rows(&w->six, w->row, n, w->out + head);
	return w->out;
}

void window_close(struct window *w)
{
	if (!w)
		return;
	for (int i = 0; i < 2; i++)
		free(w->mem[i]);
	free(w->head);
	free(w->out);
	free(w);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// window.h: rows of an instrument from the shared tables, as an Arrow stream: the history of one span, or the
// latest row of each. Same columns, types and metadata as the output bars (docs/arrow.md). One thread.
#ifndef WB_SINK_WINDOW_H
#define WB_SINK_WINDOW_H

#include "drivers/sink/bar_arrow.h"
#include "lcore/model/tables.h"

enum { WINDOW_ROWS = 120, WINDOW_META = BAR_ARROW_META + 1, WINDOW_QUOTE = 160 };

struct window {
	struct arrow_field field[COL_COUNT];
	struct arrow_meta meta[WINDOW_META];
	struct arrow_schema schema, quoted; // quoted: with wirebar.quote
	struct arrow_batch batch, six;
	void *mem[2];
	char quote[WINDOW_QUOTE];
	char *head; // the schema message of windows, which never changes
	size_t head_bytes;
	char *out;
	struct bar row[WINDOW_ROWS];
};

// window_open takes memory. Returns NULL: there is none.
struct window *window_open(void);
// window_rows renders n rows (up to WINDOW_ROWS), newest first in row, oldest first in the stream. *bytes:
// how many; what is returned is valid until the next call of any of these.
const char *window_rows(struct window *w, const struct bar *row, unsigned n, size_t *bytes);
// window_bars renders the newest rows of a span: up to WINDOW_ROWS of a watched instrument.
const char *window_bars(struct window *w, const struct tables *t, uint32_t instr, enum bar_span span,
			size_t *bytes);
// window_bundle renders the latest row of each span, with the newest 1 s row's touch as metadata
// wirebar.quote, in JSON.
const char *window_bundle(struct window *w, const struct tables *t, uint32_t instr, size_t *bytes);
// window_close accepts NULL.
void window_close(struct window *w);

#endif

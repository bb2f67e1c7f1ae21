/* SPDX-License-Identifier: BSD-3-Clause */
// read.c: the tables of an appliance, read under their sequence locks.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/libwirebar/own.h"
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"

enum { NAP_LEAST_NS = 20000, NAP_MOST_NS = 1000000, ALIVE_MS = 100 };

uint32_t wirebar_instruments(const struct wirebar *w)
{
	return __atomic_load_n(&w->tables->n_instr, __ATOMIC_ACQUIRE);
}

int wirebar_find(const struct wirebar *w, const char *symbol, uint32_t *instr)
{
	size_t len = strlen(symbol);

	*instr = len && len <= SYMBOL_BYTES ? tables_find(w->tables, symtab_key(symbol, len)) : INSTR_NONE;
	return *instr == INSTR_NONE ? WIREBAR_NOTHING : WIREBAR_OK;
}

int wirebar_symbol(const struct wirebar *w, uint32_t instr, char out[9])
{
	uint64_t key = instr < wirebar_instruments(w) ? tables_symbol(w->tables, instr) : 0;

	out[0] = '\0';
	if (!key)
		return WIREBAR_NOTHING;
	symtab_text(key, out);
	return WIREBAR_OK;
}

static int usable(const struct wirebar *w, uint32_t instr, int span, const void *out, size_t bytes)
{
	if (!out || bytes < sizeof(uint32_t) || span < 0 || span >= SPAN_COUNT)
		return WIREBAR_USAGE;
	return instr < wirebar_instruments(w) ? WIREBAR_OK : WIREBAR_NOTHING;
}

int wirebar_latest(const struct wirebar *w, uint32_t instr, int span, struct wirebar_row *row,
		   size_t row_bytes)
{
	int rc = usable(w, instr, span, row, row_bytes);
	struct bar bar;

	if (rc)
		return rc;
	if (!tables_latest(w->tables, instr, (enum bar_span)span, &bar))
		return WIREBAR_NOTHING;
	own_row(&bar, row, row_bytes);
	return WIREBAR_OK;
}

int wirebar_bundle(const struct wirebar *w, uint32_t instr, struct wirebar_row *rows, size_t row_bytes,
		   uint32_t *have)
{
	int rc = usable(w, instr, 0, rows, row_bytes);

	*have = 0;
	for (int span = 0; span < SPAN_COUNT && !rc; span++) {
		void *to = (char *)rows + (size_t)span * row_bytes;

		*have |= wirebar_latest(w, instr, span, to, row_bytes) == WIREBAR_OK ? 1u << span : 0;
	}
	return rc ? rc : *have ? WIREBAR_OK : WIREBAR_NOTHING;
}

int wirebar_history(const struct wirebar *w, uint32_t instr, int span, struct wirebar_row *rows,
		    size_t row_bytes, uint32_t max, uint32_t *n)
{
	int rc = usable(w, instr, span, rows, row_bytes);
	uint32_t most = max < w->tables->history + 1 ? max : w->tables->history + 1;

	*n = 0;
	if (rc)
		return rc;
	struct bar *bar = malloc((most + 1) * sizeof *bar);

	if (!bar)
		return WIREBAR_FAILED;
	*n = tables_history(w->tables, instr, (enum bar_span)span, bar, most);
	for (uint32_t i = 0; i < *n; i++)
		own_row(&bar[i], (void *)((char *)rows + i * row_bytes), row_bytes);
	free(bar);
	return *n ? WIREBAR_OK : WIREBAR_NOTHING;
}

static void put_touch(const struct touch *t, struct wirebar_quote *q)
{
	q->bid = t->bid_size ? t->bid : WIREBAR_EMPTY;
	q->ask = t->ask_size ? t->ask : WIREBAR_EMPTY;
	q->bid_size = t->bid_size;
	q->ask_size = t->ask_size;
}

// The next quote of an instrument from slot *at on.
static bool next_quote(const struct wirebar *w, uint32_t instr, uint32_t *at, struct tables_quote *q)
{
	while (*at < w->tables->quotes)
		if (tables_read_quote(w->tables, (*at)++, q) && q->instr == instr)
			return true;
	return false;
}

int wirebar_quotes(const struct wirebar *w, uint32_t instr, struct wirebar_quote *out, size_t bytes,
		   uint32_t max, uint32_t *n)
{
	int rc = usable(w, instr, 0, out, bytes);
	struct tables_quote q;

	*n = 0;
	for (uint32_t at = 0; !rc && *n < max && next_quote(w, instr, &at, &q); (*n)++) {
		struct wirebar_quote one = { .venue = q.venue,
					     .channel = q.channel,
					     .status = q.status,
					     .suspect = q.suspect,
					     .ts_ns = q.ts_ns };

		put_touch(&q.touch, &one);
		own_fill((char *)out + *n * bytes, bytes, &one, sizeof one);
	}
	return rc ? rc : *n ? WIREBAR_OK : WIREBAR_NOTHING;
}

int wirebar_quote(const struct wirebar *w, uint32_t instr, struct wirebar_quote *out, size_t bytes)
{
	int rc = usable(w, instr, 0, out, bytes);
	struct wirebar_quote all = { 0 };
	struct touch touch = touch_empty();
	struct tables_quote q;
	unsigned n = 0;

	for (uint32_t at = 0; !rc && next_quote(w, instr, &at, &q); n++) {
		touch_blend(&touch, &q.touch);
		all.ts_ns = q.ts_ns > all.ts_ns ? q.ts_ns : all.ts_ns;
		all.status = q.status > all.status ? q.status : all.status;
		all.suspect |= q.suspect;
	}
	if (rc || !n)
		return rc ? rc : WIREBAR_NOTHING;
	put_touch(&touch, &all);
	own_fill(out, bytes, &all, sizeof all);
	return WIREBAR_OK;
}

int wirebar_fact(const struct wirebar *w, uint32_t instr, int venue, struct wirebar_fact *out, size_t bytes)
{
	int rc = usable(w, instr, 0, out, bytes);
	struct tables_fact f;

	if (rc || venue < 0 || venue >= VENUE_COUNT)
		return rc ? rc : WIREBAR_USAGE;
	if (!tables_read_fact(w->tables, instr, (unsigned)venue, &f))
		return WIREBAR_NOTHING;
	struct wirebar_fact one = { .reason = f.reason,
				    .status_ns = f.status_ns,
				    .short_ns = f.short_ns,
				    .auction_ns = f.auction_ns,
				    .reference = f.reference,
				    .indicative = f.indicative,
				    .paired = f.paired,
				    .imbalance = f.imbalance,
				    .auction_type = f.auction_type,
				    .side = f.side,
				    .short_code = f.short_code,
				    .short_sale = f.short_sale };

	own_fill(out, bytes, &one, sizeof one);
	return WIREBAR_OK;
}

static bool news_of(struct wirebar *w, uint32_t instr, uint32_t spans, struct bar *bar)
{
	for (int span = 0; span < SPAN_COUNT; span++)
		if (spans >> span & 1 &&
		    tables_newer(w->tables, instr, (enum bar_span)span,
				 &w->seen[(size_t)instr * SPAN_COUNT + (size_t)span], bar) &&
		    !(bar->flags & BAR_IDLE))
			return true;
	return false;
}

// Round robin: who has much to say does not keep others from being heard.
static bool news(struct wirebar *w, uint32_t instr, uint32_t spans, struct bar *bar)
{
	uint32_t n = wirebar_instruments(w);

	if (instr != WIREBAR_ANY)
		return news_of(w, instr, spans, bar);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = w->next < n ? w->next : 0;

		if (news_of(w, at, spans, bar)) // which may have more
			return true;
		w->next = at + 1;
	}
	return false;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

int wirebar_wait(struct wirebar *w, uint32_t instr, uint32_t spans, uint32_t timeout_ms,
		 struct wirebar_row *row, size_t row_bytes)
{
	int rc = usable(w, instr == WIREBAR_ANY ? 0 : instr, 0, row, row_bytes);
	struct timespec nap = { 0, NAP_LEAST_NS };
	struct bar bar;

	if (!(spans & ((1u << SPAN_COUNT) - 1)) || (rc && !(instr == WIREBAR_ANY && rc == WIREBAR_NOTHING)))
		return rc == WIREBAR_NOTHING ? rc : WIREBAR_USAGE;
	if (news(w, instr, spans, &bar)) {
		own_row(&bar, row, row_bytes);
		return WIREBAR_OK;
	}
	uint64_t begun = now_ns(), end = begun + timeout_ms * NS_PER_MS, look = begun;

	for (;;) {
		uint64_t now = now_ns();
		bool last = now >= end, gone = false;

		if (now >= look) {
			gone = wirebar_alive(w) != WIREBAR_OK;
			look = now + ALIVE_MS * NS_PER_MS;
		}
		if (news(w, instr, spans, &bar)) { // what was written before the end is handed out
			own_row(&bar, row, row_bytes);
			return WIREBAR_OK;
		}
		if (gone || last)
			return gone ? WIREBAR_GONE : WIREBAR_TIMEOUT;
		nanosleep(&nap, NULL);
		nap.tv_nsec = nap.tv_nsec * 2 < NAP_MOST_NS ? nap.tv_nsec * 2 : NAP_MOST_NS;
	}
}

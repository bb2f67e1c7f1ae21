/* SPDX-License-Identifier: BSD-3-Clause */
// tele_market.c: what the market does: quotes, books, the busiest instruments. From the
// shared tables, but for books, which their owner copies out on request.
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/tele/tele.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"
#include "lcore/model/tables.h"

enum { STRANDS = 16, TOP_MAX = 100, BOOK_TIMEOUT_MS = 1000 };

static const char *const status_name[] = { "trading", "halted", "paused", "quote_only" };

static const char *status_text(unsigned status)
{
	return status < sizeof status_name / sizeof *status_name ? status_name[status] : "?";
}

unsigned tele_quotes(const struct tables *t, uint32_t instr, struct tables_quote *out, unsigned max)
{
	const struct tables_quote *slot = (const struct tables_quote *)((const char *)t + t->quotes_at);
	unsigned n = 0;

	for (uint32_t i = 0; i < t->quotes && n < max; i++)
		if (__atomic_load_n(&slot[i].instr, __ATOMIC_RELAXED) == instr &&
		    tables_read_quote(t, i, &out[n]))
			n += out[n].instr == instr;
	return n;
}

static void add_touch(struct tele_reply *r, const struct touch *t)
{
	tele_px(r, "bid", t->bid_size ? t->bid : PX_NULL);
	tele_number(r, "bid_size", t->bid_size);
	tele_px(r, "ask", t->ask_size ? t->ask : PX_NULL);
	tele_number(r, "ask_size", t->ask_size);
}

static void add_time(struct tele_reply *r, const char *key, uint64_t ns)
{
	char iso[CALENDAR_ISO_BYTES] = "";

	if (ns)
		calendar_iso(ns, iso);
	tele_text(r, key, iso);
}

void tele_quote(const struct tele_ask *ask, struct tele_reply *r)
{
	struct tables_quote q[STRANDS];
	struct touch all = touch_empty();
	uint64_t newest = 0;
	uint32_t instr;

	if (!tele_instr(ask, r, ask->arg[0], &instr))
		return;
	unsigned n = tele_quotes(ask->a->plant.tables, instr, q, STRANDS);

	for (unsigned i = 0; i < n; i++) {
		touch_blend(&all, &q[i].touch);
		newest = q[i].ts_ns > newest ? q[i].ts_ns : newest;
	}
	tele_text(r, "symbol", ask->arg[0]);
	add_touch(r, &all);
	add_time(r, "time", newest);
	for (unsigned i = 0; i < n; i++) {
		struct tele_reply sub;
		struct tables_fact fact;
		char key[32];

		if (!tele_begin(&sub))
			break;
		tele_text(&sub, "venue", venue_name(q[i].venue));
		tele_number(&sub, "channel", q[i].channel);
		add_touch(&sub, &q[i].touch);
		tele_text(&sub, "state", status_text(q[i].status));
		tele_number(&sub, "suspect", q[i].suspect);
		if (tables_read_fact(ask->a->plant.tables, instr, q[i].venue, &fact))
			tele_add_status(&sub, &fact);
		add_time(&sub, "time", q[i].ts_ns);
		snprintf(key, sizeof key, "%u", i);
		tele_end(r, key, &sub);
	}
}

static void add_levels(struct tele_reply *r, const char *side, const struct level *level, uint32_t n)
{
	for (uint32_t i = 0; i < n && i < 16; i++) {
		char key[32];

		snprintf(key, sizeof key, "%s%u", side, i);
		tele_px(r, key, level[i].price);
		snprintf(key, sizeof key, "%s%u_size", side, i);
		tele_number(r, key, level[i].qty);
	}
}

static void add_books(struct tele_reply *r, const struct lcore *l, const struct lcore_command *c, unsigned *n)
{
	for (uint32_t i = 0; i < c->n_book; i++) {
		const struct lcore_book *b = &c->book[i];
		struct tele_reply sub;
		char key[16];

		if (!tele_begin(&sub))
			return;
		tele_text(&sub, "venue", venue_name(b->venue));
		tele_text(&sub, "lcore", l->name);
		tele_number(&sub, "channel", b->channel);
		tele_text(&sub, "state", status_text(b->status));
		tele_number(&sub, "suspect", b->suspect);
		tele_number(&sub, "bids", b->n_bid);
		tele_number(&sub, "asks", b->n_ask);
		add_levels(&sub, "bid", b->bid, b->n_bid);
		add_levels(&sub, "ask", b->ask, b->n_ask);
		snprintf(key, sizeof key, "%u", (*n)++);
		tele_end(r, key, &sub);
	}
}

void tele_book(const struct tele_ask *ask, struct tele_reply *r)
{
	struct appliance *a = ask->a;
	uint64_t levels = 5, key;
	unsigned n = 0;
	bool known = false;

	if ((ask->n > 1 && !tele_uint(r, "levels", ask->arg[1], 1, 16, &levels)) ||
	    !tele_symbol(r, ask->arg[0], &key))
		return;
	tele_text(r, "symbol", ask->arg[0]);
	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore_command c = { .op = LCORE_OP_BOOK, .symbol = key, .arg = (int64_t)levels };

		if (a->lcore[i].stage != stages[CONF_STAGE_INGEST])
			continue;
		int rc = ctl_command(&a->lcore[i], &c, BOOK_TIMEOUT_MS);

		if (rc && rc != -ENOENT) {
			tele_error(r, "%s", c.text);
			return;
		}
		known = known || !rc;
		if (!rc)
			add_books(r, &a->lcore[i], &c, &n);
	}
	if (!known)
		tele_error(r, "no instrument %s so far (symbols are as on the wire, upper case)",
			   ask->arg[0]);
}

static int by_volume(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	if (x->volume != y->volume)
		return x->volume < y->volume ? 1 : -1;
	return symtab_order(x->symbol, y->symbol);
}

// The n busiest so far, sorted; few, so insertion does.
static unsigned keep(struct bar *top, unsigned n, unsigned max, const struct bar *bar)
{
	unsigned at = n;

	while (at > 0 && by_volume(bar, &top[at - 1]) < 0)
		at--;
	if (at == max)
		return n;
	n = n < max ? n + 1 : max;
	memmove(&top[at + 1], &top[at], (n - 1 - at) * sizeof *top);
	top[at] = *bar;
	return n;
}

static void add_top(struct tele_reply *r, const struct bar *top, unsigned n)
{
	unsigned i = 0;

	for (bool room = true; i < n && room; i += room) {
		struct tele_reply sub;
		char text[BAR_TEXT_BYTES];

		if (!tele_begin(&sub))
			break;
		bar_format(&top[i], COL_symbol, text);
		tele_text(&sub, "symbol", text);
		tele_number(&sub, "volume", top[i].volume);
		tele_number(&sub, "trades", top[i].trades);
		tele_px(&sub, "close", top[i].close_filled);
		tele_signed(&sub, "delta", top[i].delta);
		tele_px(&sub, "bid", top[i].bid);
		tele_px(&sub, "ask", top[i].ask);
		bar_format(&top[i], COL_flags, text);
		tele_text(&sub, "flags", text);
		add_time(&sub, "close_ts", top[i].close_ts);
		snprintf(text, sizeof text, "%u", i);
		room = tele_end(r, text, &sub);
	}
	tele_number(r, "n", i);
	tele_number(r, "more", n - i);
}

// Rows that end before this are not the latest interval's any more: the instrument has had no news since, and
// no idle row of it has been made yet (a replay at full speed). Channels may be one interval apart.
static uint64_t recent_ns(const struct tables *t, uint32_t n_instr, enum bar_span span)
{
	uint64_t newest = 0, span_ns = bar_span_s[span] * NS_PER_S;
	struct bar bar;

	for (uint32_t i = 0; i < n_instr; i++)
		if (tables_latest(t, i, span, &bar) && bar.close_ts > newest)
			newest = bar.close_ts;
	return newest > span_ns ? newest - span_ns : 0;
}

void tele_top(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct tables *t = ask->a->plant.tables;
	struct bar top[TOP_MAX], bar;
	enum bar_span span = SPAN_1M;
	uint64_t max = 20;
	unsigned n = 0;

	if (ask->n > 0 && !tele_uint(r, "n", ask->arg[0], 1, TOP_MAX, &max))
		return;
	if (ask->n > 1 && (span = bar_span_by_name(ask->arg[1], strlen(ask->arg[1]))) == SPAN_COUNT) {
		tele_error(r, "span: found \"%.40s\", allowed: 1s 5s 15s 30s 1m 5m", ask->arg[1]);
		return;
	}
	uint32_t n_instr = __atomic_load_n(&t->n_instr, __ATOMIC_ACQUIRE);

	uint64_t from_ns = recent_ns(t, n_instr, span);

	for (uint32_t i = 0; i < n_instr; i++)
		if (tables_latest(t, i, span, &bar) && bar.volume && bar.close_ts >= from_ns)
			n = keep(top, n, (unsigned)max, &bar);
	tele_text(r, "span", bar_span_name[span]);
	tele_number(r, "instruments", n_instr);
	add_top(r, top, n);
}

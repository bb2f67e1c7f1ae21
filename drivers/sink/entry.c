/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/decimal.h"
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"
#include "lcore/model/bar.h"
#include "lcore/model/gate.h"
#include "lcore/model/record.h"
#include "lcore/trade/order.h"
#include "lcore/trade/trade.h"

const char *const sink_stream_name[SINK_STREAMS] = {
#define SINK_STREAM(NAME, name, KEEP) #name,
#include "drivers/sink/sink.def"
};

bool sink_keeps(enum sink_stream stream)
{
	enum { NEWEST, ALL };
	static const uint8_t keep[SINK_STREAMS] = {
#define SINK_STREAM(NAME, name, KEEP) KEEP,
#include "drivers/sink/sink.def"
	};

	return keep[stream] == ALL;
}

// What does not fit is left out: the rooms are sized so that everything does (entry_test).
static void put(struct sink_entry *e, const char *name, const char *value)
{
	size_t a = strlen(name) + 1, b = strlen(value) + 1;

	if (e->bytes + a + b > ENTRY_TEXT)
		return;
	memcpy(e->text + e->bytes, name, a);
	memcpy(e->text + e->bytes + a, value, b);
	e->bytes = (uint16_t)(e->bytes + a + b);
}

static void put_u64(struct sink_entry *e, const char *name, uint64_t v)
{
	char text[DECIMAL_BYTES];

	decimal_u64(v, text);
	put(e, name, text);
}

static void put_px(struct sink_entry *e, const char *name, int64_t px)
{
	char text[DECIMAL_BYTES];

	bar_px(px, text);
	put(e, name, text);
}

static void put_symbol(struct sink_entry *e, uint64_t symbol)
{
	char text[SYMBOL_BYTES + 1];

	symtab_text(symbol, text);
	put(e, "symbol", text);
}

static void put_column(struct sink_entry *e, const struct bar *bar, enum bar_col col)
{
	char text[BAR_TEXT_BYTES];

	bar_format(bar, col, text);
	put(e, bar_columns[col].name, text);
}

static void put_bar(struct sink_entry *e, const struct bar *bar)
{
	put_column(e, bar, COL_span);
	put_u64(e, "open_ts", bar->open_ts);
	put_u64(e, "close_ts", bar->close_ts);
	put_column(e, bar, COL_close);
	put_column(e, bar, COL_flags);
}

static const char *side_text(uint8_t side) { return side == SIDE_BUY ? "B" : side == SIDE_SELL ? "S" : ""; }

static void put_sweep(struct sink_entry *e, const struct sweep *s)
{
	put(e, "side", side_text(s->side));
	put(e, "venue", venue_name(s->venue));
	put_u64(e, "from_ns", s->from_ns);
	put_u64(e, "to_ns", s->to_ns);
	put_u64(e, "levels", s->levels);
	put_u64(e, "shares", s->shares);
	put_px(e, "first_price", s->first_price);
	put_px(e, "last_price", s->last_price);
}

static void put_fire(struct sink_entry *e, const struct fire *f)
{
	char score[DECIMAL_BYTES];

	decimal_g12(f->score, score);
	put(e, "gate", f->name);
	put(e, "side", f->side == GATE_LONG ? "long" : "short");
	put_u64(e, "decided_ns", f->decided_ns);
	put_u64(e, "close_ts", f->close_ts);
	put(e, "score", score);
	put_px(e, "close", f->close_filled);
	put_px(e, "bid", f->bid);
	put_px(e, "ask", f->ask);
	put_u64(e, "fire_id", f->nth);
}

static void put_report(struct sink_entry *e, const struct trade_report *r, const char *instance)
{
	char id[ORDER_ID_BYTES + 1] = "", venue[VENUE_TEXT];

	id[order_id_text(instance, r->id, id)] = '\0';
	put(e, "event", trade_report_name[r->kind < REPORT_KINDS ? r->kind : REPORT_UNKNOWN]);
	put(e, "id", id);
	put(e, "venue", venue_lower(r->venue, venue));
	put(e, "side", side_text(r->side));
	put_u64(e, "ts_ns", r->ts_ns);
	put(e, "state", trade_state_name[r->state < TRADE_STATES ? r->state : STATE_UNKNOWN]);
	put_u64(e, "total", r->total);
	put_u64(e, "filled", r->filled);
	put_u64(e, "leaves", r->leaves);
	if (r->kind == REPORT_FILL || r->kind == REPORT_BREAK) {
		put_u64(e, "fill_id", r->fill_id);
		put_u64(e, "qty", r->qty);
		put_px(e, "price", r->price);
	}
}

void entry_make(struct sink_entry *e, const struct sink_item *item, uint64_t boot, const char *instance)
{
	char text[24];

	memset(e, 0, offsetof(struct sink_entry, text));
	e->keys = 0;
	e->n = item->n;
	e->ts_ns = item->ts_ns;
	e->instr = item->instr;
	e->stream = item->stream;
	put_symbol(e, item->symbol);
	switch ((enum sink_stream)item->stream) {
	case SINK_NEW_BAR: put_bar(e, item->record); break;
	case SINK_SWEEP: put_sweep(e, item->record); break;
	case SINK_ENTRY_FIRE:
	case SINK_EXIT_FIRE: put_fire(e, item->record); break;
	case SINK_ORDER:
	case SINK_FILL: put_report(e, item->record, instance); break;
	case SINK_STREAMS: break;
	}
	put_u64(e, "handed_ns", item->handed_ns);
	put_u64(e, "n", item->n);
	snprintf(text, sizeof text, "%016" PRIx64, boot);
	put(e, "boot", text);
}

unsigned entry_fields(const struct sink_entry *e, const char *field[2 * ENTRY_FIELDS])
{
	unsigned n = 0;

	for (const char *p = e->text; p < e->text + e->bytes && n < 2 * ENTRY_FIELDS; p += strlen(p) + 1)
		field[n++] = p;
	return n;
}

// Returns the value of a name; NULL: it has none.
static const char *value_of(const struct sink_entry *e, const char *name)
{
	const char *field[2 * ENTRY_FIELDS];
	unsigned n = entry_fields(e, field);

	for (unsigned i = 0; i + 1 < n; i += 2)
		if (!strcmp(field[i], name))
			return field[i + 1];
	return NULL;
}

bool entry_is_of(const struct sink_entry *e, uint64_t boot)
{
	const char *value = value_of(e, "boot");
	char text[24];

	snprintf(text, sizeof text, "%016" PRIx64, boot);
	return value && !strcmp(value, text);
}

uint64_t entry_handed_ns(const struct sink_entry *e)
{
	const char *value = value_of(e, "handed_ns");

	return value ? strtoull(value, NULL, 10) : 0;
}

// Values are ours: letters, digits and a few signs; what else is in a symbol is escaped.
static char *quoted(const char *s, char *p)
{
	*p++ = '"';
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			*p++ = '\\';
		if ((unsigned char)*s >= ' ')
			*p++ = *s;
	}
	*p++ = '"';
	return p;
}

size_t entry_json(const struct sink_entry *e, char *out)
{
	const char *field[2 * ENTRY_FIELDS];
	unsigned n = entry_fields(e, field);
	char *p = out + sprintf(out, "{\"stream\":\"%s\"", sink_stream_name[e->stream]);

	for (unsigned i = 0; i + 1 < n; i += 2) {
		*p++ = ',';
		p = quoted(field[i], p);
		*p++ = ':';
		p = quoted(field[i + 1], p);
	}
	return (size_t)(stpcpy(p, "}\n") - out);
}

struct entry_id entry_next_id(struct entry_id last, uint64_t ts_ns)
{
	struct entry_id id = { ts_ns / NS_PER_MS, 0 };

	if (id.ms > last.ms)
		return id;
	return (struct entry_id){ last.ms, last.seq + 1 };
}

size_t entry_id_text(struct entry_id id, char out[ENTRY_ID_TEXT])
{
	return (size_t)snprintf(out, ENTRY_ID_TEXT, "%" PRIu64 "-%" PRIu64, id.ms, id.seq);
}

bool entry_id_read(const char *text, struct entry_id *out)
{
	char *end;

	out->ms = strtoull(text, &end, 10);
	if (end == text || *end != '-')
		return false;
	text = end + 1;
	out->seq = strtoull(text, &end, 10);
	return end != text && !*end;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/export_csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lcore/base/calendar.h"
#include "lcore/base/decimal.h"
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"

static char *symbol(uint64_t key, char *p) { return p + symtab_text(key, p); }
static char *iso(uint64_t ns, char *p) { return p + calendar_iso(ns, p); }

static char *price(int64_t px, char *p)
{
	*p++ = ',';
	return p + bar_px(px, p);
}

const struct export_column export_columns[] = {
#define EXPORT(OUTPUT, name, type, help) { OUTPUT_##OUTPUT, #name, type, help },
#include "lcore/model/export.def"
#undef EXPORT
};
const unsigned export_columns_count = sizeof export_columns / sizeof *export_columns;

size_t export_csv_header(enum output_which output, char *out)
{
	char *p = out;

	for (unsigned i = 0; i < export_columns_count; i++) {
		if (export_columns[i].output != output)
			continue;
		if (p != out)
			*p++ = ',';
		p = stpcpy(p, export_columns[i].name);
	}
	return (size_t)(stpcpy(p, "\n") - out);
}

size_t export_csv_fire(const struct fire *f, char *out)
{
	char *p = iso(f->decided_ns, out);

	*p++ = ',';
	p = symbol(f->symbol, p);
	p += sprintf(p, ",%s,%s,%s,", f->stream == GATE_ENTRY ? "entry_fire" : "exit_fire", f->name,
		     f->side == GATE_LONG ? "long" : "short");
	p += decimal_g12(f->score, p);
	*p++ = ',';
	for (unsigned i = 0; i < f->n_rules; i++)
		*p++ = f->rules >> i & 1 ? '1' : '0';
	p = price(f->close_filled, p);
	p = price(f->bid, p);
	p = price(f->ask, p);
	return (size_t)(stpcpy(p, "\n") - out);
}

size_t export_csv_venue_header(const uint8_t *col, unsigned n, char *out)
{
	char *p = stpcpy(out, "venue,");

	return (size_t)(p - out) + bar_csv_header_of(col, n, p);
}

size_t export_csv_venue(const struct bar *bar, const uint8_t *col, unsigned n, char *out)
{
	char *p = stpcpy(out, venue_name(bar->venue));

	*p++ = ',';
	return (size_t)(p - out) + bar_csv_row_of(bar, col, n, p);
}

int export_csv_venue_order(const void *a, const void *b)
{
	int order = bar_order(a, b);

	return order ? order : ((const struct bar *)a)->venue - ((const struct bar *)b)->venue;
}

static char *state(const struct revision_state *s, bool whole, char *p)
{
	if (!whole)
		return stpcpy(p, ",,,,,,,,");
	p = price(s->open, p);
	p = price(s->high, p);
	p = price(s->low, p);
	p = price(s->close, p);
	p += sprintf(p, ",%" PRIu64 ",%" PRIu64 ",", s->volume, s->trades);
	if (!isnan(s->vwap))
		p += decimal_g12(s->vwap, p);
	return p + sprintf(p, ",%" PRId64, s->delta);
}

size_t export_csv_revision(const struct revision *r, char *out)
{
	static const char *const cause[] = { "late", "bust", "correction" };
	char *p = symbol(r->symbol, out);

	p += sprintf(p, ",%s,", bar_span_name[r->span]);
	p = iso(r->open_ts, p);
	p += sprintf(p, ",%u,%s,%" PRIu64 ",%s", r->number, cause[r->cause], r->key,
		     r->flags & BAR_BUSTED      ? "REVISED|BUSTED"
		     : r->flags & BAR_LATE_SEEN ? "LATE_SEEN|REVISED"
						: "REVISED");
	p = state(&r->before, r->whole, p);
	p = state(&r->after, r->whole, p);
	return (size_t)(stpcpy(p, "\n") - out);
}

int export_csv_revision_order(const void *a, const void *b)
{
	const struct revision *x = a, *y = b;

	if (x->open_ts != y->open_ts)
		return x->open_ts < y->open_ts ? -1 : 1;
	if (x->span != y->span)
		return x->span - y->span;
	int order = symtab_order(x->symbol, y->symbol);

	if (order)
		return order;
	return (x->number > y->number) - (x->number < y->number);
}

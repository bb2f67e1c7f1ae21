/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/export_row.h"

#include <stdio.h>
#include <stdlib.h>

#include "lcore/model/export_csv.h"
#include "lcore/stage/dealer_conf.h"

void *export_memory(size_t bytes)
{
	void *mem = calloc(1, bytes);

	if (!mem) {
		fprintf(stderr, "wirebar: no memory for %zu MiB of positions: no file is kept\n",
			bytes >> 20);
		abort();
	}
	return mem;
}

bool export_wanted(const struct plant *p, uint64_t symbol)
{
	for (unsigned i = 0; i < p->n_symbols; i++)
		if (p->symbol[i] == symbol)
			return true;
	return p->n_symbols == 0;
}

enum { FILLS_KEPT = 1 << 18, ORDERS_KEPT = 1 << 18 }; // orders: of venues with a minimum for each

struct position_conf export_money_conf(const struct plant *p)
{
	static struct fee_schedule fees;
	const struct conf *c = p->conf;
	bool some = c->fees.rates[0] || c->fees.order_min[0] || c->fees.sells[0];

	if (some)
		dealer_fees(c, &fees);
	return (struct position_conf){ .instruments = (uint32_t)c->bars.instruments,
				       .fills = FILLS_KEPT,
				       .orders = ORDERS_KEPT,
				       .fifo = c->orders.fifo,
				       .schedule = some ? &fees : NULL };
}

static size_t bar_header(const struct plant *p, char *line)
{
	return bar_csv_header_of(p->column, p->n_columns, line);
}

static size_t bar_row(const struct plant *p, const void *record, char *line)
{
	return bar_csv_row_of(record, p->column, p->n_columns, line);
}

static uint64_t bar_close(const void *record) { return ((const struct bar *)record)->close_ts; }

static bool bar_wanted(const struct plant *p, const void *record)
{
	const struct bar *b = record;

	return (b->trades || p->fill) && (!p->spans || p->spans >> b->span & 1) &&
	       export_wanted(p, b->symbol);
}

const struct export_stream export_bars = { sizeof(struct bar), bar_header, bar_row,
					   bar_order,          bar_close,  bar_wanted };

static size_t venue_header(const struct plant *p, char *line)
{
	return export_csv_venue_header(p->column, p->n_columns, line);
}

static size_t venue_row(const struct plant *p, const void *record, char *line)
{
	return export_csv_venue(record, p->column, p->n_columns, line);
}

const struct export_stream export_venue_bars = { sizeof(struct bar),     venue_header, venue_row,
						 export_csv_venue_order, bar_close,    bar_wanted };

static size_t fire_header(const struct plant *p, char *line)
{
	return (void)p, export_csv_header(OUTPUT_FIRES, line);
}
static size_t fire_row(const struct plant *p, const void *record, char *line)
{
	return (void)p, export_csv_fire(record, line);
}
static uint64_t fire_close(const void *record) { return gate_fire_mark(record); }

static bool fire_wanted(const struct plant *p, const void *record)
{
	return export_wanted(p, ((const struct fire *)record)->symbol);
}

const struct export_stream export_fires = { sizeof(struct fire), fire_header, fire_row,
					    gate_fire_order,     fire_close,  fire_wanted };

static size_t revision_header(const struct plant *p, char *line)
{
	return (void)p, export_csv_header(OUTPUT_REVISIONS, line);
}
static size_t revision_row(const struct plant *p, const void *record, char *line)
{
	return (void)p, export_csv_revision(record, line);
}

static bool revision_wanted(const struct plant *p, const void *record)
{
	return export_wanted(p, ((const struct revision *)record)->symbol);
}

// Any row of the day may still be revised, and their order goes by its open: they wait for the end.
const struct export_stream export_revisions = {
	sizeof(struct revision), revision_header, revision_row, export_csv_revision_order, NULL,
	revision_wanted
};

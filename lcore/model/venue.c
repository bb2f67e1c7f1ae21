/* SPDX-License-Identifier: BSD-3-Clause */
// venue.c: each venue's own rows: what it brought to an interval, before it was blended. Volumes and flow of
// the venues add up to the consolidated row; its touch is the best of theirs; indicators are of the
// consolidated row alone.
#include "lcore/model/venue.h"

#include <math.h>
#include <string.h>

#include "lcore/model/row.h"

static void blank(struct bar *b)
{
	memset(b, 0, sizeof *b);
	b->close_filled = b->delta_price = PX_NULL;
	b->vwap_session = b->ema9 = b->ema21 = b->macd = b->macd_signal = b->macd_hist = b->rsi14 = NAN;
	b->sweep_momentum = b->delta_ema9 = b->pressure_ema9 = b->obi_ema9 = b->ofi_ema9 = NAN;
}

void venue_rows(struct engine *e, const struct bar *b, const struct venue_parts *parts)
{
	for (unsigned i = 0; i < parts->n; i++) {
		const struct venue_part *p = &parts->part[i];
		struct chan *c = &e->chan[p->strand->channel];
		struct bar row;

		blank(&row);
		row.symbol = b->symbol;
		row.instr = b->instr;
		row.span = b->span;
		row.open_ts = b->open_ts;
		row.close_ts = b->close_ts;
		row.venue = p->strand->venue;
		row_prints(&row, &p->frag);
		row_touch(&row, &p->sample.touch);
		row.close_filled = row.close;
		row.flags = frag_flags(&p->frag) | factlog_flags(&c->log, b->open_ts, b->close_ts, e->row_n) |
			    (p->frag.trades ? 0 : BAR_FILL) | (p->sample.halted ? BAR_HALTED : 0) |
			    (p->sample.suspect ? BAR_BOOK_SUSPECT : 0) |
			    (b->flags & (BAR_PARTIAL_LAST | BAR_TEST));
		e->sink.venue_bar(e->sink.ctx, &row);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
// tele_fact.c: what venues say of an instrument beside its book: auctions, halts, short sale state.
#include "app/wirebar/tele/tele.h"
#include "lcore/base/calendar.h"
#include "lcore/base/event.h"
#include "lcore/base/venue.h"
#include "lcore/model/tables.h"

static void add_time(struct tele_reply *r, const char *key, uint64_t ns)
{
	char iso[CALENDAR_ISO_BYTES] = "";

	if (ns)
		calendar_iso(ns, iso);
	tele_text(r, key, iso);
}

// Codes are what a venue sent: only what is printable is shown.
static void add_code(struct tele_reply *r, const char *key, uint32_t code)
{
	char text[5] = "";

	for (int i = 0; i < 4; i++) {
		char c = (char)(code >> (24 - 8 * i) & 0xff);

		text[i] = c > ' ' && c < 0x7f ? c : '\0';
		if (!text[i])
			break;
	}
	tele_text(r, key, text);
}

static const char *side_name(unsigned side)
{
	return side == SIDE_BUY ? "buy" : side == SIDE_SELL ? "sell" : "";
}

void tele_add_status(struct tele_reply *r, const struct tables_fact *f)
{
	add_code(r, "halt_reason", f->reason);
	add_time(r, "status_time", f->status_ns);
	tele_number(r, "short_sale", f->short_sale);
	add_code(r, "short_sale_code", (uint32_t)f->short_code << 24);
	add_time(r, "short_sale_time", f->short_ns);
}

void tele_auction(const struct tele_ask *ask, struct tele_reply *r)
{
	unsigned n = 0;
	uint32_t instr;

	if (!tele_instr(ask, r, ask->arg[0], &instr))
		return;
	tele_text(r, "symbol", ask->arg[0]);
	for (unsigned venue = 0; venue < VENUE_COUNT; venue++) {
		struct tele_reply sub;
		struct tables_fact f;

		if (!tables_read_fact(ask->a->plant.tables, instr, venue, &f) || !tele_begin(&sub))
			continue;
		add_code(&sub, "type", (uint32_t)f.auction_type << 24);
		add_time(&sub, "time", f.auction_ns);
		tele_px(&sub, "reference", f.reference ? f.reference : PX_NULL);
		tele_px(&sub, "indicative", f.indicative ? f.indicative : PX_NULL);
		tele_number(&sub, "paired", f.paired);
		tele_number(&sub, "imbalance", f.imbalance);
		tele_text(&sub, "side", side_name(f.side));
		tele_add_status(&sub, &f);
		tele_end(r, venue_name(venue), &sub);
		n++;
	}
	tele_number(r, "venues", n);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// tele.h: what the telemetry handlers share. A handler fills one reply on one of DPDK's client threads (up to
// ten at once), reads what others write, and changes nothing itself; commands go through ctl_command.
//
// DPDK 22.11 drops silently what does not fit a reply (16 KiB, 256 entries a dict). So room is counted
// before, and a handler that cannot show all says how many are left in "more". It knows no decimals either:
// prices and other decimals are text, as in the CSV.
#ifndef WB_APP_TELE_H
#define WB_APP_TELE_H

#include <stdio.h>

#include "app/wirebar/appliance.h"
#include "lcore/model/tables.h"

struct rte_tel_data;

enum {
	TELE_ARGS = 5,
	TELE_ARG_BYTES = 512,
	TELE_REPLY_BYTES = 16000,
	TELE_ENTRIES = 250,
	TELE_RESERVE = 160
};

// What was asked.
struct tele_ask {
	struct appliance *a;
	int n;
	char arg[TELE_ARGS][TELE_ARG_BYTES];
};

// A dict in the making.
struct tele_reply {
	struct rte_tel_data *data;
	size_t bytes; // at most, as JSON
	unsigned n;
};

// Each handler of tele.def.
#define TELE(path, handler, params, min, max, help) \
	void handler(const struct tele_ask *ask, struct tele_reply *r);
#include "app/wirebar/tele/tele.def"
#undef TELE

// tele_error makes the reply an error that says why, whatever was in it at top level.
void tele_error(struct tele_reply *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
// tele_number and tele_text add one entry. Bytes that a key may not have become '_'; text is cut at 127
// bytes. False when there is no room.
bool tele_number(struct tele_reply *r, const char *key, uint64_t value);
bool tele_text(struct tele_reply *r, const char *key, const char *text);
// tele_px adds a price as an exact decimal; PX_NULL and the prices of empty book sides are an empty text.
bool tele_px(struct tele_reply *r, const char *key, int64_t px);
// tele_signed adds a number that may be negative: as text, for 22.11's own are of 32 bits.
bool tele_signed(struct tele_reply *r, const char *key, int64_t value);
// tele_begin starts a dict inside a reply; tele_end adds it there, or frees it when there is no room but for
// TELE_RESERVE (false), so that "more" still fits. False from tele_begin: no memory.
bool tele_begin(struct tele_reply *sub);
bool tele_end(struct tele_reply *r, const char *key, struct tele_reply *sub);
// tele_uint reads a whole number from min to max. On false the reply is an error that says so.
bool tele_uint(struct tele_reply *r, const char *what, const char *text, uint64_t min, uint64_t max,
	       uint64_t *out);
// tele_instr finds the instrument of a symbol in the shared tables. On false the reply is an error.
bool tele_instr(const struct tele_ask *ask, struct tele_reply *r, const char *symbol, uint32_t *out);
// tele_symbol checks a symbol and packs it. On false the reply is an error.
bool tele_symbol(struct tele_reply *r, const char *symbol, uint64_t *out);

// tele_quotes collects the quotes of one instrument from the tables, by slot, up to max. Any process.
unsigned tele_quotes(const struct tables *t, uint32_t instr, struct tables_quote *out, unsigned max);

// tele_add_status adds halt reason and short sale state.
struct tables_fact;
void tele_add_status(struct tele_reply *r, const struct tables_fact *f);

// tele_watchdog fills what a telemetry lcore has found of orders and positions. Returns false where nobody
// looks.
bool tele_watchdog(const struct appliance *a, struct lcore_watchdog *out);
// tele_desk returns the desk of orders, or NULL where orders are not enabled. For reading.
struct desk;
const struct desk *tele_desk(const struct tele_ask *ask);

// tele_doc prints docs/telemetry.md.
void tele_doc(FILE *out);

#endif

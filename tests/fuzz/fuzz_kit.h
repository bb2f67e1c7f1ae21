/* SPDX-License-Identifier: BSD-3-Clause */
// fuzz_kit.h: what the feeds' fuzz targets share: the entry point, a check that stops the run, a small symbol
// table, and what must hold of every event.
#ifndef WB_TESTS_FUZZ_KIT_H
#define WB_TESTS_FUZZ_KIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/receiver/receiver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

enum { FUZZ_INSTRUMENTS = 16 };

// fuzz_symtab empties a table for FUZZ_INSTRUMENTS symbols in mem (4 KiB, 64-byte aligned).
static inline void fuzz_symtab(struct symtab *table, void *mem)
{
	CHECK(symtab_bytes(FUZZ_INSTRUMENTS) <= 4096);
	memset(mem, 0, 4096);
	symtab_init(table, FUZZ_INSTRUMENTS, mem);
}

static inline void fuzz_check_event(const struct event *e, const struct symtab *table)
{
	CHECK(e->kind > EV_NONE && e->kind < EV_KINDS);
	CHECK(e->instr == INSTR_NONE || e->instr < table->n);
	CHECK(e->price >= 0 && (e->kind != EV_QUOTE || e->price2 >= 0));
	CHECK(e->pad[0] == 0);
	if (e->kind == EV_STATUS)
		CHECK(e->side <= STATUS_QUOTE_ONLY);
	else if (e->kind == EV_ADD || e->kind == EV_LEVEL)
		CHECK(e->side == SIDE_BUY || e->side == SIDE_SELL);
	else if (e->kind == EV_IMBALANCE)
		CHECK(e->side <= SIDE_SELL && e->price2 >= 0);
	else if (e->kind != EV_SYSTEM)
		CHECK(e->side == SIDE_NONE);
	// Whatever acts on a book or a bar names its instrument; a break is matched by number.
	if (e->kind <= EV_INSTR_LAST || e->kind == EV_CORRECT || e->kind == EV_DIRECTORY ||
	    e->kind == EV_IMBALANCE || e->kind == EV_SHORT)
		CHECK(e->instr != INSTR_NONE);
	if (e->kind == EV_GAP)
		CHECK(e->ref > 0);
}

// fuzz_ends sums up the ends of messages.
static inline uint64_t fuzz_ends(const struct ledger *ledger)
{
	static const enum ledger_id ends[] = {
		LEDGER_messages_applied,      LEDGER_messages_admin,       LEDGER_messages_duplicate,
		LEDGER_messages_unknown_type, LEDGER_messages_short,       LEDGER_messages_bad_value,
		LEDGER_messages_empty,        LEDGER_messages_cut,         LEDGER_messages_no_symbol,
		LEDGER_messages_no_room,      LEDGER_messages_index_range, LEDGER_messages_symbol_long,
		LEDGER_messages_other_market, LEDGER_messages_out_of_band, LEDGER_messages_before_join,
		LEDGER_messages_stranger,
	};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		sum += ledger->v[ends[i]];
	return sum;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// agenda.h: what is to happen later, ordered by time and then by entry: a binary heap. Grows on the heap.
#ifndef WB_MARKETGEN_AGENDA_H
#define WB_MARKETGEN_AGENDA_H

#include "lcore/base/num.h"

#define AGENDA_BYTES_MAX 40

enum agenda_kind {
	AGENDA_MESSAGE, // on its way from a venue's matching engine to its feed
	AGENDA_BREAK,
	AGENDA_CORRECT, // shares: the corrected volume of a cross
	AGENDA_SYSTEM,  // code: ITCH event code
	AGENDA_CROSS,   // code: ITCH cross type
	AGENDA_HALT,    // code: P a volatility pause, H a halt
	AGENDA_RESUME,
	AGENDA_MINUTE,
	AGENDA_RESTART, // of the exchange's numbering; code: R in the session, S in the next
};

// struct agenda_entry: which fields mean something depends on the kind. Prices in 1e-4 dollars.
struct agenda_entry {
	uint64_t ns; // since New York midnight
	uint64_t order;
	uint64_t id; // match number or trade id
	uint64_t event_ns;
	uint64_t late_ns;
	uint32_t instr;
	uint32_t price_e4, shares, shares_before;
	uint8_t exchange; // whose it is
	uint8_t kind, flags, length;
	uint8_t numbering; // the exchange's when the message was made
	char aggressor, code;
	uint8_t bytes[AGENDA_BYTES_MAX];
};

struct agenda {
	struct agenda_entry *heap;
	size_t n_entries, room;
	uint64_t next_order;
	bool out_of_memory; // sticky
};

// agenda_push adds an entry; order is given by the agenda.
void agenda_push(struct agenda *a, const struct agenda_entry *entry);
// agenda_due takes the next entry at or before ns out. Returns false when there is none.
bool agenda_due(struct agenda *a, uint64_t ns, struct agenda_entry *out);
void agenda_fini(struct agenda *a);

#endif

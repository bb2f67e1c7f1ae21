/* SPDX-License-Identifier: BSD-3-Clause */
// watchdog.h: whether what we believe of orders and positions is what the venue says, over the union of both.
// Views come as records, in passes; a pass is compared when all of it has come. One that is not whole says
// nothing: it is never taken for "no orders". A difference that lasts beyond the grace is a mismatch; nothing
// is mended here. Times ns of one clock. Pure; one owner; caller owns the memory.
//
// Shares that an operator adopted without a fill make a difference that is accepted from then on, or explain
// one that there was: whichever of both the next pass shows.
#ifndef WB_TRADE_WATCHDOG_H
#define WB_TRADE_WATCHDOG_H

#include "lcore/trade/trade.h"

enum watchdog_what {
#define WATCH(NAME, text) WATCHDOG_##NAME,
#include "lcore/trade/watchdog.def"
#undef WATCH
	WATCHDOG_WHATS
};

enum watchdog_state {
	WATCHDOG_BLIND,    // no whole pass so far, or none lately
	WATCHDOG_ALIKE,    // the last pass found no difference
	WATCHDOG_DOUBT,    // it found some, within the grace
	WATCHDOG_MISMATCH, // beyond it
	WATCHDOG_STATES
};

extern const char *const watchdog_name[WATCHDOG_WHATS], *const watchdog_text_of[WATCHDOG_WHATS];
extern const char *const watchdog_state_name[WATCHDOG_STATES];

#define WATCHDOG_FINDINGS   64
#define WATCHDOG_TEXT_BYTES 160

struct watchdog_finding {
	uint64_t key, symbol;
	int64_t ours, theirs;
	uint64_t since_ns; // with the same difference in each pass
	uint8_t what;      // enum watchdog_what
};

struct watchdog_conf {
	uint32_t rows; // of one view
	uint32_t instruments;
	uint64_t grace_ns;
	uint64_t blind_ns; // a whole pass is good for so long
};

struct watchdog {
	struct watchdog_conf conf;
	struct trade_row *ours, *theirs;  // [rows]
	struct watchdog_adopted *adopted; // [instruments]
	struct watchdog_finding finding[WATCHDOG_FINDINGS];
	uint32_t n_findings;
	uint64_t findings_lost; // beyond the places for them: those that there are, are enough to halt
	uint64_t pass;          // in hand
	uint32_t n_ours, n_theirs, got[TRADE_KEEPERS];
	uint32_t whole; // a bit for each keeper, and one for ours
	bool broken, done;
	enum watchdog_state last; // of the last whole pass
	uint64_t whole_ns, alike_ns;
	uint64_t passes, alike, partial; // whole ones; of these without difference; not whole
};

// watchdog_bytes returns what watchdog_init wants (zeroed, 64-byte aligned). Boot only.
size_t watchdog_bytes(const struct watchdog_conf *conf);
void watchdog_init(struct watchdog *w, const struct watchdog_conf *conf, void *mem);
// watchdog_take takes a part of a view. Returns true when it made a pass whole, which has been compared. Its
// owner only, as all below.
bool watchdog_take(struct watchdog *w, const struct trade_view *v, uint64_t now_ns);
enum watchdog_state watchdog_judge(const struct watchdog *w, uint64_t now_ns);
// watchdog_text says the oldest difference with both values, or "".
void watchdog_text(const struct watchdog *w, const char *instance, uint64_t now_ns,
		   char out[WATCHDOG_TEXT_BYTES]);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// ledger.h: the one list of counters and the sums that must balance. Each lcore owns one ledger and alone
// writes it; others read it torn-free word by word. Totals are sums over lcores.
#ifndef WB_BASE_LEDGER_H
#define WB_BASE_LEDGER_H

#include "lcore/base/num.h"

enum ledger_id {
#define LEDGER(name, group, kind, help) LEDGER_##name,
#include "lcore/base/ledger.def"
#undef LEDGER
	LEDGER_COUNT
};

// w: owner lcore, r: all
struct ledger {
	uint64_t v[LEDGER_COUNT];
};

// The kind of a counter: ledger.def explains each.
enum ledger_kind {
	LEDGER_KIND_TOTAL,
	LEDGER_KIND_END,
	LEDGER_KIND_END_LOSS,
	LEDGER_KIND_LOSS,
	LEDGER_KIND_FACT
};

struct ledger_row {
	const char *name;
	const char *group;
	enum ledger_kind kind;
	const char *help;
};

extern const struct ledger_row ledger_rows[LEDGER_COUNT];

// ledger_add adds from into sum.
void ledger_add(struct ledger *sum, const struct ledger *from);

// struct ledger_identity states that two sums are equal: a total, and the ends of its group.
struct ledger_identity {
	const char *text; // as printed: "frames_rx = sum of its ends"
	uint64_t left;
	uint64_t right;
	bool holds;
};

// One for each total.
enum {
#define LEDGER(name, group, kind, help) +(LEDGER_KIND_##kind == LEDGER_KIND_TOTAL)
	LEDGER_IDENTITIES = 0
#include "lcore/base/ledger.def"
#undef LEDGER
};

// ledger_check evaluates the identities of one ledger (or of a sum) into out[LEDGER_IDENTITIES], in the order
// of the totals, and returns true if all hold. Thread: any.
bool ledger_check(const struct ledger *ledger, struct ledger_identity *out);

// ledger_ends returns whether the row is an end of its group's total.
static inline bool ledger_ends(const struct ledger_row *row)
{
	return row->kind == LEDGER_KIND_END || row->kind == LEDGER_KIND_END_LOSS;
}
// ledger_loses returns whether a count in this row means that data was lost or not understood.
static inline bool ledger_loses(const struct ledger_row *row)
{
	return row->kind == LEDGER_KIND_LOSS || row->kind == LEDGER_KIND_END_LOSS;
}
// ledger_damaged returns whether any row that loses has a count (exit code 3). Thread: any.
bool ledger_damaged(const struct ledger *ledger);
// ledger_understood returns whether any frame was of a feed: a replay that meets none was given the wrong
// captures, however well all frames are known. Thread: any.
bool ledger_understood(const struct ledger *ledger);

#define LEDGER_INC(l, name)    ((l)->v[LEDGER_##name]++)
#define LEDGER_ADD(l, name, n) ((l)->v[LEDGER_##name] += (n))

// ledger_holds returns what, which is always true unless the program has a fault: false is counted
// (invariants_broken), for a release goes on with the state that it has. For what costs a comparison, where
// not every message passes. Owner lcore.
static inline bool ledger_holds(struct ledger *ledger, bool what)
{
	if (unlikely(!what))
		LEDGER_INC(ledger, invariants_broken);
	return what;
}

#endif

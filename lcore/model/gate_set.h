/* SPDX-License-Identifier: BSD-3-Clause */
// gate_set.h: gates as they are compiled: flat tables of rules, the columns that rules look at, and the order
// in which gates are evaluated. docs/gates.md has the grammar and what it means. Constant once it is
// finished. PURE.
#ifndef WB_MODEL_GATE_SET_H
#define WB_MODEL_GATE_SET_H

#include "lcore/model/bar.h"

enum {
	GATE_MAX = 32, // bits of a word
	GATE_RULES = 16,
	GATE_TAPS = 64,
	GATE_RINGS = 16,
	GATE_ROWS_MIN = 2, // of slope and pct
	GATE_ROWS_MAX = 240,
	GATE_RING_ROWS = 1024, // of one instrument, all rings together
	GATE_REFS = 128,
	GATE_SYMBOLS = 1024, // on all lists together
	GATE_NAME_BYTES = 32,
	GATE_ERR_BYTES = 640, // holds what gate_compile finds wrong, the list of what is allowed included
};

enum gate_stream { GATE_ENTRY, GATE_EXIT, GATE_NONE };
enum gate_side { GATE_LONG, GATE_SHORT };
enum gate_group { GATE_WEIGHTED, GATE_ALL, GATE_ANY };
enum gate_op {
	GATE_GT,
	GATE_LT,
	GATE_GE,
	GATE_LE,
	GATE_CROSS_ABOVE,
	GATE_CROSS_BELOW,
	GATE_HAS,   // bits of flags: any of them
	GATE_LACKS, // none of them
	GATE_SWEEP,
	GATE_REF, // another gate
	GATE_OPS
};

struct gate_rule {
	uint8_t op;      // enum gate_op
	uint8_t left;    // tap; SWEEP: enum ev_side, SIDE_NONE: any
	uint8_t right;   // tap, or GATE_TAPS when the right side is a number
	uint8_t ref;     // REF: its index in the set
	uint16_t cross;  // of a crossing: its index in gate_set.cross
	uint16_t levels; // SWEEP: fewest
	uint64_t shares; // SWEEP: fewest
	double value;    // the number, the right tap's factor, or the bits
	double weight;
};

struct gate {
	char name[GATE_NAME_BYTES];
	uint8_t stream, side, group;
	uint8_t n_rules;
	double threshold, release; // share of the weight that is needed; below which it is let go
	double weight;             // of all rules
	struct gate_rule rule[GATE_RULES];
	// What keeps a verdict from becoming a fire; 0: nothing.
	uint64_t cooldown_ns, quote_age_ns;
	uint32_t max_fires;                    // a day and instrument
	uint64_t window_from_ns, window_to_ns; // since midnight of New York, [from, to); to 0: always
	bool listed;                           // only for symbols of gate_set.symbol
	uint64_t spec;                         // hash of all that it was compiled from, other gates included
};

// A tap is what some rule looks at: a column of a span, or a function over its last rows.
enum gate_fn { GATE_FN_NONE, GATE_FN_SLOPE, GATE_FN_PCT };
struct gate_tap {
	uint8_t span, col, fn;
	uint8_t ring; // of functions
	uint16_t rows;
};

// A ring keeps the last values of a column of a span.
struct gate_ring {
	uint8_t span, col;
	uint16_t rows;
	uint16_t at; // of its first place among the instrument's
};

// A crossing compares two sides with one another at each row of its span, which is the left side's.
struct gate_cross {
	uint8_t left, right;
	double value;
};

struct gate_set {
	unsigned n, n_taps, n_rings, n_crosses, n_refs, n_symbols;
	struct gate gate[GATE_MAX];
	struct gate_tap tap[GATE_TAPS];
	struct gate_ring ring[GATE_RINGS];
	struct gate_cross cross[GATE_MAX * GATE_RULES];
	struct gate_ref { // until it is finished: names of other gates
		uint8_t gate, rule;
		char name[GATE_NAME_BYTES];
	} ref[GATE_REFS];
	struct gate_symbol {
		uint64_t symbol;
		uint32_t gate;
	} symbol[GATE_SYMBOLS];
	// gate_finish: taps, rings and crossings by span, gates by dependency
	uint8_t tap_of[GATE_TAPS], tap_from[SPAN_COUNT + 1];
	uint8_t ring_of[GATE_RINGS], ring_from[SPAN_COUNT + 1];
	uint16_t cross_of[GATE_MAX * GATE_RULES], cross_from[SPAN_COUNT + 1];
	uint8_t order[GATE_MAX];
	uint8_t crossing;   // a bit per span with crossings
	uint32_t sweeps;    // a bit per gate that a sweep may make fire
	uint32_t ring_rows; // of one instrument
	bool quotes;        // when the quote moved last is kept
};

// What a gate is compiled from, as text where the configuration has text.
struct gate_spec {
	const char *name;
	enum gate_stream stream;
	enum gate_side side;
	enum gate_group group;
	double threshold, release;
	uint64_t cooldown_ns, quote_age_ns, max_fires;
	const char *window;  // "09:35-15:45", or ""
	const char *symbols; // "SPY,QQQ", or ""
	const char *const *rule;
	unsigned n_rules;
};

// Where gate_finish found something wrong, and what.
struct gate_fault {
	unsigned gate, rule;
	char text[GATE_ERR_BYTES];
};

// gate_compile adds one gate. Returns 0, or -EINVAL or -ENOSPC with what was found and what is allowed in err
// (GATE_ERR_BYTES); the set is then as it was, but for columns. Boot or control thread.
int gate_compile(struct gate_set *set, const struct gate_spec *spec, char *err, size_t err_len);
// gate_window and gate_symbols check these two texts alone. Return as gate_compile.
int gate_window(const char *text, uint64_t *from_ns, uint64_t *to_ns, char *err, size_t err_len);
int gate_symbols(struct gate_set *set, uint32_t gate, const char *list, char *err, size_t err_len);
// gate_finish resolves the gates that gates name, refuses circles, and lays out what is evaluated when. After
// the last gate_compile; a set is not to be used before. Returns 0, or -EINVAL with *fault filled.
int gate_finish(struct gate_set *set, struct gate_fault *fault);

// gate_rule.c: gate_rule compiles the text of one rule ("5s ema9 cross_above ema21 weight 2") of the gate
// with index gate. Returns as gate_compile.
int gate_rule(struct gate_set *set, unsigned gate, unsigned nth, const char *text, struct gate_rule *r,
	      char *err, size_t err_len);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// gate.h: multi-timeframe entry and exit gates. A gate is a weighted list of rules over columns of sealed
// rows of any span; it fires when the share of weight that holds reaches its threshold and did not at the
// evaluation before. A verdict is a function of the rows in order and of nothing else. PURE; one owner;
// caller owns the memory.
#ifndef WB_MODEL_GATE_H
#define WB_MODEL_GATE_H

#include "lcore/model/bar.h"

#define GATE_MAX       32
#define GATE_RULES     16
#define GATE_TAPS      64
#define GATE_ERR_BYTES 640 // holds what gate_compile finds wrong, the list of what is allowed included

enum gate_stream { GATE_ENTRY, GATE_EXIT };
enum gate_side { GATE_LONG, GATE_SHORT };
enum gate_op { GATE_GT, GATE_LT, GATE_GE, GATE_LE, GATE_CROSS_ABOVE, GATE_CROSS_BELOW, GATE_OPS };

struct gate_rule {
	uint8_t op;     // enum gate_op
	uint8_t left;   // tap
	uint8_t right;  // tap, or GATE_TAPS when the right side is a number
	uint16_t cross; // of a crossing: its index in gate_set.cross
	double value;
	double weight;
};

struct gate {
	char name[32];
	uint8_t stream, side;
	uint8_t n_rules;
	double threshold;
	double weight; // of all rules
	struct gate_rule rule[GATE_RULES];
};

// A tap is a column of a span that some rule looks at.
struct gate_tap {
	uint8_t span, col;
};

// A crossing compares two sides with one another at each row of its span.
struct gate_cross {
	uint8_t left, right;
	double value;
};

struct gate_set {
	unsigned n, n_taps, n_crosses;
	struct gate gate[GATE_MAX];
	struct gate_tap tap[GATE_TAPS];
	struct gate_cross cross[GATE_MAX * GATE_RULES];
};

// A decision that leaves the stage.
struct fire {
	uint64_t symbol;
	uint64_t close_ts; // the rows it was made from end here
	uint32_t instr;
	uint8_t stream, side; // enum gate_stream, enum gate_side
	uint8_t gate;         // index in the set
	uint8_t pad;
	uint32_t rules; // bit per rule that held
	uint32_t pad2;
	double score;                   // share of the weight that held
	int64_t close_filled, bid, ask; // as they travelled with the 1s row
};

// How the left side of a crossing compared with the right one at the span's last row, and at the last row
// before that in which neither side was empty: a row without a value compares nothing, and the comparison
// before it stays.
enum gate_order { GATE_BELOW = -1, GATE_EQUAL = 0, GATE_ABOVE = 1, GATE_EMPTY = 2 };
struct gate_compared {
	int8_t now, before;
};

// State per instrument.
struct gate_state {
	uint32_t above; // bit per gate: at or over its threshold at the last evaluation
	uint8_t in[2];  // per side: an entry fired and no exit yet
	uint8_t pad[2];
};

struct gates {
	const struct gate_set *set;
	uint32_t instruments;
	double *value;                  // [instruments][set->n_taps]: as of the span's last row
	struct gate_compared *compared; // [instruments][set->n_crosses]
	struct gate_state *state;       // [instruments]
	bool entries_held;              // by ops: gates of entries decide and do not fire
	uint64_t suppressed;            // entries held back so far
};

// gate_compile adds one gate from its rules' text ("5s ema9 cross_above ema21 weight 2"). Returns 0, or
// -EINVAL or -ENOSPC with what was found and what is allowed in err (GATE_ERR_BYTES). Boot only.
int gate_compile(struct gate_set *set, const char *name, enum gate_stream stream, enum gate_side side,
		 double threshold, const char *const *rule, unsigned n_rules, char *err, size_t err_len);

// gate_set_bytes returns the size of the state; gate_set_init lays it into mem, zeroed and that long. Boot
// only. gate_set_bytes returns the size of the state; gate_set_init lays it into mem, zeroed and that long.
// Boot only.
size_t gate_set_bytes(const struct gate_set *set, uint32_t instruments);
void gate_set_init(struct gates *g, const struct gate_set *set, uint32_t instruments, void *mem);
// gate_set_row takes one sealed row. After the instrument's last row of a close_ts it evaluates its gates
// into out[GATE_MAX] and returns the number of fires. It ignores rows of unfinished bars and of test issues.
// Signal lcore.
unsigned gate_set_row(struct gates *g, const struct bar *bar, struct fire *out);
// gate_fire_order compares two fires for the canonical order: close_ts, symbol, stream, gate. For qsort.
int gate_fire_order(const void *a, const void *b);

#endif

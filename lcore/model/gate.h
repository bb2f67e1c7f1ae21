/* SPDX-License-Identifier: BSD-3-Clause */
// gate.h: multi-timeframe entry and exit gates. A gate is a weighted list of rules over sealed rows of any
// span, sweeps and other gates; it fires when the share of weight that holds reaches its threshold and did
// not at the evaluation before. A verdict is a function of the instrument's rows and sweeps in order and of
// nothing else. docs/gates.md has the meaning of each rule. PURE; one owner; caller owns the memory.
#ifndef WB_MODEL_GATE_H
#define WB_MODEL_GATE_H

#include "lcore/model/gate_set.h"
#include "lcore/model/record.h"

// A decision that leaves the stage. It names its gate: a reload may give the index to another one.
struct fire {
	uint64_t symbol;
	uint64_t decided_ns; // exchange time: close of the row, or last print of the sweep, that made it fire
	uint64_t close_ts;   // the newest rows it was made from end here; 0: it was made from none
	uint32_t instr;
	uint8_t stream, side; // enum gate_stream, enum gate_side
	uint8_t gate;         // index in the set
	uint8_t n_rules;
	uint32_t rules; // bit per rule that held
	uint32_t nth;   // of the instrument's fires
	double score;   // share of the weight that held
	// As they travelled with the row; of a sweep its last price, and the quote of the last row.
	int64_t close_filled, bid, ask;
	bool by_sweep;
	char name[GATE_NAME_BYTES];
};

// How the left side of a crossing compared with the right one at the span's last row, and at the last row
// before that in which neither side was empty: a row without a value compares nothing, and the comparison
// before it stays.
enum gate_order { GATE_BELOW = -1, GATE_EQUAL = 0, GATE_ABOVE = 1, GATE_EMPTY = 2 };
struct gate_compared {
	int8_t now, before;
};

// State of an instrument that each close looks at. Behind it in the same block: a value for each tap, a
// gate_fill for each ring, a gate_compared for each crossing.
struct gate_state {
	uint32_t close_s; // of the last evaluation
	uint32_t above;   // bit per gate: at or over its threshold at the last evaluation that decided
	uint32_t decided; // bit per gate: some evaluation has
	uint32_t listed;  // bit per gate that looks at this instrument
	uint32_t
		idle; // bit per gate whose last rise met GATE_IN: the most usual outcome has no slot to write
	uint8_t in[2]; // per side: an entry fired and no exit yet
	uint8_t due;   // bit per span whose row came after the last evaluation
	bool known;    // a row or sweep of it came; else the block is not laid out
};

// What of an instrument's is looked at seldom.
struct gate_tag {
	uint64_t symbol;
	uint32_t fires;
};

struct gate_fill {
	uint16_t next, n;
};

// What became of a gate's last rise over its threshold.
enum gate_outcome {
	GATE_NEVER, // it has not risen yet
	GATE_FIRED,
	GATE_CONDITION, // stream none
	GATE_IN,        // in already; of an exit: nothing to leave
	GATE_WINDOW,
	GATE_QUOTE, // too old, or one-sided
	GATE_COOLDOWN,
	GATE_USED, // all fires of the day
	GATE_HELD, // entries are held, by ops
	GATE_OUTCOMES
};

// Of each instrument and gate; written when it rises only, and not if it meets GATE_IN.
struct gate_slot {
	uint64_t rose_ns, fired_ns;
	int32_t day; // New York, of fired_ns
	uint32_t n;  // fires on that day
	uint8_t outcome;
};

// The quote as of the last 1s row, and the close of the row that showed it to move last.
struct gate_quote {
	int64_t bid, ask;
	uint64_t bid_size, ask_size, moved_ns;
};

struct gates {
	const struct gate_set *set;
	uint32_t instruments;
	uint32_t block_bytes, fills_at, compared_at; // of an instrument's block
	char *block;                                 // [instruments], each begins with its struct gate_state
	struct gate_tag *tag;                        // [instruments]
	struct gate_slot *slot;                      // [instruments][set->n]
	struct gate_quote *quote;                    // [instruments]; NULL: no gate needs it
	double *ring;                                // [instruments][set->ring_rows]
	bool entries_held;                           // by ops: gates of entries decide and do not fire
	uint64_t suppressed;                         // entries held back so far
};

// gate_set_bytes returns the size of the state; gate_set_init lays it into mem, zeroed and that long. Boot
// only.
size_t gate_set_bytes(const struct gate_set *set, uint32_t instruments);
void gate_set_init(struct gates *g, const struct gate_set *set, uint32_t instruments, void *mem);
// gate_begin lays out an instrument's block, as of no rows. The owner, for what is not known yet.
void gate_begin(struct gates *g, uint32_t instr, uint64_t symbol);
// gate_set_row applies one sealed row. After the instrument's last row of a close_ts it evaluates its gates
// into out[GATE_MAX] and returns the number of fires. It ignores rows of unfinished bars and of test issues.
// Signal lcore.
unsigned gate_set_row(struct gates *g, const struct bar *bar, struct fire *out);
// gate_set_sweep evaluates the gates that look at sweeps, as of the rows so far; else as gate_set_row.
unsigned gate_set_sweep(struct gates *g, const struct sweep *sweep, struct fire *out);
static inline uint64_t gate_close_ns(const struct gate_state *s) { return s->close_s * NS_PER_S; }
// gate_carry takes over the state of other gates of the same instruments: of gates that are as they were,
// and the columns that both look at; sides that are in stay so. to: just initialised. gate_carry_from returns
// which gate of the other set is as this one, or -1.
void gate_carry(struct gates *to, const struct gates *from);
int gate_carry_from(const struct gate_set *to, unsigned gate, const struct gate_set *from);
// gate_fire_order compares two fires for the canonical order: time, those of rows before those of sweeps,
// symbol, stream, gate. For qsort. gate_fire_mark returns the mark that shows that none comes before it.
int gate_fire_order(const void *a, const void *b);
uint64_t gate_fire_mark(const struct fire *f);

// gate_state_of returns an instrument's state. Owner; others may read single members.
static inline struct gate_state *gate_state_of(const struct gates *g, uint32_t instr)
{
	return (struct gate_state *)(void *)(g->block + (size_t)instr * g->block_bytes);
}
static inline double *gate_values(struct gate_state *s) { return (double *)(s + 1); }
static inline struct gate_fill *gate_fills(const struct gates *g, struct gate_state *s)
{
	return (struct gate_fill *)(void *)((char *)s + g->fills_at);
}
static inline struct gate_compared *gate_compared_of(const struct gates *g, struct gate_state *s)
{
	return (struct gate_compared *)(void *)((char *)s + g->compared_at);
}
static inline struct gate_slot *gate_slot_of(const struct gates *g, uint32_t instr, unsigned gate)
{
	return &g->slot[(size_t)instr * g->set->n + gate];
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// gate_why.h: what a gate sees of an instrument, and why it does not fire: by value, without pointers, as it
// was at the instrument's last evaluation. The signal lcore fills it between two polls.
#ifndef WB_MODEL_GATE_WHY_H
#define WB_MODEL_GATE_WHY_H

#include "lcore/model/gate.h"

enum { GATE_WHYS = 4 }; // gates of one page

struct gate_why_rule {
	double left, right; // values, the right side's factor included; NaN: empty, or none
	uint8_t verdict;    // enum gate_verdict
	int8_t now, before; // of a crossing: enum gate_order
};

struct gate_why {
	uint8_t gate, n_rules;
	uint8_t verdict; // enum gate_verdict; a sweep is none: its rules do not hold
	bool known;      // a row or sweep came
	bool listed;     // it looks at the instrument
	bool above;      // what was decided last
	bool quality;    // it would hold, if rules over flags did
	uint8_t outcome; // enum gate_outcome, of the last rise
	uint8_t blocked; // enum gate_outcome, if it rose now
	uint32_t fires;  // on the day of the last one, where they are counted
	double share, needs;
	uint64_t rose_ns, fired_ns, until_ns; // rose: not of GATE_IN; until: end of the cool-down; 0: none
	struct gate_why_rule rule[GATE_RULES];
};

struct gate_why_page {
	uint32_t n, gates; // on this page; of the set
	uint64_t close_ts; // of the last evaluation; 0: there was none
	struct gate_why why[GATE_WHYS];
};

// gate_why_fill describes the gates from index from on, up to a page. Owner.
void gate_why_fill(const struct gates *g, uint32_t instr, unsigned from, struct gate_why_page *out);
// gate_why_text says in words why it does not fire; out holds GATE_WHY_BYTES. Returns out. Any thread.
enum { GATE_WHY_BYTES = 120 };
const char *gate_why_text(const struct gate_why *w, char *out);
// gate_why_outcome returns an outcome in words.
const char *gate_why_outcome(unsigned outcome);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// gate_kit.h: gates over rows that a test makes, for four instruments.
#ifndef WB_TESTS_GATE_KIT_H
#define WB_TESTS_GATE_KIT_H

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/model_kit.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/base/calendar.h"
#include "lcore/base/event.h"
#include "lcore/base/symtab.h"
#include "lcore/model/gate.h"
}
#pragma GCC diagnostic pop

struct Gates {
	gate_set set = {};
	gates g = {};
	Memory mem;
	char err[GATE_ERR_BYTES] = "";
	gate_fault fault = {};
	fire out[GATE_MAX];
	uint64_t ts = 1000;

	static gate_spec spec(const char *name, gate_stream stream = GATE_ENTRY, double threshold = 1)
	{
		gate_spec s = {};

		s.name = name, s.stream = stream, s.threshold = threshold, s.release = 1,
		s.window = s.symbols = "";
		return s;
	}
	int add(gate_spec s, std::vector<const char *> rules)
	{
		s.rule = rules.data(), s.n_rules = (unsigned)rules.size();
		return gate_compile(&set, &s, err, sizeof err);
	}
	int add(const char *name, gate_stream stream, double threshold,
		std::initializer_list<const char *> rules)
	{
		return add(spec(name, stream, threshold), rules);
	}
	void init()
	{
		ASSERT_EQ(gate_finish(&set, &fault), 0) << fault.text;
		mem = memory(gate_set_bytes(&set, 4));
		gate_set_init(&g, &set, 4, mem.get());
	}
	static bar empty(bar_span span)
	{
		bar b = {};

		b.span = (uint64_t)span, b.rsi14 = 50, b.last_due = true, b.symbol = symtab_key("X", 1);
		b.close_filled = 7, b.bid = 6, b.ask = 8;
		return b;
	}
	unsigned row(bar b)
	{
		b.close_ts = b.close_ts ? b.close_ts : ts;
		return gate_set_row(&g, &b, out);
	}
	unsigned row(bar_span span, double ema9, double ema21, bool last = true, uint64_t flags = 0,
		     uint32_t instr = 0)
	{
		bar b = empty(span);

		b.ema9 = ema9, b.ema21 = ema21, b.instr = instr, b.flags = flags, b.last_due = last;
		return row(b);
	}
	unsigned sweep(ev_side side, unsigned levels, uint64_t shares, uint64_t ns,
		       unsigned levels_before = 0, uint64_t shares_before = 0)
	{
		struct sweep s = {};

		s.symbol = symtab_key("X", 1), s.side = (uint8_t)side, s.levels = (uint16_t)levels,
		s.shares = shares, s.to_ns = ns;
		s.levels_before = (uint16_t)levels_before, s.shares_before = shares_before, s.last_price = 9;
		return gate_set_sweep(&g, &s, out);
	}
	bool above(unsigned gate) { return gate_state_of(&g, 0)->above >> gate & 1; }
	gate_outcome outcome(unsigned gate)
	{
		return gate_state_of(&g, 0)->idle >> gate & 1
			       ? GATE_IN
			       : (gate_outcome)gate_slot_of(&g, 0, gate)->outcome;
	}
	void leave() { gate_state_of(&g, 0)->in[GATE_LONG] = 0; } // a next rise fires too
};

#endif

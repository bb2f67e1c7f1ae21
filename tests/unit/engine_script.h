/* SPDX-License-Identifier: BSD-3-Clause */
// engine_script.h: random scripts of two venues: losses, resets, silences, breaks, late prints, halts.
#ifndef WB_TESTS_ENGINE_SCRIPT_H
#define WB_TESTS_ENGINE_SCRIPT_H

#include <random>

#include "tests/unit/engine_kit.h"

namespace kit
{

struct Maker {
	Script s;
	std::mt19937 rng;
	double t = 0.5, clock[2] = {};
	uint64_t ref = 1, key = 1;
	uint64_t pick(uint64_t n) { return rng() % n; }

	void one(uint8_t c)
	{
		uint32_t instr = (uint32_t)pick(6);
		double price = 10 + (double)pick(40) * 0.01,
		       when = c == 1 && pick(4) == 0 ? t - (double)pick(3000) / 1000 : t;
		uint8_t side = pick(2) ? SIDE_BUY : SIDE_SELL;

		when = std::max(when, 0.001);
		switch (pick(16)) {
		case 0:
		case 1:
		case 2:
		case 3:
			if (c == 0)
				s.order(EV_ADD, c, instr, t, ref++, side, price,
					100 * (1 + (uint32_t)pick(5)))
					.flags = EVF_CLOCK;
			else
				s.level(c, instr, t, side, price, (uint32_t)pick(3) * 100,
					pick(4) ? 0 : EVF_PARTIAL);
			break;
		case 4:
		case 5: s.order(EV_EXEC, 0, instr, t, 1 + pick(ref), 0, 0, 50).ref2 = key++; break;
		case 6: s.order(pick(2) ? EV_DELETE : EV_CANCEL, 0, instr, t, 1 + pick(ref), 0, 0, 30); break;
		case 7:
		case 8:
		case 9:
		case 10:
			s.trade(c, instr, when, price, 1 + (uint32_t)pick(300), pick(5) ? 0 : EVF_ODD_LOT,
				key++);
			break;
		case 11: s.brk(c, t, 1 + pick(key)); break;
		case 12:
			if (uint64_t what = pick(16); what < 14)
				s.status(c, instr, t, (uint8_t)(what & 3));
			else
				s.put(EV_DIRECTORY, c, instr, t).flags = what & 1 ? EVF_TEST : 0;
			break;
		default: clock[c] = t, s.clock(c, t);
		}
	}
	// Channel-wide facts, rarely.
	void rare(uint8_t c)
	{
		switch (pick(8)) {
		case 0: s.gap(c, t); break;
		case 1: s.reset(c, t); break;
		case 2:
		case 3:
		case 4: s.beat(c, t, pick(2)); break;
		case 5: // an end of session, and perhaps the next one
			s.end(c, t);
			t += (double)pick(3000) / 1000;
			s.clock(!c, t);
			if (pick(3)) {
				s.reset(c, t);
				s.clock(c, t);
			}
			break;
		default: // silence of both
			t += (double)pick(5000) / 1000;
			s.clock(c, t);
			s.clock(!c, t);
		}
	}
};

inline Script random_script(unsigned seed)
{
	Maker m;
	m.rng.seed(seed);
	m.s = Script::of({ NASDAQ, IEX });
	bool quiet = false;

	for (int i = 0; i < 6000; i++) {
		uint8_t c = (uint8_t)m.pick(2);

		if (m.pick(800) == 0)
			if (!(quiet = !quiet)) // IEX falls silent, comes back: a packet's clock is always
					       // ahead of its messages
				m.s.clock(1, m.t);
		if (quiet)
			c = 0;
		m.t += (double)m.pick(20) / 1000;
		if (m.pick(300) == 0)
			m.rare(c);
		else
			m.one(c);
	}
	m.s.end(0, m.t);
	return m.s;
}

} // namespace kit

#endif

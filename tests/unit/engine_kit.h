/* SPDX-License-Identifier: BSD-3-Clause */
// engine_kit.h: for the tests of lcore/model/engine.h: a script of hand-made events, and an engine that runs
// it, in any cuts and with any budget, and keeps what it gave. Times are seconds after 10:00 New York of
// 2026-03-10.
#ifndef WB_TESTS_ENGINE_KIT_H
#define WB_TESTS_ENGINE_KIT_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// In C a struct and a function may bear one name.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/model/engine.h"
#include "lcore/model/engine_check.h"
#include "lcore/model/export_csv.h"
}
#pragma GCC diagnostic pop

namespace kit
{

enum : uint8_t { NASDAQ = VENUE_NASDAQ, IEX = VENUE_IEX };

inline uint64_t base_ns()
{
	static uint64_t base;

	if (!base) {
		calendar_day day;

		EXPECT_EQ(calendar_load(), 0);
		calendar_day_by_date(20522, &day); // 2026-03-10
		base = day.rth_ns + 1800 * NS_PER_S;
	}
	return base;
}

inline uint64_t at(double s) { return base_ns() + (uint64_t)(int64_t)std::llround(s * 1e9); }
inline int64_t px(double dollars) { return std::llround(dollars * 1e6); }

// Events in order, each with its frame's receive time (by default the event's own).
struct Script {
	std::vector<event> ev;
	std::vector<uint64_t> rx;
	uint64_t pos[ENGINE_CHANNELS] = {}, rx_shift_ns = 0;

	event &put(uint8_t kind, uint8_t channel, uint32_t instr, double t)
	{
		event e = {};

		e.kind = kind, e.channel = channel, e.instr = instr, e.ts_ns = at(t), e.pos = ++pos[channel];
		ev.push_back(e);
		rx.push_back(at(t) + rx_shift_ns);
		return ev.back();
	}
	void join(uint8_t channel, uint8_t venue, double t = 0, bool midstream = false)
	{
		event &e = put(EV_JOIN, channel, INSTR_NONE, t);

		e.ref = midstream ? 1000 : 1, e.ref2 = venue, e.flags = midstream ? EVF_MIDSTREAM : 0;
	}
	void clock(uint8_t channel, double t) { put(EV_CLOCK, channel, INSTR_NONE, t); }
	// A heartbeat, of a transport that carries the time or (as MoldUDP64) of one that does not.
	void beat(uint8_t channel, double t, bool timed = true)
	{
		event &e = put(EV_CLOCK, channel, INSTR_NONE, t);

		e.flags = EVF_HEARTBEAT;
		if (!timed)
			e.ts_ns = 0;
	}
	void gap(uint8_t channel, double t) { put(EV_GAP, channel, INSTR_NONE, t).ref = 5; }
	void reset(uint8_t channel, double t) { put(EV_RESET, channel, INSTR_NONE, t); }
	void end(uint8_t channel, double t) { put(EV_END, channel, INSTR_NONE, t); }
	void brk(uint8_t channel, double t, uint64_t key)
	{
		put(EV_BREAK, channel, INSTR_NONE, t).ref2 = key;
	}
	event &trade(uint8_t channel, uint32_t instr, double t, double price, uint32_t qty,
		     unsigned flags = 0, uint64_t key = 0)
	{
		event &e = put(EV_TRADE, channel, instr, t);

		e.price = px(price), e.qty = qty, e.ref2 = key ? key : 1000000 + ev.size(),
		e.flags = (uint16_t)flags;
		return e;
	}
	event &level(uint8_t channel, uint32_t instr, double t, uint8_t side, double price, uint32_t qty,
		     unsigned flags = 0)
	{
		event &e = put(EV_LEVEL, channel, instr, t);

		e.side = side, e.price = px(price), e.qty = qty, e.flags = (uint16_t)flags;
		return e;
	}
	event &quote(uint8_t channel, uint32_t instr, double t, double bid, uint32_t bid_size, double ask,
		     uint32_t ask_size)
	{
		event &e = put(EV_QUOTE, channel, instr, t);

		e.price = px(bid), e.qty = bid_size, e.price2 = px(ask), e.qty2 = ask_size;
		return e;
	}
	event &order(uint8_t kind, uint8_t channel, uint32_t instr, double t, uint64_t ref, uint8_t side = 0,
		     double price = 0, uint32_t qty = 0)
	{
		event &e = put(kind, channel, instr, t);

		e.ref = ref, e.side = side, e.price = px(price), e.qty = qty;
		return e;
	}
	void status(uint8_t channel, uint32_t instr, double t, uint8_t what, bool operational = false)
	{
		event &e = put(EV_STATUS, channel, instr, t);

		e.side = what, e.ref = operational;
	}
	// A channel that has started at its first message, with its clock before the first tests' second.
	static Script of(std::initializer_list<uint8_t> venues)
	{
		Script s;
		uint8_t channel = 0;

		for (uint8_t v : venues) {
			s.join(channel, v);
			s.clock(channel++, 0);
		}
		return s;
	}
};

struct Engine {
	engine e;
	ledger counts = {};
	symtab symbols;
	tables *shared;
	std::vector<void *> mem;
	std::vector<bar> bars;
	std::vector<sweep> sweeps;
	std::vector<revision> revisions;
	std::vector<uint64_t> marks;
	bool keeps_idle = false;   // the bit of idle rows, which most tests are not about
	size_t n_idle = 0;         // of bars
	uint64_t row_floor_ns = 0; // no row may come with a close_ts at or before the last mark

	static engine_conf conf()
	{
		engine_conf c = {};

		c.instruments = 64, c.orders = 4096, c.levels = 65536, c.prints = 4096, c.watch_max = 4;
		for (enum venue v : { VENUE_NASDAQ, VENUE_IEX, VENUE_ARCA }) // by venue, in this order
			c.pace[c.n_paces++] = { nullptr, v, v == VENUE_IEX ? 5 * NS_PER_MS : 0, NS_PER_S };
		c.silence_ns = 3 * NS_PER_S, c.grace_ns = NS_PER_S, c.sweep_gap_ns = 5 * NS_PER_MS,
		c.sweep_levels = 3;
		c.fill = true; // what an interval without news has is seen, too
		return c;
	}
	void *take(size_t bytes)
	{
		size_t n = (bytes + 63) / 64 * 64;
		void *p = aligned_alloc(64, n);

		memset(p, 0, n);
		mem.push_back(p);
		return p;
	}
	std::vector<relay> records;  // of an engine that relays
	std::vector<bar> venue_bars; // of an engine told to give them

	explicit Engine(engine_conf c = conf(), bool backwards = false, const engine_legs *legs = nullptr)
	{
		base_ns();
		symtab_init(&symbols, c.instruments, take(symtab_bytes(c.instruments)));
		for (unsigned n = 0; n < c.instruments; n++) {
			unsigned i = backwards ? c.instruments - 1 - n : n;

			symtab_intern(&symbols, symtab_key(("S" + std::to_string(i)).c_str(), 2 + (i > 9)));
		}
		shared = tables_init(take(tables_bytes(c.instruments, c.instruments * 4, 4, 16)),
				     c.instruments, c.instruments * 4, 4, 16);
		engine_sink sink = {
			this,
			[](void *k, const bar *b) {
				Engine *to = (Engine *)k;
				bool idle = b->flags & BAR_IDLE;

				EXPECT_STREQ(nullptr, engine_check_row(b));
				for (uint32_t i = 0; i < to->e.n_quotes; i++)
					EXPECT_TRUE(to->e.strand[to->e.quote[i].strand].instr != b->instr ||
						    to->e.quote[i].ts_ns >= b->close_ts)
						<< "readers see a row before a touch that it is of";
				tables_put(to->shared, b);
				if (idle && !to->e.conf.fill) // for readers of the tables only
					return;
				EXPECT_GT(b->close_ts, to->row_floor_ns) << "a row behind its mark";
				to->bars.push_back(*b);
				if (!to->keeps_idle)
					to->bars.back().flags &= ~(uint64_t)BAR_IDLE;
				to->n_idle += idle;
			},
			[](void *k, const sweep *s) { ((Engine *)k)->sweeps.push_back(*s); },
			[](void *k, const revision *r) { ((Engine *)k)->revisions.push_back(*r); },
			[](void *k, uint64_t ns) {
				((Engine *)k)->marks.push_back(ns);
				((Engine *)k)->row_floor_ns = ns;
			},
			c.relays ? [](void *k, const relay *r) { ((Engine *)k)->records.push_back(*r); }
				 : (void (*)(void *, const relay *)) nullptr,
			nullptr,
		};

		sink.legs = legs;
		engine_init(&e, &c, &symbols, &counts, c.relays ? nullptr : shared, &sink,
			    take(engine_bytes(&c)));
	}
	~Engine()
	{
		for (void *p : mem)
			free(p);
	}
	Engine(const Engine &) = delete;
	Engine &operator=(const Engine &) = delete;

	// Runs events from..to in calls of at most cut events, with sweeps of budget between them; budget 0:
	// none.
	void run(const Script &s, size_t from = 0, size_t to = SIZE_MAX, size_t cut = 1,
		 unsigned budget = 1000)
	{
		to = std::min(to, s.ev.size());
		for (size_t i = from; i < to; i += cut) {
			size_t n = std::min(cut, to - i);
			std::vector<event> call(s.ev.begin() + (long)i, s.ev.begin() + (long)(i + n));

			for (size_t k = 0; k < n; k++)
				call[k].frame = (uint16_t)k;
			engine_apply(&e, call.data(), (unsigned)n, &s.rx[i]);
			ASSERT_STREQ(nullptr, engine_check(&e)) << "after event " << i + n - 1;
			if (budget)
				engine_seal(&e, budget);
			ASSERT_STREQ(nullptr, engine_check(&e)) << "sealed after event " << i + n - 1;
		}
	}
	void drain()
	{
		engine_drain(&e);
		EXPECT_STREQ(nullptr, engine_check(&e)) << "after the end";
		EXPECT_EQ(count(LEDGER_invariants_broken), 0u);
	}
	Engine &all(const Script &s)
	{
		run(s);
		drain();
		return *this;
	}
	// The row of the span that begins at second t; fails the test when there is none, or two.
	const bar &row(bar_span span, double t, uint32_t instr = 0) const
	{
		static const bar none = {};
		const bar *found = find(span, t, instr);

		EXPECT_TRUE(found) << bar_span_name[span] << " at " << t;
		return found ? *found : none;
	}
	const bar *find(bar_span span, double t, uint32_t instr = 0) const
	{
		const bar *found = nullptr;

		for (const bar &b : bars)
			if (b.span == span && b.open_ts == at(t) && b.instr == instr) {
				EXPECT_FALSE(found) << "sealed twice: " << bar_span_name[span] << " at " << t;
				found = &b;
			}
		return found;
	}
	uint64_t count(ledger_id id) const { return counts.v[id]; }
	// Everything in canonical order, as text.
	std::string text()
	{
		std::string out;
		char line[BAR_LINE_BYTES];

		std::vector<bar> rows = bars;
		std::vector<revision> revs = revisions;
		if (!rows.empty()) // qsort takes no null pointer
			qsort(rows.data(), rows.size(), sizeof rows[0], bar_order);
		if (!revs.empty())
			qsort(revs.data(), revs.size(), sizeof revs[0], export_csv_revision_order);
		for (const bar &b : rows)
			out.append(line, bar_csv_row(&b, line));
		for (const revision &r : revs)
			out.append(line, export_csv_revision(&r, line));
		for (const sweep &w : sweeps)
			out += std::to_string(w.from_ns) + " " + std::to_string(w.shares) + "\n";
		return out;
	}
};

} // namespace kit

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// The watchdog: every way in which two views differ, views that are not whole, and what an operator adopts.
// A row of watchdog.def without a case does not compile.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/base/symtab.h"
#include "lcore/trade/watchdog.h"
}

namespace {

const uint64_t S = NS_PER_S;
uint64_t sym(const char *s) { return symtab_key(s, strlen(s)); }

struct Row : trade_row {
	Row() : trade_row{} {}
};

Row order(uint64_t id, uint64_t open, int64_t filled = 0, uint8_t state = STATE_LIVE)
{
	Row r;

	r.kind = TRADE_ROW_ORDER, r.key = id, r.symbol = sym("SPY"), r.n = open, r.qty = filled, r.state = state;
	return r;
}

Row held(const char *symbol, int64_t qty, uint64_t n, uint32_t instr = 0, int64_t adopted = 0)
{
	Row r;

	r.kind = TRADE_ROW_POSITION, r.key = r.symbol = sym(symbol), r.qty = qty, r.n = n, r.instr = instr;
	r.adopted = adopted;
	return r;
}

using Rows = std::vector<Row>;

struct Dog {
	watchdog_conf conf{ 256, 8, 2 * S, 5 * S };
	Memory mem;
	watchdog w{};
	uint64_t now = 100 * S, pass = 0;

	Dog() : mem(memory(watchdog_bytes(&conf))) { watchdog_init(&w, &conf, mem.get()); }
	Dog(const Dog &) = delete;
	std::vector<trade_view> parts(const Rows &rows, bool theirs, uint8_t keeper = 0, uint8_t keepers = 1)
	{
		std::vector<trade_view> out;

		for (size_t at = 0; at < rows.size() || out.empty(); at += TRADE_ROWS) {
			trade_view v{};

			v.pass = pass, v.n_rows = (uint32_t)rows.size(), v.at = (uint32_t)at;
			v.theirs = theirs, v.keeper = keeper, v.keepers = keepers;
			for (; v.n < TRADE_ROWS && at + v.n < rows.size(); v.n++)
				v.row[v.n] = rows[at + v.n];
			out.push_back(v);
		}
		return out;
	}
	bool take(const std::vector<trade_view> &views)
	{
		bool whole = false;

		for (const trade_view &v : views)
			whole = watchdog_take(&w, &v, now);
		return whole;
	}
	// A pass a second later.
	watchdog_state look(const Rows &ours, const Rows &theirs)
	{
		now += S;
		pass++;
		take(parts(theirs, true));
		EXPECT_TRUE(take(parts(ours, false)));
		return watchdog_judge(&w, now);
	}
	std::string text()
	{
		char out[WATCHDOG_TEXT_BYTES];

		watchdog_text(&w, "W1", now, out);
		return out;
	}
};

// case_NAME makes both views differ in that way alone.
struct Views {
	Rows ours, theirs;
};
Views case_ORDER_UNKNOWN() { return { {}, { order(7, 100) } }; }
Views case_ORDER_ENDED() { return { { order(7, 0, 0, STATE_CANCELLED) }, { order(7, 100) } }; }
Views case_ORDER_MISSING() { return { { order(7, 100) }, {} }; }
Views case_ORDER_FILLED() { return { { order(7, 70, 30) }, { order(7, 60, 40) } }; }
Views case_ORDER_LEAVES() { return { { order(7, 70, 30) }, { order(7, 60, 30) } }; }
Views case_POSITION() { return { { held("SPY", 100, 1) }, {} }; }
Views case_EXECUTIONS() { return { { held("SPY", 100, 1) }, { held("SPY", 100, 3) } }; }

Views make(int what)
{
	switch (what) {
#define WATCH(NAME, text) \
	case WATCHDOG_##NAME: return case_##NAME();
#include "lcore/trade/watchdog.def"
#undef WATCH
	default: return {};
	}
}

} // namespace

TEST(watchdog, each_difference_halts_beyond_its_grace_and_is_named)
{
	for (int what = 0; what < WATCHDOG_WHATS; what++) {
		Dog d;
		Views v = make(what);

		ASSERT_EQ(d.look(v.ours, v.theirs), WATCHDOG_DOUBT) << watchdog_name[what];
		ASSERT_EQ(d.w.n_findings, 1u);
		ASSERT_EQ(d.w.finding[0].what, what) << watchdog_name[d.w.finding[0].what];
		ASSERT_EQ(d.look(v.ours, v.theirs), WATCHDOG_DOUBT); // 1 s
		ASSERT_EQ(d.look(v.ours, v.theirs), WATCHDOG_MISMATCH) << watchdog_name[what];
		ASSERT_NE(d.text().find(watchdog_text_of[what]), std::string::npos) << d.text();
		ASSERT_NE(d.text().find("for 2.0 s"), std::string::npos) << d.text();
		ASSERT_EQ(d.look(v.theirs, v.theirs), WATCHDOG_ALIKE);
		ASSERT_EQ(d.text(), "");
		ASSERT_EQ(d.w.alike, 1u);
	}
}

TEST(watchdog, both_values_are_said)
{
	Dog d;

	d.look({ held("QQQ", -30, 2) }, { held("QQQ", 100, 2) });
	EXPECT_EQ(d.text(), "QQQ the position is not the same: ours -30, the venue's 100, for 0.0 s");
	d.look({ order(5, 10, 20) }, { order(5, 5, 25) });
	EXPECT_EQ(d.text(), "SPY W1000000000005 executed shares of an order are not the same: ours 20, the venue's 25, "
			    "for 0.0 s");
}

TEST(watchdog, alike_is_alike_however_rows_come)
{
	Dog d;
	Rows ours, theirs;

	for (uint64_t id = 1; id <= 100; id++) {
		ours.push_back(order(id, 10 + id, 3, STATE_PART));
		theirs.insert(theirs.begin(), order(id, 10 + id, 3, STATE_PART));
	}
	ours.push_back(held("SPY", 100, 5, 1));
	theirs.insert(theirs.begin() + 50, held("SPY", 140, 3)); // of two books
	theirs.push_back(held("SPY", -40, 2));
	EXPECT_EQ(d.look(ours, theirs), WATCHDOG_ALIKE);
	EXPECT_EQ(d.look({}, {}), WATCHDOG_ALIKE);
}

TEST(watchdog, what_is_on_its_way_is_no_difference)
{
	Dog d;

	for (int i = 0; i < 9; i++)
		EXPECT_EQ(d.look({ order(1, 100, 0, STATE_SENT), order(2, 0, 100, STATE_FILLED) }, {}), WATCHDOG_ALIKE);
	EXPECT_EQ(d.look({ order(1, 100, 0, STATE_UNKNOWN) }, {}), WATCHDOG_DOUBT);
}

TEST(watchdog, a_difference_that_changes_begins_anew)
{
	Dog d;

	for (int i = 0; i < 9; i++)
		EXPECT_EQ(d.look({ held("SPY", 100, 1) }, { held("SPY", i, 1) }), WATCHDOG_DOUBT);
}

TEST(watchdog, a_view_that_is_not_whole_is_not_flat)
{
	Rows rows;

	for (uint64_t id = 1; id <= 20; id++) // three parts
		rows.push_back(order(id, 10));
	for (int lost = 0; lost < 3; lost++)
		for (bool theirs : { false, true }) {
			Dog d;

			EXPECT_EQ(d.look(rows, rows), WATCHDOG_ALIKE);
			for (int pass = 0; pass < 3; pass++) {
				d.pass++;
				d.now += S;
				std::vector<trade_view> a = d.parts(rows, true), b = d.parts(rows, false);

				(theirs ? a : b).erase((theirs ? a : b).begin() + lost);
				EXPECT_FALSE(d.take(a));
				EXPECT_FALSE(d.take(b));
			}
			EXPECT_EQ(d.w.passes, 1u); // neither alike nor a mismatch
			EXPECT_EQ(d.w.n_findings, 0u);
			EXPECT_EQ(watchdog_judge(&d.w, d.now), WATCHDOG_ALIKE); // 3 s old
			EXPECT_EQ(watchdog_judge(&d.w, d.now + 2 * S), WATCHDOG_ALIKE);
			EXPECT_EQ(watchdog_judge(&d.w, d.now + 2 * S + 1), WATCHDOG_BLIND);
			EXPECT_EQ(d.look(rows, rows), WATCHDOG_ALIKE);
			EXPECT_EQ(d.w.partial, 3u);
		}
}

TEST(watchdog, nothing_heard_is_blind)
{
	Dog d;

	EXPECT_EQ(watchdog_judge(&d.w, d.now), WATCHDOG_BLIND);
	d.pass = 1;
	EXPECT_FALSE(d.take(d.parts({}, true))); // the venue's alone
	EXPECT_EQ(watchdog_judge(&d.w, d.now), WATCHDOG_BLIND);
	EXPECT_TRUE(d.take(d.parts({}, false)));
	EXPECT_EQ(watchdog_judge(&d.w, d.now), WATCHDOG_ALIKE);
	EXPECT_FALSE(d.take(d.parts({ order(1, 1) }, false))); // of a pass that is done
	EXPECT_EQ(d.w.passes, 1u);
}

TEST(watchdog, all_keepers_must_have_told)
{
	Dog d;

	d.pass = 1;
	EXPECT_FALSE(d.take(d.parts({ order(1, 10) }, true, 0, 2)));
	EXPECT_FALSE(d.take(d.parts({ order(1, 10), order(2, 20) }, false, 0, 2)));
	EXPECT_TRUE(d.take(d.parts({ order(2, 20) }, true, 1, 2)));
	EXPECT_EQ(watchdog_judge(&d.w, d.now), WATCHDOG_ALIKE);
}

TEST(watchdog, adopted_shares_are_accepted_beside_or_explain)
{
	Dog d;

	EXPECT_EQ(d.look({ held("SPY", 200, 0, 1, 200) }, {}), WATCHDOG_ALIKE); // from outside
	EXPECT_EQ(d.look({ held("SPY", 200, 0, 1, 200) }, { held("SPY", 100, 1) }), WATCHDOG_DOUBT); // a lost fill
	EXPECT_EQ(d.w.finding[0].theirs, 300);
	EXPECT_EQ(d.look({ held("SPY", 300, 1, 1, 300) }, { held("SPY", 100, 1) }), WATCHDOG_ALIKE); // booked by hand
	EXPECT_EQ(d.look({ held("SPY", 0, 2, 1, 300) }, { held("SPY", -200, 2) }), WATCHDOG_ALIKE); // sold
	EXPECT_EQ(d.look({ held("SPY", 50, 2, 1, 350) }, { held("SPY", -220, 2) }), WATCHDOG_DOUBT); // neither
}

TEST(watchdog, more_differences_than_places_halt_as_well)
{
	Dog d;
	Rows theirs;

	for (uint64_t id = 1; id <= 200; id++)
		theirs.push_back(order(id, 10));
	for (int i = 0; i < 3; i++)
		d.look({}, theirs);
	EXPECT_EQ(watchdog_judge(&d.w, d.now), WATCHDOG_MISMATCH);
	EXPECT_EQ(d.w.findings_lost, 3u * (200 - WATCHDOG_FINDINGS));
}

TEST(watchdog, more_rows_than_it_has_room_for_are_no_pass)
{
	Dog d;
	Rows rows;

	for (uint64_t id = 1; id <= 300; id++)
		rows.push_back(order(id, 10));
	d.pass = 1;
	EXPECT_FALSE(d.take(d.parts(rows, true)));
	EXPECT_FALSE(d.take(d.parts(rows, false)));
	EXPECT_EQ(d.w.passes, 0u);
}

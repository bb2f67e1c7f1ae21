/* SPDX-License-Identifier: BSD-3-Clause */
// What waits for a log of many subjects: the identity holds after each call, order within a lane, and each thing is there
// once, whatever the other side does and forgets.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "drivers/sink/lanes.h"
#include "lcore/base/symtab.h"
}

namespace {

using namespace std::string_literals;

const char *const SYMBOLS[] = { "SPY", "AAPL", "MSFT", "BRK.B" };

// The other side: keeps what it takes, and the ids of the last forget_ns.
struct log_of {
	std::map<uint32_t, std::vector<uint64_t>> n; // by lane
	std::map<uint64_t, uint64_t> ids;            // id: when
	std::map<uint32_t, uint64_t> last;           // id, by lane
	uint64_t window_ns = 0;

	lanes_answer take(const lanes &l, const lane &at, uint64_t id, uint64_t now_ns)
	{
		if (ids.count(id) && now_ns - ids[id] < window_ns)
			return LANES_ALREADY;
		const lane_slot *s = lanes_first(&l, &at);

		for (uint32_t i = 0; i < at.parcel; i++, s = lanes_after(&l, s))
			n[lanes_index(&l, &at)].push_back(s->n);
		ids[id] = now_ns;
		last[lanes_index(&l, &at)] = id;
		return LANES_ACKED;
	}
};

struct kit : testing::Test {
	lanes l{};
	uint64_t count[SINK_COUNTS]{};
	uint64_t n[SINK_STREAMS]{};
	uint64_t now_ns = 1000 * NS_PER_S;
	std::string dir;
	log_of there;

	void open(const char *spool = "", unsigned refusals = 2, uint32_t newest = 64, uint32_t all = 64)
	{
		lanes_conf conf = { .newest = newest, .all = all, .refusals = refusals, .forgets_ns = 60 * NS_PER_S, .dir = spool, .name = "t" };
		char err[256] = "";

		there.window_ns = 120 * NS_PER_S;
		ASSERT_EQ(lanes_open(&l, &conf, count, err, sizeof err), 0) << err;
	}
	void TearDown() override
	{
		lanes_close(&l);
		if (!dir.empty()) {
			EXPECT_EQ(system(("rm -r " + dir).c_str()), 0);
		}
	}
	const char *folder()
	{
		char name[] = "/tmp/lanes-XXXXXX";

		dir = mkdtemp(name);
		return dir.c_str();
	}
	void balanced() const
	{
		uint64_t ends = 0;

		for (int i = SINK_HANDED + 1; i < SINK_COUNTS; i++)
			ends += count[i];
		ASSERT_EQ(count[SINK_HANDED], ends);
	}
	void row(unsigned symbol = 0, bar_span span = SPAN_1S)
	{
		bar b{};

		b.symbol = symtab_key(SYMBOLS[symbol], strlen(SYMBOLS[symbol]));
		b.span = span;
		lanes_row(&l, &b, ++n[SINK_NEW_BAR]);
		balanced();
	}
	void thing(sink_stream s, unsigned symbol = 0)
	{
		sink_entry e{};
		std::string text = "symbol\0"s + SYMBOLS[symbol] + "\0boot\0b\0"s;

		e.stream = s;
		e.n = ++n[s];
		e.bytes = uint16_t(text.size());
		memcpy(e.text, text.data(), text.size());
		lanes_entry(&l, &e);
		balanced();
	}
	lane *next(bool asks = false, uint32_t rows = 8)
	{
		bool ask = false;
		lane *at = lanes_next(&l, now_ns, rows, &ask);

		EXPECT_TRUE(!at || ask == asks);
		return at;
	}
	void answer(const lane *at, lanes_answer a)
	{
		lanes_answered(&l, lanes_index(&l, at), at->number, a);
		balanced();
	}
	// What a parcel is known by: its stream and first number.
	uint64_t id(const lane *at) { return lane_stream(lanes_index(&l, at)) * UINT64_C(1000000) + lanes_first(&l, at)->n; }

};

using lanes_of = kit;

} // namespace

TEST_F(lanes_of, one_parcel_of_a_lane_is_out_and_the_next_follows_its_answer)
{
	open();
	for (int i = 0; i < 5; i++)
		row();
	lane *first = next(false, 3);

	ASSERT_NE(first, nullptr);
	EXPECT_EQ(first->parcel, 3u);
	EXPECT_EQ(next(), nullptr);
	answer(first, LANES_ACKED);
	lane *second = next();

	ASSERT_EQ(second, first);
	EXPECT_EQ(second->parcel, 2u);
	EXPECT_EQ(lanes_first(&l, second)->n, 4u);
	answer(second, LANES_ALREADY);
	EXPECT_EQ(count[SINK_ACKED], 3u);
	EXPECT_EQ(count[SINK_ALREADY], 2u);
	EXPECT_EQ(count[SINK_WAITING], 0u);
}

TEST_F(lanes_of, spans_and_partitions_are_lanes_of_their_own_and_fires_go_first)
{
	open();
	row(0, SPAN_1S);
	row(0, SPAN_5M);
	thing(SINK_ENTRY_FIRE, 1);
	std::set<uint32_t> seen;

	EXPECT_EQ(lane_stream(lanes_index(&l, next())), SINK_ENTRY_FIRE);
	for (int i = 0; i < 2; i++)
		seen.insert(lanes_index(&l, next()));
	EXPECT_EQ(seen.size(), 2u);
	for (uint32_t i : seen)
		EXPECT_EQ(lane_part(i), lanes_part_of("SPY", 3));
}

// The partition is contract: consumers compute it.
TEST_F(lanes_of, a_partition_is_the_check_sum_of_the_symbol)
{
	EXPECT_EQ(lanes_part_of("123456789", 9), 0xe3069283u % LANE_PARTS); // RFC 3720, B.4
}

TEST_F(lanes_of, a_parcel_stays_what_it_is_until_it_is_answered)
{
	open();
	row();
	row();
	lane *at = next();
	uint32_t number = at->number;

	lanes_lost(&l);
	balanced();
	row();
	at = next();
	EXPECT_EQ(at->parcel, 2u) << "not the row that came later";
	EXPECT_EQ(at->number, number);
	EXPECT_EQ(lanes_late(&l, now_ns), 0u);
	EXPECT_EQ(lanes_late(&l, now_ns + 1), 1u);
	EXPECT_EQ(next()->parcel, 2u);
}

TEST_F(lanes_of, without_room_the_oldest_that_was_never_sent_is_dropped)
{
	open("", 2, 4);
	row(0);
	row(0);
	lane *out = next(false, 1);

	ASSERT_EQ(out->parcel, 1u);
	row(1);
	row(0);
	row(0); // instead of number 2, behind the parcel
	EXPECT_EQ(count[SINK_DROPPED], 1u);
	answer(out, LANES_ACKED);
	std::vector<uint64_t> got;

	for (lane *at; (at = next(false, 1)) != nullptr; answer(at, LANES_ACKED))
		got.push_back(lanes_first(&l, at)->n);
	std::sort(got.begin(), got.end());
	EXPECT_EQ(got, (std::vector<uint64_t>{ 3, 4, 5 }));
}

// Its lane is still in the list of those that have something to send.
TEST_F(lanes_of, a_lane_of_which_all_was_dropped_has_nothing_to_send)
{
	open();
	row(0, SPAN_1M);
	thing(SINK_SWEEP, 1);
	for (int i = 0; i < 64; i++)
		row(2, SPAN_1S);
	EXPECT_EQ(count[SINK_DROPPED], 2u);
	lane *at = next();

	ASSERT_NE(at, nullptr);
	EXPECT_EQ(lane_span(lanes_index(&l, at)), SPAN_1S);
	EXPECT_EQ(next(), nullptr);
	row(0, SPAN_1M);
	ASSERT_NE(next(), nullptr) << "it is listed anew";
}

TEST_F(lanes_of, if_all_is_out_the_newest_is_dropped)
{
	open("", 2, 2);
	row();
	row();
	next();
	row();
	EXPECT_EQ(count[SINK_DROPPED], 1u);
	EXPECT_EQ(count[SINK_WAITING], 2u);
}

TEST_F(lanes_of, refused_too_often_rows_are_dropped_and_fires_are_dead_letters)
{
	open(folder());
	row();
	thing(SINK_EXIT_FIRE);
	for (int i = 0; i < 3; i++) {
		lane *fire = next(), *rows = next();

		answer(fire, LANES_REFUSED);
		answer(rows, LANES_REFUSED);
	}
	EXPECT_EQ(next(), nullptr);
	EXPECT_EQ(count[SINK_DROPPED], 1u);
	EXPECT_EQ(count[SINK_DEAD], 1u);
	std::ifstream dead(dir + "/t-dead.json");
	std::string line;

	EXPECT_TRUE(std::getline(dead, line));
	EXPECT_NE(line.find("\"symbol\":\"SPY\""), std::string::npos);
}

TEST_F(lanes_of, as_many_refusals_as_can_be_configured_come_to_an_end)
{
	open("", 255);
	row();
	for (int i = 0; i < 256; i++)
		answer(next(), LANES_REFUSED);
	EXPECT_EQ(next(), nullptr);
	EXPECT_EQ(count[SINK_DROPPED], 1u);
}

TEST_F(lanes_of, later_is_counted_against_nobody)
{
	open();
	thing(SINK_FILL);
	for (int i = 0; i < 20; i++)
		answer(next(), LANES_LATER);
	answer(next(), LANES_ACKED);
	EXPECT_EQ(count[SINK_ACKED], 1u);
}

// One at a time is tried: what comes back each time is not to be the only one.
TEST_F(lanes_of, a_fire_that_always_comes_back_takes_turns_with_rows)
{
	open();
	thing(SINK_FILL);
	row();
	std::vector<sink_stream> tried;

	for (int i = 0; i < 4; i++) {
		lane *at = next();

		tried.push_back(lane_stream(lanes_index(&l, at)));
		answer(at, LANES_LATER);
	}
	EXPECT_EQ(tried, (std::vector<sink_stream>{ SINK_FILL, SINK_NEW_BAR, SINK_FILL, SINK_NEW_BAR }));
}

TEST_F(lanes_of, what_can_never_be_asked_for_is_sent_again)
{
	open();
	thing(SINK_FILL);
	next();
	lanes_lost(&l);
	now_ns += 61 * NS_PER_S;
	for (int i = 0; i < 3; i++)
		answer(next(true), LANES_UNREAD);
	lane *at = next(false);

	answer(at, LANES_UNREAD);
	EXPECT_TRUE(at->out) << "nobody asked";
	answer(at, LANES_REFUSED);
	answer(next(), LANES_ACKED);
	EXPECT_EQ(count[SINK_ACKED], 1u);
}

TEST_F(lanes_of, what_is_overdue_leaves_room_for_others)
{
	open("", 2, 4096);
	char symbol[] = "A000";
	uint32_t out = 0;

	for (int i = 0; i < 1000; i++) {
		bar b{};

		snprintf(symbol, sizeof symbol, "A%03d", i);
		b.symbol = symtab_key(symbol, 4);
		b.span = uint8_t(i % SPAN_COUNT);
		lanes_row(&l, &b, ++n[SINK_NEW_BAR]);
	}
	lane *first = next();

	now_ns += NS_PER_S;
	for (out = 1; next(); out++) {
	}
	EXPECT_EQ(out, uint32_t(LANES_OUT));
	EXPECT_EQ(lanes_overdue(&l, now_ns), 1u);
	EXPECT_NE(next(), nullptr);
	EXPECT_EQ(next(), nullptr);
	EXPECT_EQ(lanes_overdue(&l, now_ns + 1), LANES_OUT + 1u);
	answer(first, LANES_LATER);
	EXPECT_EQ(lanes_overdue(&l, now_ns + 1), uint32_t(LANES_OUT));
	lanes_lost(&l);
	EXPECT_EQ(lanes_overdue(&l, now_ns + 1), 0u);
}

TEST_F(lanes_of, an_answer_to_an_older_parcel_is_nothing)
{
	open();
	row();
	lane *at = next();
	uint32_t old = at->number, index = lanes_index(&l, at);

	answer(at, LANES_ACKED);
	row();
	at = next();
	lanes_answered(&l, index, old, LANES_ACKED);
	lanes_answered(&l, LANES, 1, LANES_ACKED);
	lanes_answered(&l, index, at->number, LANES_ABSENT);
	EXPECT_EQ(count[SINK_WAITING], 1u);
	EXPECT_TRUE(at->out) << "nobody asked whether it was there";
}

TEST_F(lanes_of, what_may_be_forgotten_there_is_asked_for_first)
{
	open();
	row();
	uint64_t which = id(next());

	lanes_lost(&l);
	now_ns += 61 * NS_PER_S;
	lane *at = next(true);

	EXPECT_EQ(id(at), which);
	answer(at, LANES_ABSENT);
	answer(next(), LANES_ACKED);
	EXPECT_EQ(count[SINK_ACKED], 1u);
}

TEST_F(lanes_of, a_process_that_was_killed_leaves_its_fires_in_order_and_knows_which_was_out)
{
	const char *at_dir = folder();

	open(at_dir);
	for (int i = 0; i < 3; i++)
		thing(SINK_ORDER);
	row();
	lane *out = next();

	ASSERT_EQ(lane_stream(lanes_index(&l, out)), SINK_ORDER);
	// Killed: what it counted stays, its memory does not.
	close(l.spool.fd);
	close(l.spool.dead_fd);
	free(l.slot);
	l = {};
	now_ns += 61 * NS_PER_S;
	open(at_dir);
	balanced();
	EXPECT_EQ(count[SINK_LEFT], 1u) << "the row";
	std::vector<uint64_t> got;

	answer(next(true), LANES_ABSENT);
	for (lane *at; (at = next()) != nullptr; answer(at, LANES_ACKED))
		got.push_back(lanes_first(&l, at)->n);
	EXPECT_EQ(got, (std::vector<uint64_t>{ 1, 2, 3 }));
}

TEST_F(lanes_of, what_waits_at_the_end_is_kept_or_left)
{
	open(folder());
	thing(SINK_FILL);
	row();
	next();
	lanes_close(&l);
	balanced();
	EXPECT_EQ(count[SINK_KEPT], 1u);
	EXPECT_EQ(count[SINK_LEFT], 1u);
}

// A side that loses requests and answers, refuses, is away for longer than it remembers: once, and in order.
TEST_F(lanes_of, any_fate_once_and_in_order)
{
	std::mt19937 random(7);
	open("", 255, 4096, 4096);

	for (int step = 0; step < 8000; step++) {
		if (step < 3000 && random() % 2)
			random() % 3 ? row(random() % 4, bar_span(random() % SPAN_COUNT)) : thing(sink_stream(SINK_SWEEP + random() % 5), random() % 4);
		bool ask = false;
		lane *at = lanes_next(&l, now_ns, 3, &ask);
		unsigned fate = step < 3000 ? random() % 8 : 7;

		if (at && ask) {
			bool is = there.last.count(lanes_index(&l, at)) && there.last[lanes_index(&l, at)] == id(at);

			if (fate)
				answer(at, is ? LANES_ALREADY : LANES_ABSENT);
		} else if (at) {
			lanes_answer a = fate ? there.take(l, *at, id(at), now_ns) : LANES_LATER;

			if (fate > 2)
				answer(at, a);
		}
		now_ns += random() % 20 == 0 ? 200 * NS_PER_S : NS_PER_MS;
		if (random() % 16 == 0 || step >= 3000) {
			lanes_lost(&l);
			balanced();
		}
	}
	EXPECT_EQ(count[SINK_WAITING], 0u);
	EXPECT_EQ(count[SINK_DROPPED] + count[SINK_DEAD], 0u);
	uint64_t total = 0;

	for (auto &[lane, got] : there.n) {
		total += got.size();
		for (size_t i = 1; i < got.size(); i++)
			ASSERT_GT(got[i], got[i - 1]);
	}
	EXPECT_EQ(total, count[SINK_HANDED]);
}

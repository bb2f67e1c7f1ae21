/* SPDX-License-Identifier: BSD-3-Clause */
// Links: what is placed or pushed is what is seen or popped, in order, also across the ring's end; and every push is in one
// counter.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/stage/link.h"
#include "tests/shim/eal.h"
}
#pragma GCC diagnostic pop

namespace {

enum { DEPTH = 8, ROOM = DEPTH - 1 }; // a ring keeps one place free

struct Link {
	struct link l = {};
	bool stop = false;

	Link()
	{
		static int n;

		EXPECT_EQ(link_create(&l, ("t" + std::to_string(n++)).c_str(), "from", "to", DEPTH, -1), 0);
		l.stop = &stop;
	}
	bool push(uint64_t value)
	{
		link_elem e = {};

		e.stream = LINK_MARK, e.mark_ns = value;
		return link_push(&l, &e);
	}
	bool place(uint64_t value)
	{
		link_elem *e = link_place(&l, LINK_MARK);

		if (!e)
			return false;
		*e = link_elem();
		e->stream = LINK_MARK, e->mark_ns = value;
		link_placed(&l);
		return true;
	}
};

} // namespace

TEST(link, laps_keep_the_order_however_they_are_read)
{
	Link k;
	uint64_t in = 0, out = 0;
	link_elem got[ROOM];

	for (unsigned round = 0; round < 100; round++) {
		unsigned n = 1 + round % ROOM, seen = 0;

		for (unsigned i = 0; i < n; i++, in++)
			ASSERT_TRUE(i % 2 ? k.push(in) : k.place(in));
		EXPECT_EQ(link_count(&k.l), n);
		if (round % 3 == 0) {
			ASSERT_EQ(link_pop(&k.l, got, ROOM), n);
			for (unsigned i = 0; i < n; i++)
				EXPECT_EQ(got[i].mark_ns, out++);
			continue;
		}
		// Where they lie: in two looks when they reach across the ring's end.
		for (unsigned looks = 0; seen < n; looks++) {
			unsigned m = ROOM;
			const link_elem *e = link_peek(&k.l, &m);

			ASSERT_TRUE(e);
			ASSERT_LT(looks, 2u);
			for (unsigned i = 0; i < m; i++)
				EXPECT_EQ(e[i].mark_ns, out++);
			link_taken(&k.l, m);
			seen += m;
		}
		EXPECT_EQ(seen, n);
	}
	unsigned none = ROOM;
	EXPECT_EQ(link_peek(&k.l, &none), nullptr);
	EXPECT_EQ(none, 0u);
	EXPECT_EQ(k.l.shared->pushes, in);
	EXPECT_EQ(k.l.shared->pops, in);
	EXPECT_EQ(k.l.shared->refused, 0u);
}

TEST(link, what_finds_no_room_is_refused_and_counted_by_stream)
{
	Link k;

	for (uint64_t i = 0; i < ROOM; i++)
		ASSERT_TRUE(k.place(i));
	EXPECT_FALSE(k.push(99));
	EXPECT_FALSE(k.place(99));
	EXPECT_EQ(k.l.shared->refused, 2u);
	EXPECT_EQ(k.l.shared->refused_by[LINK_MARK], 2u);
	EXPECT_EQ(k.l.shared->peak, (uint64_t)ROOM);
	EXPECT_EQ(k.l.shared->pushes, k.l.shared->pops + link_count(&k.l) + k.l.shared->refused);
	link_elem got[ROOM];
	EXPECT_EQ(link_pop(&k.l, got, ROOM), (unsigned)ROOM);
	EXPECT_EQ(got[ROOM - 1].mark_ns, ROOM - 1u);
	EXPECT_TRUE(k.push(100));
}

TEST(link, a_producer_that_waits_gives_up_when_told_to_stop)
{
	Link k;

	k.l.wait = true;
	k.stop = true;
	for (uint64_t i = 0; i < ROOM; i++)
		ASSERT_TRUE(k.push(i));
	EXPECT_FALSE(k.push(99));
	EXPECT_EQ(k.l.shared->waits, 1u);
	EXPECT_EQ(k.l.shared->refused, 1u);
}

// Whoever waits for an end must get it, also over a link that refuses what it has no room for.
TEST(link, an_end_waits_for_room_where_nothing_else_does)
{
	for (bool back : { false, true }) {
		Link k;
		link_elem got[ROOM], end = {};

		k.l.back = back;
		end.stream = LINK_END;
		for (uint64_t i = 0; i < ROOM; i++)
			ASSERT_TRUE(k.push(i));
		EXPECT_FALSE(k.push(99));
		std::thread producer([&] { EXPECT_EQ(link_push(&k.l, &end), !back); });
		if (back)
			producer.join(); // it waits for nobody
		EXPECT_EQ(link_pop(&k.l, got, ROOM), unsigned(ROOM));
		if (!back) {
			producer.join();
			ASSERT_EQ(link_pop(&k.l, got, 1), 1u);
			EXPECT_EQ(got[0].stream, uint32_t(LINK_END));
		}
		EXPECT_EQ(k.l.shared->pushes, k.l.shared->pops + k.l.shared->refused);
	}
}

// What nobody needs leaves room for what somebody does, and what a later one says again is no loss.
TEST(link, what_is_shed_leaves_its_reserve_to_the_others)
{
	enum { LARGE = 64 };
	struct link l = {};
	bool stop = false;
	link_elem e = {}, got[LARGE];

	ASSERT_EQ(link_create(&l, "shed", "signal", "telemetry", LARGE, -1), 0);
	l.stop = &stop;
	link_rules(&l, CONF_STAGE_SIGNAL, CONF_STAGE_TELEMETRY, false);
	auto push = [&](link_stream s) {
		e.stream = s;
		return link_push(&l, &e);
	};
	unsigned fires = 0, holdings = 0;

	while (push(LINK_FIRE))
		fires++;
	EXPECT_EQ(fires, LARGE - 1u - LARGE / 8) << "an eighth is for the others";
	while (push(LINK_HOLDING))
		holdings++;
	EXPECT_EQ(fires + holdings, LARGE - 1u);
	EXPECT_FALSE(push(LINK_MARK));
	EXPECT_EQ(l.shared->refused, 3u);
	EXPECT_EQ(link_lost(&l), 2u) << "the next mark says it, too";
	EXPECT_EQ(l.shared->pushes, l.shared->pops + link_count(&l) + l.shared->refused);
	// In order, and none of those that were shed.
	ASSERT_EQ(link_pop(&l, got, LARGE), LARGE - 1u);
	for (unsigned i = 0; i < LARGE - 1u; i++)
		EXPECT_EQ(got[i].stream, uint32_t(i < fires ? LINK_FIRE : LINK_HOLDING));
	link_rules(&l, CONF_STAGE_SIGNAL, CONF_STAGE_TELEMETRY, true);
	for (unsigned i = 0; i < LARGE - 1u; i++)
		EXPECT_TRUE(push(LINK_FIRE)) << "where all wait nothing is shed";
}

SHIM_MAIN
// A producer that is killed has pushed what the ring shows, whatever it had begun or counted; what it makes once more is passed over.
TEST(link, a_killed_producer_begins_anew_and_nothing_is_there_twice)
{
	Link k;
	link_elem got[ROOM];
	uint64_t made = 1; // where it begins anew: behind its first push

	for (uint64_t v = 0; v < 3; v++)
		ASSERT_TRUE(k.push(v));
	ASSERT_NE(link_place(&k.l, LINK_MARK), nullptr); // killed before it was there
	link_mend_producer(&k.l, &made, false);
	EXPECT_EQ(k.l.pass, 2u);
	for (uint64_t v = 1; v < 5; v++)
		EXPECT_TRUE(v & 1 ? k.push(v) : k.place(v)) << v;
	ASSERT_EQ(link_pop(&k.l, got, ROOM), 5u);
	for (uint64_t v = 0; v < 5; v++)
		EXPECT_EQ(got[v].mark_ns, v);
	EXPECT_EQ(k.l.shared->pushes, 5u);
	EXPECT_EQ(k.l.shared->pops, 5u);
	EXPECT_EQ(link_offers(&k.l), 5u);
}

TEST(link, refused_pushes_are_passed_over_like_those_that_went)
{
	Link k;
	link_elem got[ROOM];
	uint64_t made = 0;

	for (uint64_t v = 0; v < ROOM; v++)
		ASSERT_TRUE(k.push(v));
	EXPECT_FALSE(k.push(ROOM));
	link_refuse(&k.l, LINK_MARK);
	ASSERT_EQ(link_pop(&k.l, got, ROOM), (unsigned)ROOM);
	link_mend_producer(&k.l, &made, false);
	for (uint64_t v = 0; v < ROOM + 1; v++)
		EXPECT_TRUE(k.push(v)) << v;
	link_refuse(&k.l, LINK_MARK);
	EXPECT_EQ(link_count(&k.l), 0u);
	EXPECT_TRUE(k.push(77));
	ASSERT_EQ(link_pop(&k.l, got, ROOM), 1u);
	EXPECT_EQ(got[0].mark_ns, 77u);
	EXPECT_EQ(k.l.shared->refused, 2u);
	EXPECT_EQ(k.l.shared->pushes, k.l.shared->pops + k.l.shared->refused);
}

TEST(link, a_killed_consumer_finds_all_that_it_had_not_freed)
{
	Link k;
	unsigned n = ROOM;

	for (uint64_t v = 0; v < 3; v++)
		ASSERT_TRUE(k.push(v));
	ASSERT_NE(link_peek(&k.l, &n), nullptr);
	k.l.shared->pops = 2; // as if it was killed between counting and freeing
	link_mend_consumer(&k.l);
	EXPECT_EQ(k.l.shared->pops, 0u);
	ASSERT_EQ(link_end(&k.l) - link_first(&k.l), 3u);
	for (uint32_t at = link_first(&k.l); at != link_end(&k.l); at++)
		EXPECT_EQ(link_at(&k.l, at)->mark_ns, at);
	link_free_to(&k.l, link_first(&k.l) + 2);
	EXPECT_EQ(link_count(&k.l), 1u);
	EXPECT_EQ(k.l.shared->pops, 2u);
}

TEST(link, one_that_leads_nowhere_counts_what_would_have_been_pushed)
{
	Link k;
	struct link nowhere = {};
	link_shared counts = {};
	link_elem e = {};

	ASSERT_EQ(link_nowhere(&nowhere, &counts, &k.l), 0);
	e.stream = LINK_END; // for which others wait
	EXPECT_FALSE(link_push(&nowhere, &e));
	EXPECT_EQ(counts.pushes, 1u);
	EXPECT_EQ(link_count(&k.l), 0u);
}


/* SPDX-License-Identifier: BSD-3-Clause */
// What a member of groups says and when: on joining, when asked, on leaving; in the querier's version.
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/igmp_kit.h"

using namespace kit;

namespace {

constexpr uint32_t kA = 0xe9360c6f, kB = 0xefff0001;
constexpr uint64_t kStart = UINT64_C(1700000000) * NS_PER_S;

struct Said { uint64_t at_ns; int type; std::map<uint32_t, int> records; uint32_t to; };

struct Host {
	member m;
	uint64_t now = kStart;

	explicit Host(uint8_t version = 3, uint64_t seed = 1)
	{
		const uint32_t groups[] = { kA, kB };
		member_conf c = { { { 2, 0, 0, 0, 0, 9 }, 0x0a000009 }, version, seed, groups, 2 };

		member_init(&m, &c);
	}
	static Said read(const uint8_t *f, uint32_t n, uint64_t at)
	{
		Said s = { at, f[38], {}, (uint32_t)(f[30] << 24 | f[31] << 16 | f[32] << 8 | f[33]) };
		unsigned records = s.type == 0x22 ? (unsigned)(f[44] << 8 | f[45]) : 0;

		EXPECT_LE(46 + 8 * records, n);
		for (unsigned i = 0; i < records; i++) {
			const uint8_t *r = f + 46 + 8 * i;
			s.records[(uint32_t)(r[4] << 24 | r[5] << 16 | r[6] << 8 | r[7])] = r[0];
		}
		if (s.type != 0x22)
			s.records[(uint32_t)(f[42] << 24 | f[43] << 16 | f[44] << 8 | f[45])] = s.type;
		return s;
	}
	// Runs for some seconds in steps of a millisecond.
	std::vector<Said> run(double seconds)
	{
		std::vector<Said> out;
		uint8_t f[IGMP_FRAME_BYTES];

		for (uint64_t end = now + (uint64_t)(seconds * 1e9); now < end; now += NS_PER_MS)
			while (uint32_t n = member_poll(&m, now, f))
				out.push_back(read(f, n, now));
		return out;
	}
	void hear(const Bytes &b) { member_heard(&m, b.data(), (uint32_t)b.size(), now); }
	std::vector<Said> leave()
	{
		std::vector<Said> out;
		uint8_t f[IGMP_FRAME_BYTES];
		unsigned at = 0;

		while (uint32_t n = member_leave(&m, now, &at, f))
			out.push_back(read(f, n, now));
		return out;
	}
};

} // namespace

TEST(member, says_nothing_before_it_joins)
{
	Host h;
	EXPECT_TRUE(h.run(5).empty());
}

TEST(member, joins_at_once_and_again_within_a_second)
{
	Host h;
	member_join(&h.m, h.now);
	std::vector<Said> s = h.run(30);

	std::map<uint32_t, int> per_group;
	for (const Said &x : s) {
		EXPECT_EQ(x.type, 0x22);
		EXPECT_EQ(x.to, IGMP_ALL_V3);
		for (auto &r : x.records) {
			EXPECT_EQ(r.second, IGMP_TO_EXCLUDE);
			per_group[r.first]++;
		}
		EXPECT_LT(x.at_ns, kStart + NS_PER_S + 2 * NS_PER_MS);
	}
	ASSERT_FALSE(s.empty());
	EXPECT_EQ(s[0].at_ns, kStart);
	EXPECT_EQ(s[0].records.size(), 2u); // one frame for all
	EXPECT_EQ(per_group, (std::map<uint32_t, int>{ { kA, 2 }, { kB, 2 } }));
	EXPECT_EQ(h.m.stats.reports, 4u);
}

TEST(member, answers_within_the_time_allowed)
{
	bool late = false;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		Host h(3, seed);
		member_join(&h.m, h.now);
		h.run(10);
		uint64_t asked = h.now;
		h.hear(igmp_query3(0, 20)); // 2 s
		std::vector<Said> s = h.run(10);
		ASSERT_EQ(s.size(), 1u);
		EXPECT_EQ(s[0].records, (std::map<uint32_t, int>{ { kA, IGMP_IS_EXCLUDE }, { kB, IGMP_IS_EXCLUDE } }));
		EXPECT_LE(s[0].at_ns, asked + 2 * NS_PER_S + NS_PER_MS);
		late = late || s[0].at_ns > asked + NS_PER_S;
		asked = h.now;
		h.hear(igmp_query3(kB, 10));
		s = h.run(10);
		ASSERT_EQ(s.size(), 1u);
		EXPECT_EQ(s[0].records, (std::map<uint32_t, int>{ { kB, IGMP_IS_EXCLUDE } }));
		EXPECT_LE(s[0].at_ns, asked + NS_PER_S + NS_PER_MS);
		h.hear(igmp_query3(0xe9999999, 10));
		EXPECT_TRUE(h.run(10).empty());
		EXPECT_EQ(h.m.stats.queries, 3u);
	}
	EXPECT_TRUE(late) << "answers are to be spread over the time";
}

TEST(member, a_second_query_does_not_delay_the_first_answer)
{
	Host h(3, 7);
	h.hear(igmp_query3(0, 10));
	uint64_t asked = h.now;
	for (int i = 0; i < 20; i++)
		h.hear(igmp_query3(0, 127));
	std::vector<Said> s = h.run(20);
	ASSERT_EQ(s.size(), 1u);
	EXPECT_LE(s[0].at_ns, asked + NS_PER_S + NS_PER_MS);
}

TEST(member, speaks_the_older_version_while_its_querier_is_there)
{
	Host h;
	member_join(&h.m, h.now);
	h.run(5);
	h.hear(igmp_query2(0, 10));
	std::vector<Said> s = h.run(5);
	ASSERT_EQ(s.size(), 2u); // one a group, each to its group
	for (const Said &x : s) {
		EXPECT_EQ(x.type, 0x16);
		EXPECT_EQ(x.to, x.records.begin()->first);
	}
	h.run(265);
	h.hear(igmp_query3(0, 10));
	s = h.run(5);
	ASSERT_EQ(s.size(), 1u);
	EXPECT_EQ(s[0].type, 0x22);
	h.hear(igmp_query2(0, 0)); // version 1
	EXPECT_EQ(h.run(11).at(0).type, 0x12);
	EXPECT_TRUE(h.leave().empty());
}

TEST(member, leaves_all_groups)
{
	Host three, two(2);
	std::vector<Said> s = three.leave();
	ASSERT_EQ(s.size(), 1u);
	EXPECT_EQ(s[0].records, (std::map<uint32_t, int>{ { kA, IGMP_TO_INCLUDE }, { kB, IGMP_TO_INCLUDE } }));
	EXPECT_TRUE(three.run(5).empty());
	s = two.leave();
	ASSERT_EQ(s.size(), 2u);
	for (const Said &x : s) {
		EXPECT_EQ(x.type, 0x17);
		EXPECT_EQ(x.to, IGMP_ALL_ROUTERS);
	}
	EXPECT_EQ(two.m.stats.leaves, 2u);
}

TEST(member, the_queriers_robustness_counts)
{
	Host h;
	h.hear(igmp_query3(0, 10, 5));
	h.run(3);
	member_join(&h.m, h.now);
	size_t changes = 0;
	for (const Said &x : h.run(20))
		for (auto &r : x.records)
			changes += r.second == IGMP_TO_EXCLUDE;
	EXPECT_EQ(changes, 10u);
}

TEST(member, other_hosts_and_damage_are_counted_and_change_nothing)
{
	Host h;
	Bytes bad = igmp_query3(0, 10);

	bad[45] ^= 1;
	h.hear(bad);
	h.hear(igmp_frame(Bytes{ 0x16, 0, 0, 0 } + big(kA, 4), kA));
	h.hear(frame(mold("S", 1, {})));
	EXPECT_TRUE(h.run(20).empty());
	EXPECT_EQ(h.m.stats.bad, 1u);
	EXPECT_EQ(h.m.stats.others, 1u);
	EXPECT_EQ(h.m.stats.queries, 0u);
}

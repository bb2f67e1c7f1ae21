/* SPDX-License-Identifier: BSD-3-Clause */
// The journal of requests: what a killed process leaves behind, and what is told of it afterwards.
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/base/crc32c.h"
#include "lcore/trade/order_log.h"
}

namespace {

struct Ring {
	uint32_t slots;
	Memory mem;
	order_log j{};
	std::set<uint64_t> out; // ids that are open

	explicit Ring(uint32_t n = 16) : slots(n), mem(memory(order_log_bytes(n)))
	{
		order_log_format(mem.get(), n, "W1");
		begin();
	}
	Ring(const Ring &) = delete;
	order_log_view look()
	{
		order_log_view v;

		EXPECT_EQ(order_log_look(mem.get(), order_log_bytes(slots), &v), nullptr);
		return v;
	}
	void begin()
	{
		order_log_view v = look();

		order_log_begin(
			&j, mem.get(), &v, [](void *ctx, uint64_t id) { return ((Ring *)ctx)->out.count(id) > 0; },
			this);
	}
	void ask(uint64_t id, uint8_t action = TRADE_NEW, uint32_t qty = 100, int64_t price = 1000000)
	{
		trade_request rq{};

		rq.id = id, rq.action = action, rq.qty = qty, rq.price = price, rq.symbol = 7 + id;
		out.insert(id);
		order_log_request(&j, &rq, 5000 + id);
	}
	void end(uint64_t id)
	{
		out.erase(id);
		order_log_ended(&j, id, STATE_FILLED, 100, 6000 + id);
	}
	std::vector<trade_request> left()
	{
		order_log_view v = look();
		std::vector<trade_request> r(v.records);
		std::vector<uint32_t> scratch(v.records);

		r.resize(order_log_left(&v, scratch.data(), r.data()));
		return r;
	}
	std::vector<uint64_t> ids()
	{
		std::vector<uint64_t> r;

		for (const trade_request &rq : left())
			r.push_back(rq.id);
		return r;
	}
	order_log_record &at(uint32_t slot) { return j.record[slot]; }
};

using Ids = std::vector<uint64_t>;

} // namespace

TEST(order_log, the_sum_is_crc32c)
{
	EXPECT_EQ(crc32c("123456789", 9), 0xE3069283u); // RFC 3720, B.4 and the catalogue of sums
	EXPECT_EQ(crc32c("", 0), 0u);
}

TEST(order_log, what_was_asked_and_has_not_ended_is_left)
{
	Ring r;
	trade_request rq{};

	EXPECT_EQ(r.ids(), Ids{});
	r.ask(3), r.ask(1), r.ask(2);
	r.ask(1, TRADE_CANCEL, 0);
	r.end(2);
	EXPECT_EQ(r.ids(), (Ids{ 1, 3 }));
	rq.id = 9, rq.symbol = 8, rq.arrival_ns = 7, rq.close_ts = 6, rq.price = -5, rq.qty = 4, rq.instr = 3;
	rq.venue = 2, rq.side = 1, rq.tif = 1, rq.source = 2, rq.gate = 250, rq.lcore = 12, rq.decided_tsc = 13;
	r.out.insert(9);
	order_log_request(&r.j, &rq, 1);
	ASSERT_EQ(r.ids(), (Ids{ 1, 3, 9 }));
	EXPECT_EQ(memcmp(&r.left()[2], &rq, sizeof rq), 0); // every field
}

TEST(order_log, a_replace_counts_with_the_larger_total)
{
	Ring r;

	r.ask(1), r.ask(1, TRADE_REPLACE, 300, 2000000);
	r.ask(2), r.ask(2, TRADE_REPLACE, 20, 0); // the price stays
	auto left = r.left();

	ASSERT_EQ(left.size(), 2u);
	EXPECT_EQ(left[0].qty, 300u);
	EXPECT_EQ(left[0].price, 2000000);
	EXPECT_EQ(left[1].qty, 100u);
	EXPECT_EQ(left[1].price, 1000000);
}

TEST(order_log, an_open_order_is_never_written_over)
{
	Ring r(16);

	r.ask(1), r.ask(2);
	for (uint64_t id = 10; id < 2000; id++) {
		r.ask(id), r.end(id);
		ASSERT_EQ(r.ids(), (Ids{ 1, 2 })) << id;
	}
	r.end(1);
	for (uint64_t id = 3000; id < 3100; id++) {
		r.ask(id);
		ASSERT_EQ(r.ids(), (Ids{ 2, id }));
		r.end(id);
	}
	EXPECT_EQ(r.look().seq, 2u + 2 * 1990 + 1 + 200);
}

TEST(order_log, replaces_give_way_when_there_are_too_many)
{
	Ring r(16);

	r.ask(1), r.ask(2);
	for (uint32_t i = 0; i < 100; i++) {
		r.ask(1, TRADE_REPLACE, 100 + i);
		ASSERT_EQ(r.ids(), (Ids{ 1, 2 })) << i;
	}
	EXPECT_EQ(r.left()[0].qty, 199u);
}

TEST(order_log, an_end_outlives_its_request)
{
	Ring r(8);

	for (uint64_t id = 1; id < 500; id++) {
		r.ask(id), r.end(id);
		ASSERT_EQ(r.ids(), Ids{});
	}
}

TEST(order_log, it_goes_on_after_a_kill)
{
	Ring r;

	r.ask(1), r.ask(2), r.end(1);
	r.begin();
	r.ask(3), r.end(2);
	EXPECT_EQ(r.ids(), Ids{ 3 });
	EXPECT_EQ(r.look().seq, 5u);
}

TEST(order_log, a_torn_tail_is_cut_and_counted)
{
	for (size_t cut = 1; cut < sizeof(order_log_record); cut++) {
		Ring r;
		order_log_record whole;

		r.ask(1), r.ask(2), r.ask(3);
		whole = r.at(2);
		memset((void *)&r.at(2), 0, sizeof whole); // as far as it came
		memcpy((void *)&r.at(2), &whole, cut);
		order_log_view v = r.look();

		if (cut > offsetof(order_log_record, crc) + 3)
			continue;
		ASSERT_EQ(v.records, 2u) << cut;
		ASSERT_EQ(v.torn, 1u) << cut;
		ASSERT_EQ(v.damaged, 0u) << cut;
		ASSERT_EQ(r.ids(), (Ids{ 1, 2 }));
		r.begin();
		r.ask(4); // in its place
		ASSERT_EQ(r.look().torn, 0u);
	}
}

TEST(order_log, damage_elsewhere_is_not_the_tail)
{
	for (size_t at = 0; at < sizeof(order_log_record); at++) {
		Ring r;

		r.ask(1), r.ask(2), r.ask(3);
		((uint8_t *)&r.at(1))[at] ^= 0x40;
		order_log_view v = r.look();

		ASSERT_EQ(v.records, 2u) << at;
		ASSERT_EQ(v.damaged, 1u) << at;
		ASSERT_EQ(v.torn, 0u) << at;
	}
}

TEST(order_log, what_is_none_is_refused)
{
	Ring r;
	order_log_view v;
	size_t bytes = order_log_bytes(16);
	uint8_t *at = (uint8_t *)r.mem.get();

	EXPECT_NE(order_log_look(at, 0, &v), nullptr);
	EXPECT_NE(order_log_look(at, 63, &v), nullptr);
	EXPECT_NE(order_log_look(at, bytes - 1, &v), nullptr);
	EXPECT_NE(order_log_look(at, bytes + 128, &v), nullptr);
	for (size_t i = 0; i < offsetof(order_log_head, crc) + 4; i++) {
		at[i] ^= 1;
		EXPECT_NE(order_log_look(at, bytes, &v), nullptr) << i;
		at[i] ^= 1;
	}
	EXPECT_EQ(order_log_look(at, bytes, &v), nullptr);
	EXPECT_STREQ(v.instance, "W1");
}

/* SPDX-License-Identifier: BSD-3-Clause */
// The journal of requests: what a killed process leaves behind, and what is told of it afterwards.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
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
	order_log_ring ring{};
	order_log j{};
	std::set<uint64_t> out;		   // ids that are open
	std::map<uint64_t, uint64_t> last; // symbol to number of its last word
	position book_of[4]{};
	position_book positions{};

	explicit Ring(uint32_t n = 16) : slots(n), mem(memory(order_log_bytes(n, 0)))
	{
		order_log_format(mem.get(), n, 0, "W1");
		begin();
	}
	Ring(const Ring &) = delete;
	order_log_view look()
	{
		order_log_view v;

		EXPECT_EQ(order_log_look(mem.get(), order_log_bytes(slots, 0), &v), nullptr);
		return v;
	}
	void begin()
	{
		order_log_view v = look();

		order_log_map(&ring, mem.get(), &v);
		order_log_begin(
			&j, &ring, &v, [](void *ctx, uint64_t id) { return ((Ring *)ctx)->out.count(id) > 0; },
			[](void *ctx, const order_log_record *b) {
				const Ring *r = (const Ring *)ctx;
				auto word = r->last.find(b->symbol);

				return b->booked.position.qty && word != r->last.end() && word->second == b->seq;
			},
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
	// A fill of an order, after which so many shares of symbol 100 + instr are held.
	void book(uint32_t instr, int64_t held, uint64_t id = 0, uint32_t filled = 0, report_kind kind = REPORT_FILL)
	{
		trade_report r{};

		r.id = id, r.symbol = 100 + instr, r.instr = instr, r.qty = 10, r.price = 5000000, r.kind = (uint8_t)kind;
		r.fill_id = filled;
		positions.position = book_of;
		book_of[instr].symbol = r.symbol, book_of[instr].qty = held, book_of[instr].cost = held * 7;
		book_of[instr].id = 50 + instr;
		last[r.symbol] = order_log_book(&j, &r, filled, &positions, 9000);
	}
	std::vector<order_log_record> holds(const order_log_record **newest)
	{
		order_log_view v = look();
		std::vector<order_log_record> r(v.records + 1);
		std::vector<uint32_t> scratch(v.records + 1);

		r.resize(order_log_holds(&v, scratch.data(), r.data(), newest));
		return r;
	}
	std::vector<std::pair<uint64_t, int64_t>> held()
	{
		std::vector<std::pair<uint64_t, int64_t>> r;
		const order_log_record *newest;

		for (const order_log_record &h : holds(&newest))
			r.push_back({ h.symbol, h.booked.position.qty });
		return r;
	}
	std::vector<order_log_order> orders()
	{
		order_log_view v = look();
		std::vector<order_log_order> r(v.records + 1);
		std::vector<uint32_t> scratch(v.records + 1);

		r.resize(order_log_left(&v, scratch.data(), r.data()));
		return r;
	}
	std::vector<trade_request> left()
	{
		std::vector<trade_request> r;

		for (const order_log_order &o : orders())
			r.push_back(o.request);
		return r;
	}
	std::vector<uint64_t> ids()
	{
		std::vector<uint64_t> r;

		for (const trade_request &rq : left())
			r.push_back(rq.id);
		return r;
	}
	order_log_record &at(uint32_t slot) { return ring.record[slot]; }
};

using Ids = std::vector<uint64_t>;
using Held = std::vector<std::pair<uint64_t, int64_t>>;

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

TEST(order_log, the_last_word_on_a_position_counts)
{
	Ring r;
	const order_log_record *newest;

	EXPECT_TRUE(r.holds(&newest).empty());
	EXPECT_EQ(newest, nullptr);
	r.positions.realized = 11, r.positions.paid = 12, r.positions.day_base = 13, r.positions.day = 14;
	r.positions.last_id = 60;
	r.book(1, 100), r.book(0, -20), r.book(1, 150), r.book(2, 30), r.book(2, 0);
	EXPECT_EQ(r.held(), (Held{ { 100, -20 }, { 101, 150 } }));
	auto held = r.holds(&newest);
	const position_kept &k = held[1].booked.position;

	EXPECT_EQ(k.symbol, 101u);
	EXPECT_EQ(k.id, 51u);
	EXPECT_EQ(k.cost, 150 * 7);
	ASSERT_NE(newest, nullptr); // of a position that is flat
	EXPECT_EQ(newest->symbol, 102u);
	EXPECT_EQ(newest->booked.sums.realized, 11);
	EXPECT_EQ(newest->booked.sums.paid, 12);
	EXPECT_EQ(newest->booked.sums.day_base, 13);
	EXPECT_EQ(newest->booked.sums.day, 14);
	EXPECT_EQ(newest->booked.sums.last_id, 60u);
}

TEST(order_log, what_is_held_is_never_written_over_and_what_is_flat_never_comes_back)
{
	for (uint32_t flat_after = 1; flat_after < 20; flat_after++) {
		Ring r(16);
		const order_log_record *newest;

		r.book(1, 100), r.book(0, 40), r.book(1, 70);
		for (uint64_t id = 10; id < 10 + flat_after; id++) {
			r.ask(id), r.end(id);
			ASSERT_EQ(r.held(), (Held{ { 100, 40 }, { 101, 70 } })) << id;
		}
		r.book(1, 0);
		for (uint64_t id = 1000; id < 1040; id++) {
			ASSERT_EQ(r.held(), (Held{ { 100, 40 } })) << flat_after << " " << id;
			r.holds(&newest);
			ASSERT_EQ(newest->symbol, 101u); // the day's sums stay
			r.ask(id), r.end(id);
		}
	}
}

// At each byte of each record: what was held before, or after.
TEST(order_log, a_kill_while_a_fill_is_written_leaves_the_position_before_it)
{
	for (uint32_t fill = 0; fill < 40; fill++) {
		Ring r(8);

		for (uint32_t i = 0; i < fill; i++)
			r.book(i & 1, 10 + i);
		Held before = r.held();
		std::vector<order_log_record> slots(r.ring.record, r.ring.record + r.slots);

		r.book(fill & 1, 10 + fill);
		Held after = r.held();
		std::vector<order_log_record> now(r.ring.record, r.ring.record + r.slots);

		for (size_t cut = 1; cut < sizeof(order_log_record); cut++)
			for (uint32_t i = 0; i < r.slots; i++) {
				if (now[i].seq != r.j.seq)
					continue;
				r.ring.record[i] = slots[i];
				memcpy((void *)&r.ring.record[i], &now[i], cut);
				Held found = r.held();

				ASSERT_TRUE(found == before || found == after) << fill << " " << cut;
				r.ring.record[i] = now[i];
			}
	}
}

TEST(order_log, fills_of_an_order_lessen_what_may_be_out)
{
	Ring r;

	r.ask(1), r.ask(2), r.ask(3);
	r.book(1, 30, 1, 30), r.book(1, 50, 1, 50), r.book(1, 150, 2, 100);
	auto left = r.orders();

	ASSERT_EQ(left.size(), 2u); // the second one is filled, though its end was not written any more
	EXPECT_EQ(left[0].request.id, 1u);
	EXPECT_EQ(left[0].filled, 50u);
	EXPECT_EQ(left[1].request.id, 3u);
	EXPECT_EQ(left[1].filled, 0u);
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

namespace {

// As the lcore of a desk that is killed and goes on: it does its last steps once more, and the slots of then are on a tape.
struct Twice : Ring {
	struct Known {
		order_log j;
		std::set<uint64_t> out;
		std::map<uint64_t, uint64_t> last;
		position book_of[4];
	};
	std::vector<uint32_t> tape;
	size_t at = 0;

	Twice() : Ring(32)
	{
		j.slot = [](void *ctx, uint32_t found) {
			Twice *t = static_cast<Twice *>((Ring *)ctx);

			if (t->at == t->tape.size())
				t->tape.push_back(found);
			return t->tape[t->at++];
		};
	}
	// Open orders and positions are stepped over, and the ring goes around more than once. again: what nobody may see twice.
	void step(unsigned i, uint64_t again)
	{
		trade_request rq{};

		rq.id = i, rq.action = TRADE_NEW, rq.qty = 100, rq.decided_tsc = again;
		out.insert(i);
		order_log_request(&j, &rq, 5000 + i);
		book(i % 3, i % 5 * 10, i, i);
		if (i % 7)
			end(i);
		if (i > 40)
			out.erase(i - 40);
	}
	Known known() const
	{
		Known k{ j, out, last, {} };

		memcpy(k.book_of, book_of, sizeof book_of);
		return k;
	}
	void forget(const Known &k)
	{
		j = k.j, out = k.out, last = k.last;
		memcpy(book_of, k.book_of, sizeof book_of);
	}
	std::vector<uint8_t> file() const
	{
		const uint8_t *from = (const uint8_t *)mem.get();

		return { from, from + order_log_bytes(slots, 0) };
	}
};

} // namespace

TEST(order_log, what_is_done_once_more_after_a_kill_is_not_written_again)
{
	Twice t;
	unsigned i = 1;

	for (; i < 50; i++)
		t.step(i, 1);
	Twice::Known before = t.known();
	size_t at = t.at;

	for (; i < 120; i++)
		t.step(i, 1);
	std::vector<uint8_t> whole = t.file();

	EXPECT_GT(t.j.seq, 5u * t.slots);
	t.forget(before), t.at = at;
	for (unsigned k = 50; k < 120; k++)
		t.step(k, 2);
	EXPECT_EQ(t.at, t.tape.size());
	EXPECT_EQ(t.file(), whole);
}

TEST(order_log, what_a_kill_has_cut_is_whole_when_it_is_done_once_more)
{
	for (size_t cut = 0; cut < sizeof(order_log_record); cut++) {
		Twice t;

		for (unsigned i = 1; i < 60; i++)
			t.step(i, 1);
		Twice::Known before = t.known();
		std::vector<uint8_t> was = t.file();
		size_t at = t.at, from = sizeof(order_log_head);

		t.ask(1000);
		std::vector<uint8_t> whole = t.file();
		size_t slot = from + t.tape.back() * sizeof(order_log_record);

		memcpy((uint8_t *)t.mem.get() + slot + cut, was.data() + slot + cut, sizeof(order_log_record) - cut);
		t.forget(before), t.at = at;
		t.ask(1000);
		ASSERT_EQ(t.file(), whole) << cut;
	}
}

TEST(order_log, without_a_ring_it_counts_on)
{
	Ring r;

	r.ask(1);
	std::vector<order_log_record> was(r.ring.record, r.ring.record + r.slots);

	r.ring.record = nullptr;
	for (uint64_t id = 2; id < 40; id++)
		r.ask(id);
	EXPECT_EQ(r.j.seq, 39u);
	EXPECT_LT(r.j.next, r.slots);
	EXPECT_EQ(memcmp(was.data(), (order_log_head *)r.mem.get() + 1, r.slots * sizeof was[0]), 0);
}

TEST(order_log, what_is_none_is_refused)
{
	Ring r;
	order_log_view v;
	size_t bytes = order_log_bytes(16, 0);
	uint8_t *at = (uint8_t *)r.mem.get();

	EXPECT_NE(order_log_look(at, 0, &v), nullptr);
	EXPECT_NE(order_log_look(at, 63, &v), nullptr);
	EXPECT_NE(order_log_look(at, bytes - 1, &v), nullptr);
	EXPECT_NE(order_log_look(at, bytes + 192, &v), nullptr);
	for (size_t i = 0; i < offsetof(order_log_head, crc) + 4; i++) {
		at[i] ^= 1;
		EXPECT_NE(order_log_look(at, bytes, &v), nullptr) << i;
		at[i] ^= 1;
	}
	EXPECT_EQ(order_log_look(at, bytes, &v), nullptr);
	EXPECT_STREQ(v.instance, "W1");
}

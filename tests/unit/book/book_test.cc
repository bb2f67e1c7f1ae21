/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/book/book.h"
}

namespace {

struct Book {
	Memory mem = memory(levels_bytes(2, 4096));
	levels_arena a;
	book b = {};

	Book() { levels_init(&a, 2, 4096, mem.get()); book_open(&b, 0); }
	void set(uint8_t side, int64_t price, uint64_t qty) { levels_set(&a, book_side(&b, side), book_key(side, price), qty); }
	touch now() { return book_touch(&a, &b); }
};

} // namespace

TEST(book, touch_is_the_best_of_both_sides)
{
	Book k;
	touch empty = touch_empty(), t = k.now();

	EXPECT_TRUE(touch_equal(&t, &empty));
	k.set(SIDE_BUY, 99, 10), k.set(SIDE_BUY, 98, 20), k.set(SIDE_SELL, 101, 5), k.set(SIDE_SELL, 102, 6);
	t = k.now();
	EXPECT_EQ(t.bid, 99);
	EXPECT_EQ(t.bid_size, 10u);
	EXPECT_EQ(t.ask, 101);
	EXPECT_EQ(t.ask_size, 5u);
	k.set(SIDE_SELL, 101, 0), k.set(SIDE_BUY, 99, 0), k.set(SIDE_BUY, 98, 0);
	t = k.now();
	EXPECT_EQ(t.bid, BOOK_NO_BID);
	EXPECT_EQ(t.bid_size, 0u);
	EXPECT_EQ(t.ask, 102);
}

TEST(book, depth_is_best_first_with_true_prices)
{
	Book k;
	level out[4];

	for (int i = 1; i <= 10; i++)
		k.set(SIDE_SELL, 100 + i, (uint64_t)i), k.set(SIDE_BUY, 100 - i, (uint64_t)i);
	ASSERT_EQ(book_depth(&k.a, &k.b, SIDE_SELL, out, 4), 4u);
	EXPECT_EQ(out[0].price, 101);
	EXPECT_EQ(out[3].price, 104);
	EXPECT_EQ(out[3].qty, 4u);
	ASSERT_EQ(book_depth(&k.a, &k.b, SIDE_BUY, out, 2), 2u);
	EXPECT_EQ(out[1].price, 98);
	book_clear(&k.a, &k.b);
	EXPECT_EQ(book_depth(&k.a, &k.b, SIDE_BUY, out, 4), 0u);
}

TEST(book, a_quote_replaces_both_sides)
{
	Book k;

	k.set(SIDE_BUY, 90, 1), k.set(SIDE_BUY, 91, 1);
	ASSERT_TRUE(book_quote(&k.a, &k.b, 99, 10, 101, 20));
	touch t = k.now();
	EXPECT_EQ(t.bid, 99);
	EXPECT_EQ(t.ask_size, 20u);
	EXPECT_EQ(levels_count(&k.a, &k.b.side[0]), 1u);
	ASSERT_TRUE(book_quote(&k.a, &k.b, 99, 30, 100, 5)); // same price, new size; new price
	t = k.now();
	EXPECT_EQ(t.bid_size, 30u);
	EXPECT_EQ(t.ask, 100);
	ASSERT_TRUE(book_quote(&k.a, &k.b, 99, 0, 0, 0)); // size 0: empty
	t = k.now();
	EXPECT_EQ(t.bid, BOOK_NO_BID);
	EXPECT_EQ(t.ask, BOOK_NO_ASK);
}

// Cont, Kukanov, Stoikov 2014, eq. 10, term by term; no bid is minus infinity, no ask plus infinity.
TEST(book, order_flow_imbalance)
{
	const touch base = { 100, 110, 10, 20 }, none = touch_empty();
	struct { touch after; int64_t ofi; } row[] = {
		{ { 100, 110, 15, 20 }, 5 }, { { 100, 110, 4, 20 }, -6 },  { { 101, 110, 7, 20 }, 7 },
		{ { 99, 110, 70, 20 }, -10 }, { { 100, 110, 10, 26 }, -6 }, { { 100, 109, 10, 8 }, -8 },
		{ { 100, 111, 10, 80 }, 20 }, { base, 0 },		     { none, -10 + 20 },
	};

	for (auto &r : row)
		EXPECT_EQ(touch_ofi(&base, &r.after), r.ofi);
	EXPECT_EQ(touch_ofi(&none, &base), 10 - 20);
	EXPECT_EQ(touch_ofi(&none, &none), 0);
}

TEST(book, blending_takes_the_better_price_and_adds_equal_ones)
{
	touch t = touch_empty(), a = { 100, 110, 1, 2 }, b = { 100, 109, 4, 8 }, none = touch_empty();

	touch_blend(&t, &a);
	EXPECT_TRUE(touch_equal(&t, &a));
	touch_blend(&t, &b);
	EXPECT_EQ(t.bid_size, 5u);
	EXPECT_EQ(t.ask, 109);
	EXPECT_EQ(t.ask_size, 8u);
	touch_blend(&t, &none);
	EXPECT_EQ(t.bid_size, 5u);
	EXPECT_EQ(t.ask_size, 8u);
}

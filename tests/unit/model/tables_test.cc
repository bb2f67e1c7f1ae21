/* SPDX-License-Identifier: BSD-3-Clause */
// Shared tables: what was written is read, whole, also beside a writer and at another address.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "tests/unit/model_kit.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"
}
#pragma GCC diagnostic pop

namespace {

enum { INSTRUMENTS = 16, QUOTES = 32, WATCH = 2, HISTORY = 8 };

struct Tables {
	size_t bytes = tables_bytes(INSTRUMENTS, QUOTES, WATCH, HISTORY);
	Memory mem = memory(bytes);
	tables *t = tables_init(mem.get(), INSTRUMENTS, QUOTES, WATCH, HISTORY);
};

// Every word of the row says the same, so that a torn read shows.
bar filled(uint32_t instr, uint64_t n, unsigned span = 0)
{
	bar b;

	for (size_t i = 0; i < COL_COUNT; i++)
		memcpy((char *)&b + i * 8, &n, 8);
	b.span = span, b.instr = instr, b.last_due = 0, b.n_due = 0;
	b.venue = b.pad = 0;
	return b;
}

} // namespace

TEST(tables, rows_are_read_as_written)
{
	Tables k;
	bar b;

	EXPECT_TRUE(tables_valid(k.t));
	EXPECT_FALSE(tables_latest(k.t, 3, SPAN_5S, &b));
	bar put = filled(3, 77, SPAN_5S);
	tables_put(k.t, &put);
	ASSERT_TRUE(tables_latest(k.t, 3, SPAN_5S, &b));
	EXPECT_EQ(memcmp(&b, &put, sizeof b), 0);
	EXPECT_FALSE(tables_latest(k.t, 3, SPAN_1S, &b));
	EXPECT_FALSE(tables_latest(k.t, 2, SPAN_5S, &b));
}

TEST(tables, a_row_is_news_once)
{
	Tables k;
	uint32_t seen = 0, other = 0;
	bar b;

	EXPECT_FALSE(tables_newer(k.t, 3, SPAN_1S, &seen, &b));
	bar put = filled(3, 77);
	tables_put(k.t, &put);
	ASSERT_TRUE(tables_newer(k.t, 3, SPAN_1S, &seen, &b));
	EXPECT_EQ(memcmp(&b, &put, sizeof b), 0);
	EXPECT_FALSE(tables_newer(k.t, 3, SPAN_1S, &seen, &b));
	put = filled(3, 78);
	tables_put(k.t, &put);
	put = filled(3, 79);
	tables_put(k.t, &put);
	ASSERT_TRUE(tables_newer(k.t, 3, SPAN_1S, &seen, &b));
	EXPECT_EQ(b.close_ts, 79u); // the one before it was never seen
	EXPECT_FALSE(tables_newer(k.t, 3, SPAN_1S, &seen, &b));
	EXPECT_TRUE(tables_newer(k.t, 3, SPAN_1S, &other, &b)); // of another reader
	EXPECT_FALSE(tables_newer(k.t, 3, SPAN_5S, &(other = 0), &b));
}

TEST(tables, names_lead_to_instruments)
{
	Tables k;

	tables_name(k.t, 0, symtab_key("SPY", 3));
	tables_name(k.t, 5, symtab_key("QQQ", 3));
	EXPECT_EQ(tables_find(k.t, symtab_key("QQQ", 3)), 5u);
	EXPECT_EQ(tables_find(k.t, symtab_key("IWM", 3)), INSTR_NONE);
	EXPECT_EQ(tables_symbol(k.t, 0), symtab_key("SPY", 3));
}

TEST(tables, history_of_watched_instruments)
{
	Tables k;
	bar out[20];

	ASSERT_EQ(tables_watch(k.t, 4), 0);
	EXPECT_EQ(tables_watch(k.t, 4), 0);
	ASSERT_EQ(tables_watch(k.t, 5), 0);
	EXPECT_NE(tables_watch(k.t, 6), 0);
	for (uint64_t i = 1; i <= 20; i++)
		for (uint32_t instr : { 4u, 6u }) {
			bar b = filled(instr, i);
			tables_put(k.t, &b);
		}
	ASSERT_EQ(tables_history(k.t, 4, SPAN_1S, out, 20), (uint32_t)HISTORY);
	for (uint64_t i = 0; i < HISTORY; i++)
		EXPECT_EQ(out[i].volume, 20 - i); // newest first
	EXPECT_EQ(tables_history(k.t, 4, SPAN_1S, out, 3), 3u);
	ASSERT_EQ(tables_history(k.t, 6, SPAN_1S, out, 20), 1u); // not watched: the latest
	EXPECT_EQ(out[0].volume, 20u);
	tables_unwatch(k.t, 4);
	EXPECT_EQ(tables_history(k.t, 4, SPAN_1S, out, 20), 1u);
	ASSERT_EQ(tables_watch(k.t, 6), 0); // the place is free again, and empty
	EXPECT_EQ(tables_history(k.t, 6, SPAN_1S, out, 20), 1u);
	bar b = filled(6, 21);
	tables_put(k.t, &b);
	EXPECT_EQ(tables_history(k.t, 6, SPAN_1S, out, 20), 1u);
	EXPECT_EQ(out[0].volume, 21u);
}

// The latest row is a part of what readers get, whether or not it has been copied into the history yet.
TEST(tables, histories_are_written_behind)
{
	Tables k;
	bar out[20], b;

	ASSERT_EQ(tables_watch(k.t, 4), 0);
	for (uint64_t i = 1; i <= 5; i++) {
		b = filled(4, i);
		tables_put(k.t, &b);
		for (int remembered = 0; remembered < 2; remembered++) {
			ASSERT_EQ(tables_history(k.t, 4, SPAN_1S, out, 20), i);
			for (uint64_t back = 0; back < i; back++)
				EXPECT_EQ(out[back].volume, i - back);
			if (i % 2) // every other row goes in with the next one
				break;
			tables_remember(k.t, 4);
		}
	}
	tables_remember(k.t, 4);
	tables_remember(k.t, 4); // nothing is left
	EXPECT_EQ(tables_history(k.t, 4, SPAN_1S, out, 20), 5u);
	b = filled(4, 6);
	b.span = SPAN_5M; // spans do not wait for one another
	tables_put(k.t, &b);
	EXPECT_EQ(tables_history(k.t, 4, SPAN_1S, out, 20), 5u);
	EXPECT_EQ(tables_history(k.t, 4, SPAN_5M, out, 20), 1u);
}

TEST(tables, quotes_and_their_status)
{
	Tables k;
	struct tables_quote q;
	touch t = { 1, 2, 3, 4 };

	EXPECT_FALSE(tables_read_quote(k.t, 7, &q));
	tables_quote(k.t, 7, 2, 1, 3, &t, 99);
	tables_quote_status(k.t, 7, 1, true);
	ASSERT_TRUE(tables_read_quote(k.t, 7, &q));
	EXPECT_EQ(q.instr, 2u);
	EXPECT_TRUE(touch_equal(&q.touch, &t));
	EXPECT_EQ(q.ts_ns, 99u);
	EXPECT_EQ(q.venue, 1);
	EXPECT_EQ(q.channel, 3);
	EXPECT_EQ(q.status, 1);
	EXPECT_TRUE(q.suspect);
}

TEST(tables, hold_no_pointers)
{
	Tables k;
	bar put = filled(3, 5), b;

	tables_put(k.t, &put);
	Memory copy = memory(k.bytes);
	memcpy(copy.get(), k.mem.get(), k.bytes);
	memset(k.mem.get(), 0xff, k.bytes);
	const tables *moved = (const tables *)copy.get();
	ASSERT_TRUE(tables_valid(moved));
	EXPECT_EQ(moved->bytes, k.bytes);
	ASSERT_TRUE(tables_latest(moved, 3, SPAN_1S, &b));
	EXPECT_EQ(b.volume, 5u);
}

// Two columns of one size that have changed places: every offset is as before, every value is another's.
TEST(tables, of_another_list_of_columns_are_refused)
{
	Tables k;
	std::string columns = tables_columns(), swapped = columns;
	size_t high = columns.find(";high PX;"), low = columns.find(";low PX;");

	ASSERT_EQ(columns.rfind("symbol SYM;span SPAN;open_ts TS;", 0), 0u);
	ASSERT_EQ(low, high + 8);
	swapped.replace(high, 15, ";low PX;high PX");
	EXPECT_EQ(swapped.size(), columns.size());
	EXPECT_EQ(tables_layout_of(columns.c_str()), tables_layout());
	EXPECT_NE(tables_layout_of(swapped.c_str()), tables_layout());
	EXPECT_NE(tables_layout_of((columns + "more F64;").c_str()), tables_layout());
	ASSERT_TRUE(tables_valid(k.t));
	k.t->layout = tables_layout_of(swapped.c_str());
	EXPECT_FALSE(tables_valid(k.t));
}

TEST(tables, readers_beside_a_writer_never_see_half_a_row)
{
	Tables k;
	std::atomic<bool> stop{ false };
	uint64_t reads = 0, torn = 0, back = 0;

	ASSERT_EQ(tables_watch(k.t, 1), 0);
	bar first = filled(1, 1);
	tables_put(k.t, &first);
	std::thread reader([&] {
		uint64_t last = 0;
		bar b, rows[HISTORY];

		// At least so many, however the two threads are scheduled.
		while (!stop || reads < 1000) {
			if (!tables_latest(k.t, 1, SPAN_1S, &b))
				continue;
			bar want = filled(1, b.volume);
			torn += memcmp(&b, &want, sizeof b) != 0;
			back += b.volume < last;
			last = b.volume;
			uint32_t n = tables_history(k.t, 1, SPAN_1S, rows, HISTORY);
			for (uint32_t i = 0; i < n; i++) {
				want = filled(1, rows[i].volume);
				torn += memcmp(&rows[i], &want, sizeof want) != 0;
			}
			reads++;
		}
	});
	for (uint64_t i = 2; i < 200000; i++) {
		bar b = filled(1, i);
		tables_put(k.t, &b);
	}
	stop = true;
	reader.join();
	EXPECT_GE(reads, 1000u);
	EXPECT_EQ(torn, 0u);
	EXPECT_EQ(back, 0u);
}

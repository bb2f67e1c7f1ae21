/* SPDX-License-Identifier: BSD-3-Clause */
// What an entry says, its ids, and the words for Redis.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#pragma GCC diagnostic ignored "-Wshadow" // functions and structs of one name
extern "C" {
#include "drivers/sink/redis_words.h"
#include "lcore/base/symtab.h"
#include "lcore/model/gate.h"
#include "lcore/trade/trade.h"
}

namespace {

std::map<std::string, std::string> fields(const sink_entry &e)
{
	const char *field[2 * ENTRY_FIELDS];
	unsigned n = entry_fields(&e, field);
	std::map<std::string, std::string> m;

	for (unsigned i = 0; i + 1 < n; i += 2)
		m[field[i]] = field[i + 1];
	return m;
}

sink_entry made(sink_stream s, const void *record)
{
	sink_item item = { 42, 1500 * NS_PER_MS, UINT64_MAX, symtab_key("SPY", 3), 3, uint8_t(s), record };
	sink_entry e;

	entry_make(&e, &item, 0xabcd, "W1");
	return e;
}

bar row()
{
	bar b{};

	b.symbol = symtab_key("SPY", 3);
	b.span = SPAN_5S;
	b.open_ts = 5 * NS_PER_S;
	b.close_ts = 10 * NS_PER_S;
	b.close = 412340000;
	b.flags = BAR_GAP | BAR_STALE;
	return b;
}

std::vector<std::string> words(const redis_command *c)
{
	std::vector<std::string> w;

	for (int i = 0; i < c->n; i++)
		w.emplace_back(c->word[i], c->bytes[i]);
	return w;
}

} // namespace

TEST(entry, says_what_the_row_says)
{
	bar b = row();
	sink_entry e = made(SINK_NEW_BAR, &b);
	auto f = fields(e);

	EXPECT_EQ(f["symbol"], "SPY");
	EXPECT_EQ(f["span"], "5s");
	EXPECT_EQ(f["open_ts"], "5000000000");
	EXPECT_EQ(f["close_ts"], "10000000000");
	EXPECT_EQ(f["close"], "412.34");
	EXPECT_EQ(f["flags"], "GAP|STALE");
	EXPECT_EQ(f["n"], "42");
	EXPECT_EQ(f["boot"], "000000000000abcd");
	EXPECT_EQ(f["handed_ns"], "18446744073709551615");
	EXPECT_EQ(f.size(), 9u);
	EXPECT_EQ(entry_handed_ns(&e), UINT64_MAX);
	EXPECT_TRUE(entry_is_of(&e, 0xabcd));
	EXPECT_FALSE(entry_is_of(&e, 0xabc));
	e.bytes = 0;
	EXPECT_EQ(entry_handed_ns(&e), 0u);
	EXPECT_FALSE(entry_is_of(&e, 0xabcd));
}

// With every flag, and the longest names and numbers there are, nothing is left out.
TEST(entry, has_room_for_the_longest)
{
	bar b = row();
	b.flags = (1u << BAR_FLAG_COUNT) - 1;
	b.close = INT64_MAX;
	b.open_ts = b.close_ts = UINT64_MAX;
	EXPECT_EQ(fields(made(SINK_NEW_BAR, &b)).size(), 9u);

	fire f{};
	memset(f.name, 'g', sizeof f.name - 1);
	f.score = -1.23456789012e-300;
	f.decided_ns = f.close_ts = UINT64_MAX;
	f.close_filled = f.bid = f.ask = INT64_MAX;
	f.nth = UINT32_MAX;
	EXPECT_EQ(fields(made(SINK_ENTRY_FIRE, &f)).count("boot"), 1u);

	trade_report r{};
	r.kind = REPORT_FILL;
	r.id = r.ts_ns = r.fill_id = UINT64_MAX;
	r.total = r.filled = r.leaves = r.qty = UINT32_MAX;
	r.price = INT64_MAX;
	r.state = STATE_CANCELLED;
	auto said = fields(made(SINK_FILL, &r));
	EXPECT_EQ(said.count("boot"), 1u);
	EXPECT_EQ(said["event"], "fill");
	EXPECT_EQ(said["qty"], "4294967295");
}

TEST(entry, ids_never_fall)
{
	entry_id last = { 0, 0 };
	srand(5);

	for (int i = 0; i < 1000; i++) {
		entry_id next = entry_next_id(last, uint64_t(rand() % 50) * NS_PER_MS + rand() % 1000);

		ASSERT_TRUE(entry_id_above(next, last));
		last = next;
	}
	EXPECT_EQ(entry_next_id({ 7, 3 }, 9 * NS_PER_MS).ms, 9u);
	EXPECT_EQ(entry_next_id({ 7, 3 }, 9 * NS_PER_MS).seq, 0u);
	EXPECT_EQ(entry_next_id({ 9, 3 }, 7 * NS_PER_MS).seq, 4u);
}

TEST(entry, ids_are_read_back)
{
	char text[ENTRY_ID_TEXT];
	entry_id id;

	entry_id_text({ 1700000000123, 17 }, text);
	EXPECT_STREQ(text, "1700000000123-17");
	EXPECT_TRUE(entry_id_read(text, &id));
	EXPECT_EQ(id.seq, 17u);
	for (const char *bad : { "", "-", "12", "12-", "x-1", "1-x" })
		EXPECT_FALSE(entry_id_read(bad, &id)) << bad;
}

TEST(redis_words, an_entry_is_an_xadd_with_its_id)
{
	static redis_words w;
	bar b = row();
	sink_entry e = made(SINK_NEW_BAR, &b);

	w.prefix = "a:";
	w.maxlen = 1000;
	e.id = { 10000, 2 };
	auto c = words(redis_say_entry(&w, &e));
	EXPECT_EQ(std::vector<std::string>(c.begin(), c.begin() + 8),
		  (std::vector<std::string>{ "XADD", "a:stream:new_bar", "MAXLEN", "~", "1000", "10000-2", "symbol", "SPY" }));
	EXPECT_EQ(c.size(), 6u + 18);
}

TEST(redis_words, errors_by_their_meaning)
{
	auto of = [](const char *t) { return redis_error_of(t, strlen(t)); };

	EXPECT_EQ(of("ERR The ID specified in XADD is equal or smaller than the target stream top item"), REDIS_ALREADY);
	EXPECT_EQ(of("LOADING Redis is loading the dataset in memory"), REDIS_WAIT);
	EXPECT_EQ(of("READONLY You can't write against a read only replica."), REDIS_WAIT);
	EXPECT_EQ(of("OOM command not allowed when used memory > 'maxmemory'."), REDIS_REFUSES);
	EXPECT_EQ(of("MISCONF Redis is configured to save RDB snapshots"), REDIS_REFUSES);
	EXPECT_EQ(of("ERR something new"), REDIS_REFUSES);
	EXPECT_EQ(of("NOAUTH Authentication required."), REDIS_NEVER);
	EXPECT_EQ(of("WRONGPASS invalid username-password pair or user is disabled."), REDIS_NEVER);
	EXPECT_EQ(of("WRONGTYPE Operation against a key holding the wrong kind of value"), REDIS_NEVER);
	EXPECT_EQ(of("ERR no such key"), REDIS_ABSENT);
	EXPECT_EQ(of(""), REDIS_REFUSES);
}

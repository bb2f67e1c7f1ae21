/* SPDX-License-Identifier: BSD-3-Clause */
// What does not print is shown by its number, and a mark is never cut in two.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "lcore/base/text.h"
}

namespace
{

std::string visible(const char *text, size_t room = 256)
{
	std::string out(room, 'x');

	EXPECT_LT(text_visible(text, out.data(), room), room);
	return out.c_str();
}

TEST(Text, ShowsWhatDoesNotPrint)
{
	const struct { const char *text, *shown; } cases[] = {
		{ "rule = 5s ~", "rule = 5s ~" },
		{ "\xef\xbb\xbf[bars]", "<U+FEFF>[bars]" },
		{ "5s\xc2\xa0" "ema9", "5s<U+00A0>ema9" },
		{ "a\rb\tc\x1b", "a<U+000D>b<U+0009>c<U+001B>" },
		{ "a\xe2\x80\x8b" "b\xe2\x80\x8d", "a<U+200B>b<U+200D>" },
		{ "\xe2\x80\x93 \xe2\x80\x9cx\xe2\x80\x9d", "<U+2013> <U+201C>x<U+201D>" },
		{ "\xd0\xb5ma9", "<U+0435>ma9" }, // a Cyrillic letter that looks like e
		{ "\xf0\x9f\x98\x80", "<U+1F600>" },
		{ "\xff\xc2", "<0xFF><0xC2>" },
		{ "\xc0\x80\xed\xa0\x80", "<0xC0><0x80><0xED><0xA0><0x80>" }, // overlong, and half of a pair
	};

	for (auto &c : cases)
		EXPECT_EQ(c.shown, visible(c.text));
}

TEST(Text, NeverCutsAMark)
{
	EXPECT_EQ("ab", visible("ab\xc2\xa0", 10));
	EXPECT_EQ("ab<U+00A0>", visible("ab\xc2\xa0", 11));
	EXPECT_EQ("", visible("abc", 1));
}

TEST(Text, CountsHaveCommas)
{
	char out[TEXT_COUNT_BYTES];

	EXPECT_EQ(1u, text_count(0, out));
	EXPECT_STREQ("0", out);
	EXPECT_EQ(3u, text_count(999, out));
	EXPECT_STREQ("999", out);
	EXPECT_EQ(7u, text_count(123456, out));
	EXPECT_STREQ("123,456", out);
	EXPECT_EQ(TEXT_COUNT_BYTES - 1u, text_count(UINT64_MAX, out));
	EXPECT_STREQ("18,446,744,073,709,551,615", out);
}

TEST(Text, Edits)
{
	EXPECT_EQ(0u, text_edits("health", "health"));
	EXPECT_EQ(1u, text_edits("helth", "health"));
	EXPECT_EQ(3u, text_edits("", "abc"));
}

} // namespace

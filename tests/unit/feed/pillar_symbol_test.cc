/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

using namespace kit;

static std::string turned(const std::string &nyse)
{
	Bytes wire = nul_text(nyse, 11);
	uint64_t key;
	char out[SYMBOL_BYTES + 1];
	if (!pillar_symbol(wire.data(), &key))
		return "too long";
	symtab_text(key, out);
	return out;
}

// The rows of Nasdaq's table "Ticker Symbol Convention", columns CMS and integrated platform.
TEST(PillarSymbol, NasdaqsTable)
{
	const char *const rows[][2] = {
		{ "PR", "-" },      { "PRA", "-A" },    { "PRB", "-B" },    { "A", ".A" },
		{ "B", ".B" },      { "PRWD", "-$" },   { "WD", "$" },      { "WS", "+" },
		{ "WSA", "+A" },    { "WSB", "+B" },    { "CL", "*" },      { "ACL", ".A*" },
		{ "PRCL", "-*" },   { "PRACL", "-A*" }, { "PRAWI", "-A#" }, { "EC", "!" },
		{ "PP", "@" },      { "CV", "%" },      { "CVCL", "%*" },   { "ACV", ".A%" },
		{ "PRACV", "-A%" }, { "PRAWD", "-A$" }, { "RT", "^" },      { "U", "=" },
		{ "WI", "#" },      { "RTWI", "^#" },   { "PRWI", "-#" },   { "AWI", ".A#" },
		{ "WSWI", "+#" },   { "TEST", "~" },
	};
	for (auto &r : rows)
		EXPECT_EQ(turned(std::string("ABC ") + r[0]), std::string("ABC") + r[1]) << r[0];
}

TEST(PillarSymbol, ClassLettersThatLookLikeSomethingElse)
{
	EXPECT_EQ(turned("ABC PRC"), "ABC-C");
	EXPECT_EQ(turned("ABC PRW"), "ABC-W");
	EXPECT_EQ(turned("ABC W"), "ABC.W");
	EXPECT_EQ(turned("ABC C"), "ABC.C");
	EXPECT_EQ(turned("ABC P"), "ABC.P");
	EXPECT_EQ(turned("ABC CCL"), "ABC.C*");
}

TEST(PillarSymbol, Plain)
{
	EXPECT_EQ(turned("SPY"), "SPY");
	EXPECT_EQ(turned("SPY   "), "SPY");
	EXPECT_EQ(turned("ZVZZT"), "ZVZZT");
	EXPECT_EQ(turned(""), "");
	EXPECT_EQ(turned(" A"), " A"); // which no table of symbols takes
}

TEST(PillarSymbol, UnknownSuffixStays)
{
	EXPECT_EQ(turned("ABC XY"), "ABC XY");
	EXPECT_EQ(turned("ABC PR1"), "ABC PR1");
	EXPECT_EQ(turned("ABC a"), "ABC a");
	EXPECT_EQ(turned("ABC  A"), "ABC  A");
	EXPECT_EQ(turned("ABC A B"), "ABC A B");
	EXPECT_EQ(turned("ABC WIX"), "ABC WIX");
}

TEST(PillarSymbol, Length)
{
	EXPECT_EQ(turned("ABCDEFGH"), "ABCDEFGH");
	EXPECT_EQ(turned("ABCDEFGHI"), "too long");
	EXPECT_EQ(turned("ABCDEF PRA"), "ABCDEF-A");
	EXPECT_EQ(turned("ABCDEFG PRA"), "too long");
	EXPECT_EQ(turned("ABCDEF ZZZZ"), "too long");
	EXPECT_EQ(turned("AB PRACVCLX"), "too long");
	EXPECT_EQ(turned("ABCDEF CVCL"), "ABCDEF%*");
	EXPECT_EQ(turned("A WIWIWI"), "A WIWIWI");
}

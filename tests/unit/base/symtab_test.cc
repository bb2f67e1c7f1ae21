/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/base/symtab.h"
}

namespace {

struct Symbols {
	Memory mem;
	symtab t;

	explicit Symbols(uint32_t max) : mem(memory(symtab_bytes(max))) { symtab_init(&t, max, mem.get()); }
};

uint64_t key(const std::string &s) { return symtab_key(s.data(), s.size()); }

} // namespace

TEST(symtab, ids_are_given_in_order_of_first_sight)
{
	Symbols k(1000);

	for (uint32_t i = 0; i < 1000; i++)
		ASSERT_EQ(symtab_intern(&k.t, key("S" + std::to_string(i))), i);
	for (uint32_t i = 0; i < 1000; i++) {
		ASSERT_EQ(symtab_intern(&k.t, key("S" + std::to_string(i))), i);
		ASSERT_EQ(symtab_find(&k.t, key("S" + std::to_string(i))), i);
	}
	EXPECT_EQ(symtab_intern(&k.t, key("FULL")), INSTR_NONE);
	EXPECT_EQ(symtab_find(&k.t, key("FULL")), INSTR_NONE);
	EXPECT_EQ(symtab_intern(&k.t, key("S7")), 7u); // known ones still are
}

TEST(symtab, padding_does_not_matter)
{
	char text[SYMBOL_BYTES + 1];

	EXPECT_EQ(symtab_key("SPY", 3), symtab_key("SPY     ", 8));
	EXPECT_EQ(symtab_key("SPY", 3), symtab_key("SPY\0\0\0\0\0", 8));
	EXPECT_EQ(symtab_text(symtab_key("BRK.A", 5), text), 5u);
	EXPECT_STREQ(text, "BRK.A");
	EXPECT_EQ(symtab_text(symtab_key("ABCDEFGH", 8), text), 8u);
	EXPECT_STREQ(text, "ABCDEFGH");
}

TEST(symtab, keys_sort_as_their_texts)
{
	EXPECT_LT(symtab_order(key("A"), key("AA")), 0);
	EXPECT_LT(symtab_order(key("AZ"), key("B")), 0);
	EXPECT_GT(symtab_order(key("MSFT"), key("AAPL")), 0);
	EXPECT_EQ(symtab_order(key("SPY"), key("SPY")), 0);
}

TEST(symtab, what_cannot_be_printed_is_no_symbol)
{
	Symbols k(8);

	for (const char *bad : { "        ", " A      ", "A,B     ", "A\"B     ", "A\nB     ", "\xff       ", "AB\0     " }) {
		uint64_t raw;

		memcpy(&raw, bad, 8);
		EXPECT_EQ(symtab_intern(&k.t, raw), INSTR_NONE) << bad;
	}
	EXPECT_EQ(symtab_intern(&k.t, 0), INSTR_NONE);
	symtab_intern(&k.t, key("A"));
	EXPECT_EQ(symtab_find(&k.t, 0), INSTR_NONE); // eight NULs, as a hostile message may hold
	EXPECT_EQ(k.t.n, 1u);
}

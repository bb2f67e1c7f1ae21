/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/base/symtab.h"
#include "lcore/trade/paper.h"
#include "lcore/trade/paper_script.h"
}

namespace
{

struct Script {
	paper_script s = {};
	paper_script_error err = {};
	Memory mem;
	int rc;

	explicit Script(const std::string &text) : mem(memory(paper_script_bytes(text.data(), text.size())))
	{
		rc = paper_script_read(&s, text.data(), text.size(), mem.get(), &err);
	}
	std::string wrong() const
	{
		return std::to_string(err.line) + ":" + std::to_string(err.column) + ": " + err.text;
	}
};

const std::string head = "ts_ns,action,id,symbol,venue,side,qty,price,tif\n";

} // namespace

TEST(paper_script, rows_go_by_time_then_id_then_line)
{
	Script s(head + "20,new,9,AA,itch,B,1,1,\n10,new,12,AA,ITCH,B,1,1,\n10,new,3,AA,Itch,B,1,1,\n"
			"20,cancel,9,AA,itch,,,,\n");

	ASSERT_EQ(s.rc, 0);
	ASSERT_EQ(s.s.n, 4u);
	EXPECT_EQ(s.s.n_legs, 1u);
	EXPECT_EQ(s.s.row[0].id, 3u);
	EXPECT_EQ(s.s.row[1].id, 12u);
	EXPECT_EQ(s.s.row[2].action, TRADE_NEW);
	EXPECT_EQ(s.s.row[3].action, TRADE_CANCEL);
	EXPECT_EQ(s.s.n_orders, 3u);
}

TEST(paper_script, rows_of_an_id_belong_to_its_first_leg)
{
	Script s("30,cancel,1,ZZ,iex,,,,\n10,new,1,AA,pillar,S,5,2.5,ioc\r\n20,new,1,BB,itch,B,1,1,\n40,replace,1,,,,7,,\n");

	ASSERT_EQ(s.rc, 0);
	ASSERT_EQ(s.s.n_legs, 1u);
	EXPECT_EQ(s.s.leg[0].venue, VENUE_ARCA);
	EXPECT_EQ(s.s.leg[0].symbol, symtab_key("AA", 2));
	EXPECT_EQ(s.s.row[0].price, 2500000);
	EXPECT_EQ(s.s.row[0].tif, TIF_IOC);
	EXPECT_EQ(s.s.row[1].action, TRADE_AGAIN);
	EXPECT_EQ(s.s.row[3].tif, TIF_UNCHANGED);
	EXPECT_EQ(s.s.row[3].price, 0);
	EXPECT_EQ(s.s.row[3].qty, 7u);
}

TEST(paper_script, nothing_is_not_zero_in_a_replace)
{
	Script s("1,new,1,AA,itch,S,5,2.5,ioc\n2,replace,1,,,,,,\n3,replace,1,,,,0,,\n4,replace,1,,,,4294967294,,\n5,cancel,1,,,,,,\n");

	ASSERT_EQ(s.rc, 0);
	EXPECT_EQ(s.s.row[1].qty, TRADE_QTY_KEPT);
	EXPECT_EQ(s.s.row[2].qty, 0u);
	EXPECT_EQ(s.s.row[3].qty, UINT32_MAX);
	EXPECT_EQ(s.s.row[4].qty, 0u);
}

TEST(paper_script, what_the_venue_refuses_is_no_error)
{
	Script s("1,new,1,A,itch,b,-3,1.00005,gtc\n1,new,2,A,itch,,1000000,0,0\n1,new,3,A,itch,B,0007,-1,3\n"
		 "1,new,4,A,itch,B,99999999999999999999,0.1234567,\n1,new,5,A,itch,B,1,199999.9900000,\n");

	ASSERT_EQ(s.rc, 0) << s.wrong();
	EXPECT_EQ(s.s.row[0].side, 255);
	EXPECT_EQ(s.s.row[0].qty, UINT32_MAX);
	EXPECT_EQ(s.s.row[0].price, 1000050);
	EXPECT_EQ(s.s.row[0].tif, 255);
	EXPECT_EQ(s.s.row[1].side, SIDE_NONE);
	EXPECT_EQ(s.s.row[1].price, PAPER_NO_PRICE);
	EXPECT_EQ(s.s.row[2].qty, 7u);
	EXPECT_EQ(s.s.row[2].price, PAPER_NO_PRICE);
	EXPECT_EQ(s.s.row[2].tif, TIF_IOC);
	EXPECT_EQ(s.s.row[3].qty, UINT32_MAX);
	EXPECT_EQ(s.s.row[3].price, PAPER_NO_PRICE);
	EXPECT_EQ(s.s.row[4].price, PAPER_PRICE_MAX);
}

TEST(paper_script, errors_name_line_and_column)
{
	const char *const bad[][2] = {
		{ "x,new,1,A,itch,B,1,1,\n", "2:1: ts_ns: found \"x\", allowed: nanoseconds since 1970" },
		{ "1,nwe,1,A,itch,B,1,1,\n", "2:3: action: found \"nwe\", allowed: new, cancel, replace" },
		{ "1,new,-1,A,itch,B,1,1,\n", "2:7: id: found \"-1\", allowed: a decimal integer of up to 64 bits, without leading zeros" },
		{ "1,new,1,ABCDEFGHI,itch,B,1,1,\n", "2:9: symbol: found \"ABCDEFGHI\", allowed: a symbol of 1 to 8 characters" },
		{ "1,new,1,A,nyse,B,1,1,\n", "2:11: venue: found \"nyse\", allowed: itch, iex, pillar, bx, psx" },
		{ "1,new,1,A,itch,B,1.5,1,\n", "2:18: qty: found \"1.5\", allowed: whole shares, or nothing" },
		{ "1,new,1,A,itch,B,1,1e2,\n", "2:20: price: found \"1e2\", allowed: decimal dollars, or nothing (market)" },
		{ "1,new,1,A,itch,B,1,1\n", "2:21: found 8 fields, allowed: nine, ts_ns to tif" },
		{ "1,new,1,A,itch,B,1,1,,\n", "2:22: tif: found \",\", allowed: nine fields" },
		{ "1,cancel,1,,,,,,\n", "0:0: id 1: no row of it has a symbol and a venue" },
	};

	for (const auto &b : bad) {
		Script s(head + b[0]);

		EXPECT_EQ(s.rc, -EINVAL) << b[0];
		EXPECT_EQ(s.wrong(), b[1]);
	}
}

TEST(paper_script, nothing_is_nothing)
{
	EXPECT_EQ(Script("").s.n, 0u);
	EXPECT_EQ(Script(head).s.n, 0u);
	EXPECT_EQ(Script("\n\n").rc, 0);
}

// What is left of a file whose writer died says nothing, not that there are no orders.
TEST(paper_script, an_empty_file_is_no_script)
{
	Script s("");

	EXPECT_EQ(s.rc, -EINVAL);
	EXPECT_EQ(s.wrong(), "0:0: found an empty file, allowed: a header, or orders");
	EXPECT_EQ(Script(head).rc, 0);
}

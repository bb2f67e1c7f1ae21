/* SPDX-License-Identifier: BSD-3-Clause */
// The streams as text: rows have the columns of their list, and columns of bars come as they were asked for.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"
#include "lcore/model/export_csv.h"
}
#pragma GCC diagnostic pop

namespace {

long fields(const std::string &line) { return std::count(line.begin(), line.end(), ',') + 1; }

static unsigned columns_of(output_which which)
{
	unsigned n = 0;

	for (unsigned i = 0; i < export_columns_count; i++)
		n += export_columns[i].output == which;
	return n;
}

TEST(ExportCsv, FiresHaveTheColumnsOfTheirList)
{
	char line[BAR_LINE_BYTES];
	fire f = {};

	f.n_rules = 3;
	f.rules = 5;
	f.symbol = symtab_key("SPY", 3);
	std::string header(line, export_csv_header(OUTPUT_FIRES, line)), row(line, export_csv_fire(&f, line));

	EXPECT_EQ(columns_of(OUTPUT_FIRES), fields(header));
	EXPECT_EQ(columns_of(OUTPUT_FIRES), fields(row));
	EXPECT_EQ(0u, header.find("close_ts,symbol,stream,gate,side,score,rules,close_filled,bid,ask\n"));
	EXPECT_NE(std::string::npos, row.find(",101,"));
}

TEST(ExportCsv, RevisionsHaveTheColumnsOfTheirList)
{
	char line[BAR_LINE_BYTES];
	revision r = {};

	r.symbol = symtab_key("SPY", 3);
	std::string header(line, export_csv_header(OUTPUT_REVISIONS, line));

	EXPECT_EQ(columns_of(OUTPUT_REVISIONS), fields(header));
	for (bool whole : { false, true }) {
		r.whole = whole;
		EXPECT_EQ(columns_of(OUTPUT_REVISIONS), fields(std::string(line, export_csv_revision(&r, line))));
	}
}

TEST(ExportCsv, ColumnsOfBarsComeInTheOrderInWhichTheyAreNamed)
{
	const uint8_t col[] = { COL_volume, COL_symbol, COL_span };
	char line[BAR_LINE_BYTES];
	bar b = {};

	b.symbol = symtab_key("NA", 2);
	b.volume = 7;
	EXPECT_EQ("volume,symbol,span\n", std::string(line, bar_csv_header_of(col, 3, line)));
	EXPECT_EQ("7,NA,1s\n", std::string(line, bar_csv_row_of(&b, col, 3, line)));
	b.venue = VENUE_IEX;
	EXPECT_EQ("venue,volume,symbol,span\n", std::string(line, export_csv_venue_header(col, 3, line)));
	EXPECT_EQ("IEX,7,NA,1s\n", std::string(line, export_csv_venue(&b, col, 3, line)));
}

} // namespace

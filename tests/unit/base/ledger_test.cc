/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

extern "C" {
#include "lcore/base/ledger.h"
#include "lcore/base/port.h"
}

TEST(ledger, rows_are_named_once_and_explained)
{
	std::set<std::string> names;

	for (const ledger_row &r : ledger_rows) {
		EXPECT_TRUE(names.insert(r.name).second) << r.name;
		EXPECT_GT(strlen(r.help), 5u) << r.name;
		EXPECT_GT(strlen(r.group), 1u) << r.name;
	}
}

// A group is a heading of docs/counters.md and of the summary.
TEST(ledger, rows_of_a_group_are_together)
{
	std::set<std::string> groups;

	for (int i = 0; i < LEDGER_COUNT; i++) {
		bool same = i > 0 && std::string(ledger_rows[i].group) == ledger_rows[i - 1].group;

		EXPECT_TRUE(same || groups.insert(ledger_rows[i].group).second) << ledger_rows[i].name;
	}
}

TEST(ledger, every_end_stands_in_its_identity)
{
	ledger_identity out[LEDGER_IDENTITIES];
	ledger l = {};

	EXPECT_TRUE(ledger_check(&l, out));
	for (int i = 0; i < LEDGER_COUNT; i++) {
		const ledger_row &r = ledger_rows[i];

		if (!ledger_ends(&r))
			continue;
		l = {};
		l.v[i] = 3;
		EXPECT_FALSE(ledger_check(&l, out)) << r.name;
		for (int k = 0; k < LEDGER_COUNT; k++)
			if (ledger_rows[k].kind == LEDGER_KIND_TOTAL && std::string(ledger_rows[k].group) == r.group)
				l.v[k] = 3;
		EXPECT_TRUE(ledger_check(&l, out)) << r.name;
	}
	int totals = 0;
	for (const ledger_row &r : ledger_rows) {
		if (r.kind != LEDGER_KIND_TOTAL)
			continue;
		ASSERT_LT(totals, LEDGER_IDENTITIES) << r.name;
		EXPECT_EQ(out[totals++].text, std::string(r.name) + " = sum of its ends");
	}
	EXPECT_EQ(totals, LEDGER_IDENTITIES);
	l = {};
	l.v[LEDGER_frames_rx] = 1;
	EXPECT_FALSE(ledger_check(&l, out));
	EXPECT_FALSE(out[0].holds);
	EXPECT_TRUE(out[1].holds);
	EXPECT_EQ(out[0].left, 1u);
}

TEST(ledger, a_count_in_a_row_that_loses_is_damage_and_no_other_is)
{
	for (int i = 0; i < LEDGER_COUNT; i++) {
		ledger l = {};

		l.v[i] = 1;
		EXPECT_EQ(ledger_damaged(&l), ledger_loses(&ledger_rows[i])) << ledger_rows[i].name;
	}
}

TEST(ledger, what_was_not_understood_is_loss_and_what_is_known_is_not)
{
	for (ledger_id id : { LEDGER_gap_messages, LEDGER_frames_cut, LEDGER_messages_short, LEDGER_messages_cut,
			      LEDGER_messages_unknown_type, LEDGER_messages_no_symbol, LEDGER_prints_no_room,
			      LEDGER_prints_unknown_order, LEDGER_orders_no_room, LEDGER_strands_no_room,
			      LEDGER_fragments_no_room, LEDGER_port_errors, LEDGER_breaks_unknown })
		EXPECT_TRUE(ledger_loses(&ledger_rows[id])) << ledger_rows[id].name;
	for (ledger_id id : { LEDGER_frames_heartbeat, LEDGER_messages_duplicate, LEDGER_late_prints,
			      LEDGER_lag_clamped, LEDGER_midstream_joins, LEDGER_messages_admin })
		EXPECT_FALSE(ledger_loses(&ledger_rows[id])) << ledger_rows[id].name;
}

TEST(ledger, sums_add_up)
{
	ledger a = {}, b = {};

	for (int i = 0; i < LEDGER_COUNT; i++)
		a.v[i] = (uint64_t)i, b.v[i] = 1;
	ledger_add(&a, &b);
	for (int i = 0; i < LEDGER_COUNT; i++)
		EXPECT_EQ(a.v[i], (uint64_t)i + 1);
}

TEST(ledger, frames_of_no_feed_are_not_understood)
{
	ledger l = {};

	EXPECT_FALSE(ledger_understood(&l));
	l.v[LEDGER_frames_rx] = l.v[LEDGER_frames_bystander] = 9;
	EXPECT_FALSE(ledger_understood(&l));
	l.v[LEDGER_frames_heartbeat] = 1;
	EXPECT_TRUE(ledger_understood(&l));
}

TEST(ledger, takes_what_ports_count_but_for_what_is_to_come)
{
	ledger l = {};
	port_stats p = {};

	l.v[LEDGER_port_missed] = 1;
	p.missed = 2, p.cut_tail_bytes = 3, p.left_bytes = 4, p.frames = 5, p.igmp_reports = 6;
	port_ledger(&p, &l);
	EXPECT_EQ(l.v[LEDGER_port_missed], 3u);
	EXPECT_EQ(l.v[LEDGER_port_cut_tail_bytes], 3u);
	EXPECT_EQ(l.v[LEDGER_igmp_reports], 6u);
	EXPECT_EQ(l.v[LEDGER_port_unplayed_bytes], 0u);
	EXPECT_EQ(l.v[LEDGER_frames_rx], 0u);
}

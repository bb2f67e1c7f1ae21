/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <string>

extern "C" {
#include "lcore/base/ledger.h"
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

TEST(ledger, every_end_stands_in_its_identity)
{
	ledger_identity out[LEDGER_IDENTITIES];
	ledger l = {};

	EXPECT_TRUE(ledger_check(&l, out));
	for (int i = 0; i < LEDGER_COUNT; i++) {
		const ledger_row &r = ledger_rows[i];

		if (strncmp(r.help, "end:", 4))
			continue;
		l = {};
		l.v[i] = 3;
		EXPECT_FALSE(ledger_check(&l, out)) << r.name;
		std::string group = r.group;
		l.v[group == "frame" ? LEDGER_frames_rx : group == "message" ? LEDGER_messages_rx : LEDGER_prints] = 3;
		EXPECT_TRUE(ledger_check(&l, out)) << r.name;
	}
	l = {};
	l.v[LEDGER_frames_rx] = 1;
	EXPECT_FALSE(ledger_check(&l, out));
	EXPECT_FALSE(out[0].holds);
	EXPECT_TRUE(out[1].holds);
	EXPECT_EQ(out[0].left, 1u);
}

TEST(ledger, damage_is_loss_not_noise)
{
	ledger l = {};

	l.v[LEDGER_frames_heartbeat] = l.v[LEDGER_messages_duplicate] = l.v[LEDGER_messages_unknown_type] = 5;
	l.v[LEDGER_late_prints] = l.v[LEDGER_lag_clamped] = 5;
	EXPECT_FALSE(ledger_damaged(&l));
	for (ledger_id id : { LEDGER_gap_messages, LEDGER_frames_cut, LEDGER_messages_short, LEDGER_messages_cut,
			      LEDGER_prints_no_room, LEDGER_orders_no_room }) {
		l = {};
		l.v[id] = 1;
		EXPECT_TRUE(ledger_damaged(&l)) << ledger_rows[id].name;
	}
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

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/ledger.h"

#include <string.h>

const struct ledger_row ledger_rows[LEDGER_COUNT] = {
#define LEDGER(name, group, help) { #name, #group, help },
#include "lcore/base/ledger.def"
#undef LEDGER
};

void ledger_add(struct ledger *sum, const struct ledger *from)
{
	for (int i = 0; i < LEDGER_COUNT; i++)
		sum->v[i] += from->v[i];
}

// Ends are the rows of the group whose help starts with "end:".
static uint64_t sum_ends(const struct ledger *ledger, const char *group)
{
	uint64_t sum = 0;

	for (int i = 0; i < LEDGER_COUNT; i++)
		if (!strcmp(ledger_rows[i].group, group) && !strncmp(ledger_rows[i].help, "end:", 4))
			sum += ledger->v[i];
	return sum;
}

bool ledger_check(const struct ledger *ledger, struct ledger_identity *out)
{
	out[0] = (struct ledger_identity){ "frames_rx = sum of the ends of frames", ledger->v[LEDGER_frames_rx],
					   sum_ends(ledger, "frame"), false };
	out[1] = (struct ledger_identity){ "messages_rx = sum of the ends of messages", ledger->v[LEDGER_messages_rx],
					   sum_ends(ledger, "message"), false };
	out[2] = (struct ledger_identity){ "prints = sum of the ends of prints", ledger->v[LEDGER_prints],
					   sum_ends(ledger, "print"), false };
	bool all = true;

	for (int i = 0; i < LEDGER_IDENTITIES; i++) {
		out[i].holds = out[i].left == out[i].right;
		all = all && out[i].holds;
	}
	return all;
}

bool ledger_damaged(const struct ledger *ledger)
{
	static const enum ledger_id damage[] = {
		LEDGER_frames_cut, LEDGER_frames_segmented, LEDGER_frames_short, LEDGER_frames_bad_ip,
		LEDGER_frames_fragment, LEDGER_frames_bad_udp, LEDGER_frames_bad_checksum,
		LEDGER_frames_unknown_feed, LEDGER_frames_bad_transport, LEDGER_frames_no_channel, LEDGER_messages_short,
		LEDGER_messages_bad_value, LEDGER_messages_cut, LEDGER_messages_no_room, LEDGER_messages_index_range, LEDGER_gap_messages,
		LEDGER_orders_no_room, LEDGER_levels_no_room, LEDGER_prints_no_room,
		LEDGER_port_missed, LEDGER_port_cut_tail_bytes,
	};

	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++)
		if (ledger->v[damage[i]])
			return true;
	return false;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/ledger.h"

#include <string.h>

const struct ledger_row ledger_rows[LEDGER_COUNT] = {
#define LEDGER(name, group, kind, help) { #name, #group, LEDGER_KIND_##kind, help },
#include "lcore/base/ledger.def"
#undef LEDGER
};

void ledger_add(struct ledger *sum, const struct ledger *from)
{
	for (int i = 0; i < LEDGER_COUNT; i++)
		sum->v[i] += from->v[i];
}

static uint64_t sum_ends(const struct ledger *ledger, const char *group)
{
	uint64_t sum = 0;

	for (int i = 0; i < LEDGER_COUNT; i++)
		if (ledger_ends(&ledger_rows[i]) && !strcmp(ledger_rows[i].group, group))
			sum += ledger->v[i];
	return sum;
}

bool ledger_check(const struct ledger *ledger, struct ledger_identity *out)
{
	out[0] = (struct ledger_identity){ "frames_rx = sum of the ends of frames",
					   ledger->v[LEDGER_frames_rx], sum_ends(ledger, "frame"), false };
	out[1] = (struct ledger_identity){ "messages_rx = sum of the ends of messages",
					   ledger->v[LEDGER_messages_rx], sum_ends(ledger, "message"),
					   false };
	out[2] = (struct ledger_identity){ "prints = sum of the ends of prints", ledger->v[LEDGER_prints],
					   sum_ends(ledger, "print"), false };
	out[3] = (struct ledger_identity){ "tail_handed = sum of its ends", ledger->v[LEDGER_tail_handed],
					   sum_ends(ledger, "tail"), false };
	out[4] = (struct ledger_identity){ "redis_handed = sum of its ends", ledger->v[LEDGER_redis_handed],
					   sum_ends(ledger, "redis"), false };
	bool all = true;

	for (int i = 0; i < LEDGER_IDENTITIES; i++) {
		out[i].holds = out[i].left == out[i].right;
		all = all && out[i].holds;
	}
	return all;
}

bool ledger_damaged(const struct ledger *ledger)
{
	for (int i = 0; i < LEDGER_COUNT; i++)
		if (ledger->v[i] && ledger_loses(&ledger_rows[i]))
			return true;
	return false;
}

bool ledger_understood(const struct ledger *l)
{
	return l->v[LEDGER_frames_data] || l->v[LEDGER_frames_heartbeat] || l->v[LEDGER_frames_session_end] ||
	       l->v[LEDGER_frames_out_of_band];
}

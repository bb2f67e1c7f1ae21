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

// The text of a total's identity; of other rows nothing is asked.
static const char *const sum_text[LEDGER_COUNT] = {
#define LEDGER(name, group, kind, help) #name " = sum of its ends",
#include "lcore/base/ledger.def"
#undef LEDGER
};

bool ledger_check(const struct ledger *ledger, struct ledger_identity *out)
{
	bool all = true;

	for (int i = 0; i < LEDGER_COUNT; i++) {
		if (ledger_rows[i].kind != LEDGER_KIND_TOTAL)
			continue;
		*out = (struct ledger_identity){ sum_text[i], ledger->v[i],
						 sum_ends(ledger, ledger_rows[i].group), false };
		out->holds = out->left == out->right;
		all = all && out->holds;
		out++;
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

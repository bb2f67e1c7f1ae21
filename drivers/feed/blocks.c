/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/blocks.h"

void blocks_skip(struct feed_walk *walk, uint64_t *count, blocks_u16 *u16)
{
	for (; walk->skip && walk->left && !blocks_cut(walk->p, walk->end, u16); walk->left--) {
		walk->p += 2 + u16(walk->p);
		walk->skip--;
		count[LEDGER_messages_duplicate]++;
	}
}

enum ledger_id blocks_odd_length(const uint8_t length_of[256], const uint8_t *m, unsigned len,
				 uint64_t *count)
{
	if (len == 0)
		return LEDGER_messages_empty;
	if (length_of[m[0]] == 0)
		return LEDGER_messages_unknown_type;
	if (len < length_of[m[0]])
		return LEDGER_messages_short;
	count[LEDGER_messages_long]++;
	return LEDGER_messages_applied;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// blocks.h: the loop over message blocks, a length of two bytes and then the message, as MoldUDP64 and IEX-TP
// pack them (the one with big-endian lengths, the other with little-endian ones). It is the one place that
// decides what each block counts as.
#ifndef WB_FEED_BLOCKS_H
#define WB_FEED_BLOCKS_H

#include "drivers/feed/feed.h"

// How a block's length is read: be16 or le16.
typedef uint16_t blocks_u16(const uint8_t *p);
// Fills *e from one whole message of a known type at a channel's position. Returns the end that the message
// counts as; the event is used when that is applied or admin.
typedef enum ledger_id blocks_message(struct feed_channel *channel, uint64_t pos, uint16_t frame,
				      const uint8_t *m, struct event *e);

static inline bool blocks_cut(const uint8_t *p, const uint8_t *end, blocks_u16 *u16)
{
	return end - p < 2 || end - p - 2 < u16(p);
}

// blocks_odd_length returns the end of a message whose length is not its type's; applied for one that is
// longer: venues append fields, and its head is read. Cold.
enum ledger_id blocks_odd_length(const uint8_t length_of[256], const uint8_t *m, unsigned len,
				 uint64_t *count);
// blocks_skip steps over messages that the channel has had. Cold.
void blocks_skip(struct feed_walk *walk, uint64_t *count, blocks_u16 *u16);

// blocks_decode walks up to walk->left blocks into at most max events and returns how many it wrote; see
// feed.decode for what it counts. length_of[type] is the length of a type by the specification, 0 for one
// that is not known. Inlined, so that u16 and message are no calls through a pointer; the walk is in
// registers while the loop runs.
static inline __attribute__((always_inline)) unsigned
blocks_decode(struct feed_channel *channel, struct feed_walk *walk, struct event *out, unsigned max,
	      const uint8_t length_of[256], blocks_u16 *u16, blocks_message *message)
{
	uint64_t *const count = channel->ledger->v, *const by_type = channel->by_type;
	const uint8_t *const end = walk->end;
	const struct event *const full = out + max;
	struct event *e = out;

	if (unlikely(walk->skip))
		blocks_skip(walk, count, u16);
	const uint8_t *p = walk->p;
	uint64_t pos = walk->pos;
	uint32_t left = walk->left;

	for (; left && e < full; left--, pos++) {
		if (unlikely(blocks_cut(p, end, u16))) {
			count[LEDGER_messages_cut] += left;
			left = 0;
			break;
		}
		enum ledger_id ends = LEDGER_messages_applied;
		unsigned len = u16(p);
		const uint8_t *m = p + 2;

		p = m + len;
		if (unlikely(len == 0 || len != length_of[m[0]]))
			ends = blocks_odd_length(length_of, m, len, count);
		if (likely(ends == LEDGER_messages_applied)) {
			ends = message(channel, pos, walk->frame, m, e);
			e += ends == LEDGER_messages_applied || ends == LEDGER_messages_admin;
			by_type[m[0]] += ends != LEDGER_messages_bad_value;
		}
		count[ends]++;
	}
	walk->p = p;
	walk->pos = pos;
	walk->left = left;
	return (unsigned)(e - out);
}

// blocks_past returns the place after the first n blocks at p, or NULL when end comes before.
static inline const uint8_t *blocks_past(const uint8_t *p, const uint8_t *end, uint32_t n, blocks_u16 *u16)
{
	for (; n; n--) {
		if (blocks_cut(p, end, u16))
			return NULL;
		p += 2 + u16(p);
	}
	return p;
}

#endif

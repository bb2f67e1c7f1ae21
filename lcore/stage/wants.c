/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/wants.h"

#include <string.h>

#include "lcore/base/fnv.h"

enum { BATCH = 32 };

_Static_assert(RECEIVER_CHANNELS <= 32, "one bit for each channel");

void wants_init(struct wants *w, struct recovery_link *link, const struct conf *conf, struct ledger *ledger)
{
	*w = (struct wants){ .link = link, .conf = conf, .ledger = ledger };
}

void wants_join(struct wants *w, struct receiver *r, uint8_t channel)
{
	const struct receiver_channel *c = &r->channel[channel];

	if (!w->link || !recovery_serves(w->conf, c->feed, c->stream))
		return;
	w->served |= UINT32_C(1) << channel;
	receiver_patience(r, channel, w->conf->feed.hold_ns + w->conf->recovery.wait_ns + w->longer_ns);
}

void wants_longer(struct wants *w, struct receiver *r, uint64_t ns)
{
	w->longer_ns = ns;
	for (uint32_t left = w->served; left; left &= left - 1)
		wants_join(w, r, (uint8_t)__builtin_ctz(left));
}

static void tell(struct wants *w, const struct receiver_channel *c, uint8_t channel, uint64_t first,
		 uint64_t last)
{
	struct recovery_want want = { .session = { c->session[0], c->session[1] },
				      .first_seq = first,
				      .last_seq = last,
				      .stream = c->stream,
				      .feed = (uint8_t)feed_place(c->feed),
				      .channel = channel };

	if (!recovery_tell(w->link, &want)) {
		LEDGER_INC(w->ledger, recovery_wants_refused);
		return;
	}
	LEDGER_ADD(w->ledger, recovery_wants, first && last != w->told[channel].last_seq);
	w->told[channel] = (struct wants_hole){ first, last };
	if (first)
		w->open |= UINT32_C(1) << channel;
	else
		w->open &= ~(UINT32_C(1) << channel);
}

void wants_tell(struct wants *w, const struct receiver *r, uint64_t now_ns)
{
	for (uint32_t left = w->served; left; left &= left - 1) {
		uint8_t i = (uint8_t)__builtin_ctz(left);
		const struct receiver_channel *c = &r->channel[i];
		uint64_t first = 0, last = 0;
		bool known = w->open >> i & 1;

		if (!receiver_wanted(r, i, &first, &last)) {
			if (known)
				tell(w, c, i, 0, 0);
			continue;
		}
		if (known && w->told[i].first_seq == first && w->told[i].last_seq == last)
			continue;
		// Part of what was sent already; or old enough for the other lines to have had their chance;
		// or there is not room for much more behind it.
		if ((known && last <= w->told[i].last_seq) || c->hold.n > c->hold.room / 2 ||
		    hold_since_ns(&c->hold) + w->conf->feed.hold_ns <= now_ns)
			tell(w, c, i, first, last);
	}
}

unsigned wants_take(struct wants *w, struct receiver *r, struct frame_in *out, unsigned max, uint64_t now_ns)
{
	const struct recovery_reply *reply[BATCH];
	unsigned got = recovery_replies(w->link, reply, max < BATCH ? max : BATCH), n = 0;

	if (!got)
		return 0;
	for (; n < got && reply[n]->kind == RECOVERY_PACKET; n++)
		out[n] = (struct frame_in){ .data = reply[n]->data,
					    .bytes = reply[n]->bytes,
					    .wire_bytes = reply[n]->bytes,
					    .rx_ns = now_ns,
					    .recovered = true,
					    .channel = reply[n]->channel };
	if (n)
		return n;
	// What was brought before it has been taken: now the hole is as the service knows it.
	receiver_give_up(r, reply[0]->channel, reply[0]->last_seq, now_ns);
	recovery_replies_done(w->link, 1);
	return 0;
}

void wants_in_vain(const struct wants *w, struct receiver *r, uint64_t now_ns)
{
	for (uint32_t left = w->open; left; left &= left - 1) {
		uint8_t i = (uint8_t)__builtin_ctz(left);

		receiver_give_up(r, i, w->told[i].last_seq, now_ns);
	}
}

uint64_t wants_mark(const struct wants *w)
{
	uint64_t mark = FNV_BASIS;

	for (uint32_t left = w->open; left; left &= left - 1) {
		const struct wants_hole *hole = &w->told[__builtin_ctz(left)];

		mark = fnv_word(fnv_word(mark, hole->first_seq), hole->last_seq);
	}
	return mark;
}

void wants_done(struct wants *w, unsigned n) { recovery_replies_done(w->link, n); }

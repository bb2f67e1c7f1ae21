/* SPDX-License-Identifier: BSD-3-Clause */
// wants.h: an ingest lcore's side of recovery. It sends the service (recovery.h) the first hole of each
// channel, once that has waited feed.hold for the other lines, and takes what the service brings. Owner: one
// ingest lcore; nothing here waits.
#ifndef WB_STAGE_WANTS_H
#define WB_STAGE_WANTS_H

#include "drivers/receiver/receiver.h"
#include "drivers/recovery/recovery.h"

struct wants {
	struct recovery_link *link; // NULL: there is no recovery
	const struct conf *conf;
	struct ledger *ledger;
	uint32_t served;    // channels that some server recovers
	uint32_t open;      // of those, with a hole that the service knows of
	uint64_t longer_ns; // that holes may stay open, besides feed.hold and recovery.wait
	struct wants_hole {
		uint64_t first_seq, last_seq; // as last sent
	} told[RECEIVER_CHANNELS];
};

// wants_init: link may be NULL; then nothing below does anything. Boot only.
void wants_init(struct wants *w, struct recovery_link *link, const struct conf *conf, struct ledger *ledger);
// wants_join registers a new channel of the receiver: call it once for each.
void wants_join(struct wants *w, struct receiver *r, uint8_t channel);
// wants_longer lets holes stay open for so much longer than feed.hold and recovery.wait, until it is called
// again.
void wants_longer(struct wants *w, struct receiver *r, uint64_t ns);
// wants_tell sends the service what has changed. now_ns: receive time.
void wants_tell(struct wants *w, const struct receiver *r, uint64_t now_ns);
// wants_take fills out with at most max packets for receiver_push and returns how many; they stay valid until
// wants_done with that number. Or it has one hole declared that nobody can fill, and returns 0.
unsigned wants_take(struct wants *w, struct receiver *r, struct frame_in *out, unsigned max, uint64_t now_ns);
void wants_done(struct wants *w, unsigned n);

// wants_in_vain gives up what is asked for.
void wants_in_vain(const struct wants *w, struct receiver *r, uint64_t now_ns);
// wants_mark returns what is asked for as one number: another one when there was an answer, or another hole.
uint64_t wants_mark(const struct wants *w);

// wants_busy returns true if there is anything to send or to take: cheap enough for every poll.
static inline bool wants_busy(const struct wants *w, const struct receiver *r)
{
	return w->link && (w->open || r->expiry_ns != UINT64_MAX);
}

#endif

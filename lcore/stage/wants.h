/* SPDX-License-Identifier: BSD-3-Clause */
// wants.h: an ingest lcore's side of recovery: says to the service (recovery.h) what the first hole of each channel is,
// once it has waited for the other lines as long as feed.hold says, and takes what the service brings. Owner: one ingest
// lcore; nothing here waits.
#ifndef WB_STAGE_WANTS_H
#define WB_STAGE_WANTS_H

#include "drivers/feed/receiver.h"
#include "lcore/stage/recovery.h"

struct wants {
	struct recovery_link *link; // NULL: there is no recovery
	const struct conf *conf;
	struct ledger *ledger;
	uint32_t served; // channels that some server recovers
	uint32_t open;   // of those, with a hole that the service knows of
	struct wants_hole {
		uint64_t first_seq, last_seq; // as told
	} told[RECEIVER_CHANNELS];
};

// wants_init: link may be NULL, and then nothing below does anything.
void wants_init(struct wants *w, struct recovery_link *link, const struct conf *conf, struct ledger *ledger);
// wants_join is to be called once for each new channel of the receiver.
void wants_join(struct wants *w, struct receiver *r, uint8_t channel);
// wants_tell tells the service what has changed. now_ns: in receive time.
void wants_tell(struct wants *w, const struct receiver *r, uint64_t now_ns);
// wants_take fills out with packets for receiver_push, at most max, which stay where they are until wants_done with
// the same number; or has one hole declared that nobody can fill, and returns 0.
unsigned wants_take(struct wants *w, struct receiver *r, struct frame_in *out, unsigned max, uint64_t now_ns);
void wants_done(struct wants *w, unsigned n);

// wants_busy tells whether there is anything to tell or to take: cheap enough for every poll.
static inline bool wants_busy(const struct wants *w, const struct receiver *r)
{
	return w->link && (w->open || r->expiry_ns != UINT64_MAX);
}

#endif

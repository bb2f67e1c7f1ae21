/* SPDX-License-Identifier: BSD-3-Clause */
// breaker.h: when to try again what has failed: back-off with jitter, and a circuit breaker on top of it; and
// what is shown of it.
// Pure: time is an argument, and so is what happened. One owner.
//
// Closed: things work, or have failed a few times only. Open: they have failed several times in a row;
// nothing is tried until the back-off is over. Half open: one attempt is under way, whose end decides.
// Stopped: it cannot work as it is configured; nothing is tried any more.
#ifndef WB_SINK_BREAKER_H
#define WB_SINK_BREAKER_H

#include "lcore/base/num.h"

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN, BREAKER_STOPPED, BREAKER_STATES };
extern const char *const breaker_name[BREAKER_STATES];

#define BREAKER_FIRST_NS (50 * NS_PER_MS) // the first pause; each one after it is twice as long
#define BREAKER_LAST_NS  NS_PER_S         // at most
enum { BREAKER_OPENS_AT = 3 };            // failures in a row

struct breaker {
	enum breaker_state state;
	uint32_t in_a_row; // failures since it last worked
	uint64_t failures; // ever
	uint64_t since_ns; // of the state
	uint64_t pause_ns; // before jitter
	uint64_t until_ns; // nothing is tried before it
	uint64_t random;
	char why[96]; // of the last failure; "": none since it was there
};

struct sink_view;

// breaker_init: closed. seed: of the jitter, so that many clients of one server do not come back at once.
void breaker_init(struct breaker *b, uint64_t seed, uint64_t now_ns);
// breaker_may returns true if something may be tried now; when it was open, it is half open then.
bool breaker_may(struct breaker *b, uint64_t now_ns);
// breaker_failed says that what was tried has failed, or what worked has broken. breaker_worked: it works.
void breaker_failed(struct breaker *b, uint64_t now_ns);
void breaker_worked(struct breaker *b, uint64_t now_ns);
// breaker_refused says that one of several that were out has been refused: until its pause is over that is
// one failure for all of them. breaker_taken: one was taken; within the pause that may be one sent before.
void breaker_refused(struct breaker *b, uint64_t now_ns);
void breaker_taken(struct breaker *b, uint64_t now_ns);
// breaker_stop: it cannot work.
void breaker_stop(struct breaker *b, uint64_t now_ns);
// breaker_refuse: the sink of that name cannot work, as why says, which is told on stderr.
void breaker_refuse(struct breaker *b, const char *sink, const char *why, size_t n, uint64_t now_ns);
// breaker_why keeps what is said of the last failure. It goes to terminals: what cannot be printed there is
// a '?'. n 0: it is there again.
void breaker_why(struct breaker *b, const char *why, size_t n);
// breaker_look shows a configured sink by its breaker.
void breaker_look(const struct breaker *b, struct sink_view *out);

#endif

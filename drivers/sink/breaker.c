/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/breaker.h"

#include <stdio.h>
#include <string.h>

#include "drivers/sink/sink.h"

const char *const breaker_name[BREAKER_STATES] = { "closed", "open", "half-open", "stopped" };

static void enter(struct breaker *b, enum breaker_state state, uint64_t now_ns)
{
	if (b->state != state)
		b->since_ns = now_ns;
	b->state = state;
}

void breaker_init(struct breaker *b, uint64_t seed, uint64_t now_ns)
{
	*b = (struct breaker){ .pause_ns = BREAKER_FIRST_NS, .since_ns = now_ns, .random = seed | 1 };
}

// From half of the pause to all of it (xorshift64; Marsaglia, Xorshift RNGs, 2003).
static uint64_t with_jitter(struct breaker *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->pause_ns / 2 + b->random % (b->pause_ns / 2 + 1);
}

bool breaker_may(struct breaker *b, uint64_t now_ns)
{
	if (b->state == BREAKER_STOPPED || now_ns < b->until_ns)
		return false;
	if (b->state == BREAKER_OPEN)
		enter(b, BREAKER_HALF_OPEN, now_ns);
	return true;
}

void breaker_failed(struct breaker *b, uint64_t now_ns)
{
	if (b->state == BREAKER_STOPPED)
		return;
	b->failures++;
	b->in_a_row++;
	b->until_ns = now_ns + with_jitter(b);
	b->pause_ns = b->pause_ns * 2 < BREAKER_LAST_NS ? b->pause_ns * 2 : BREAKER_LAST_NS;
	if (b->in_a_row >= BREAKER_OPENS_AT)
		enter(b, BREAKER_OPEN, now_ns);
}

void breaker_worked(struct breaker *b, uint64_t now_ns)
{
	if (b->state == BREAKER_STOPPED)
		return;
	b->in_a_row = 0;
	b->pause_ns = BREAKER_FIRST_NS;
	b->until_ns = 0;
	enter(b, BREAKER_CLOSED, now_ns);
}

void breaker_refused(struct breaker *b, uint64_t now_ns)
{
	if (now_ns >= b->until_ns)
		breaker_failed(b, now_ns);
}

void breaker_taken(struct breaker *b, uint64_t now_ns)
{
	if (b->in_a_row && now_ns >= b->until_ns)
		breaker_worked(b, now_ns);
}

void breaker_stop(struct breaker *b, uint64_t now_ns) { enter(b, BREAKER_STOPPED, now_ns); }

void breaker_why(struct breaker *b, const char *why, size_t n)
{
	snprintf(b->why, sizeof b->why, "%.*s", (int)(n < 90 ? n : 90), why);
	for (char *p = b->why; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

void breaker_refuse(struct breaker *b, const char *sink, const char *why, size_t n, uint64_t now_ns)
{
	breaker_why(b, why, n);
	fprintf(stderr, "wirebar: %s: %s: nothing is handed on any more until a restart\n", sink, b->why);
	breaker_stop(b, now_ns);
}

void breaker_look(const struct breaker *b, struct sink_view *out)
{
	*out = (struct sink_view){
		.on = 1, .state = b->state, .failures = b->failures, .since_ns = b->since_ns
	};
	_Static_assert(sizeof out->why == sizeof b->why, "all of it");
	memcpy(out->why, b->why, sizeof out->why);
}

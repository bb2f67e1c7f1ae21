/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/guests.h"

#include <stddef.h>

static const unsigned limit_s[] = {
	[GUEST_ASKS] = GUESTS_ASK_S, [GUEST_IDLE] = GUESTS_IDLE_S, [GUEST_SERVED] = GUESTS_SERVE_S
};

static int end(struct guests *g, struct guest *of)
{
	of->ended = true;
	g->evicted++;
	return of->fd;
}

// Idle ones go first, then those that still ask, then those that are answered. A stream stays.
static struct guest *dispensable(struct guests *g)
{
	static const enum guest_state order[] = { GUEST_IDLE, GUEST_ASKS, GUEST_SERVED };
	struct guest *found = NULL;

	for (unsigned k = 0; k < 3 && !found; k++)
		for (unsigned i = 0; i < GUESTS; i++) {
			struct guest *at = &g->guest[i];

			if (at->state == order[k] && !at->ended && (!found || at->since_ns < found->since_ns))
				found = at;
		}
	return found;
}

int guests_enter(struct guests *g, int fd, uint64_t now_ns, int *evict)
{
	unsigned there = 0;
	int place = -1;

	*evict = -1;
	for (int i = GUESTS - 1; i >= 0; i--) {
		there += g->guest[i].state != GUEST_FREE && !g->guest[i].ended;
		place = g->guest[i].state == GUEST_FREE ? i : place;
	}
	struct guest *goes = there >= GUESTS_USUAL ? dispensable(g) : NULL;

	if (goes)
		*evict = end(g, goes);
	if (place >= 0)
		g->guest[place] = (struct guest){ .state = GUEST_ASKS, .fd = fd, .since_ns = now_ns };
	return place;
}

void guests_turn(struct guests *g, int place, enum guest_state state, uint64_t now_ns)
{
	g->guest[place].state = state;
	g->guest[place].since_ns = now_ns;
}

void guests_leave(struct guests *g, int place) { g->guest[place] = (struct guest){ .state = GUEST_FREE }; }

int guests_overdue(struct guests *g, uint64_t now_ns)
{
	for (unsigned i = 0; i < GUESTS; i++) {
		struct guest *at = &g->guest[i];

		if (at->state != GUEST_FREE && at->state != GUEST_STREAMS && !at->ended &&
		    now_ns > at->since_ns &&
		    now_ns - at->since_ns >= limit_s[at->state] * UINT64_C(1000000000))
			return end(g, at);
	}
	return -1;
}

unsigned guests_count(const struct guests *g, enum guest_state state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < GUESTS; i++)
		n += g->guest[i].state == state;
	return n;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_orders.c: requests come back from the stage that decides, and in a replay they are waited for.
#include "lcore/stage/ingest_parts.h"

enum { TAKE = 32, ALL = 1 << 20 };

static void take_one(struct ingest *in, const struct link_elem *elem)
{
	if (elem->stream == LINK_ECHO)
		echo_answered(&in->echo);
}

unsigned ingest_orders_take(struct ingest *in)
{
	unsigned work = 0;

	for (unsigned i = 0; i < in->echo.n_back; i++) {
		unsigned n = TAKE;
		const struct link_elem *elem = link_peek(in->echo.back[i], &n);

		if (!elem)
			continue;
		for (unsigned k = 0; k < n; k++)
			take_one(in, &elem[k]);
		link_taken(in->echo.back[i], n);
		work += n;
	}
	return work;
}

// The clock that a message carries may make a close due whose orders stand before this message: it is applied
// without the rest, once.
static void clock_alone(struct ingest *in, struct event *ev, const uint64_t *rx_ns)
{
	struct event clock = *ev;

	if (!(ev->flags & EVF_CLOCK))
		return;
	clock.kind = EV_ADMIN;
	clock.flags = EVF_CLOCK;
	engine_apply(&in->engine, &clock, 1, rx_ns);
	ev->flags &= (uint16_t)~EVF_CLOCK;
}

// Everything that is due is sealed and asked about; then the event passes when all has been answered.
static __attribute__((noinline)) unsigned settle(struct ingest *in, struct event *ev, const uint64_t *rx_ns)
{
	clock_alone(in, ev, rx_ns);
	while (engine_seal(&in->engine, ALL))
		;
	while (ingest_orders_take(in))
		;
	return echo_waits(&in->echo) ? 0 : 1;
}

unsigned ingest_orders_pass(struct ingest *in, struct event *ev, unsigned n, const uint64_t *rx_ns)
{
	unsigned k = 0;

	while (k < n && (ev[k].ts_ns <= in->echo.limit_ns || ev[k].kind == EV_CLOCK))
		k++;
	return k ? k : settle(in, ev, rx_ns);
}

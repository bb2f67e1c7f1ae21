/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/guard.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_TRIES = 1000 };

static struct watchdog_conf conf_of(const struct lcore *l)
{
	const struct conf *c = l->plant->conf;

	return (struct watchdog_conf){ .rows = (uint32_t)(c->orders.table + c->bars.instruments),
				       .instruments = (uint32_t)c->bars.instruments,
				       .grace_ns = c->orders.watch_grace_ns,
				       .blind_ns = WATCH_GOOD_NS };
}

size_t guard_bytes(const struct lcore *l)
{
	struct watchdog_conf c = conf_of(l);

	return l->plant->conf->orders.enabled && plant_live(l->plant) ? watchdog_bytes(&c) : 0;
}

void guard_init(struct guard *g, struct lcore *l, void *mem)
{
	struct watchdog_conf c = conf_of(l);

	g->lcore = l;
	l->shared->watchdog.on = 1;
	watchdog_init(&g->dog, &c, mem);
}

static void publish(struct guard *g, uint64_t now_tsc)
{
	struct lcore_watchdog *w = &g->lcore->shared->watchdog;
	uint64_t now = clock_ns(&g->lcore->plant->clock, now_tsc);
	char text[WATCHDOG_TEXT_BYTES];

	watchdog_text(&g->dog, g->lcore->plant->conf->orders.instance, now, text);
	__atomic_store_n(&w->seq, w->seq | 1, __ATOMIC_RELAXED); // odd already: killed while it wrote
	__atomic_thread_fence(__ATOMIC_RELEASE);
	w->state = watchdog_judge(&g->dog, now);
	w->differences = g->dog.n_findings;
	w->passes = g->dog.passes;
	w->alike = g->dog.alike;
	w->partial = g->dog.partial;
	memcpy(w->text, text, sizeof w->text);
	__atomic_store_n(&w->seq, w->seq + 1, __ATOMIC_RELEASE);
}

void guard_view(struct guard *g, const struct trade_view *v, uint64_t now_tsc)
{
	struct lcore_watchdog *w = &g->lcore->shared->watchdog;
	uint64_t now = clock_ns(&g->lcore->plant->clock, now_tsc);

	if (!watchdog_take(&g->dog, v, now))
		return;
	publish(g, now_tsc);
	if (!g->dog.n_findings)
		__atomic_store_n(&w->alike_tsc, now_tsc, __ATOMIC_RELAXED);
	// In each pass anew: who resumes without having found the cause is halted again.
	if (w->state == WATCHDOG_MISMATCH)
		lcore_raise(g->lcore, LATCH_HALT, LATCH_MISMATCH, w->text);
}

void guard_tick(struct guard *g, uint64_t now_tsc)
{
	if (g->lcore->shared->watchdog.state !=
	    watchdog_judge(&g->dog, clock_ns(&g->lcore->plant->clock, now_tsc)))
		publish(g, now_tsc);
}

bool guard_look(const struct lcore *l, struct lcore_watchdog *out)
{
	const struct lcore_watchdog *w = &l->shared->watchdog;
	uint32_t before;
	int left = LOOK_TRIES; // who writes it may have been killed while it did

	do {
		before = __atomic_load_n(&w->seq, __ATOMIC_ACQUIRE);
		*out = *w;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (((before & 1) || before != __atomic_load_n(&w->seq, __ATOMIC_RELAXED)) && --left);
	if (!left)
		*out = (struct lcore_watchdog){ .on = w->on, .state = WATCHDOG_BLIND };
	out->text[sizeof out->text - 1] = '\0';
	return out->on;
}

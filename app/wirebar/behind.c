/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/behind.h"

#include <stdio.h>

#include "lcore/base/clock.h"

#define LOOK_NS (NS_PER_S / 4)

static struct {
	uint64_t next_ns; // of the main thread, as age
	struct pressure_age age[CONF_LINK_MAX];
	uint64_t behind_ns[CONF_LINK_MAX];          // w: main thread, r: all
	uint64_t lost[CONF_LINK_MAX][LINK_STREAMS]; // control thread: as of its last look
} behind;

static uint64_t word(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }

void behind_look(const struct appliance *a)
{
	uint64_t now = clock_monotonic_ns();

	if (now < behind.next_ns)
		return;
	behind.next_ns = now + LOOK_NS;
	for (unsigned i = 0; i < a->n_link; i++) {
		const struct link_shared *s = a->link[i].shared;
		// In this order: what is taken meanwhile has been pushed.
		uint64_t refused = word(&s->refused), pushed = word(&s->pushes) - refused,
			 popped = word(&s->pops);
		uint64_t ns = pressure_age_look(&behind.age[i], now, pushed, popped);
		bool done = word(&s->pops) == pushed || a->lcore[a->link[i].to].shared->done;

		__atomic_store_n(&behind.behind_ns[i], done ? 0 : ns, __ATOMIC_RELAXED);
	}
}

uint64_t behind_ns(unsigned i) { return word(&behind.behind_ns[i]); }

static unsigned percent(const struct link *link)
{
	return (unsigned)((uint64_t)link_count(link) * 100 / (link->shared->depth - 1));
}

// Of those whose consumers are slow, the fullest one: it loses first.
void behind_verdict(const struct appliance *a, struct telemetry_health *h)
{
	uint64_t warn = __atomic_load_n(&a->conf.telemetry.behind_warn_ns, __ATOMIC_RELAXED), ns = 0;
	uint64_t fail = __atomic_load_n(&a->conf.telemetry.lag_fail_ns, __ATOMIC_RELAXED);
	const struct link *slow = NULL;
	unsigned full = 0;

	for (unsigned i = 0; i < a->n_link; i++) {
		const struct link *link = &a->link[i];

		if (behind_ns(i) <= warn || (slow && percent(link) <= full))
			continue;
		slow = link;
		ns = behind_ns(i);
		full = percent(link);
	}
	if (!slow || h->health == HEALTH_BAD)
		return;
	bool decides = a->lcore[slow->to].conf->stage == CONF_STAGE_SIGNAL;

	h->health = decides && ns > fail ? HEALTH_BAD : HEALTH_DEGRADED;
	snprintf(h->why, sizeof h->why, "%s is slow: link %s %u %% full, %.1f s behind", slow->shared->to,
		 slow->shared->name, full, (double)ns / 1e9);
}

bool behind_lost(const struct appliance *a, char *text, size_t text_bytes)
{
	bool found = false;

	for (unsigned i = 0; i < a->n_link; i++) {
		const struct link *link = &a->link[i];

		for (uint32_t stream = 0; stream < LINK_STREAMS; stream++) {
			uint64_t n = word(&link->shared->refused_by[stream]),
				 *before = &behind.lost[i][stream];

			if (n != *before && !found && pressure_has(link->full.reduces, stream)) {
				snprintf(text, text_bytes, "link %s was full and lost %llu %s: %s is slow",
					 link->shared->name, (unsigned long long)(n - *before),
					 streams_name[stream], link->shared->to);
				found = true;
			}
			*before = n;
		}
	}
	return found;
}

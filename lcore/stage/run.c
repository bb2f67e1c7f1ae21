/* SPDX-License-Identifier: BSD-3-Clause */
// run.c: the one loop of the firmware.
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "lcore/stage/stage.h"

// As an lcore that hangs: nothing is polled and nothing answered, but the end of the run.
static void stall(const struct lcore *l, int64_t ms)
{
	uint64_t end = rte_rdtsc() + (uint64_t)ms * (rte_get_tsc_hz() / 1000);
	struct timespec nap = { 0, 1000000 };

	while (rte_rdtsc() < end && !*(volatile const bool *)&l->plant->stop)
		nanosleep(&nap, NULL);
}

static void serve_mailbox(struct lcore *l)
{
	struct lcore_shared *s = l->shared;
	uint32_t want = __atomic_load_n(&s->want, __ATOMIC_ACQUIRE);
	int64_t stall_ms = 0;

	if (likely(want == s->have))
		return;
	if (s->command.op == LCORE_OP_RESET) {
		memset(s->hist, 0, sizeof s->hist);
		s->worst_poll_tsc = 0;
		flight_reset(&s->flight);
		s->command.rc = 0;
	} else if (s->command.op == LCORE_OP_STALL) {
		stall_ms = s->command.arg;
		s->command.rc = 0;
	} else {
		int (*does)(struct lcore *, struct lcore_command *) = l->command ? l->command
										 : l->stage->command;

		s->command.rc = does ? does(l, &s->command) : -ENOTSUP;
	}
	__atomic_store_n(&s->have, want, __ATOMIC_RELEASE);
	if (unlikely(stall_ms))
		stall(l, stall_ms); // whoever asked has its answer
}

// An idle lcore gives its cpu away as far as the configuration says; on the rack it spins. Returns true where
// it did: the time that it was away is no fault.
static bool idle(struct lcore *l, unsigned idle_run)
{
	switch (l->conf->idle) {
	case CONF_IDLE_PAUSE: rte_pause(); return false;
	case CONF_IDLE_YIELD:
		if (idle_run >= 16)
			return sched_yield() == 0;
		rte_pause();
		return false;
	case CONF_IDLE_SLEEP:
		if (l->stage->rest) {
			l->stage->rest(l, idle_run);
		} else if (idle_run < 16) {
			sched_yield();
		} else {
			uint64_t nap_ns = l->conf->nap_ns ? l->conf->nap_ns : LCORE_NAP_NS;
			struct timespec ts = { 0, idle_run < 64 ? 20000 : (long)nap_ns };

			nanosleep(&ts, NULL);
		}
		return true;
	default: return false;
	}
}

// What the lcore has done since its start, for the flight recorder.
static __attribute__((noinline)) void step(const struct lcore *l, enum flight_kind kind, uint64_t from_tsc,
					   uint64_t to_tsc, unsigned work)
{
	struct lcore_shared *s = l->shared;
	uint64_t total[FLIGHT_DID] = { [FLIGHT_idle] = s->idle_polls,
				       [FLIGHT_frames] = lcore_frames(s),
				       [FLIGHT_messages] = lcore_messages(s),
				       [FLIGHT_rows] = s->rows };

	for (int i = 0; i < l->n_out; i++) {
		const struct link_shared *out = l->out[i]->shared;

		total[FLIGHT_pushes] += out->pushes;
		total[FLIGHT_requests] += l->out[i]->back ? out->pushes : 0;
		total[FLIGHT_refused] += out->refused;
		total[FLIGHT_waits] += out->waits;
		total[FLIGHT_wait_tsc] += out->wait_tsc;
	}
	flight_take(&s->flight, kind, from_tsc, to_tsc, work, total);
}

bool lcore_inputs_ended(const struct lcore *l, const uint8_t *ended)
{
	for (int i = 0; i < l->n_in; i++) {
		const struct link *in = l->in[i];

		if (in->back || ended[i])
			continue;
		// In this order: what a producer pushed before it was done is counted.
		if (!__atomic_load_n(&l->plant->lcore[in->from]->shared->done, __ATOMIC_ACQUIRE) ||
		    link_count(in))
			return false;
	}
	return true;
}

void lcore_push_end(struct lcore *l)
{
	struct link_elem end = { .stream = LINK_END, .pushed_tsc = rte_rdtsc() };

	for (int i = 0; i < l->n_out; i++)
		link_push(l->out[i], &end);
}

void lcore_raise(struct lcore *l, enum latch_mode mode, enum latch_cause cause, const char *reason)
{
	struct lcore_raised *r = &l->shared->raised;

	r->cause = (uint32_t)cause;
	snprintf(r->reason, sizeof r->reason, "%s", reason);
	__atomic_store_n(&r->mode, (uint32_t)mode, __ATOMIC_RELEASE);
}

int lcore_run(void *arg)
{
	struct lcore *l = arg;
	struct lcore_shared *s = l->shared;
	unsigned idle_run = 0, since_tick = 0;
	uint64_t tick_tsc = rte_get_tsc_hz() / 1000, last_tick = rte_rdtsc(), last = last_tick;

	unsigned (*poll)(struct lcore *) = l->poll ? l->poll : l->stage->poll;

	s->launched = true;
	while (!s->done) {
		uint64_t t0 = rte_rdtsc();
		unsigned work = poll(l);
		uint64_t t1 = rte_rdtsc();

		if (unlikely(flight_over(&s->flight, t0 - last)))
			step(l, FLIGHT_AWAY, last, t0, 0);
		if (work || unlikely(flight_over(&s->flight, t1 - t0)))
			step(l, FLIGHT_POLL, t0, t1, work);
		last = t1;
		s->polls++;
		if (work) {
			idle_run = 0;
			s->busy_tsc += t1 - t0;
			if (t1 - t0 > s->worst_poll_tsc)
				s->worst_poll_tsc = t1 - t0;
		} else {
			s->idle_polls++;
			if (idle(l, ++idle_run))
				last = rte_rdtsc();
		}
		if (++since_tick >= LCORE_TICK_POLLS || t1 - last_tick > tick_tsc) {
			since_tick = 0;
			last_tick = t1;
			uint64_t before = last == t1 ? t1 : rte_rdtsc();

			serve_mailbox(l);
			if (l->stage->tick)
				l->stage->tick(l, t1);
			last = rte_rdtsc();
			if (unlikely(flight_over(&s->flight, last - before)))
				step(l, FLIGHT_TICK, before, last, 0);
		}
	}
	serve_mailbox(l);
	struct timespec on_cpu;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &on_cpu);
	s->cpu_ns = (uint64_t)on_cpu.tv_sec * NS_PER_S + (uint64_t)on_cpu.tv_nsec;
	return 0;
}

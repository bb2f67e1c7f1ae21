/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/flight.h"

#include <string.h>

enum { READ_TRIES = 100 };

const char *const flight_did_name[FLIGHT_DID] = {
#define FLIGHT(name, help) #name,
#include "lcore/base/flight.def"
};

const char *const flight_did_help[FLIGHT_DID] = {
#define FLIGHT(name, help) help,
#include "lcore/base/flight.def"
};

const char *const flight_kind_name[FLIGHT_KINDS] = { "poll", "tick", "away" };

void flight_reset(struct flight *f)
{
	uint64_t threshold = f->threshold_tsc;

	memset(f, 0, sizeof *f);
	f->threshold_tsc = threshold;
}

static struct flight_step *ring_at(struct flight *f, uint64_t nth) { return &f->ring[nth % FLIGHT_RING]; }

// The nth step of all, with what it did itself.
static void copy(struct flight *f, uint64_t nth, struct flight_step *to)
{
	*to = *ring_at(f, nth);
	for (int i = 0; i < FLIGHT_DID && nth; i++)
		to->did[i] -= ring_at(f, nth - 1)->did[i];
}

static void write_begin(struct flight_record *r)
{
	__atomic_store_n(&r->seq, r->seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void write_end(struct flight_record *r) { __atomic_store_n(&r->seq, r->seq + 1, __ATOMIC_RELEASE); }

// The newest step goes to the open record, which is full after FLIGHT_AFTER of them.
static void add(struct flight *f)
{
	struct flight_record *r = &f->record[f->open - 1];
	struct flight_step *to = &r->step[r->n_steps];

	copy(f, f->steps - 1, to);
	r->n_steps++;
	if (to->slow && to->to_tsc - to->from_tsc > r->longest_tsc)
		r->longest_tsc = to->to_tsc - to->from_tsc;
	if (!f->worst || r->longest_tsc > f->record[f->worst - 1].longest_tsc)
		f->worst = f->open;
	if (r->n_steps > r->at + FLIGHT_AFTER)
		f->open = 0;
}

// Takes the place of the oldest record that is not the longest one.
static void begin(struct flight *f)
{
	uint64_t nth = f->steps - 1;

	if (f->next + 1 == f->worst)
		f->next = (f->next + 1) % FLIGHT_RECORDS;
	struct flight_record *r = &f->record[f->next];

	f->open = f->next + 1;
	f->next = (f->next + 1) % FLIGHT_RECORDS;
	write_begin(r);
	r->at = nth < FLIGHT_BEFORE ? (uint32_t)nth : FLIGHT_BEFORE;
	r->number = f->slow;
	r->longest_tsc = 0;
	for (r->n_steps = 0; r->n_steps < r->at; r->n_steps++)
		copy(f, nth - r->at + r->n_steps, &r->step[r->n_steps]);
	add(f);
	write_end(r);
}

void flight_take(struct flight *f, enum flight_kind kind, uint64_t from_tsc, uint64_t to_tsc, uint32_t work,
		 const uint64_t total[FLIGHT_DID])
{
	struct flight_step *s = ring_at(f, f->steps++);

	s->from_tsc = from_tsc;
	s->to_tsc = to_tsc;
	s->work = work;
	s->kind = (uint8_t)kind;
	s->slow = flight_over(f, to_tsc - from_tsc);
	memcpy(s->did, total, sizeof s->did);
	f->slow += s->slow;
	if (likely(!s->slow && !f->open))
		return;
	if (!f->open) {
		begin(f);
		return;
	}
	struct flight_record *r = &f->record[f->open - 1];

	write_begin(r);
	add(f);
	write_end(r);
}

bool flight_read(const struct flight *f, unsigned i, struct flight_record *out)
{
	const struct flight_record *r = &f->record[i];

	for (int n = 0; n < READ_TRIES; n++) {
		uint32_t seq = __atomic_load_n(&r->seq, __ATOMIC_ACQUIRE);

		*out = *r;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(seq & 1) && seq == __atomic_load_n(&r->seq, __ATOMIC_RELAXED))
			return out->number != 0;
	}
	return false;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/twin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

enum { LOG = 1 << 13, TAPE = 1 << 18, FIXES = 1024, BURST = 32, FOLLOW = 64 };

// Which of both states may be torn.
enum phase { NEITHER_BEGUN, FIRST_WORKS, SECOND_WORKS };
enum step { STEP_ELEMENT, STEP_TURN, STEP_COMMAND, STEP_END };

struct entry {
	uint64_t tsc; // the present, as far as the step knows it
	uint32_t at;  // ELEMENT: its number; COMMAND: the mailbox's
	uint8_t step; // enum step
	uint8_t link; // ELEMENT
	uint8_t mode; // enum latch_mode
};

// A word of a state that is an address: of the state itself (there is one of each), or of the program.
struct fix {
	uint32_t word;
	bool inside;
	int64_t from_program[2]; // of the first and the second
};

// In shared memory. head and tape_head: w: the first's steps; tail and tape_tail: the second's.
struct twin_shared {
	uint32_t phase;   // enum phase
	uint32_t over;    // the end has been told
	uint32_t command; // number of the last one
	uint32_t n_fixes;
	uint64_t head, tail; // of steps
	uint64_t tape_head, tape_tail;
	struct fix fix[FIXES];
	struct entry log[LOG];
	uint32_t tape[TAPE];                  // what lcore_chance said
	struct link_shared made[LCORE_LINKS]; // pushes of the second: what the first had pushed by then
	struct lcore_shared counts
		__attribute__((aligned(CACHE_LINE))); // of the second; last, as it ends open
};

struct twin {
	struct twin_shared *shared;
	struct lcore *first;
	struct lcore second; // the same lcore, with the other state and links that lead nowhere
	struct link nowhere[LCORE_LINKS];
	struct lcore_command scratch;
	uint64_t run;             // steps that the first has done
	uint64_t tape_at;         // of the first
	uint32_t at[LCORE_LINKS]; // number of the next element
	size_t bytes;
};

static struct twin twins[LCORE_MAX]; // in the program's image, as all that states point to

static size_t head_bytes(void) { return line_bytes(sizeof(struct twin_shared)); }

size_t twin_bytes(size_t state_bytes) { return head_bytes() + 2 * line_bytes(state_bytes); }

void *twin_first(void *mem) { return (char *)mem + head_bytes(); }

static void *state_of(const struct twin *t, int which) { return which ? t->second.state : t->first->state; }

// That the second did something else than the first is a fault of the program: going on would send or lose
// orders after the next kill.
static void differ(const struct twin *t, const char *what)
{
	fprintf(stderr, "wirebar: lcore %s: both states differ: %s\n", t->first->name, what);
	abort();
}

static uint32_t chance(struct lcore *l, uint32_t seen)
{
	struct twin *t = l->twin;
	struct twin_shared *s = t->shared;
	uint64_t *at = l == t->first ? &t->tape_at : &s->tape_tail;

	if (*at == s->tape_head) {
		if (l != t->first || s->tape_head - s->tape_tail == TAPE)
			differ(t, "a chance that was not taken");
		s->tape[s->tape_head % TAPE] = seen;
		__atomic_store_n(&s->tape_head, s->tape_head + 1, __ATOMIC_RELEASE);
	}
	return s->tape[(*at)++ % TAPE];
}

static void perform(struct twin *t, struct lcore *l, const struct entry *e)
{
	struct lcore_command *c = &t->first->shared->command;

	l->tsc = e->tsc;
	l->mode = e->mode;
	switch (e->step) {
	case STEP_ELEMENT: l->stage->steps->element(l, e->link, link_at(l->in[e->link], e->at)); break;
	case STEP_TURN: l->stage->steps->turn(l); break;
	case STEP_COMMAND:
		if (l != t->first) {
			t->scratch = *c;
			c = &t->scratch;
		}
		c->rc = l->stage->command(l, c);
		break;
	default: lcore_push_end(l); break;
	}
}

// The step is told first: from then on it will be done.
static void lead(struct twin *t, enum step step, uint8_t link, uint32_t at, uint64_t tsc)
{
	struct twin_shared *s = t->shared;
	const struct entry e = { tsc, at, (uint8_t)step, link, (uint8_t)plant_mode(t->first->plant) };

	s->log[s->head % LOG] = e;
	__atomic_store_n(&s->head, s->head + 1, __ATOMIC_RELEASE);
	perform(t, t->first, &e);
	t->run = s->head;
}

static void phase(struct twin *t, enum phase p) { __atomic_store_n(&t->shared->phase, p, __ATOMIC_RELEASE); }

// The second is where the first is: then it has made the same.
static void compare(const struct twin *t)
{
	const struct twin_shared *s = t->shared;

	for (int i = 0; i < t->first->n_out; i++)
		if ((uint32_t)s->made[i].pushes != link_offers(t->first->out[i]))
			differ(t, s->made[i].name);
	if (s->tape_tail != s->tape_head)
		differ(t, "chances left over");
}

static unsigned follow(struct twin *t, unsigned max)
{
	struct twin_shared *s = t->shared;
	uint32_t freed[LCORE_LINKS];
	uint8_t some = 0;
	unsigned n = 0;

	_Static_assert(LCORE_LINKS <= 8, "a bit for each link");
	if (s->tail == s->head)
		return 0;
	phase(t, SECOND_WORKS);
	for (; n < max && s->tail + n != s->head; n++) {
		const struct entry *e = &s->log[(s->tail + n) % LOG];

		perform(t, &t->second, e);
		if (e->step == STEP_ELEMENT) {
			freed[e->link] = e->at + 1;
			some |= (uint8_t)(1 << e->link);
		}
	}
	for (int i = 0; i < t->first->n_in; i++)
		if (some >> i & 1)
			link_free_to(t->first->in[i], freed[i]);
	// After that: until then the log says up to where they are to be freed.
	__atomic_store_n(&s->tail, s->tail + n, __ATOMIC_RELEASE);
	phase(t, FIRST_WORKS);
	if (s->tail == s->head)
		compare(t);
	return n;
}

// Too far behind: there must be room for what a step may need.
static bool far(const struct twin *t)
{
	const struct twin_shared *s = t->shared;

	if (s->head - s->tail > LOG / 2 || s->tape_head - s->tape_tail > TAPE / 2)
		return true;
	for (int i = 0; i < t->first->n_in; i++)
		if (t->at[i] - link_first(t->first->in[i]) > t->first->in[i]->shared->depth / 4)
			return true;
	return false;
}

static unsigned take(struct twin *t, int i)
{
	struct lcore *l = t->first;
	uint32_t end = link_end(l->in[i]);
	uint64_t now = rte_rdtsc();
	unsigned k = 0;

	for (; k < BURST && t->at[i] != end && l->stage->steps->takes(l, (unsigned)i); k++) {
		const struct link_elem *e = link_at(l->in[i], t->at[i]);

		hist_record(&l->shared->hist[HIST_LINK_WAIT],
			    clock_ns(&l->plant->clock, now > e->pushed_tsc ? now - e->pushed_tsc : 0));
		lead(t, STEP_ELEMENT, (uint8_t)i, t->at[i]++, now);
	}
	return k;
}

// What had been begun when the process was killed.
static unsigned again(struct twin *t)
{
	unsigned n = 0;

	for (; t->run != t->shared->head; t->run++, n++)
		perform(t, t->first, &t->shared->log[t->run % LOG]);
	return n;
}

static unsigned poll(struct lcore *l)
{
	struct twin *t = l->twin;
	uint64_t now = rte_rdtsc();
	unsigned work = again(t);

	if (l->stage->steps->wants(l, now))
		lead(t, STEP_TURN, 0, 0, now);
	for (int i = 0; i < l->n_in; i++)
		work += take(t, i);
	if (!work || far(t))
		work += follow(t, FOLLOW);
	if (work)
		return work;
	if (!t->shared->over && l->stage->steps->ended(l)) {
		lead(t, STEP_END, 0, 0, now);
		t->shared->over = 1;
		follow(t, FOLLOW);
	}
	l->shared->done = t->shared->over;
	return 0;
}

static int command(struct lcore *l, struct lcore_command *c)
{
	struct twin *t = l->twin;
	uint32_t number = __atomic_load_n(&l->shared->want, __ATOMIC_ACQUIRE);

	if (c->op == LCORE_OP_WHY) // changes nothing
		return l->stage->command(l, c);
	again(t);
	if (t->shared->command == number) // done, and killed before it could say so
		return c->rc;
	lead(t, STEP_COMMAND, 0, number, rte_rdtsc());
	t->shared->command = number;
	while (follow(t, FOLLOW)) // before the next one is in its place
		;
	return c->rc;
}

// Bounds of the program and its data, wherever they were mapped this time.
extern char __executable_start, _end;

static bool of_program(uint64_t word)
{
	return word >= (uintptr_t)&__executable_start && word < (uintptr_t)&_end;
}

// Both were initialised alike, so what differs is an address of its own, and what lies in the program is one
// of the program.
static const char *find_fixes(struct twin *t)
{
	struct twin_shared *s = t->shared;
	const uint64_t *first = state_of(t, 0), *second = state_of(t, 1);
	uint64_t program = (uintptr_t)&__executable_start;

	s->n_fixes = 0;
	for (size_t w = 0; w < t->bytes / 8; w++) {
		bool inside = first[w] - (uintptr_t)first <= t->bytes &&
			      second[w] - (uintptr_t)second == first[w] - (uintptr_t)first;

		if (first[w] == second[w] && !of_program(first[w]))
			continue;
		if (!inside && !(of_program(first[w]) && of_program(second[w])))
			return "an address that is neither of the state nor of the program";
		if (s->n_fixes == FIXES)
			return "more addresses than there is room for";
		s->fix[s->n_fixes++] = (struct fix){
			(uint32_t)w, inside, { (int64_t)(first[w] - program), (int64_t)(second[w] - program) }
		};
	}
	return NULL;
}

static void mend_addresses(struct twin *t)
{
	const struct twin_shared *s = t->shared;

	for (uint32_t i = 0; i < s->n_fixes; i++)
		for (int k = 0; k < 2 && !s->fix[i].inside; k++)
			((uint64_t *)state_of(t, k))[s->fix[i].word] =
				(uintptr_t)&__executable_start + (uint64_t)s->fix[i].from_program[k];
}

// Makes one state from the other. Words that are addresses stay its own: those of the program as they are,
// those of the state at the same place in it.
static void copy(struct twin *t, int to)
{
	const struct twin_shared *s = t->shared;
	uint64_t *out = state_of(t, to);
	const uint64_t *in = state_of(t, !to);
	size_t w = 0;

	for (uint32_t i = 0; i <= s->n_fixes; i++) {
		size_t end = i < s->n_fixes ? s->fix[i].word : t->bytes / 8;

		memcpy(out + w, in + w, (end - w) * 8);
		if (i < s->n_fixes && s->fix[i].inside)
			out[end] = in[end] - (uintptr_t)in + (uintptr_t)out;
		w = end + 1;
	}
	struct lcore_shared *counts = to ? &t->shared->counts : t->first->shared;
	const struct lcore_shared *from = to ? t->first->shared : &t->shared->counts;

	counts->ledger = from->ledger;
	counts->rows = from->rows;
}

static int begin(struct twin *t, int (*fill)(struct lcore *, char *, size_t), char *err, size_t err_len)
{
	struct twin_shared *s = t->shared;
	struct lcore *both[] = { t->first, &t->second };
	int rc = 0;

	memset(s, 0, head_bytes() + 2 * t->bytes);
	for (int i = 0; i < t->first->n_out; i++)
		snprintf(s->made[i].name, sizeof s->made[i].name, "%s", t->first->out[i]->shared->name);
	for (int k = 0; k < 2 && !rc; k++)
		rc = t->first->stage->init(both[k], state_of(t, k), err, err_len);
	const char *why = rc ? NULL : find_fixes(t);

	if (why)
		snprintf(err, err_len, "lcore %s: its state holds %s", t->first->name, why);
	rc = why ? -ENOTSUP : rc;
	for (int k = 0; k < 2 && !rc; k++)
		rc = fill(both[k], err, err_len);
	if (!rc)
		phase(t, FIRST_WORKS);
	return rc;
}

// Where the log ends, links go on; its last steps may not have been noted anywhere else.
static void read_log(struct twin *t)
{
	struct twin_shared *s = t->shared;

	for (int i = 0; i < t->first->n_in; i++)
		t->at[i] = link_first(t->first->in[i]);
	for (uint64_t k = s->tail; k != s->head; k++) {
		const struct entry *e = &s->log[k % LOG];

		if (e->step == STEP_ELEMENT)
			t->at[e->link] = e->at + 1;
		if (e->step == STEP_COMMAND)
			s->command = e->at;
		s->over |= e->step == STEP_END;
	}
}

static void go_on(struct twin *t)
{
	struct twin_shared *s = t->shared;

	for (int i = 0; i < t->first->n_in; i++)
		link_mend_consumer(t->first->in[i]);
	read_log(t);
	mend_addresses(t);
	if (s->phase == SECOND_WORKS) { // the first has done all of the log
		copy(t, 1);
		for (int i = 0; i < t->first->n_out; i++)
			link_mend_producer(t->first->out[i], &s->made[i].pushes, true);
		for (int i = 0; i < t->first->n_in; i++)
			link_free_to(t->first->in[i], t->at[i]);
		s->tape_tail = s->tape_head;
		s->tail = s->head;
		phase(t, FIRST_WORKS);
	} else {
		copy(t, 0);
		for (int i = 0; i < t->first->n_out; i++)
			link_mend_producer(t->first->out[i], &s->made[i].pushes, false);
	}
	t->run = s->tail;
	t->tape_at = s->tape_tail;
}

int twin_open(struct lcore *l, void *mem, int (*fill)(struct lcore *, char *, size_t), char *err,
	      size_t err_len)
{
	struct twin *t = &twins[l->index];

	*t = (struct twin){ .shared = mem, .first = l, .bytes = line_bytes(l->state_bytes) };
	l->state = twin_first(mem);
	l->twin = t;
	l->poll = poll;
	l->command = command;
	l->chance = chance;
	t->second = *l;
	t->second.state = (char *)l->state + t->bytes;
	t->second.shared = &t->shared->counts;
	for (int i = 0; i < l->n_out; i++) {
		int rc = link_nowhere(&t->nowhere[i], &t->shared->made[i], l->out[i]);

		if (rc)
			return rc;
		t->second.out[i] = &t->nowhere[i];
	}
	if (t->shared->phase == NEITHER_BEGUN)
		return begin(t, fill, err, err_len);
	go_on(t);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/tape.h"

#include "lcore/base/event.h"

static uint32_t ring_size(uint32_t max)
{
	uint32_t n = 1024;

	while (n < max)
		n <<= 1;
	return n;
}

size_t tape_bytes(uint32_t max, uint32_t instruments)
{
	size_t n = ring_size(max);

	return n * sizeof(struct print) + n * sizeof(uint64_t) +
	       (size_t)instruments * sizeof(struct tape_head);
}

void tape_init(struct tape *t, uint32_t max, uint32_t instruments, void *mem)
{
	size_t n = ring_size(max);

	*t = (struct tape){ .ring = mem, .mask = (uint32_t)n - 1, .instruments = instruments };
	t->bucket = (uint64_t *)(t->ring + n);
	t->head = (struct tape_head *)(t->bucket + n);
}

// Distance from the newest number to an older one (plus-1 form); 0 when there is none or it has fallen out.
static uint32_t distance(const struct tape *t, uint64_t plus1)
{
	return plus1 && t->n - (plus1 - 1) <= t->mask ? (uint32_t)(t->n - (plus1 - 1)) : 0;
}

struct print *tape_add(struct tape *t, uint64_t key, uint32_t instr, uint32_t strand, uint8_t rank,
		       const struct frag_print *p)
{
	struct print *r = &t->ring[t->n & t->mask];
	struct tape_head *head = &t->head[instr];
	uint64_t *bucket = &t->bucket[tape_bucket(t, key)];
	uint32_t sec = (uint32_t)(p->ts_ns / NS_PER_S);

	if (head->sec != sec) {
		head->run = head->last;
		head->sec = sec;
	}
	*r = (struct print){ .key = key,
			     .p = *p,
			     .instr = instr,
			     .strand = strand,
			     .rank = rank,
			     .prev_instr = distance(t, head->last),
			     .prev_run = distance(t, head->run),
			     .prev_key = distance(t, *bucket) };
	head->last = *bucket = ++t->n;
	return r;
}

struct print *tape_find(const struct tape *t, uint64_t key, bool (*same)(const void *ctx, uint32_t strand),
			const void *ctx)
{
	uint64_t at = t->bucket[tape_bucket(t, key)];

	for (int step = 0; at && t->n - at <= t->mask && step < TAPE_WALK_MAX; step++) {
		struct print *r = &t->ring[(at - 1) & t->mask];

		if (r->key == key && same(ctx, r->strand))
			return r;
		if (!r->prev_key)
			break;
		at -= r->prev_key;
	}
	return NULL;
}

// Prints come newest first here; frag_print's position rule makes the order of adding irrelevant within a
// strand, and strands are few: each venue is added up apart, then blended by rank.
void tape_sum(const struct tape *t, uint32_t instr, uint64_t from_ns, uint64_t to_ns, int span,
	      uint32_t strand, const struct print *skip, struct print_sum *out)
{
	struct frag venue[VENUE_COUNT];
	uint64_t at = t->head[instr].last;
	bool ended = at == 0;

	out->revisions = 0;
	for (int v = 0; v < VENUE_COUNT; v++)
		frag_clear(&venue[v], 0);
	for (int step = 0; at && t->n - at <= t->mask && step < TAPE_WALK_MAX; step++) {
		const struct print *r = &t->ring[(at - 1) & t->mask];

		bool inside = r->p.ts_ns >= from_ns && r->p.ts_ns < to_ns;
		uint32_t back = inside ? r->prev_instr : r->prev_run;

		if (inside && (strand == UINT32_MAX || strand == r->strand)) {
			out->revisions +=
				(uint32_t)((r->late_spans >> span & 1) + (r->bust_spans >> span & 1));
			if (!r->broken && !r->waiting && r != skip && r->p.use != FRAG_OUTSIDE)
				frag_print(&venue[r->rank], &r->p);
		} else if (!r->late_spans && r->p.ts_ns + 120 * NS_PER_S < from_ns) {
			ended = true; // in order, and further back than any lateness: nothing older can
				      // belong here
			break;
		}
		if (!back) {
			// The chain's first print ever, or its older part has fallen out of the ring.
			ended = t->n <= t->mask;
			break;
		}
		at -= back;
	}
	out->whole = ended;
	frag_clear(&out->frag, 0);
	frag_prints(&out->frag);
	for (int v = 0; v < VENUE_COUNT; v++)
		frag_blend(&out->frag, &venue[v]);
}

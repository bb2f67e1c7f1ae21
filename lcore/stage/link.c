/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/link.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memzone.h>
#include <rte_pause.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include "lcore/stage/mem.h"

_Static_assert(sizeof(struct link_elem) % 4 == 0, "rte_ring copies words of four bytes");

static void names(const char *name, char zone[RTE_MEMZONE_NAMESIZE], char ring[RTE_RING_NAMESIZE])
{
	snprintf(zone, RTE_MEMZONE_NAMESIZE, "wb_l_%s", name);
	snprintf(ring, RTE_RING_NAMESIZE, "wb_r_%s", name);
}

size_t link_bytes(uint32_t depth)
{
	return (size_t)rte_ring_get_memsize_elem(sizeof(struct link_elem), depth) +
	       sizeof(struct link_shared);
}

static struct rte_ring *make_ring(const char *name, uint32_t depth, int numa_node)
{
	const unsigned flags = RING_F_SP_ENQ | RING_F_SC_DEQ;

	if (rte_eal_has_hugepages())
		return rte_ring_create_elem(name, sizeof(struct link_elem), depth, numa_node, flags);
	struct rte_ring *ring =
		mem_zone(name, (size_t)rte_ring_get_memsize_elem(sizeof(struct link_elem), depth), numa_node);

	if (ring && rte_ring_init(ring, name, depth, flags)) {
		rte_errno = EINVAL;
		return NULL;
	}
	return ring;
}

int link_create(struct link *link, const char *name, const char *from, const char *to, uint32_t depth,
		int numa_node)
{
	char zone[RTE_MEMZONE_NAMESIZE], ring[RTE_RING_NAMESIZE];

	names(name, zone, ring);
	const struct rte_memzone *mz =
		rte_memzone_reserve_aligned(zone, sizeof(struct link_shared), numa_node, 0, CACHE_LINE);

	if (!mz)
		return -rte_errno;
	link->shared = mz->addr;
	memset(link->shared, 0, sizeof *link->shared);
	snprintf(link->shared->name, sizeof link->shared->name, "%s", name);
	snprintf(link->shared->from, sizeof link->shared->from, "%s", from);
	snprintf(link->shared->to, sizeof link->shared->to, "%s", to);
	link->shared->depth = depth;
	link->shared->elem_bytes = sizeof(struct link_elem);
	link->full.waits = UINT32_C(1) << LINK_END;
	link->ring = link->whole = make_ring(ring, depth, numa_node);
	return link->ring ? 0 : -rte_errno;
}

void link_rules(struct link *link, enum conf_stage from, enum conf_stage to, bool wait)
{
	link->full = pressure_of(from, to);
	link_wait(link, wait);
}

bool link_wait(struct link *link, bool wait)
{
	bool before = link->wait;

	link->wait = wait;
	link->reserve = wait ? 0 : link->shared->depth / 8;
	return before;
}

uint64_t link_lost(const struct link *link)
{
	uint64_t n = 0;

	for (uint32_t stream = 0; stream < LINK_STREAMS; stream++)
		if (!pressure_has(link->full.conflates, stream))
			n += link->shared->refused_by[stream];
	return n;
}

void link_touch(struct link *link)
{
	mem_touch(link->ring,
		  (size_t)rte_ring_get_memsize_elem(sizeof(struct link_elem), link->shared->depth));
}

int link_attach(struct link *link, const char *name)
{
	char zone[RTE_MEMZONE_NAMESIZE], ring[RTE_RING_NAMESIZE];

	names(name, zone, ring);
	const struct rte_memzone *mz = rte_memzone_lookup(zone);

	*link = (struct link){ .shared = mz ? mz->addr : NULL, .ring = rte_ring_lookup(ring) };
	link->whole = link->ring;
	if (!link->shared || !link->ring)
		return -ENOENT;
	return link->shared->elem_bytes == sizeof(struct link_elem) ? 0 : -EPROTO;
}

uint32_t link_count(const struct link *link) { return rte_ring_count(link->whole); }
uint32_t link_room(const struct link *link) { return rte_ring_free_count(link->whole); }

// A place in the ring's own memory: the generic copy of rte_ring goes word by word.
static struct link_elem *place(struct link *link, uint32_t stream)
{
	struct rte_ring_zc_data zc;
	unsigned left;

	if (!rte_ring_enqueue_zc_bulk_elem_start(link->ring, sizeof(struct link_elem), 1, &zc, &left))
		return NULL;
	if (likely(left >= link->reserve || !pressure_has(link->full.sheds, stream)))
		return zc.ptr1;
	rte_ring_enqueue_zc_elem_finish(link->ring, 0);
	return NULL;
}

// The peak is looked at now and then, not at each push: the consumer's index is another core's line.
static void watch_peak(struct link_shared *s, const struct link *link)
{
	uint64_t n = rte_ring_count(link->ring);

	if (n > s->peak)
		s->peak = n;
}

// It was made before: it is taken and thrown away.
static struct link_elem *passed(struct link *link)
{
	static __thread struct link_elem thrown;

	link->shared->pushes--; // counted then
	if (--link->pass == 0)
		link->ring = link->whole;
	return &thrown;
}

struct link_elem *link_place(struct link *link, uint32_t stream)
{
	struct link_shared *s = link->shared;
	struct link_elem *elem;

	if ((++s->pushes & 63) == 0)
		watch_peak(s, link);
	if (likely((elem = place(link, stream)) != NULL))
		return elem;
	if (unlikely(link->pass))
		return passed(link);
	watch_peak(s, link);
	if (link->wait || (pressure_has(link->full.waits, stream) && !link->back)) {
		uint64_t since = rte_rdtsc();

		s->waits++;
		for (unsigned spin = 0; !*(volatile const bool *)link->stop; spin++) {
			if ((elem = place(link, stream)) != NULL) {
				s->wait_tsc += rte_rdtsc() - since;
				return elem;
			}
			if (spin < 64)
				rte_pause();
			else
				sched_yield(); // the consumer may share this cpu
		}
	}
	s->refused++;
	s->refused_by[stream]++;
	return NULL;
}

void link_placed(struct link *link) { rte_ring_enqueue_zc_elem_finish(link->ring, 1); }

bool link_push(struct link *link, const struct link_elem *elem)
{
	struct link_elem *to = link_place(link, elem->stream);

	if (unlikely(!to))
		return false;
	memcpy(to, elem, sizeof *to);
	link_placed(link);
	return true;
}

const struct link_elem *link_peek(struct link *link, unsigned *n)
{
	struct rte_ring_zc_data zc;

	// Elements beyond the ring's end are for the next peek.
	*n = rte_ring_dequeue_zc_burst_elem_start(link->ring, sizeof(struct link_elem), *n, &zc, NULL);
	if (!*n)
		return NULL;
	*n = zc.n1;
	return zc.ptr1;
}

void link_taken(struct link *link, unsigned n)
{
	rte_ring_dequeue_zc_elem_finish(link->ring, n);
	link->shared->pops += n;
}

unsigned link_pop(struct link *link, struct link_elem *out, unsigned n)
{
	unsigned got = n, more;
	const struct link_elem *elem = link_peek(link, &got);

	if (!elem)
		return 0;
	memcpy(out, elem, got * sizeof *out);
	link_taken(link, got);
	if (likely(got == n))
		return got;
	more = n - got;
	elem = link_peek(link, &more);
	if (!elem)
		return got;
	memcpy(out + got, elem, more * sizeof *out);
	link_taken(link, more);
	return got + more;
}

uint32_t link_first(const struct link *link) { return link->whole->cons.tail; }
uint32_t link_end(const struct link *link)
{
	return __atomic_load_n(&link->whole->prod.tail, __ATOMIC_ACQUIRE);
}

const struct link_elem *link_at(const struct link *link, uint32_t number)
{
	return (const struct link_elem *)&link->whole[1] + (number & link->whole->mask);
}

void link_free_to(struct link *link, uint32_t number)
{
	struct rte_ring *r = link->whole;

	link->shared->pops += number - r->cons.tail;
	r->cons.head = number;
	__atomic_store_n(&r->cons.tail, number, __ATOMIC_RELEASE);
}

uint32_t link_offers(const struct link *link) { return link_end(link) + (uint32_t)link->shared->refused; }

void link_refuse(struct link *link, uint32_t stream)
{
	link->shared->pushes++;
	if (link->pass) {
		passed(link);
		return;
	}
	link->shared->refused++;
	link->shared->refused_by[stream]++;
}

// The ring's own numbers are stored last, and each at once: counters follow them.
void link_mend_consumer(struct link *link)
{
	struct rte_ring *r = link->whole;

	r->cons.head = r->cons.tail;
	link->shared->pops += (uint64_t)(int64_t)(int32_t)(r->cons.tail - (uint32_t)link->shared->pops);
}

// Always full: whoever pushes into it takes the way of a full link. Nobody changes it.
static struct rte_ring *full(void)
{
	static struct rte_ring *ring;
	size_t bytes = (size_t)rte_ring_get_memsize_elem(sizeof(struct link_elem), 2);
	static struct link_elem elem;

	if (ring)
		return ring;
	ring = aligned_alloc(CACHE_LINE, line_bytes(bytes));
	if (ring && rte_ring_init(ring, "wb_full", 2, RING_F_SP_ENQ | RING_F_SC_DEQ) == 0)
		rte_ring_sp_enqueue_elem(ring, &elem, sizeof elem);
	return ring;
}

void link_mend_producer(struct link *link, uint64_t *made, bool all)
{
	link->whole->prod.head = link->whole->prod.tail;
	if (all)
		*made += link_offers(link) - (uint32_t)*made;
	link->pass = link_offers(link) - (uint32_t)*made;
	link->shared->pushes = *made + link->pass;
	link->ring = link->pass ? full() : link->whole;
}

int link_nowhere(struct link *link, struct link_shared *counts, const struct link *like)
{
	static const bool given_up = true;

	*link = *like;
	link->shared = counts;
	link->ring = link->whole = full();
	link->pass = 0;
	link->wait = false;
	link->stop = &given_up;
	return link->ring ? 0 : -ENOMEM;
}

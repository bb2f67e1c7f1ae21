/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/link.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_memzone.h>
#include <rte_pause.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

const char *const link_stream_name[LINK_STREAMS] = { "new_bar", "sweep", "revision", "fire", "mark", "end", "relay", "venue_bar" };

_Static_assert(sizeof(struct link_elem) % 4 == 0, "rte_ring copies words of four bytes");

static void names(const char *name, char zone[RTE_MEMZONE_NAMESIZE], char ring[RTE_RING_NAMESIZE])
{
	snprintf(zone, RTE_MEMZONE_NAMESIZE, "wb_l_%s", name);
	snprintf(ring, RTE_RING_NAMESIZE, "wb_r_%s", name);
}

size_t link_bytes(uint32_t depth)
{
	return (size_t)rte_ring_get_memsize_elem(sizeof(struct link_elem), depth) + sizeof(struct link_shared);
}

int link_create(struct link *link, const char *name, const char *from, const char *to, uint32_t depth, int numa_node)
{
	char zone[RTE_MEMZONE_NAMESIZE], ring[RTE_RING_NAMESIZE];

	names(name, zone, ring);
	const struct rte_memzone *mz = rte_memzone_reserve_aligned(zone, sizeof(struct link_shared), numa_node, 0, CACHE_LINE);

	if (!mz)
		return -rte_errno;
	link->shared = mz->addr;
	memset(link->shared, 0, sizeof *link->shared);
	snprintf(link->shared->name, sizeof link->shared->name, "%s", name);
	snprintf(link->shared->from, sizeof link->shared->from, "%s", from);
	snprintf(link->shared->to, sizeof link->shared->to, "%s", to);
	link->shared->depth = depth;
	link->shared->elem_bytes = sizeof(struct link_elem);
	link->ring = rte_ring_create_elem(ring, sizeof(struct link_elem), depth, numa_node,
					  RING_F_SP_ENQ | RING_F_SC_DEQ);
	return link->ring ? 0 : -rte_errno;
}

int link_attach(struct link *link, const char *name)
{
	char zone[RTE_MEMZONE_NAMESIZE], ring[RTE_RING_NAMESIZE];

	names(name, zone, ring);
	const struct rte_memzone *mz = rte_memzone_lookup(zone);

	*link = (struct link){ .shared = mz ? mz->addr : NULL, .ring = rte_ring_lookup(ring) };
	if (!link->shared || !link->ring)
		return -ENOENT;
	return link->shared->elem_bytes == sizeof(struct link_elem) ? 0 : -EPROTO;
}

uint32_t link_count(const struct link *link)
{
	return rte_ring_count(link->ring);
}

// Straight into the ring's memory: the generic copy of rte_ring goes word by word.
static bool enqueue(struct link *link, const struct link_elem *elem)
{
	struct rte_ring_zc_data place;

	if (rte_ring_enqueue_zc_bulk_elem_start(link->ring, sizeof *elem, 1, &place, NULL) == 0)
		return false;
	memcpy(place.ptr1, elem, sizeof *elem);
	rte_ring_enqueue_zc_elem_finish(link->ring, 1);
	return true;
}

// The peak is looked at now and then, not at each push: the consumer's index is another core's line.
static void watch_peak(struct link_shared *s, const struct link *link)
{
	uint64_t n = rte_ring_count(link->ring);

	if (n > s->peak)
		s->peak = n;
}

bool link_push(struct link *link, const struct link_elem *elem)
{
	struct link_shared *s = link->shared;

	if ((++s->pushes & 63) == 0)
		watch_peak(s, link);
	if (likely(enqueue(link, elem)))
		return true;
	watch_peak(s, link);
	if (link->wait) {
		uint64_t since = rte_rdtsc();

		s->waits++;
		for (unsigned spin = 0; !*(volatile const bool *)link->stop; spin++) {
			if (enqueue(link, elem)) {
				s->wait_tsc += rte_rdtsc() - since;
				return true;
			}
			if (spin < 64)
				rte_pause();
			else
				sched_yield(); // replay only: the consumer may share this cpu
		}
	}
	s->refused++;
	s->refused_by[elem->stream]++;
	return false;
}

unsigned link_pop(struct link *link, struct link_elem *out, unsigned n)
{
	struct rte_ring_zc_data place;
	unsigned got = rte_ring_dequeue_zc_burst_elem_start(link->ring, sizeof *out, n, &place, NULL);

	if (!got)
		return 0;
	memcpy(out, place.ptr1, place.n1 * sizeof *out);
	if (unlikely(place.n1 < got))
		memcpy(out + place.n1, place.ptr2, (got - place.n1) * sizeof *out);
	rte_ring_dequeue_zc_elem_finish(link->ring, got);
	link->shared->pops += got;
	return got;
}

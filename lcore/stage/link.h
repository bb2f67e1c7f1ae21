/* SPDX-License-Identifier: BSD-3-Clause */
// link.h: a bounded ring between two stages that carries records by value, with its counters. The ring and the
// counters lie in named shared memory without pointers of ours, so that another process can find them by name
// ("wb_l_<name>" and "wb_r_<name>"). One producer lcore, one consumer lcore.
#ifndef WB_STAGE_LINK_H
#define WB_STAGE_LINK_H

#include "lcore/model/engine.h"
#include "lcore/model/gate.h"

struct rte_ring;

enum link_stream { LINK_NEW_BAR, LINK_SWEEP, LINK_REVISION, LINK_FIRE, LINK_MARK, LINK_END, LINK_RELAY, LINK_VENUE_BAR, LINK_STREAMS };

extern const char *const link_stream_name[LINK_STREAMS];

struct link_elem {
	uint32_t stream;	// enum link_stream
	uint32_t pad;
	uint64_t pushed_tsc;
	union {
		struct bar bar; // and of LINK_VENUE_BAR
		struct sweep sweep;
		struct revision revision;
		struct fire fire;
		struct relay relay; // between ingest lcores
		uint64_t mark_ns;	// every row with close_ts up to here has passed
	};
};

// The counters: pushes = pops + depth + refused.
struct link_shared {
	char name[32], from[32], to[32];
	uint32_t depth, elem_bytes;
	// w: producer, r: telemetry
	uint64_t pushes __attribute__((aligned(CACHE_LINE)));
	uint64_t refused;	// no room: counted and gone (live), by stream below
	uint64_t waits;		// pushes that found no room and waited (replay)
	uint64_t wait_tsc;	// and for how long
	uint64_t peak;		// most elements ever seen in the ring
	uint64_t refused_by[LINK_STREAMS];
	// w: consumer, r: telemetry
	uint64_t pops __attribute__((aligned(CACHE_LINE)));
};

struct link {
	struct link_shared *shared;
	struct rte_ring *ring;
	bool wait;		// a full link makes its producer wait
	bool back;		// to an earlier stage: never waits, and its end is not waited for
	const bool *stop;	// gives up waiting when set
	uint8_t from, to;	// indices of lcores
};

// link_create makes the ring and the counters on a NUMA node. depth is a power of two. Returns 0 or -errno. Boot only.
int link_create(struct link *link, const char *name, const char *from, const char *to, uint32_t depth, int numa_node);
// link_attach finds a link by name, in a secondary process. Reads only: never pop a link that has a living consumer.
int link_attach(struct link *link, const char *name);
// link_count is the number of elements in the ring now. Any thread.
uint32_t link_count(const struct link *link);
// link_push hands one element on. Returns false when it was refused. An END waits for room even where nothing else does, for
// nothing comes after it (not on a way back). Producer only.
bool link_push(struct link *link, const struct link_elem *elem);
// link_place gives a place for one element, which is not copied once more: to be filled wholly, then link_placed hands it on.
// Waits as link_push does; NULL when it was refused, counted for the stream. Producer only.
struct link_elem *link_place(struct link *link, uint32_t stream);
void link_placed(struct link *link);
// link_peek shows up to *n elements where they lie and says how many; link_taken gives the places of so many back.
// Nothing between the two but reading them. Consumer only.
const struct link_elem *link_peek(struct link *link, unsigned *n);
void link_taken(struct link *link, unsigned n);
// link_pop takes up to n elements. Consumer only.
unsigned link_pop(struct link *link, struct link_elem *out, unsigned n);
// link_bytes is the memory that a link of this depth takes.
size_t link_bytes(uint32_t depth);

#endif

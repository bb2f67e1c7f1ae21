/* SPDX-License-Identifier: BSD-3-Clause */
// link.h: a bounded ring between two stages that carries records by value, with its counters. Ring and
// counters are in named shared memory without pointers of ours, so another process can find them by name
// ("wb_l_<name>" and "wb_r_<name>"; docs/shared-memory.md). One producer lcore, one consumer lcore.
#ifndef WB_STAGE_LINK_H
#define WB_STAGE_LINK_H

#include "lcore/model/bar.h"
#include "lcore/model/gate.h"
#include "lcore/stage/pressure.h"
#include "lcore/model/record.h"
#include "lcore/model/relay.h"
#include "lcore/model/streams.h"
#include "lcore/trade/trade.h"

struct rte_ring;

struct link_elem {
	uint32_t stream; // enum link_stream
	// MARK: 1: the data has ended, its time has not come. SWEEP: 1: it waits for an answer. ECHO: how
	// many answers it is. LIVE: 1: the present, at live_ns of exchange time (0: not known); 0: nobody has
	// acted on what comes
	uint32_t note;
	uint64_t pushed_tsc;
	union {
#define STREAM(NAME, name, type, member) type member;
#include "lcore/model/streams.def"
	};
};

// The counters. When nothing moves, pushes = pops + elements in the ring + refused.
struct link_shared {
	// w: boot, r: all
	char name[32], from[32], to[32];
	uint32_t depth, elem_bytes;
	// w: producer, r: all
	uint64_t pushes __attribute__((aligned(CACHE_LINE)));
	uint64_t refused;  // elements lost because there was no room (live); by stream below
	uint64_t waits;    // pushes that found no room and waited (replay)
	uint64_t wait_tsc; // and for how long
	uint64_t peak;     // most elements seen in the ring
	uint64_t refused_by[LINK_STREAMS];
	// w: consumer, r: all
	uint64_t pops __attribute__((aligned(CACHE_LINE)));
};

// One process's view of a link. w: boot. r: all threads of the process.
struct link {
	struct link_shared *shared;
	struct rte_ring *ring; // that is pushed into: whole, or one that is always full
	struct rte_ring *whole;
	uint32_t pass;        // pushes to be passed over: they were made before a kill
	bool wait;            // a full link makes its producer wait
	bool back;            // to an earlier stage: nobody waits for it, nor for its end
	const bool *stop;     // a waiting producer gives up when it is set
	struct pressure full; // what happens to what finds no room
	uint32_t reserve;     // elements of room that streams which are shed leave to the others
	uint8_t from, to;     // indices of lcores
};

// link_create makes the ring and the counters on a NUMA node. Assumes depth is a power of two. Returns 0 or
// -errno. Boot only.
int link_create(struct link *link, const char *name, const char *from, const char *to, uint32_t depth,
		int numa_node);
// link_rules says what happens when it is full: by the stages that it joins (pressure.def), or everything
// waits. Boot only.
void link_rules(struct link *link, enum conf_stage from, enum conf_stage to, bool wait);
// link_wait says anew whether a full link makes its producer wait, and returns how it was. Producer; boot.
bool link_wait(struct link *link, bool wait);
// link_touch maps the ring's pages now (mem_touch). Only where EAL has no hugepages. Boot only.
void link_touch(struct link *link);
// link_attach finds a link by name, in a secondary process. Returns 0, -ENOENT, or -EPROTO if its elements
// are of another size. For reading counters: never pop a link that has a living consumer.
int link_attach(struct link *link, const char *name);
// link_count returns the number of elements in the ring now. Any thread.
uint32_t link_count(const struct link *link);
// link_room returns for how many elements there is room now. Producer only; a step asks lcore_room
// (stage.h), which says the same when the step is done once more.
uint32_t link_room(const struct link *link);
// link_push copies one element into the ring. Returns false if the link refused it, counted. If link->wait it
// waits for room instead; so does a stream that always does (END; not on a way back). Producer only.
bool link_push(struct link *link, const struct link_elem *elem);
// link_place returns the place of one element in the ring's memory, so that it is not copied once more: fill
// it wholly, then call link_placed. Waits as link_push does. NULL: refused, counted for the stream. Producer
// only.
struct link_elem *link_place(struct link *link, uint32_t stream);
void link_placed(struct link *link);
// link_peek returns up to *n elements in place and sets *n to how many; NULL: none. link_taken frees n of
// them. Between the two calls only read them. Consumer only.
const struct link_elem *link_peek(struct link *link, unsigned *n);
void link_taken(struct link *link, unsigned n);
// link_pop copies up to n elements out and returns how many. Consumer only.
unsigned link_pop(struct link *link, struct link_elem *out, unsigned n);
// link_lost returns how many elements were refused that no later one makes good. Any thread.
uint64_t link_lost(const struct link *link);
// Elements are numbered as they come, from 0 and with 32 bits, which wrap. link_first returns the number of
// the first that is not freed, link_end that of the next one to come, link_at the element of a number between
// them; link_free_to frees all before a number. In place of link_peek and link_taken. Consumer only.
uint32_t link_first(const struct link *link);
uint32_t link_end(const struct link *link);
const struct link_elem *link_at(const struct link *link, uint32_t number);
void link_free_to(struct link *link, uint32_t number);
// link_offers returns how many pushes were made, refused ones included, and wraps. It is exact even if the
// producer was killed within a push. Any process.
uint32_t link_offers(const struct link *link);
// link_refuse counts a push that is refused without a look at the room. Producer only.
void link_refuse(struct link *link, uint32_t stream);
// link_mend_consumer and link_mend_producer put right what a killed process has left half done. *made is how
// many pushes were made up to where the producer begins anew; it passes over as many as were made beyond, or,
// with all, begins behind them and sets *made so. Before launch.
void link_mend_consumer(struct link *link);
void link_mend_producer(struct link *link, uint64_t *made, bool all);
// link_nowhere makes a link that counts pushes in counts and refuses each. like: another one, of the same
// ends. Returns 0 or -ENOMEM. Boot only.
int link_nowhere(struct link *link, struct link_shared *counts, const struct link *like);
// link_bytes returns the memory that a link of this depth takes.
size_t link_bytes(uint32_t depth);

#endif

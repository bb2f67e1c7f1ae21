/* SPDX-License-Identifier: BSD-3-Clause */
// kept.h: what a gateway lcore of a part of its own has taken from its links, in memory that outlives
// the process. An element gets its number once; a kill between any two stores leaves it with that number, or
// with none and no trace. Elements that a sink holds in memory alone stay in their ring, a limited number of
// them, and are offered again to the sinks of the next process, which know what has become of each. Pure. One
// thread: the gateway lcore; boot.
#ifndef WB_STAGE_KEPT_H
#define WB_STAGE_KEPT_H

#include "drivers/sink/sink.h"

enum { KEPT_LINKS = 8, KEPT_ITEMS = 4096, KEPT_UNDO = 64 };

struct kept_item {
	uint64_t n; // in its stream; 0: it is nothing to hand on
	uint64_t handed_ns;
	uint64_t stream; // enum sink_stream
};

// What one store switches to.
struct kept_state {
	uint64_t n[SINK_STREAMS];   // the last number of each
	uint32_t taken[KEPT_LINKS]; // number of the next element
};

struct kept {
	uint64_t boot;    // names the start; 0: nothing so far
	uint64_t commits; // state[commits % 2] counts
	struct kept_state state[2];
	// Engines as they were at commit undo_of.
	uint64_t undo_of, undo_n;
	struct {
		uint64_t at;
		struct sink_engine was;
	} undo[KEPT_UNDO];
	struct sink_memory memory[SINKS];
	struct kept_item item[KEPT_LINKS][KEPT_ITEMS]; // by number of the element
};

// kept_open puts right what a killed process has left half done.
void kept_open(struct kept *k, struct sink_engine *engine);
// kept_now returns what counts; kept_next what is about to: like it after kept_begin, in force by
// kept_commit.
static inline const struct kept_state *kept_now(const struct kept *k) { return &k->state[k->commits % 2]; }
static inline struct kept_state *kept_next(struct kept *k) { return &k->state[(k->commits + 1) % 2]; }
void kept_begin(struct kept *k);
void kept_commit(struct kept *k);
// kept_save is called before engine[at] changes, at most KEPT_UNDO times between begin and commit.
void kept_save(struct kept *k, const struct sink_engine *engine, uint64_t at);
// kept_of returns the place of an element's item. Assumes at most KEPT_ITEMS elements of a link are kept.
static inline struct kept_item *kept_of(struct kept *k, unsigned link, uint32_t number)
{
	return &k->item[link][number % KEPT_ITEMS];
}

// What was taken and is kept, once more. Numbers of a stream are spread over links.
struct kept_again {
	unsigned links;
	uint32_t end[KEPT_LINKS];              // number of the element behind the last one taken
	uint32_t at[KEPT_LINKS][SINK_STREAMS]; // of the next one of each stream; end: none
};
// kept_again_begin starts with element first[] of each of so many links. kept_again_next returns the link and
// number of the next element: of a link as they were taken, of a stream in the order of its numbers, over all
// links. Returns false if there is no more.
void kept_again_begin(struct kept *k, struct kept_again *a, const uint32_t *first, unsigned links);
bool kept_again_next(struct kept *k, struct kept_again *a, unsigned *link, uint32_t *at);

#endif

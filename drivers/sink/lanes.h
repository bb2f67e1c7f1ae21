/* SPDX-License-Identifier: BSD-3-Clause */
// lanes.h: what waits to be handed on to a log of many subjects, and what has been sent, with the rules of
// each kind. It knows neither sockets nor the clock. One thread.
//
// A lane is what keeps its order: a stream (of rows: of one span) of one of 16 partitions of the symbols.
// One parcel of a lane is out at a time, and the next one leaves when it is acknowledged: so whatever is sent
// again, on whatever connection, nothing overtakes anything. A parcel is some rows, or one thing of another
// stream. Once sent it stays what it is, under the same id, until it is acknowledged or given up.
//
// - Rows and sweeps that there is no room for: the oldest that was never sent is dropped.
// - Fires, orders and fills wait on disk, too (spool.h). Refused too often, or without room: a dead letter.
// - What was sent so long ago that the other side may have forgotten its id is asked for before it is sent
//   again: it can only be the last one of its subject.
#ifndef WB_SINK_LANES_H
#define WB_SINK_LANES_H

#include "drivers/sink/spool.h"
#include "lcore/model/bar.h"

// Kinds: rows by their span, then the streams after that of rows.
enum { LANE_PARTS = 16, LANE_KINDS = SPAN_COUNT + SINK_STREAMS - 1, LANES = LANE_KINDS * LANE_PARTS };
// Things of one offer; parcels that are out at most, beside those that are overdue.
enum { LANES_BATCH = 32, LANES_OUT = 64 };

// One thing, in its lane and among all by age. row: of the stream of rows, else entry.
struct lane_slot {
	uint32_t next;         // of the lane; NONE: the last
	uint32_t older, newer; // of those that may be dropped
	uint32_t lane;
	uint64_t n;
	union {
		struct bar row;
		struct sink_entry entry;
	};
};

struct lane {
	uint32_t head, tail, n; // slots
	uint32_t parcel;        // things of the parcel at its head; 0: none was made
	uint32_t last;          // of them: a slot
	uint32_t next;          // of the lanes that have something to send
	uint32_t number;        // of the parcel: an answer names it
	bool listed, out, asked;
	bool overdue;              // out for too long
	uint32_t refusals, unread; // of the parcel
	uint64_t first_ns;         // the parcel was first sent; 0: never
	uint64_t sent_ns;          // and last
};

struct lane_list {
	uint32_t head, tail;
};

// What is under way and not on disk, for who comes after a kill (struct sink_memory): of a lane, its parcel;
// what is above left has never been sent.
struct lane_memory {
	uint64_t left;        // all of the lane up to this number is in the parcel, or settled
	uint64_t first, last; // of the parcel; first is written behind last; 0: there is none
	uint64_t first_ns;    // it was first sent
};
struct lanes_memory {
	uint64_t on_disk[SINK_STREAMS]; // all up to this number have been on disk
	struct lane_memory lane[LANES];
};

struct lanes_conf {
	uint32_t newest, all;       // things there is room for, of either rule
	uint32_t refusals;          // of a parcel, until it is given up
	uint64_t forgets_ns;        // the other side knows an id for this long at least
	const char *dir, *name;     // of the spool; dir "": none
	uint64_t boot;              // of entries that this start numbers
	struct sink_memory *memory; // NULL: none outlives the process
};

struct lanes {
	struct lanes_conf conf;
	uint64_t *count; // [SINK_COUNTS]
	struct lane_slot *slot;
	uint32_t free[2], made[2], used[2]; // slots by rule: those that keep the newest, and all
	uint32_t oldest, newest;            // of what may be dropped
	struct lane lane[LANES];
	struct lane_list ready[2]; // those that keep all go first
	bool newest_first;         // but for once: one of them came back, and there may be no other
	uint32_t out, overdue;     // lanes whose parcel is out, and of them for too long
	uint32_t numbers;
	struct spool spool;
	struct lanes_memory *memory, own; // own: of who has none
};

enum lanes_answer {
	LANES_ACKED,
	LANES_ALREADY, // it was there before
	LANES_ABSENT,  // asked: it is not there
	LANES_UNREAD,  // asked: an error; after as many as refusals it counts as absent
	LANES_REFUSED, // not taken, and counted against it
	LANES_LATER    // not taken; nothing is wrong with it
};

// lanes_open takes memory and what the spool holds. Returns 0, or -errno with a text in err.
int lanes_open(struct lanes *l, const struct lanes_conf *conf, uint64_t *count, char *err, size_t err_len);
// lanes_room returns whether LANES_BATCH more things find room without loss.
bool lanes_room(const struct lanes *l);
// lanes_row takes a row, number n of its stream; lanes_entry a thing of another stream.
void lanes_row(struct lanes *l, const struct bar *row, uint64_t n);
void lanes_entry(struct lanes *l, const struct sink_entry *e);
// lanes_row_again and lanes_entry_again take what a process before this one may have taken, before any
// lanes_next: nothing if that one has settled it or left it on disk; in its parcel if that was sent. In the
// order of numbers.
void lanes_row_again(struct lanes *l, const struct bar *row, uint64_t n);
void lanes_entry_again(struct lanes *l, const struct sink_entry *e);
// lanes_alone is as alone of struct sink_ops.
void lanes_alone(const struct lanes *l, uint64_t first[SINK_STREAMS]);
// lanes_next returns the lane whose parcel, of up to rows rows, is to be sent now, and is out from then on;
// *ask: the other side is to be asked for it instead. Returns NULL: nothing, or as much as may be is out.
struct lane *lanes_next(struct lanes *l, uint64_t now_ns, uint32_t rows, bool *ask);
// lanes_first returns the first thing of a lane's parcel, lanes_after the one behind it (lane->parcel in
// all).
static inline const struct lane_slot *lanes_first(const struct lanes *l, const struct lane *lane)
{
	return &l->slot[lane->head];
}
static inline const struct lane_slot *lanes_after(const struct lanes *l, const struct lane_slot *s)
{
	return &l->slot[s->next];
}
// lanes_index returns which lane it is, lane_stream and lane_part of what, lane_span of which rows.
static inline uint32_t lanes_index(const struct lanes *l, const struct lane *lane)
{
	return (uint32_t)(lane - l->lane);
}
static inline uint32_t lane_part(uint32_t index) { return index % LANE_PARTS; }
static inline enum bar_span lane_span(uint32_t index) { return (enum bar_span)(index / LANE_PARTS); }
static inline enum sink_stream lane_stream(uint32_t index)
{
	uint32_t kind = index / LANE_PARTS;

	return kind < SPAN_COUNT ? SINK_NEW_BAR : (enum sink_stream)(kind - SPAN_COUNT + 1);
}
// lanes_part_of returns the partition of a symbol: the CRC-32C of its characters, modulo LANE_PARTS.
uint32_t lanes_part_of(const char *symbol, size_t bytes);
// lanes_answered takes the answer to a lane's parcel. An answer to another number, or to none that is out,
// is late, and nothing.
void lanes_answered(struct lanes *l, uint32_t lane, uint32_t number, enum lanes_answer answer);
// lanes_late returns how many parcels were sent before since_ns and not answered: they are sent again.
uint32_t lanes_late(struct lanes *l, uint64_t since_ns);
// lanes_overdue returns how many parcels are overdue: still out, and sent before since_ns, or of an earlier
// call. Others leave past them.
uint32_t lanes_overdue(struct lanes *l, uint64_t since_ns);
// lanes_lost: the connection is gone, and with it all answers to come.
void lanes_lost(struct lanes *l);
// lanes_close gives up what waits (kept on disk, or left) and frees. Accepts a zeroed one.
void lanes_close(struct lanes *l);

#endif

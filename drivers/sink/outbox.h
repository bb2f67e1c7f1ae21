/* SPDX-License-Identifier: BSD-3-Clause */
// outbox.h: what waits to be handed on and what has been sent, with the rules of each kind, for a server that
// answers each command in order. It knows neither sockets nor time. One thread.
//
// - A key (the latest values of an instrument) is marked, not queued: marked again before it was sent, it is
//   sent once, with the newest values (conflated).
// - An entry of a stream that keeps the newest waits in a ring; when that is full its oldest is dropped.
// - An entry of a stream of which nothing is dropped waits in memory and on disk (spool.h). When the other
//   side has refused it too often, or when there is no room for more, it becomes a dead letter.
//
// Order is visibility: before an entry of an instrument its marked keys are sent that the entry tells of.
// Entries of a stream are sent in their order. What was sent when the connection broke is sent again first,
// under the same ids, in the same order. Of an id that the other side has reached meanwhile nobody knows what
// became of it: taken, refused by an answer that was lost, or given to an entry of another writer. So it is
// asked whether the entry is there. What was refused, or is not there, is sent under a new id, for the old
// one is too low by then: that alone changes the order, and n shows it.
#ifndef WB_SINK_OUTBOX_H
#define WB_SINK_OUTBOX_H

#include "drivers/sink/spool.h"

enum { OUTBOX_WINDOW = 64, OUTBOX_BATCH = 32 };

// Keys of an instrument: a bit each. The lowest is sent first.
enum outbox_key {
	KEY_BARS, // of span 0; the other spans follow
	KEY_BUNDLE = KEY_BARS + 6,
	KEY_QUOTE,
	KEY_ENGINE, // long; short follows
	OUTBOX_KEYS = KEY_ENGINE + 2
};

struct outbox_sent {
	bool is_key;
	bool there;   // it may be there already: not to be sent, but asked for
	uint8_t key;  // enum outbox_key
	uint8_t note; // of the memory, plus 1; 0: none
	uint32_t instr;
	struct sink_entry entry; // of no key
};

enum { OUTBOX_SLOTS = OUTBOX_WINDOW + OUTBOX_KEYS }; // keys go before their entry, however full the window is

struct outbox_fifo {
	uint32_t head, n;
	struct outbox_sent slot[OUTBOX_SLOTS];
};

struct outbox_ring {
	struct sink_entry *slot;
	uint32_t cap, head, n;
};

// What is under way and not on disk, for who comes after a kill (struct sink_memory): what is noted may be
// there, under its id or (ms 0) under none; what is above left has never been sent.
struct outbox_note {
	uint64_t n; // written last; 0: none
	struct entry_id id;
	uint64_t stream;
};
enum { OUTBOX_NOTES = OUTBOX_SLOTS };
struct outbox_memory {
	uint64_t left[SINK_STREAMS]; // all up to this number is noted, on disk or settled
	uint64_t marks;              // keys that wait
	struct outbox_note note[OUTBOX_NOTES];
};

struct outbox_conf {
	uint32_t instruments;
	uint32_t newest, all;       // entries there is room for, of either rule
	uint32_t refusals;          // of an entry, until it is given up
	const char *dir, *name;     // of the spool; dir "": none
	uint64_t boot;              // of entries that this start numbers
	struct sink_memory *memory; // NULL: none outlives the process
};

struct outbox {
	struct outbox_conf conf;
	uint64_t *count; // [SINK_COUNTS]
	struct outbox_ring newest, all;
	uint16_t *marked; // [instruments]: a bit for each key; LISTED: it is in the list
	uint32_t *list;   // [instruments]
	uint32_t list_head, list_n;
	uint32_t keys_refused;                   // in a row
	struct outbox_fifo sent, again, refused; // together at most OUTBOX_SLOTS
	struct entry_id last[SINK_STREAMS];      // given so far
	struct entry_id top[SINK_STREAMS];       // of the other side, when this connection began; 0: nothing
	struct spool spool;
	struct outbox_memory *memory, own; // own: of who has none
	uint32_t in_ring[SINK_STREAMS];    // that are not on disk
	uint32_t next_note;
	uint64_t found[(OUTBOX_NOTES + 63) / 64]; // notes whose entry has come again
	bool begun_again;                         // they may still come
};

enum outbox_answer {
	OUTBOX_ACKED,
	OUTBOX_ALREADY, // it was there before
	OUTBOX_REFUSED, // not taken, and counted against it
	OUTBOX_LATER    // not taken, or not there; nothing is wrong with it
};

// outbox_open takes memory and what the spool holds. Returns 0, or -errno with a text in err.
int outbox_open(struct outbox *o, const struct outbox_conf *conf, uint64_t *count, char *err, size_t err_len);
// outbox_room returns whether OUTBOX_BATCH more entries find room without loss.
bool outbox_room(const struct outbox *o);
// outbox_take takes an entry. outbox_mark marks a key of an instrument.
void outbox_take(struct outbox *o, const struct sink_entry *e);
void outbox_mark(struct outbox *o, uint32_t instr, enum outbox_key key);
// outbox_again takes an entry that a process before this one may have taken, before any outbox_next: nothing
// if that one has settled it or left it on disk; under its id if it was sent. In the order of numbers.
void outbox_again(struct outbox *o, const struct sink_entry *e);
// outbox_alone is as alone of struct sink_ops.
void outbox_alone(const struct outbox *o, uint64_t first[SINK_STREAMS]);
// outbox_next returns what is to be sent now, which is in flight from then on, or NULL: nothing, or as much
// as may be is in flight. It stays where it is until the next call of any of these.
const struct outbox_sent *outbox_next(struct outbox *o);
// outbox_waits returns whether outbox_next would have something if nothing were in flight.
bool outbox_waits(const struct outbox *o);
// outbox_oldest returns what the next answer is for, or NULL. outbox_answered takes that answer.
const struct outbox_sent *outbox_oldest(const struct outbox *o);
void outbox_answered(struct outbox *o, enum outbox_answer answer);
// outbox_lost: the connection is gone, and with it all answers to come.
void outbox_lost(struct outbox *o);
// outbox_floor says the highest id that a stream has on the other side, when a connection begins. Ids that
// are given from then on are above it.
void outbox_floor(struct outbox *o, enum sink_stream stream, struct entry_id id);
// outbox_close gives up what waits (kept on disk, or left) and frees. Accepts a zeroed one.
void outbox_close(struct outbox *o);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// entry.h: one thing to hand on as names and values of text, by value: it waits, lies on disk and is sent as
// it is here. Pure.
#ifndef WB_SINK_ENTRY_H
#define WB_SINK_ENTRY_H

#include "drivers/sink/sink.h"

enum { ENTRY_TEXT = 440, ENTRY_FIELDS = 20 };

// The place of an entry in its stream on the other side: ascending, so that a second copy is recognised.
struct entry_id {
	uint64_t ms, seq; // ms 0: none so far
};

struct sink_entry {
	uint64_t n, ts_ns;
	struct entry_id id;
	uint32_t instr;
	uint32_t place;        // on disk, plus 1; 0: it is not there
	uint8_t stream;        // enum sink_stream
	uint8_t refusals;      // how often the other side has refused it
	uint16_t bytes;        // of text
	char text[ENTRY_TEXT]; // name NUL value NUL ...
	uint16_t keys; // of its instrument, that go before it: a bit each; 0: all. Last: on disk nobody asks
};

// entry_make writes what an item says. instance: of order ids.
void entry_make(struct sink_entry *e, const struct sink_item *item, uint64_t boot, const char *instance);
// entry_fields sets the names and values, alternating, and returns how many (at most 2 * ENTRY_FIELDS).
unsigned entry_fields(const struct sink_entry *e, const char *field[2 * ENTRY_FIELDS]);
// entry_is_of returns whether the start with that boot has numbered it.
bool entry_is_of(const struct sink_entry *e, uint64_t boot);
// entry_handed_ns returns when it was handed on (struct sink_item); 0: it does not say.
uint64_t entry_handed_ns(const struct sink_entry *e);
// entry_json writes the entry as one line of JSON with its newline and returns the length; room: at least
// ENTRY_JSON.
enum { ENTRY_JSON = 2 * ENTRY_TEXT + 256 };
size_t entry_json(const struct sink_entry *e, char *out);
// entry_next_id returns the id of the entry that follows last in a stream and is of ts_ns: the millisecond,
// and a running number within it. Ids never fall, whatever time does.
struct entry_id entry_next_id(struct entry_id last, uint64_t ts_ns);
// entry_id_text writes "ms-seq". entry_id_read reads it; returns false if it is none.
enum { ENTRY_ID_TEXT = 42 };
size_t entry_id_text(struct entry_id id, char out[ENTRY_ID_TEXT]);
bool entry_id_read(const char *text, struct entry_id *out);
// entry_id_above returns whether a comes after b.
static inline bool entry_id_above(struct entry_id a, struct entry_id b)
{
	return a.ms != b.ms ? a.ms > b.ms : a.seq > b.seq;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// redis_out.h: what is still to be written to a Redis server. hiredis' own buffer moves all that is left
// after each part that the kernel takes, and grows from nothing for each burst: a window of rows was copied
// several times. How much waits is bounded by who adds. One thread.
#ifndef WB_SINK_REDIS_OUT_H
#define WB_SINK_REDIS_OUT_H

#include "drivers/sink/entry.h"

enum { REDIS_ARGS = 2 * ENTRY_FIELDS + 8, REDIS_WORDS = 1024 };

// One command: words with their lengths, some of them in text. Valid until the next one.
struct redis_command {
	const char *word[REDIS_ARGS];
	size_t bytes[REDIS_ARGS];
	int n;
	char text[REDIS_WORDS];
	size_t used;
};

// Zeroed: empty.
struct redis_out {
	char *data;
	size_t room, at, n; // what is between at and n is to be written
	bool no_memory;     // a command is missing: nothing more may leave
};

// redis_out_add adds a command. Returns false: no memory; then nothing more is added or written until it is
// cleared, since answers are told apart by their order alone.
bool redis_out_add(struct redis_out *o, const struct redis_command *c);
// redis_out_write writes as much as the socket takes without waiting. Returns NULL, or why it failed.
const char *redis_out_write(struct redis_out *o, int fd);
static inline size_t redis_out_bytes(const struct redis_out *o) { return o->n - o->at; }
// redis_out_clear forgets what was not written; redis_out_close frees.
static inline void redis_out_clear(struct redis_out *o)
{
	o->at = o->n = 0;
	o->no_memory = false;
}
void redis_out_close(struct redis_out *o);

#endif

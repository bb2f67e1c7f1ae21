/* SPDX-License-Identifier: BSD-3-Clause */
// sink.h: what the gateway hands things on to: sink.def has the list, docs/redis.md what is promised. A sink
// takes records, owns what waits, and does all its input and output in poll, without ever waiting there. It
// counts what becomes of each thing handed in; the sum of the ends is what was handed in, at any time.
//
// One thread for all functions: the gateway lcore. No DPDK.
#ifndef WB_SINK_SINK_H
#define WB_SINK_SINK_H

#include "conf/conf.h"
#include "lcore/base/num.h"

struct hist;
struct pollfd;
struct tables;

enum sink_which {
#define SINK(NAME, name, help) SINK_##NAME,
#include "drivers/sink/sink.def"
	SINKS
};

enum sink_stream {
#define SINK_STREAM(NAME, name, KEEP) SINK_##NAME,
#include "drivers/sink/sink.def"
	SINK_STREAMS
};
extern const char *const sink_stream_name[SINK_STREAMS];
// sink_keeps returns true for a stream of which nothing is ever dropped.
bool sink_keeps(enum sink_stream stream);

enum sink_count {
#define SINK_COUNT(NAME, name) SINK_##NAME,
#include "drivers/sink/sink.def"
	SINK_COUNTS
};

// What an entry or exit of one side has led to, by fires and fills.
struct sink_engine {
	uint64_t since_ns; // of the last change; 0: nothing so far
	uint64_t size;     // shares held, by fills
	uint64_t cost;     // 1e-6 dollar * shares, of those
	int64_t price;     // of the quote that the entry was fired at
	uint32_t nth;      // of the instrument's fires
	bool in;
};

// One thing to hand on. record is the struct bar, sweep, fire or trade_report of the stream.
struct sink_item {
	uint64_t n;         // counts the stream's things from 1; what is missing was lost on the way here
	uint64_t ts_ns;     // exchange time: close_ts where it has one
	uint64_t handed_ns; // host UTC: when who has made it handed it on
	uint64_t symbol;    // symtab_key
	uint32_t instr;
	uint8_t stream; // enum sink_stream
	const void *record;
	bool again; // a process before this one may have handed it on, under this number
};

// What a sink has under way and not on disk, in memory that outlives the process: the next one goes on there
// when the same things are offered again. Its layout is the sink's own (outbox.h, lanes.h).
enum { SINK_MEMORY = 8192 };
struct sink_memory {
	uint64_t word[SINK_MEMORY / sizeof(uint64_t)]; // 0: nothing so far
};

// sink_store is a store that a kill does not divide: all before it are done, none behind it is.
static inline void sink_store(uint64_t *at, uint64_t value)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(at, value, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

// What all sinks see. Lives as long as they do.
struct sink_world {
	const struct conf *conf;
	const struct tables *tables;
	const struct sink_engine *engine; // [instruments][2], by enum gate_side
	uint64_t boot;                    // names this start
	uint64_t started_ns;
	uint64_t *n;                // [SINK_STREAMS]: the last one of each
	char dir[256];              // of what must outlive the process; "": nothing does (a replay)
	struct hist *wait_ns;       // of entries, handed on to written; NULL: nobody looks
	struct sink_memory *memory; // [SINKS]; NULL: who comes after a kill finds nothing
	bool again;                 // it is who comes after a kill
	bool wait;                  // a replay: nothing is dropped for want of room
};

// What a sink says of itself. No pointers: it is shown to other processes.
struct sink_view {
	uint32_t on;       // 0: not configured
	uint32_t state;    // enum breaker_state
	uint64_t failures; // of connections and refusals
	uint64_t since_ns; // of the state, host UTC
	char why[96];      // the last failure; "": none
};

struct sink_ops {
	const char *name;
	// wanted returns whether the configuration asks for it.
	bool (*wanted)(const struct conf *conf);
	// open makes it. count: its counters [SINK_COUNTS]. Returns NULL with a text in err.
	void *(*open)(const struct sink_world *world, uint64_t *count, char *err, size_t err_len);
	// ready returns whether one more thing can be taken without dropping any.
	bool (*ready)(const void *sink, uint64_t now_ns);
	// offer takes n things; those that there is no room for are dropped by the rule of their stream.
	// Before the first poll those come again that may be under way: each is handed on once, all told.
	void (*offer)(void *sink, const struct sink_item *item, unsigned n);
	// poll does what can be done now (now_ns: host UTC) and returns how much that was.
	unsigned (*poll)(void *sink, uint64_t now_ns);
	// idle returns true when nothing waits.
	bool (*idle)(const void *sink);
	void (*look)(const void *sink, struct sink_view *out);
	// close gives up what waits, counted, and frees it.
	void (*close)(void *sink);
	// alone lowers first[stream] to the number of the first thing that waits and is not on disk: from
	// there on things are offered again to who comes after a kill. NULL: nothing is.
	void (*alone)(const void *sink, uint64_t first[SINK_STREAMS]);
	// waits says for which events of which descriptor the next poll is not to be later than need be.
	// Returns false: for none, and nothing is said. NULL: never.
	bool (*waits)(const void *sink, struct pollfd *fd);
};

extern const struct sink_ops *const sinks[SINKS];

// Counters of a sink over a kill. sink_recount_begin: before open; it balances the sum, which a kill between
// two counters leaves off by one. sink_recount_opened: behind it. sink_recount_end: all that may be under way
// has been offered again: it is neither left nor handed in once more.
struct sink_recount {
	uint64_t handed, left;
};
void sink_recount_begin(struct sink_recount *r, uint64_t *count);
void sink_recount_opened(struct sink_recount *r, const uint64_t *count);
void sink_recount_end(const struct sink_recount *r, uint64_t *count);

// Of sinks that are servers: between two hellos, if anything has changed; and between two looks whether an
// idle connection is still there.
#define SINK_HELLO_NS (200 * NS_PER_MS)
#define SINK_LOOK_NS  (50 * NS_PER_MS)

// sink_password reads the first line of a file into out (room bytes, zeroed); path "": none. section, key:
// whose it is. Returns 0, or -EINVAL with a text in err.
int sink_password(const char *section, const char *key, const char *path, char *out, int room, char *err,
		  size_t err_len);
// sink_text reads a whole file, of SINK_TEXT bytes at most, into *out (the caller's, to be freed); path "":
// NULL. section, key: for err. Returns 0 or -EINVAL with a text in err.
enum { SINK_TEXT = 65536 };
int sink_text(const char *section, const char *key, const char *path, char **out, char *err, size_t err_len);
// sink_connected returns whether a socket that was told to connect without waiting has connected, with *why
// set where it failed, else NULL. It does not wait.
bool sink_connected(int fd, const char **why);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// factlog.h: the quality facts of a channel (holes, silence, joins, doubt), in the order in which they became
// known. A row gets the facts that were known when it came due, however much later it is sealed: every append
// and every close has a number, and a query names the number up to which facts count. PURE; one writer;
// caller owns the memory.
//
// The engine counts the numbers, over all its channels. An answer for a past number never changes, except
// when the log was full: then neighbours merge, and the merged fact covers both.
#ifndef WB_MODEL_FACTLOG_H
#define WB_MODEL_FACTLOG_H

#include "lcore/base/num.h"

#define FACTLOG_MAX 4096
#define FACT_OPEN   UINT64_MAX

enum fact_kind {
	FACT_GAP,      // messages between from_ns and to_ns may be lost: GAP on intervals that overlap
	FACT_JOIN,     // knowledge starts at from_ns: PARTIAL_FIRST on intervals that contain it
	FACT_STALE,    // silent: STALE on intervals that end in (from_ns, to_ns]
	FACT_BY_TIMER, // made due by a timer: SEALED_BY_TIMER on intervals that end in (from_ns, to_ns]
	FACT_DOUBT,    // from from_ns on, books that are good as of an older generation than gen are in doubt
	FACT_KINDS
};

struct fact_entry {
	uint64_t from_ns, to_ns;
	uint64_t n_from; // queries of this number or a later one see it
	uint64_t n_to;   // queries of this number or a later one see it closed; FACT_OPEN: still open
	uint32_t gen;    // of FACT_DOUBT
	uint8_t kind;    // enum fact_kind
};

// A step of a log, as one lcore relays it to another.
enum fact_step { FACT_STEP_NOTE, FACT_STEP_OPEN, FACT_STEP_CLOSE };

// w, r: the engine's lcore.
struct factlog {
	struct fact_entry *at; // [max], by n_from
	uint32_t n, max;
	uint32_t doubts; // of them, of kind FACT_DOUBT
	uint32_t gen;    // newest generation of doubt that was trimmed
	uint8_t open;    // bit per kind: one is open
	struct factlog_answer {
		uint64_t from_ns, to_ns, n;
		uint32_t flags;
	} last[17]; // by span length
};

// factlog_init makes *log empty. mem holds max facts.
void factlog_init(struct factlog *log, uint32_t max, void *mem);
static inline bool factlog_full(const struct factlog *log) { return log->n == log->max; }
static inline bool factlog_is_open(const struct factlog *log, enum fact_kind kind)
{
	return log->open >> kind & 1;
}
// factlog_add appends a fact whose end is known; it became known at number n. Assumes there is room.
void factlog_add(struct factlog *log, enum fact_kind kind, uint64_t from_ns, uint64_t to_ns, uint64_t n,
		 uint32_t gen);
// factlog_open appends a fact whose end is not known yet. Assumes there is room and none of its kind is open.
void factlog_open(struct factlog *log, enum fact_kind kind, uint64_t from_ns, uint64_t n);
// factlog_close closes the open fact of that kind, if there is one, at to_ns; that became known at number n.
void factlog_close(struct factlog *log, enum fact_kind kind, uint64_t to_ns, uint64_t n);
// factlog_trim drops facts that no interval beginning at or after floor_ns can need in queries of future
// numbers. Returns how many it dropped.
uint32_t factlog_trim(struct factlog *log, uint64_t floor_ns);
// factlog_merge makes room in a full log: neighbours of one kind in the older half become one fact that
// covers both. Returns by how many the log is shorter.
uint32_t factlog_merge(struct factlog *log);
// factlog_ask returns the flags (enum bar_flag) of [from_ns, to_ns) by what was known at number n.
// factlog_flags is the same, inline where the log holds doubts only.
uint32_t factlog_ask(struct factlog *log, uint64_t from_ns, uint64_t to_ns, uint64_t n);
static inline uint32_t factlog_flags(struct factlog *log, uint64_t from_ns, uint64_t to_ns, uint64_t n)
{
	return likely(log->n == log->doubts) ? 0 : factlog_ask(log, from_ns, to_ns, n);
}
// factlog_gen returns the newest generation of doubt that had begun before end_ns by what was known at number
// n.
uint32_t factlog_gen(const struct factlog *log, uint64_t end_ns, uint64_t n);

// At which fact number seconds came due: those before sec were due at number n. Short: advances without a
// fact between them are one entry.
#define DUELOG_MAX 32

// w, r: the engine's lcore.
struct duelog {
	uint32_t n;
	uint32_t trim_sec; // what was due when everybody began to be caught up (chan_trim_begin)
	struct {
		uint32_t sec;
		uint64_t n;
	} at[DUELOG_MAX];
};

static inline bool duelog_full(const struct duelog *log, uint64_t n)
{
	return log->n == DUELOG_MAX && log->at[DUELOG_MAX - 1].n != n;
}
// duelog_add notes that seconds before sec are due, at number n. Assumes there is room.
void duelog_add(struct duelog *log, uint32_t sec, uint64_t n);
// duelog_trim forgets at which numbers seconds up to sec came due, but keeps the last entry. Assumes that
// they are sealed.
void duelog_trim(struct duelog *log, uint32_t sec);
// duelog_number returns the number at which an interval that ends at end_sec came due (that of a later entry
// if its own was trimmed); 0: it is not due.
static inline uint64_t duelog_number(const struct duelog *log, uint32_t end_sec)
{
	for (uint32_t i = 0; i < log->n; i++)
		if (log->at[i].sec >= end_sec)
			return log->at[i].n;
	return 0;
}

#endif

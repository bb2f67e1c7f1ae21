/* SPDX-License-Identifier: BSD-3-Clause */
// factlog.h: what is known of a channel's quality, in the order in which it became known. A row is judged by the facts
// that were known when it came due, however much later it is sealed or asked for: every append and every close of a fact
// has a number, and who asks says by which number. PURE; one writer; caller owns the memory.
//
// The numbers are the engine's own, over all its channels. An answer for a number that has passed never changes, but
// where the log was full: then neighbours merge, and what they say covers both.
#ifndef WB_MODEL_FACTLOG_H
#define WB_MODEL_FACTLOG_H

#include "lcore/base/num.h"

#define FACTLOG_MAX 4096
#define FACT_OPEN UINT64_MAX

enum fact_kind {
	FACT_GAP,      // messages between from_ns and to_ns may be lost: GAP on what reaches into it
	FACT_JOIN,     // knowledge starts at from_ns: PARTIAL_FIRST on what it falls inside
	FACT_STALE,    // silent: STALE on what ends in (from_ns, to_ns]
	FACT_BY_TIMER, // made due by a timer: SEALED_BY_TIMER on what ends in (from_ns, to_ns]
	FACT_DOUBT,    // from from_ns on books are only as good as of generation gen
	FACT_KINDS
};

struct fact_entry {
	uint64_t from_ns, to_ns;
	uint64_t n_from; // known to who asks by this number or a later one
	uint64_t n_to;	 // closed for who asks by this number or a later one; FACT_OPEN: not yet. Open, it has no end
	uint32_t gen;	 // of FACT_DOUBT
	uint8_t kind;	 // enum fact_kind
};

// What a log is done to, as one lcore tells another.
enum fact_step { FACT_STEP_NOTE, FACT_STEP_OPEN, FACT_STEP_CLOSE };

struct factlog {
	struct fact_entry *at;    // [max], by n_from
	uint32_t n, max;
	uint32_t doubts;    // of them, of kind FACT_DOUBT
	uint32_t gen;	    // newest generation of doubt that was trimmed
	uint8_t open;	    // bit per kind: one is open
	struct factlog_answer { uint64_t from_ns, to_ns, n; uint32_t flags; } last[17]; // a place for each span's length
};

// factlog_init makes *log empty. mem holds max facts.
void factlog_init(struct factlog *log, uint32_t max, void *mem);
static inline bool factlog_full(const struct factlog *log) { return log->n == log->max; }
static inline bool factlog_is_open(const struct factlog *log, enum fact_kind kind) { return log->open >> kind & 1; }
// factlog_add appends a fact that became known at number n, whole: there must be room.
void factlog_add(struct factlog *log, enum fact_kind kind, uint64_t from_ns, uint64_t to_ns, uint64_t n, uint32_t gen);
// factlog_open appends one whose end is not known yet. At most one of a kind is open: there must be none, and room.
void factlog_open(struct factlog *log, enum fact_kind kind, uint64_t from_ns, uint64_t n);
// factlog_close closes the open fact of that kind, if there is one, at to_ns; it became known at number n.
void factlog_close(struct factlog *log, enum fact_kind kind, uint64_t to_ns, uint64_t n);
// factlog_trim drops what no interval that begins at or behind floor_ns needs, of those that ask by a number that has not
// come yet. Returns how many were dropped.
uint32_t factlog_trim(struct factlog *log, uint64_t floor_ns);
// factlog_merge makes room in a full log: neighbours of a kind among the older half become one that says what both said,
// as early and as long as either. Returns how many are gone.
uint32_t factlog_merge(struct factlog *log);
// factlog_ask returns the flags (enum bar_flag) of [from_ns, to_ns) by what was known at number n.
uint32_t factlog_ask(struct factlog *log, uint64_t from_ns, uint64_t to_ns, uint64_t n);
static inline uint32_t factlog_flags(struct factlog *log, uint64_t from_ns, uint64_t to_ns, uint64_t n)
{
	return likely(log->n == log->doubts) ? 0 : factlog_ask(log, from_ns, to_ns, n);
}
// factlog_gen returns the newest generation of doubt that had begun before end_ns by what was known at number n.
uint32_t factlog_gen(const struct factlog *log, uint64_t end_ns, uint64_t n);

// What came due when: seconds before sec were due by the number n. Short, since advances without a fact between them
// are one.
#define DUELOG_MAX 32

struct duelog {
	uint32_t n;
	struct { uint32_t sec; uint64_t n; } at[DUELOG_MAX];
};

static inline bool duelog_full(const struct duelog *log, uint64_t n)
{
	return log->n == DUELOG_MAX && log->at[DUELOG_MAX - 1].n != n;
}
// duelog_add notes that seconds before sec are due, at number n: there must be room.
void duelog_add(struct duelog *log, uint32_t sec, uint64_t n);
// duelog_trim forgets all but the last advance: what came due before it is sealed.
void duelog_trim(struct duelog *log);
// duelog_number returns the number at which an interval that ends at end_sec came due, or a later advance of what was
// trimmed; 0 when nothing is due up to there.
static inline uint64_t duelog_number(const struct duelog *log, uint32_t end_sec)
{
	for (uint32_t i = 0; i < log->n; i++)
		if (log->at[i].sec >= end_sec)
			return log->at[i].n;
	return 0;
}

#endif

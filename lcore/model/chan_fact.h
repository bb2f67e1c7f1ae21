/* SPDX-License-Identifier: BSD-3-Clause */
// chan_fact.h: steps of a channel's fact log (factlog.h); a relaying lcore sends each to the owner.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_CHAN_FACT_H
#define WB_MODEL_CHAN_FACT_H

#include "lcore/model/engine.h"

// chan_gap notes that messages were lost after the channel's clock.
void chan_gap(struct engine *e, struct chan *c);
// chan_lost begins a generation of doubt in the channel's books.
void chan_lost(struct engine *e, struct chan *c);
// chan_note appends a fact whose end is known, chan_open one whose end is not known yet; chan_close ends that
// one. Times are the exchange's. Each takes the next fact number, and is relayed. A full log first has
// everything sealed that is due (make_room).
void chan_note(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t from_ns, uint64_t to_ns);
void chan_open(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t from_ns);
void chan_close(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t to_ns);
// chan_told repeats here the step that another lcore took in the fact log of its channel. Owner.
void chan_told(struct engine *e, struct chan *c, enum fact_step step, const struct fact_entry *f);
// chan_crowded returns true if a fact log or a due log holds so much that it should be trimmed. Owner.
bool chan_crowded(const struct engine *e);
// chan_trim_begin notes what is due now. chan_trim forgets what no row needs any more, facts and at which
// numbers seconds came due: assumes that everybody has been sealed since up to what was due then, those that
// lag included. Owner.
void chan_trim_begin(struct engine *e);
void chan_trim(struct engine *e);
// chan_step_over counts a claimed leap that nothing can confirm any more.
void chan_step_over(struct engine *e, struct chan *c);

// chan_suspect returns true if a book that is good as of clean_gen was in doubt at the end of a second, by
// what was known at number n.
static inline bool chan_suspect(const struct chan *c, uint32_t clean_gen, uint32_t sec, uint64_t n)
{
	return (int32_t)(c->suspect_gen - clean_gen) > 0 &&
	       (int32_t)(factlog_gen(&c->log, ns_of(sec + 1), n) - clean_gen) > 0;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// engine_parts.h: what the engine's files call of each other, all on the owner lcore. Not for inclusion
// elsewhere.
#ifndef WB_MODEL_ENGINE_PARTS_H
#define WB_MODEL_ENGINE_PARTS_H

#include "lcore/model/engine.h"
#include "lcore/model/fact.h"

static inline uint32_t sec_of(uint64_t ns) { return (uint32_t)(ns / NS_PER_S); }
static inline uint64_t ns_of(uint32_t sec) { return (uint64_t)sec * NS_PER_S; }

// engine.c
// engine_control applies an event that concerns a whole channel.
void engine_control(struct engine *e, const struct event *ev, uint64_t rx_ns);

// update.c
// update_apply applies an event about an instrument. Assumes leg_advance has made the leg collect the event's
// second.
void update_apply(struct engine *e, struct leg *leg, const struct event *ev);

// chan.c
// chan_join applies an EV_JOIN. The channel is live; its prints count unless another feed of its venue
// prints.
void chan_join(struct engine *e, const struct event *ev, uint64_t rx_ns);
// chan_opening takes an EV_OPEN: nothing becomes due until its EV_JOIN follows.
void chan_opening(struct engine *e, const struct event *ev, uint64_t rx_ns);
// chan_message applies the clock that a message carries. A leap is judged first (step.h).
void chan_message(struct engine *e, struct chan *c, const struct event *ev, uint64_t rx_ns);
// chan_step_over counts a claimed leap that nothing can confirm any more.
void chan_step_over(struct engine *e, struct chan *c);
// chan_clock moves a channel's clock forward and starts the pass when seconds have come due.
void chan_clock(struct engine *e, struct chan *c, uint64_t ts_ns, uint64_t rx_ns);
// chan_heard applies an EV_CLOCK. A heartbeat without a time advances the clock by the receive time since the
// channel last spoke, by at most one interval of heartbeats.
void chan_heard(struct engine *e, struct chan *c, const struct event *ev, uint64_t rx_ns);
// chan_group puts an instrument into the group of its mask of channels.
void chan_group(struct engine *e, struct instr *in);
// chan_groups recomputes what is due for every group.
void chan_groups(struct engine *e);
// chan_due returns the second up to which an instrument is to be sealed now; 0: it has no rows to come.
static inline uint32_t chan_due(const struct engine *e, const struct instr *in)
{
	return in->next_sec && !in->finished ? e->group[in->group].due_sec : 0;
}

// chan_even returns true if a clock that makes nothing due may just move clock_ns.
static inline bool chan_even(const struct engine *e, const struct chan *c)
{
	return c->state == CHAN_LIVE && !c->join_due && !c->reset_due && !c->step.asked_ns && !c->held_rx_ns && !c->log.open &&
	       !e->conf.relays;
}

// chan_reset.c
// chan_reset applies an EV_RESET. The books are emptied only after the clock of the packet that brings it, by
// chan_reset_apply: at the channel's next clock, or before its next event of an instrument. So bars that have
// closed keep their closing touch.
void chan_reset(struct engine *e, const struct event *ev);
void chan_reset_apply(struct engine *e, struct chan *c, uint64_t ts_ns);
// chan_resume takes the first clock of a session that follows an end, before it has any effect: on another
// trade day, what the last session left unfinished has ended with it.
void chan_resume(struct engine *e, struct chan *c, uint64_t ts_ns);
// chan_emptied empties the books of a channel; they are good as of generation gen. No flow: the venue forgot,
// nobody traded.
void chan_emptied(struct engine *e, uint8_t channel, uint64_t ts_ns, uint32_t gen);

// chan_quiet.c
// chan_end applies an end of session: bars no longer wait for the channel. It finishes none: another session
// may begin.
void chan_end(struct engine *e, uint8_t channel);
// chan_silence takes channels that have been silent up to rx_ns out of the set that bars wait for. A channel
// that has never sent a heartbeat may just be quiet: it counts as silent only while another one speaks, or if
// all is set (live: the wall clock shows the silence).
void chan_silence(struct engine *e, uint64_t rx_ns, bool all);

// chan_fact.c
// chan_gap notes that messages were lost after the channel's clock.
void chan_gap(struct engine *e, struct chan *c);
// chan_lost begins a generation of doubt in the channel's books.
void chan_lost(struct engine *e, struct chan *c);
// chan_note appends a fact whose end is known, chan_open one whose end is not known yet; chan_close ends that
// one. Each takes the next fact number, and is relayed.
void chan_note(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t from_ns, uint64_t to_ns);
void chan_open(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t from_ns);
void chan_close(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t to_ns);
// chan_told repeats here the step that another lcore took in the fact log of its channel.
void chan_told(struct engine *e, struct chan *c, enum fact_step step, const struct fact_entry *f);
// chan_trim forgets facts that no row can need any more. Assumes that nothing is due.
void chan_trim(struct engine *e);
// chan_suspect returns true if a book that is good as of clean_gen was in doubt at the end of a second, by
// what was known at number n.
static inline bool chan_suspect(const struct chan *c, uint32_t clean_gen, uint32_t sec, uint64_t n)
{
	return (int32_t)(c->suspect_gen - clean_gen) > 0 && (int32_t)(factlog_gen(&c->log, ns_of(sec + 1), n) - clean_gen) > 0;
}

// leg.c
// leg_get returns the channel's leg of the instrument, making it if it is new (leg_make); NULL: no room,
// counted.
struct leg *leg_make(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns);
static inline struct leg *leg_get(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns)
{
	uint32_t slot = e->chan[channel].leg_of[instr];

	return likely(slot) ? &e->leg[slot - 1] : leg_make(e, channel, instr, ts_ns);
}
// leg_advance makes the leg collect the second of an event at ts_ns. What it collected before waits for its
// seal, with the touch as it is now.
void leg_advance(struct engine *e, struct leg *leg, uint64_t ts_ns);
// leg_frag_for returns the open fragment for an event at ts_ns: cur, or one that waits. NULL: the second is
// due already (*late), or the pool is empty. Flow that is late goes into cur: its callers do that.
struct frag *leg_frag_for(struct engine *e, struct leg *leg, uint64_t ts_ns, bool *late);
// leg_take moves the leg's fragment of second sec into *into, and the touch and state at its end into
// *sample. False: nothing had been added, and *into is unchanged.
struct leg_sample { struct touch touch; bool halted, suspect; };
bool leg_take(struct engine *e, struct leg *leg, uint32_t sec, struct frag *into, struct leg_sample *sample);
// leg_touch publishes a new touch and adds its order flow imbalance.
void leg_touch(struct engine *e, struct leg *leg, uint64_t ts_ns, const struct touch *now);
// leg_touched does so after a completed update if the touch has changed.
void leg_touched(struct engine *e, struct leg *leg, uint64_t ts_ns);
// leg_empty empties the book; it is good as of generation gen.
void leg_empty(struct engine *e, struct leg *leg, uint64_t ts_ns, uint32_t gen);
// leg_test applies an EV_DIRECTORY: is the instrument a test issue at this venue? One venue's word is enough.
void leg_test(struct engine *e, struct leg *leg, const struct event *ev);
// leg_pool_take returns the index + 1 of a free waiting fragment; 0: none. It may seal what is due to free
// one.
uint32_t leg_pool_take(struct engine *e);
void leg_pool_give(struct engine *e, uint32_t index);
static inline uint32_t leg_index(const struct engine *e, const struct leg *leg) { return (uint32_t)(leg - e->leg); }
// leg_halted returns true if the instrument does not trade here, by its listing market or by the venue
// itself. Periods of quotation only, or of accepting orders only, end a halt and are no trading yet.
static inline bool leg_halted(const struct leg *leg)
{
	return leg->op_halted || leg->status != STATUS_TRADING;
}
// birth_floor returns the first second that an instrument without rows may begin with: its group or a mark
// has passed everything before it.
static inline uint32_t birth_floor(const struct engine *e, const struct instr *in)
{
	uint32_t due = e->group[in->group].due_sec;

	return due > e->passed_sec ? due : e->passed_sec;
}
// dormant returns true if the instrument has no rows to come until it prints.
static inline bool dormant(const struct instr *in) { return !in->next_sec || in->finished; }
// leg_floor returns the first second that the leg may still add to.
static inline uint32_t leg_floor(const struct engine *e, const struct leg *leg)
{
	const struct instr *in = &e->instr[leg->instr];
	uint32_t due = e->chan[leg->channel].due_sec;

	return in->next_sec > due ? in->next_sec : due;
}

// print.c
struct print_in { int64_t price; uint64_t key; uint64_t ts_ns, pos; uint32_t qty; uint16_t flags; uint8_t side; };
// print_apply judges a print (use, aggressor, trade-through) and takes it, or relays it.
void print_apply(struct engine *e, struct leg *leg, const struct print_in *in);
// print_take adds a judged print to its second, or as a late one. Owner.
void print_take(struct engine *e, struct leg *leg, const struct frag_print *print, uint64_t key);
// print_late_due applies late prints of the instrument that waited for the seal of second sec - 1.
void print_late_due(struct engine *e, uint32_t instr, uint32_t sec);

// amend.c
// amend_revise hands on the REVISION of one sealed span: a new late print, or one whose shares become qty (0:
// broken).
void amend_revise(struct engine *e, struct print *print, int span, enum revision_cause cause, uint32_t qty);
// amend_break applies an EV_BREAK: revises sealed spans, takes the print out of the open one.
void amend_break(struct engine *e, const struct event *ev);
// amend_correct applies an EV_CORRECT: a cross gets another volume (Pillar message 113).
void amend_correct(struct engine *e, const struct event *ev);

// seal.c
// seal_instr seals the instrument's rows up to due_sec.
void seal_instr(struct engine *e, uint32_t instr, uint32_t due_sec);
// seal_last returns the last second that an instrument with rows has reached, by its channels' clocks and its
// prints.
uint32_t seal_last(const struct engine *e, uint32_t instr);
// seal_finish seals an instrument's unfinished intervals up to the clocks of its channels.
void seal_finish(struct engine *e, uint32_t instr);
// seal_session returns the session of a time and sets e->session_key. Caches the last one.
enum session seal_session(struct engine *e, uint64_t ns);
// seal_prints and seal_touch set a row's columns from a fragment and from the touch at its end.
void seal_prints(struct bar *b, const struct frag *f);
void seal_touch(struct bar *b, const struct touch *t);

// pass.c
// seal_sweep begins the pass, or makes it go round once more. Invariant: rows are due only while a pass is
// active; whoever makes rows due calls this.
void seal_sweep(struct engine *e);
// seal_first seals at once those of the first eight instruments of the watch list that are due, before the
// rest of the burst: their readers wait.
void seal_first(struct engine *e);
// seal_all seals everything that is due. Called when room that seals free has run out, so that whether it
// suffices does not depend on how far the pass has got. Cold.
void seal_all(struct engine *e);

// venue.c
// What one venue brought to the interval in hand.
struct venue_part { const struct leg *leg; struct frag frag; struct leg_sample sample; };
struct venue_parts { unsigned n; struct venue_part part[ENGINE_LEGS_PER_INSTR]; };
// venue_rows hands on a row for each venue's part of the interval of the consolidated row b.
void venue_rows(struct engine *e, const struct bar *b, const struct venue_parts *parts);

#endif

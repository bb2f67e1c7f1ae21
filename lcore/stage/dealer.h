/* SPDX-License-Identifier: BSD-3-Clause */
// dealer.h: the desk (lcore/trade/desk.h) on the signal lcore: rows, fires and reports from links in,
// requests to the keepers of the books out. In a replay what came since the last mark is played in the order
// of closes and symbols when the mark comes, since the order in which rows are sealed depends on the budget;
// live it is played as it comes. Owner: the signal lcore.
#ifndef WB_STAGE_DEALER_H
#define WB_STAGE_DEALER_H

#include "lcore/stage/dealer_conf.h"

struct dealer_item;
struct dealer_instr;

struct dealer {
	struct lcore *lcore;
	struct dealer_conf conf;
	struct desk desk;
	struct dealer_instr *instr; // [instruments]
	struct dealer_item *item;   // a heap: what waits for the mark
	uint32_t n_items;
	uint64_t items_lost; // there was no room
	int64_t offset_ns;   // live: exchange time minus host time, as far as rows show it
	uint64_t mark_ns;    // of the last mark
	uint64_t sweep_tsc;  // a sweep's fire is in hand, which was handed on then; 0: none
	uint16_t owner;      // lcore of the bars
};

// dealer_bytes returns what dealer_init wants; 0: orders are not enabled. Boot only.
size_t dealer_bytes(const struct lcore *lcore);
// dealer_init lays it into mem (zeroed, 64-byte aligned). Boot only.
void dealer_init(struct dealer *o, struct lcore *lcore, void *mem);
// All below: the signal lcore.
void dealer_row(struct dealer *o, const struct bar *bar);
// dealer_fire takes what a gate decided, after the rows it was made from. sweep_tsc: when the sweep that made
// it fire was handed on; 0: it was a row.
void dealer_fire(struct dealer *o, const struct fire *fire, uint64_t sweep_tsc);
// dealer_keeper takes who keeps the book of an instrument at a venue: it comes before the first row.
void dealer_keeper(struct dealer *o, const struct trade_keeper *keeper);
void dealer_report(struct dealer *o, const struct trade_report *report);
void dealer_exit(struct dealer *o, const struct trade_exit *exit);
// dealer_mark says that all rows up to close_ts have come. last: because the data has ended, which says
// nothing of time.
void dealer_mark(struct dealer *o, uint64_t close_ts, bool last);
// dealer_poll lets time pass, live.
void dealer_poll(struct dealer *o);
// dealer_command does what an operator wants (enum lcore_op). Returns 0 or -errno with a text in reply.
int dealer_command(struct dealer *o, struct lcore_command *cmd);

#endif

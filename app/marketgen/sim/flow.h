/* SPDX-License-Identifier: BSD-3-Clause */
// flow.h: the order flow of a venue whose feed shows every order: what happens in its book, whatever the
// feed. The book is never crossed; executions hit the best price in time priority. The venue encodes what
// happens. Single thread.
#ifndef WB_MARKETGEN_FLOW_H
#define WB_MARKETGEN_FLOW_H

#include "app/marketgen/sim/sim.h"

enum flow_action {
	FLOW_ADD,
	FLOW_DELETE,
	FLOW_REPLACE,
	FLOW_EXECUTE,
	FLOW_CANCEL,
	FLOW_HIDDEN,
	FLOW_NOTICE,
	FLOW_ACTIONS
};

// struct flow_order is an order as the feed shows it; prices in 1e-4 dollars.
struct flow_order {
	uint64_t ref;
	uint32_t shares;
	uint32_t price_e4;
	enum market_side side;
};

// struct flow_cross is a cross's bulk print; shares 0: nothing traded.
struct flow_cross {
	uint64_t id, shares;
	uint32_t price_e4;
	char type; // O open, C close, H after a halt
};

// struct flow_wire encodes what happened. Functions with a row may complete it (conditions, time) before it
// is written to the truth.
struct flow_wire {
	double build[FLOW_ACTIONS],
		day[FLOW_ACTIONS]; // how often each action is taken; the last takes the rest
	double keeps_ref;          // share of replacements under the same reference
	bool corrects;             // crosses may be corrected later
	void (*add)(struct exchange *x, uint32_t instr, const struct flow_order *o);
	void (*remove)(struct exchange *x, uint32_t instr, uint64_t ref);
	// reduce: an order loses shares; o is what stays.
	void (*reduce)(struct exchange *x, uint32_t instr, const struct flow_order *o, uint32_t shares);
	void (*replace)(struct exchange *x, uint32_t instr, uint64_t old_ref, const struct flow_order *o);
	// executed: shares of o; row->kind is E at its own price, C at another, N not printable.
	void (*executed)(struct exchange *x, uint32_t instr, const struct flow_order *o,
			 struct truth_print *row);
	void (*hidden)(struct exchange *x, uint32_t instr, struct truth_print *row);
	void (*crossed)(struct exchange *x, uint32_t instr, const struct flow_cross *c,
			struct truth_print *row);
	// notice: something that changes no book: an imbalance, an indication.
	void (*notice)(struct exchange *x, uint32_t instr);
};

struct flow {
	const struct flow_wire *wire;
	struct exchange *exchange;
	struct sim *sim;
	struct resting resting;
	double day[FLOW_ACTIONS]; // the venue's mix, or that of --prints
	uint64_t next_ref, next_match;
};

// flow_init makes an empty book per instrument. Returns 0 or -ENOMEM.
int flow_init(struct flow *f, const struct flow_wire *wire, struct exchange *x);
void flow_fini(struct flow *f);
// flow_restart takes all orders off all books.
void flow_restart(struct flow *f);
// flow_act does one thing to one instrument.
void flow_act(struct flow *f, uint32_t instr);
// flow_cross holds a cross (O open, C close, H after a halt): executions of resting orders that are not
// printable, then the bulk print. Some are empty, as many are on a real day.
void flow_cross(struct flow *f, uint32_t instr, char type);
// flow_broken and flow_corrected write what becomes of an earlier print to the truth, after the venue has
// sent it.
void flow_broken(struct flow *f, const struct agenda_entry *entry);
void flow_corrected(struct flow *f, const struct agenda_entry *entry);
// flow_near_close returns true if the closing cross is less than ten minutes away.
bool flow_near_close(const struct sim *s);

#endif

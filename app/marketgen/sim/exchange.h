/* SPDX-License-Identifier: BSD-3-Clause */
// exchange.h: what a simulated venue must offer, and the one table of all of them (exchange.c). Adding a
// venue is its own files (venue_NAME.c: what happens there; NAME_encode.c: its bytes) and one row. Single
// thread.
#ifndef WB_MARKETGEN_EXCHANGE_H
#define WB_MARKETGEN_EXCHANGE_H

#include "app/marketgen/sim/agenda.h"
#include "app/marketgen/sim/resting.h"
#include "app/marketgen/wire/stream.h"

#define EXCHANGES_MAX 8

struct sim;
struct exchange_ops;

// struct exchange is one venue of a running simulation.
struct exchange {
	const struct exchange_ops *ops;
	struct sim *sim;
	struct stream stream;
	void *state;                // the venue's own, from init to fini
	const struct resting *book; // of venues with single orders, else NULL
	uint8_t index;              // in sim.exchanges
	uint8_t numbering;          // restarts so far
};

// struct exchange_ops is one row of the table. All functions act at sim->now_ns.
struct exchange_ops {
	const char *name;  // in --venues, in file names and in the truth
	const char *title; // for people
	double share;      // of actions, relative to the other venues
	bool has_raw;      // its messages also come as a file without packets
	struct packets_spec lines[STREAM_LINES_MAX];
	// init takes x->state; 0 or -errno. fini gives it back; harmless when there is none.
	int (*init)(struct exchange *x);
	void (*fini)(struct exchange *x);
	// begin sends the start of day, with what is halted now; it may move now_ns on.
	void (*begin)(struct exchange *x);
	// restart forgets the book: the numbering has begun anew, and begin comes next.
	void (*restart)(struct exchange *x);
	// act does one thing to one instrument: an order, a cancel, an execution ...
	void (*act)(struct exchange *x, uint32_t instr);
	// system is the market's event, by ITCH's codes: Q open, M close, E end of system hours, C end of
	// messages.
	void (*system)(struct exchange *x, char code);
	// halt stops trading of an instrument (code P: a volatility pause, H: a halt); resume lets it go on.
	void (*halt)(struct exchange *x, uint32_t instr, char code);
	void (*resume)(struct exchange *x, uint32_t instr);
	// cross is the instrument's turn at the open (O) or close (C), with an auction where the venue holds
	// one.
	void (*cross)(struct exchange *x, uint32_t instr, char type);
	// leave sends a message that was on its way to the feed. NULL: messages leave at once.
	void (*leave)(struct exchange *x, const struct agenda_entry *entry);
	// bust breaks an earlier print; correct changes the volume of an earlier cross (NULL: the feed knows
	// none).
	void (*bust)(struct exchange *x, const struct agenda_entry *entry);
	void (*correct)(struct exchange *x, const struct agenda_entry *entry);
	// minute is called at each full minute. NULL: nothing happens there.
	void (*minute)(struct exchange *x);
};

// exchange_table is the table, NULL-ended; --venues names rows, and a set of them is a mask of their
// positions.
extern const struct exchange_ops *const exchange_table[];

// exchange_mask reads a list such as itch,pillar. Returns 0 when a name is unknown, twice there, or missing.
uint32_t exchange_mask(const char *list);

extern const struct exchange_ops venue_itch, venue_iex, venue_pillar;

#endif

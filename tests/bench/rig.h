/* SPDX-License-Identifier: BSD-3-Clause */
// rig.h: receiver and engine as an ingest lcore has them, without DPDK: bursts of frames in, rows out, with
// the time that each half took. One thread.
#ifndef WB_BENCH_RIG_H
#define WB_BENCH_RIG_H

#include "drivers/receiver/receiver.h"
#include "lcore/model/engine.h"

enum { RIG_BURST = 32, RIG_EVENTS = 512 };

struct rig_conf {
	uint32_t instruments, orders, levels, prints, watch;
	uint32_t history;      // rows kept of each watched instrument and span; 0: 64
	uint32_t hold_packets; // 0: 64
	int32_t trade_day;
	bool tables; // rows also go to tables, as in the appliance
	int (*prints_rank)(const void *ctx, enum venue venue, const void *feed); // as in struct engine_conf
	struct engine_sink sink; // functions left NULL take nothing
};

struct rig {
	struct receiver receiver;
	struct engine engine;
	struct symtab symtab;
	struct ledger ledger;
	struct tables *tables;
	struct rig_conf conf;
	struct event event[RIG_EVENTS];
	uint64_t rx_ns[RIG_BURST];
	uint64_t rows;
	void *mem[4];
	// what rig_push took, in ticks (rig_ticks)
	uint64_t receive_ticks, apply_ticks, messages;
};

// rig_create makes an empty rig. Ends the program when there is no memory or no calendar.
struct rig *rig_create(const struct rig_conf *conf);
void rig_destroy(struct rig *rig);
// rig_push takes the frames in bursts, seals nothing, and adds to the times.
void rig_push(struct rig *rig, const struct frame_in *frame, unsigned n);
// rig_apply gives events to the engine, all received at rx_ns.
void rig_apply(struct rig *rig, const struct event *ev, unsigned n, uint64_t rx_ns);
// rig_seal seals what is due, budget by budget, until nothing is.
void rig_seal(struct rig *rig, unsigned budget);
// rig_balanced tells whether every frame and message ended in one counter, none of them damaged or dropped.
bool rig_balanced(const struct rig *rig);

// rig_ticks is a counter that costs little to read; rig_tick_ns is the length of a tick.
uint64_t rig_ticks(void);
double rig_tick_ns(void);

#endif

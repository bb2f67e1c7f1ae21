/* SPDX-License-Identifier: BSD-3-Clause */
// flow.h: ITCH 5.0 order flow as MoldUDP64 frames in memory, with orders that were really added: for
// benchmarks of whatever stands behind the wire. Always the same for the same conf. In steady flow, in parts
// of a hundred: add 46, delete 42, replace 8, execute 2, cancel 2; four in five of the orders touched are
// among the youngest twentieth. Books never cross. Instruments are busy by the cube: one in a hundred has a
// fifth of the flow. One thread.
#ifndef WB_BENCH_FLOW_H
#define WB_BENCH_FLOW_H

#include "drivers/receiver/receiver.h"

#define FLOW_DAY     18260                         // trade date of the frames: Monday, 2019-12-30
#define FLOW_OPEN_NS UINT64_C(1577716200000000000) // its 09:30 in New York

struct flow_conf {
	uint32_t instruments; // at most 65535
	uint32_t resting;     // orders that rest in steady flow
	uint32_t per_packet;  // messages, 1 to 40
	uint64_t step_ns;     // from one message's time to the next one's
};

struct flow;

// flow_create takes room for at most max messages of one filling. Ends the program when there is no memory.
struct flow *flow_create(const struct flow_conf *conf, uint32_t max);
void flow_destroy(struct flow *flow);
// The makers write up to n messages into the flow's frames, in place of what was there, and return how many
// frames; they are good until the next call. Announcements of all instruments first; then adds until enough
// orders rest (0 frames: they do); then steady flow.
unsigned flow_announce(struct flow *flow, uint32_t n, const struct frame_in **out);
unsigned flow_build(struct flow *flow, uint32_t n, const struct frame_in **out);
unsigned flow_steady(struct flow *flow, uint32_t n, const struct frame_in **out);
// flow_rest pushes announcements of all instruments and adds until enough orders rest, at most n messages at
// a time.
struct rig;
void flow_rest(struct flow *flow, uint32_t n, struct rig *rig,
	       void (*push)(struct rig *rig, const struct frame_in *frame, unsigned n));
// flow_jump moves the clock on to ns past 09:30. Never back.
void flow_jump(struct flow *flow, uint64_t ns);
// flow_now_ns is the time of the next message, ns past 09:30.
uint64_t flow_now_ns(const struct flow *flow);

#endif

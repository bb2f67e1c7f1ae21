/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/wire.h"

#include "tests/bench/flow.h"
#include "tests/bench/machine.h"
#include "tests/bench/rig.h"

enum { PART = 200000 }; // messages made, then measured, at a time

bool wire_measure(uint32_t instruments, uint32_t resting, uint32_t per_packet, double seconds,
		  struct wire_cost *cost)
{
	struct flow_conf fc = { .instruments = instruments, .resting = resting, .per_packet = per_packet };
	struct rig_conf rc = { .instruments = instruments,
			       .orders = resting + resting / 8 + 1024,
			       .levels = instruments * 512 + 4096,
			       .prints = 1 << 20,
			       .trade_day = FLOW_DAY,
			       .tables = true };
	struct flow *flow = flow_create(&fc, PART);
	struct rig *rig = rig_create(&rc);
	const struct frame_in *frame;
	unsigned n;

	flow_rest(flow, PART, rig, rig_push);
	rig->receive_ticks = rig->apply_ticks = rig->messages = 0;
	while ((double)(rig->receive_ticks + rig->apply_ticks) * rig_tick_ns() < seconds * 1e9) {
		n = flow_steady(flow, PART, &frame);
		rig_push(rig, frame, n);
	}
	*cost = (struct wire_cost){
		.receive_ns = (double)rig->receive_ticks * rig_tick_ns() / (double)rig->messages,
		.apply_ns = (double)rig->apply_ticks * rig_tick_ns() / (double)rig->messages,
		.messages = rig->messages
	};
	uint32_t left = rig->engine.orders.n;
	bool good = rig_balanced(rig) && left > resting * 0.97 && left < resting * 1.03 + 8;

	rig_destroy(rig);
	flow_destroy(flow);
	return good;
}

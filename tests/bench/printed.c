/* SPDX-License-Identifier: BSD-3-Clause */
// printed.c: a flow into a rig, sealed as it goes.
#include "tests/bench/printed.h"

#include "tests/bench/flow.h"
#include "tests/bench/rig.h"

enum { FILL = 100000 }; // messages at a time

void printed_rows(void (*keep)(void *ctx, const struct bar *bar), bool (*full)(const void *ctx), void *ctx)
{
	struct flow_conf fc = { .instruments = 1000, .resting = 50000, .per_packet = 4, .step_ns = 20000 };
	struct rig_conf rc = { .instruments = 2000,
			       .orders = 1 << 17,
			       .levels = 1 << 18,
			       .prints = 1 << 16,
			       .trade_day = FLOW_DAY,
			       .sink = { .ctx = ctx, .bar = keep } };
	struct rig *rig = rig_create(&rc);
	struct flow *flow = flow_create(&fc, FILL);

	flow_rest(flow, FILL, rig, rig_push);
	while (!full(ctx)) {
		const struct frame_in *frame;
		unsigned n = flow_steady(flow, FILL, &frame);

		rig_push(rig, frame, n);
		rig_seal(rig, 64);
	}
	flow_destroy(flow);
	rig_destroy(rig);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// instruction_load: small work that is always the same, for counting instructions (instructions.py). Only
// what lies within rig_push, rig_apply and rig_seal counts; the difference between two amounts of work is
// what one unit of it takes. Usage: instruction_load messages N | beats N | rows SECONDS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/bytes.h"
#include "tests/bench/flow.h"
#include "tests/bench/rig.h"

enum { INSTRUMENTS = 200, RESTING = 5000, PART = 1000 };
enum { IP_AT = 14, UDP_AT = IP_AT + 20, BEAT_BYTES = UDP_AT + 8 + 20 };

static struct rig *create(void)
{
	struct rig_conf rc = { .instruments = INSTRUMENTS,
			       .orders = 8192,
			       .levels = INSTRUMENTS * 512,
			       .prints = 1 << 14,
			       .trade_day = FLOW_DAY,
			       .tables = true };

	return rig_create(&rc);
}

// Wire to book, within one second of market time.
static bool messages(uint32_t n)
{
	struct flow_conf fc = { .instruments = INSTRUMENTS, .resting = RESTING, .per_packet = 4 };
	struct flow *flow = flow_create(&fc, PART);
	struct rig *rig = create();
	const struct frame_in *frame;
	unsigned frames;

	flow_rest(flow, PART, rig, rig_push);
	for (uint32_t at = 0; at < n; at += PART) {
		frames = flow_steady(flow, n - at < PART ? n - at : PART, &frame);
		rig_push(rig, frame, frames);
	}
	printf("messages=%u\n", n);
	bool good = rig_balanced(rig);

	rig_destroy(rig);
	flow_destroy(flow);
	return good;
}

// Heartbeats in bursts, as a line sends them that has nothing to say: the header of its next packet.
static bool beats(uint32_t n)
{
	struct flow_conf fc = { .instruments = INSTRUMENTS, .resting = RESTING, .per_packet = 4 };
	struct flow *flow = flow_create(&fc, PART);
	struct rig *rig = create();
	struct frame_in burst[RIG_BURST];
	const struct frame_in *next;
	uint8_t frame[BEAT_BYTES];

	flow_rest(flow, PART, rig, rig_push);
	flow_steady(flow, PART, &next);
	memcpy(frame, next->data, BEAT_BYTES);
	put_be16(frame + IP_AT + 2, BEAT_BYTES - IP_AT);
	put_be16(frame + UDP_AT + 4, BEAT_BYTES - UDP_AT);
	put_be16(frame + BEAT_BYTES - 2, 0); // no messages
	for (unsigned i = 0; i < RIG_BURST; i++)
		burst[i] = (struct frame_in){
			.data = frame, .bytes = BEAT_BYTES, .wire_bytes = BEAT_BYTES, .rx_ns = next->rx_ns
		};
	for (uint32_t at = 0; at < n; at += RIG_BURST)
		rig_push(rig, burst, n - at < RIG_BURST ? n - at : RIG_BURST);
	printf("beats=%u\n", n);
	bool good = rig->ledger.v[LEDGER_frames_heartbeat] == n;

	rig_destroy(rig);
	flow_destroy(flow);
	return good;
}

// One print of each instrument a second, and all rows that follow from it.
static bool rows(uint32_t seconds)
{
	struct rig *rig = create();
	struct event ev[INSTRUMENTS] = {
		{ .kind = EV_JOIN, .instr = INSTR_NONE, .ref = 1, .ts_ns = FLOW_OPEN_NS }
	};
	uint64_t pos = 1;

	for (uint32_t i = 0; i < INSTRUMENTS; i++) {
		char name[16];

		symtab_intern(&rig->symtab, symtab_key(name, (size_t)snprintf(name, sizeof name, "S%u", i)));
	}
	rig_apply(rig, ev, 1, FLOW_OPEN_NS);
	for (uint32_t s = 0; s < seconds; s++) {
		uint64_t ns = FLOW_OPEN_NS + s * NS_PER_S;
		struct event clock = { .kind = EV_CLOCK, .instr = INSTR_NONE, .ts_ns = ns + NS_PER_S };

		for (uint32_t i = 0; i < INSTRUMENTS; i++, pos++)
			ev[i] = (struct event){ .kind = EV_TRADE,
						.ts_ns = ns + i * NS_PER_US,
						.pos = pos,
						.ref2 = pos,
						.qty = 100,
						.price = (int64_t)(100 + (pos * 7 + s) % 10) * PX_ONE,
						.instr = i,
						.flags = EVF_CLOCK,
						.side = pos % 3 };
		rig_apply(rig, ev, INSTRUMENTS, ns);
		rig_apply(rig, &clock, 1, ns + NS_PER_S);
		rig_seal(rig, 64);
	}
	printf("prints=%u rows=%llu\n", seconds * INSTRUMENTS, (unsigned long long)rig->rows);
	bool good = rig->ledger.v[LEDGER_prints] == (uint64_t)seconds * INSTRUMENTS;

	rig_destroy(rig);
	return good;
}

int main(int argc, char **argv)
{
	uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (n && !strcmp(argv[1], "messages"))
		return messages(n) ? 0 : 1;
	if (n && !strcmp(argv[1], "beats"))
		return beats(n) ? 0 : 1;
	if (n && !strcmp(argv[1], "rows"))
		return rows(n) ? 0 : 1;
	fprintf(stderr, "usage: instruction_load messages N | beats N | rows SECONDS\n");
	return 2;
}

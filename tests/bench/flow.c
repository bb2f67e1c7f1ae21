/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/feed/mold64.h"
#include "lcore/base/bytes.h"
#include "tests/bench/machine.h"

enum { HEADERS = 42, BLOCK_BYTES = 52, PER_PACKET_MAX = 40 };
#define OPEN_OF_DAY_NS (UINT64_C(34200) * NS_PER_S)

struct resting {
	uint64_t ref;
	uint32_t qty, price; // wire units
	uint16_t locate;
	uint8_t side;
};

struct flow {
	struct flow_conf conf;
	uint8_t *bytes;
	struct frame_in *frame;
	struct resting *order;
	uint32_t stride, n_orders, announced;
	uint64_t random, next_ref, seq, match, now_ns;
	// the packet being written
	uint8_t *start, *at;
	uint32_t n_frames, n_messages;
};

static uint32_t random32(struct flow *f)
{
	f->random = f->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(f->random >> 32);
}

struct flow *flow_create(const struct flow_conf *conf, uint32_t max)
{
	struct flow *f = machine_memory(sizeof *f);
	uint32_t frames = max / conf->per_packet + 2;

	f->conf = *conf;
	f->stride = (HEADERS + MOLD64_HEADER_BYTES + conf->per_packet * BLOCK_BYTES + 63) & ~63u;
	f->bytes = machine_memory((size_t)frames * f->stride);
	f->frame = machine_memory(frames * sizeof *f->frame);
	f->order = machine_memory(((size_t)conf->resting + 1024) * sizeof *f->order);
	f->random = 7;
	f->next_ref = f->seq = f->match = 1;
	return f;
}

void flow_destroy(struct flow *flow)
{
	machine_free(flow->bytes);
	machine_free(flow->frame);
	machine_free(flow->order);
	machine_free(flow);
}

// Packets

static void begin(struct flow *f)
{
	f->n_frames = f->n_messages = 0;
	f->start = f->at = f->bytes + HEADERS + MOLD64_HEADER_BYTES;
}

static void close_packet(struct flow *f)
{
	uint8_t *frame = f->start - HEADERS - MOLD64_HEADER_BYTES;
	uint16_t payload = (uint16_t)(f->at - f->start + MOLD64_HEADER_BYTES);

	if (!f->n_messages)
		return;
	memset(frame, 0, HEADERS);
	put_be16(frame + 12, 0x0800);
	frame[14] = 0x45;
	put_be16(frame + 16, (uint16_t)(payload + 28));
	frame[23] = 17;
	put_be16(frame + 38, (uint16_t)(payload + 8));
	mold64_write_header(frame + HEADERS, "BENCH     ", f->seq, (uint16_t)f->n_messages);
	f->frame[f->n_frames++] = (struct frame_in){ .data = frame,
						     .bytes = HEADERS + payload,
						     .wire_bytes = HEADERS + payload,
						     .rx_ns = FLOW_OPEN_NS + f->now_ns };
	f->seq += f->n_messages;
	f->n_messages = 0;
	f->start = f->at = f->bytes + (size_t)f->n_frames * f->stride + HEADERS + MOLD64_HEADER_BYTES;
}

// Starts a message of the type and returns its place.
static uint8_t *message(struct flow *f, uint8_t type, uint16_t locate)
{
	unsigned len = itch50_length(type);
	uint8_t *m = f->at + 2;

	memset(m, 0, len);
	put_be16(f->at, (uint16_t)len);
	m[0] = type;
	put_be16(m + 1, locate);
	put_be48(m + 5, OPEN_OF_DAY_NS + f->now_ns);
	f->now_ns += f->conf.step_ns;
	f->at += 2 + len;
	f->n_messages++;
	return m;
}

static unsigned finish(struct flow *f, const struct frame_in **out)
{
	close_packet(f);
	*out = f->frame;
	return f->n_frames;
}

static void stock(uint8_t *to, uint16_t locate)
{
	char text[16];

	snprintf(text, sizeof text, "S%-7u", locate);
	memcpy(to, text, 8);
}

// Orders

static uint16_t random_locate(struct flow *f)
{
	double u = (double)random32(f) * 0x1p-32;

	return (uint16_t)(1 + (uint32_t)(u * u * u * f->conf.instruments));
}

// Bids below the instrument's own middle, offers above; each tick further out is a tenth less likely.
static uint32_t random_price(struct flow *f, uint16_t locate, uint8_t side)
{
	uint32_t middle = 100000 + (locate * 2654435761u >> 12) % 4000000 / 100 * 100, ticks = 1;

	while (ticks < 100 && random32(f) % 10)
		ticks++;
	return side == 'B' ? middle - ticks * 100 : middle + ticks * 100;
}

static void add_order(struct flow *f)
{
	struct resting *o = &f->order[f->n_orders++];

	*o = (struct resting){ .ref = f->next_ref++,
			       .qty = 100 * (1 + random32(f) % 5),
			       .locate = random_locate(f),
			       .side = random32(f) & 1 ? 'B' : 'S' };
	o->price = random_price(f, o->locate, o->side);
	uint8_t *m = message(f, 'A', o->locate);

	put_be64(m + 11, o->ref);
	m[19] = o->side;
	put_be32(m + 20, o->qty);
	stock(m + 24, o->locate);
	put_be32(m + 32, o->price);
}

static struct resting *pick(struct flow *f)
{
	uint32_t young = f->n_orders / 20 + 1, back = random32(f) % (random32(f) % 5 ? young : f->n_orders);

	return &f->order[f->n_orders - 1 - back];
}

static void forget(struct flow *f, struct resting *o) { *o = f->order[--f->n_orders]; }

static void delete_order(struct flow *f)
{
	struct resting *o = pick(f);

	put_be64(message(f, 'D', o->locate) + 11, o->ref);
	forget(f, o);
}

static void replace_order(struct flow *f)
{
	struct resting *o = pick(f);
	uint8_t *m = message(f, 'U', o->locate);

	put_be64(m + 11, o->ref);
	o->ref = f->next_ref++;
	o->price = random_price(f, o->locate, o->side);
	put_be64(m + 19, o->ref);
	put_be32(m + 27, o->qty);
	put_be32(m + 31, o->price);
}

static void take_shares(struct flow *f, uint8_t type)
{
	struct resting *o = pick(f);
	uint8_t *m = message(f, type, o->locate);
	uint32_t qty = type == 'X' && o->qty > 100 ? 100 : o->qty;

	put_be64(m + 11, o->ref);
	put_be32(m + 19, qty);
	if (type == 'E')
		put_be64(m + 23, f->match++);
	o->qty -= qty;
	if (!o->qty)
		forget(f, o);
}

static void steady(struct flow *f)
{
	uint32_t draw = random32(f) % 100;

	// Adds and deletes give way to each other, so that the number that rests stays.
	if (draw < 88 &&
	    (f->n_orders >= f->conf.resting ? draw < 46 : f->n_orders < f->conf.resting * 0.99 && draw >= 46))
		draw = draw < 46 ? 46 : 0;
	if (draw < 46 || f->n_orders < 2)
		add_order(f);
	else if (draw < 88)
		delete_order(f);
	else if (draw < 96)
		replace_order(f);
	else
		take_shares(f, draw < 98 ? 'E' : 'X');
}

unsigned flow_announce(struct flow *f, uint32_t n, const struct frame_in **out)
{
	begin(f);
	for (uint32_t i = 0; i < n && f->announced < f->conf.instruments; i++) {
		uint16_t locate = (uint16_t)++f->announced;

		stock(message(f, 'R', locate) + 11, locate);
		if (f->n_messages == f->conf.per_packet)
			close_packet(f);
	}
	return finish(f, out);
}

unsigned flow_build(struct flow *f, uint32_t n, const struct frame_in **out)
{
	begin(f);
	for (uint32_t i = 0; i < n && f->n_orders < f->conf.resting; i++) {
		add_order(f);
		if (f->n_messages == f->conf.per_packet)
			close_packet(f);
	}
	return finish(f, out);
}

unsigned flow_steady(struct flow *f, uint32_t n, const struct frame_in **out)
{
	begin(f);
	for (uint32_t i = 0; i < n; i++) {
		steady(f);
		if (f->n_messages == f->conf.per_packet)
			close_packet(f);
	}
	return finish(f, out);
}

void flow_rest(struct flow *f, uint32_t n, struct rig *rig,
	       void (*push)(struct rig *rig, const struct frame_in *frame, unsigned n))
{
	const struct frame_in *frame;
	unsigned frames;

	while ((frames = flow_announce(f, n, &frame)))
		push(rig, frame, frames);
	while ((frames = flow_build(f, n, &frame)))
		push(rig, frame, frames);
}

void flow_jump(struct flow *f, uint64_t ns)
{
	if (ns > f->now_ns)
		f->now_ns = ns;
}

uint64_t flow_now_ns(const struct flow *f) { return f->now_ns; }

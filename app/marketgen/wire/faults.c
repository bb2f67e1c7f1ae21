/* SPDX-License-Identifier: BSD-3-Clause */
// faults.c: injected line faults, by seed and independent per line.
#include "app/marketgen/wire/faults.h"

#include <errno.h>
#include <string.h>

void faults_open(struct faults *f, struct output *out, bool nano, struct faults_plan plan, uint64_t seed,
		 uint64_t line)
{
	memset(f, 0, sizeof *f);
	f->plan = plan;
	f->nano = nano;
	rng_init(&f->rng, seed, 1000 + line);
	f->out = out;
	wire_pcap_begin(out, nano);
}

static void write_frame(struct faults *f, uint64_t capture_ns, const uint8_t *frame, uint32_t n_bytes)
{
	if (capture_ns > f->capture_ns)
		f->capture_ns = capture_ns;
	wire_pcap_record(f->out, f->nano, f->capture_ns, frame, n_bytes);
	f->n_written++;
}

// One packet more has passed: those that waited for it come out behind it.
static void let_pass(struct faults *f)
{
	for (uint32_t i = 0; i < FAULTS_HELD_MAX; i++) {
		struct faults_held *held = &f->held[i];

		if (held->after > 0 && --held->after == 0)
			write_frame(f, f->capture_ns, held->frame, held->n_bytes);
	}
}

static bool hold(struct faults *f, const struct faults_packet *packet, uint32_t after)
{
	for (uint32_t i = 0; i < FAULTS_HELD_MAX; i++) {
		struct faults_held *held = &f->held[i];

		if (held->after > 0)
			continue;
		held->after = after ? after : 1 + rng_below(&f->rng, FAULTS_DISPLACED_MAX);
		held->swapped = after == 1;
		held->n_bytes = packet->n_bytes;
		memcpy(held->frame, packet->frame, packet->n_bytes);
		return true;
	}
	return false;
}

// Whether a packet waits to change places with the next: that one comes as it is.
static bool swapping(const struct faults *f)
{
	for (uint32_t i = 0; i < FAULTS_HELD_MAX; i++)
		if (f->held[i].after > 0 && f->held[i].swapped)
			return true;
	return false;
}

// Flips 1 to 4 bytes of the payload; were their changes to cancel out in the checksum, one more flip undoes
// that.
static void corrupt(struct faults *f, const struct faults_packet *packet)
{
	uint8_t *payload = packet->frame + packet->payload_at;
	uint32_t n_bytes = packet->n_bytes - packet->payload_at;
	uint64_t before = wire_sum(payload, n_bytes) % 0xffff;
	uint32_t n_flips = 1 + rng_below(&f->rng, 4);

	for (uint32_t i = 0; i < n_flips || wire_sum(payload, n_bytes) % 0xffff == before; i++)
		payload[rng_below(&f->rng, n_bytes)] ^= (uint8_t)(1 + rng_below(&f->rng, 255));
}

static void note(struct ranges *ranges, const struct faults_packet *packet)
{
	if (packet->n_messages > 0)
		ranges_add(ranges, packet->first_sequence, packet->first_sequence + packet->n_messages - 1);
}

bool faults_send(struct faults *f, const struct faults_packet *packet)
{
	bool whole = true;

	f->n_sent++;
	if (f->plan.loss > 0 && rng_chance(&f->rng, f->plan.loss)) {
		f->n_lost++;
		note(&f->lost, packet);
		note(&f->unusable, packet);
		return false;
	}
	if (f->plan.corrupt > 0 && rng_chance(&f->rng, f->plan.corrupt)) {
		f->n_corrupted++;
		note(&f->corrupted, packet);
		note(&f->unusable, packet);
		corrupt(f, packet);
		whole = false;
	}
	if (f->plan.reorder > 0 && rng_chance(&f->rng, f->plan.reorder) && hold(f, packet, 0)) {
		f->n_reordered++;
		return whole;
	}
	if (f->plan.swap > 0 && !swapping(f) && rng_chance(&f->rng, f->plan.swap) && hold(f, packet, 1)) {
		f->n_swapped++;
		return whole;
	}
	write_frame(f, packet->capture_ns, packet->frame, packet->n_bytes);
	let_pass(f);
	if (f->plan.dup > 0 && rng_chance(&f->rng, f->plan.dup)) {
		f->n_duplicated++;
		if (!rng_chance(&f->rng, 0.5) || !hold(f, packet, 0))
			write_frame(f, packet->capture_ns, packet->frame, packet->n_bytes);
	}
	return whole;
}

void faults_stranger(struct faults *f, const struct faults_packet *packet)
{
	f->n_strangers++;
	write_frame(f, packet->capture_ns, packet->frame, packet->n_bytes);
}

void faults_flush(struct faults *f)
{
	for (uint32_t i = 0; i < FAULTS_HELD_MAX; i++) {
		if (f->held[i].after > 0)
			write_frame(f, f->capture_ns, f->held[i].frame, f->held[i].n_bytes);
		f->held[i].after = 0;
	}
}

int faults_fini(struct faults *f)
{
	bool short_of_memory = f->lost.out_of_memory || f->corrupted.out_of_memory ||
			       f->unusable.out_of_memory;

	ranges_fini(&f->lost);
	ranges_fini(&f->corrupted);
	ranges_fini(&f->unusable);
	return short_of_memory ? -ENOMEM : 0;
}

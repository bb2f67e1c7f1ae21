/* SPDX-License-Identifier: BSD-3-Clause */
// faults.h: what goes wrong between a sender and the capture of one line: loss, duplication, reordering (a
// packet displaced by 1 to 8 others), swaps of neighbours, corruption (bytes of the payload flipped after the
// UDP checksum was made, so that it shows), and a line that arrives later than the other. Knows what it did,
// for the truth. Single thread.
#ifndef WB_MARKETGEN_FAULTS_H
#define WB_MARKETGEN_FAULTS_H

#include "app/marketgen/wire/ranges.h"
#include "app/marketgen/rng.h"
#include "app/marketgen/wire/wire.h"

#define FAULTS_HELD_MAX      16
#define FAULTS_DISPLACED_MAX 8

// struct faults_plan holds probabilities per packet, and how much later the line is.
struct faults_plan {
	double loss, dup, reorder, corrupt, swap;
	double strangers; // datagrams of another session before a packet; packets.c makes them
	uint64_t lag_ns;
};

struct faults_held {
	uint32_t n_bytes;
	uint32_t after; // let so many packets pass; 0 = free slot
	bool swapped;   // by the swaps, of which there is one at a time
	uint8_t frame[WIRE_FRAME_MAX];
};

struct faults {
	struct faults_plan plan;
	struct rng rng;
	struct output *out; // of outputs.h
	struct faults_held held[FAULTS_HELD_MAX];
	struct ranges lost, corrupted, unusable; // unusable: lost or corrupted
	uint64_t n_sent, n_written, n_lost, n_duplicated, n_reordered, n_corrupted, n_swapped, n_strangers;
	uint64_t capture_ns; // of the last record; a file's times never go back
	bool nano;
};

// struct faults_packet is one frame on its way, with the messages it carries (n_messages may be 0).
struct faults_packet {
	uint8_t *frame;
	uint32_t n_bytes, payload_at;
	uint64_t capture_ns;
	uint64_t first_sequence;
	uint32_t n_messages;
};

// faults_open begins the capture in out.
void faults_open(struct faults *f, struct output *out, bool nano, struct faults_plan plan, uint64_t seed,
		 uint64_t line);
// faults_send passes one packet on, or not. It may change the frame's payload. Returns whether it arrives
// whole.
bool faults_send(struct faults *f, const struct faults_packet *packet);
// faults_stranger writes a datagram that is none of the stream's: no fault befalls it, and nothing waits for
// it.
void faults_stranger(struct faults *f, const struct faults_packet *packet);
// faults_flush writes what is still held, as at the end of the capture.
void faults_flush(struct faults *f);
// faults_fini frees what f has noted. Returns 0, or -ENOMEM when it could not note everything.
int faults_fini(struct faults *f);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// tap.h: an ingest lcore's side of the packet journal: a ring of bytes that frames are copied into as blocks
// of pcapng, so that the journal's thread writes it to a file as it is. One producer, one consumer. The ring
// is mapped twice in a row: a block is never in two pieces. Nothing here waits: a frame without room is
// counted, and the block that comes after it says so (interface statistics). PURE.
#ifndef WB_JOURNAL_TAP_H
#define WB_JOURNAL_TAP_H

#include "lcore/base/pcapng.h"

#define TAP_INTERFACES  256         // a frame's source is a byte
#define TAP_BURST_BYTES (64u << 10) // a published piece is about as long, or one frame longer

struct tap_interface {
	uint64_t received, dropped; // w: producer
	uint64_t said;              // dropped, as last written
};

struct tap {
	// w: boot
	uint8_t *ring;
	uint64_t ring_bytes; // a power of two
	unsigned n_interfaces;
	// w: producer
	uint64_t write, tail_seen; // write: beyond head until it is published
	uint64_t frames, dropped;  // kept; not, for want of room
	uint64_t last_ns;
	bool owes; // statistics
	struct tap_interface interface[TAP_INTERFACES];
	uint64_t head __attribute__((aligned(CACHE_LINE))); // w: producer, r: consumer
	uint64_t tail __attribute__((aligned(CACHE_LINE))); // w: consumer, r: producer
};

// tap_init takes the ring: room_bytes, rounded up to a power of two of pages, from the kernel; touched only
// if wanted. Returns 0 or -errno. Boot only. tap_fini accepts a zeroed one.
int tap_init(struct tap *tap, uint64_t room_bytes, unsigned n_interfaces, bool touch);
void tap_fini(struct tap *tap);

// tap_frame copies one frame. False: there is no room, and it is counted. Producer.
bool tap_frame(struct tap *tap, uint32_t interface, uint64_t ts_ns, const uint8_t *data, uint32_t bytes,
	       uint32_t wire_bytes, bool bad);
// tap_room returns whether a frame of so many bytes has room. Producer.
bool tap_room(struct tap *tap, uint32_t bytes);
// tap_publish hands what was copied to the consumer. Producer.
static inline void tap_publish(struct tap *tap)
{
	__atomic_store_n(&tap->head, tap->write, __ATOMIC_RELEASE);
}
// tap_owed copies the statistics of all interfaces that lost frames since they were last written, as far as
// there is room; for the end. Producer, or whoever has taken its place.
void tap_owed(struct tap *tap);

// tap_at returns the bytes at a place of the ring. Consumer; producer.
static inline uint8_t *tap_at(const struct tap *tap, uint64_t at)
{
	return tap->ring + (at & (tap->ring_bytes - 1));
}

#endif

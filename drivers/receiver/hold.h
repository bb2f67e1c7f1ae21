/* SPDX-License-Identifier: BSD-3-Clause */
// hold.h: copies of packets of one channel that came before their turn. They wait until the missing messages
// come, or the hole is given up. Bounded, preallocated, ordered by sequence number. Part of the receiver;
// same thread.
#ifndef WB_FEED_HOLD_H
#define WB_FEED_HOLD_H

#include "drivers/feed/feed.h"

#define HOLD_PACKETS_MAX 4096
// The largest message block that is kept: what an Ethernet frame of 1500 bytes can carry, and some.
#define HOLD_BODY_BYTES  1536

struct held {
	uint64_t first_seq;
	uint64_t send_ns;
	uint64_t rx_ns;
	uint32_t count;
	uint16_t bytes;
	uint8_t kind; // enum packet_kind
	uint8_t line; // the line of the channel that brought it, or LINE_RECOVERED
	bool frame;   // its frame is not counted yet
};

// w: owner lcore; n is read by telemetry
struct hold {
	struct held *slot; // [room]
	uint16_t *order;   // [room] of slots: the first n by first_seq and then arrival, the rest free
	uint8_t *body;     // [room][HOLD_BODY_BYTES]
	uint16_t room, n;
	uint64_t end_seq; // the number after the highest message that is or was held; 0: none
};

// hold_bytes returns the memory that hold_init needs for a number of packets.
size_t hold_bytes(unsigned packets);
// hold_init makes *h empty. packets: 0 (nothing can be held) to HOLD_PACKETS_MAX. mem: hold_bytes(packets),
// 8-byte aligned.
void hold_init(struct hold *h, unsigned packets, void *mem);
// hold_wire gives *h the memory that hold_init gave it, as it is now, perhaps at another address.
void hold_wire(struct hold *h, unsigned packets, void *mem);
void hold_clear(struct hold *h);
// hold_covered counts the messages of [first_seq, first_seq + count) that are held.
uint64_t hold_covered(const struct hold *h, uint64_t first_seq, uint32_t count);
// hold_of returns the packet that holds the message, or NULL.
const struct held *hold_of(const struct hold *h, uint64_t seq);
// hold_tells returns whether a packet without messages (a heartbeat) is worth holding: no held packet has a
// later number, and the last one held is not a heartbeat of the same number with an equal or later send time.
bool hold_tells(const struct hold *h, const struct packet *packet);
// hold_fits returns whether there is room for another packet, of this size.
static inline bool hold_fits(const struct hold *h, const struct packet *packet)
{
	return h->n < h->room && (size_t)(packet->end - packet->body) <= HOLD_BODY_BYTES;
}
// hold_put keeps a copy and returns it. Assumes hold_fits. A packet may share messages with others: the
// walk skips those.
struct held *hold_put(struct hold *h, const struct packet *packet, uint64_t rx_ns, uint8_t line);
// hold_at returns the packet at a place in the order of numbers, body as of hold_first. Assumes at < n.
const struct held *hold_at(const struct hold *h, unsigned at, const uint8_t **body);
// hold_drop_at forgets the packet at a place. Its body stays where it is until the next hold_put.
void hold_drop_at(struct hold *h, unsigned at);
// hold_first returns the packet that is next in sequence; NULL when nothing is held. body, when not NULL,
// gets the place of its messages. Valid until hold_drop.
const struct held *hold_first(const struct hold *h, const uint8_t **body);
// hold_drop forgets the packet that hold_first returns. Assumes that there is one.
void hold_drop(struct hold *h);
// hold_since_ns returns the time from which the first hole is known: the earliest receive time of all held
// packets. Assumes that there is one.
uint64_t hold_since_ns(const struct hold *h);
// hold_data_seq returns the first number after the first hole: that of the first message held, or, if only
// heartbeats are held, the next number that they announce. Assumes that a packet is held.
uint64_t hold_data_seq(const struct hold *h);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// packets.h: cuts a stream of messages into the packets of one line, in a venue's format. A packet closes
// when full, or when the next message comes later than the line cares to wait; so two lines with different
// patience and room cut one stream at different places. Heartbeats fill idle seconds. Single thread.
#ifndef WB_MARKETGEN_PACKETS_H
#define WB_MARKETGEN_PACKETS_H

#include "app/marketgen/wire/faults.h"

#define PACKETS_PRIMING 5      // packets with the message that begins the numbering
#define PACKETS_END     0xffff // count of a packet that ends the session

struct packets;

// What comes before each message: its length, or nothing since the message has it.
enum packets_block { PACKETS_BE16, PACKETS_LE16, PACKETS_BARE };

// struct packets_format is a venue's packet format.
struct packets_format {
	uint32_t head_bytes;
	uint32_t type_at; // offset of the byte with a message's type
	enum packets_block block;
	bool type_is_text; // the byte is a letter
	bool says_end;     // three packets end the session; else its heartbeats just stop
	// put_head writes the header of a packet that leaves at utc_ns: count messages (p->n_open of them
	// there), 0 a heartbeat, PACKETS_END.
	void (*put_head)(struct packets *p, uint8_t *head, uint64_t utc_ns, uint16_t count);
	// put_session writes, as JSON members, what names the session in packets.
	void (*put_session)(struct packets *p, char *out, size_t room);
	// disguise makes a header one of another session, with a number that is none of the stream's. NULL:
	// packets of this format name no session.
	void (*disguise)(uint8_t *head, uint64_t number);
};

// struct packets_session is what a format makes the session's name of.
struct packets_session {
	uint64_t seed;
	int32_t day;    // since the Unix epoch
	uint32_t index; // of the day's sessions
	char text[16];  // the format's own
};

struct packets_spec {
	const struct packets_format *format;
	struct packets_session session;
	uint32_t payload_max; // at most WIRE_PAYLOAD_MAX
	uint64_t gap_ns;      // close when the next message is later than this
	uint64_t latency_ns;  // from sending to capture, before jitter
	struct wire_address address;
	uint16_t vlan;
};

struct packets {
	struct packets_spec spec;
	struct wire wire;
	struct faults faults;
	struct rng rng, strange;
	uint64_t first_ns, last_ns; // of the messages in the open packet
	uint64_t sent_ns;           // when the last packet left
	uint64_t next_sequence;     // of the next message after the open packet, counted on over restarts
	uint64_t number_base;       // messages before the present numbering began
	uint64_t stream_offset;     // bytes of messages of this numbering sent before the open packet
	uint64_t n_messages, n_heartbeats;
	uint32_t payload_bytes, n_open; // of the open packet, with its header
	uint8_t frame[WIRE_FRAME_MAX];
};

void packets_init(struct packets *p, const struct packets_spec *spec, uint64_t seed, uint64_t line);
// packets_push appends one message that is sent at utc_ns, which never goes back.
void packets_push(struct packets *p, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes);
// packets_number is what the open packet says: the number of its first message, or of the next when it has
// none.
uint64_t packets_number(const struct packets *p);
// packets_restart closes the open packet and lets the numbering begin anew: in the same session, or, after
// the end of the one, in the next.
void packets_restart(struct packets *p, uint64_t utc_ns, bool next_session);
// packets_prime sends one message in packets of its own, PACKETS_PRIMING times from utc_ns on, a millisecond
// apart, always with the same number.
void packets_prime(struct packets *p, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes);
// packets_finish closes the open packet, keeps the line alive until utc_ns, and ends the session: three
// packets a second apart that say so, or heartbeats.
void packets_finish(struct packets *p, uint64_t utc_ns);

#endif

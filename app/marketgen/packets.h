/* SPDX-License-Identifier: BSD-3-Clause */
// packets.h: cuts a stream of messages into the packets of one line: MoldUDP64 1.00 or IEX-TP 1. A packet closes when
// full, or when the next message comes later than the line cares to wait; so two lines with different patience and room
// cut one stream at different places. Heartbeats fill idle seconds. Single thread.
#ifndef WB_MARKETGEN_PACKETS_H
#define WB_MARKETGEN_PACKETS_H

#include "app/marketgen/faults.h"

enum packets_format { PACKETS_MOLD, PACKETS_IEX_TP };

struct packets_spec {
	enum packets_format format;
	char mold_session[11];
	uint32_t iex_session;
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
	struct rng rng;
	uint64_t first_ns, last_ns; // of the messages in the open packet
	uint64_t sent_ns;	    // when the last packet left
	uint64_t next_sequence;	    // of the next message after the open packet
	uint64_t stream_offset;	    // IEX-TP, of the open packet
	uint64_t n_messages, n_heartbeats;
	uint32_t payload_bytes, n_open; // of the open packet, with its header
	uint8_t frame[WIRE_FRAME_MAX];
};

void packets_init(struct packets *p, const struct packets_spec *spec, uint64_t seed, uint64_t line);
// packets_push appends one message that is sent at utc_ns, which never goes back.
void packets_push(struct packets *p, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes);
// packets_finish closes the open packet, keeps the line alive until utc_ns, and ends the session: three MoldUDP64
// end-of-session packets a second apart, or IEX-TP heartbeats, which has no end.
void packets_finish(struct packets *p, uint64_t utc_ns);

#endif

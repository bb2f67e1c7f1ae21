/* SPDX-License-Identifier: BSD-3-Clause */
// wire.h: Ethernet, optional 802.1Q, IPv4 and UDP around a payload, with right checksums; and pcap records.
#ifndef WB_MARKETGEN_WIRE_H
#define WB_MARKETGEN_WIRE_H

#include "lcore/base/num.h"
#include "lcore/stage/output.h"

#define WIRE_HEAD_MAX       46   // 14 Ethernet, 4 tag, 20 IPv4, 8 UDP
#define WIRE_PAYLOAD_MAX    1472 // of a 1500 byte IPv4 packet
#define WIRE_FRAME_MAX      (WIRE_HEAD_MAX + WIRE_PAYLOAD_MAX)

#define WIRE_IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

// struct wire_address is one line's multicast group and sender; IPv4 addresses as host integers.
struct wire_address {
	uint32_t source, group;
	uint16_t source_port, port;
};

struct wire {
	struct wire_address address;
	uint16_t vlan; // 0: untagged
	uint16_t ip_id;
	uint32_t head_bytes; // of a frame, before the payload
};

void wire_init(struct wire *w, struct wire_address address, uint16_t vlan);
// wire_seal writes the headers before the payload of n_bytes at frame + w->head_bytes. Returns the frame's
// length.
uint32_t wire_seal(struct wire *w, uint8_t *frame, uint32_t n_bytes);
// wire_sum is the Internet checksum's running sum (RFC 1071) over bytes, not folded: sum of 16-bit big-endian
// words.
uint64_t wire_sum(const uint8_t *bytes, size_t n_bytes);
// wire_pcap_begin writes the file header: nanosecond or microsecond pcap, Ethernet.
void wire_pcap_begin(struct output *o, bool nano);
// wire_pcap_record writes one packet captured at utc_ns.
void wire_pcap_record(struct output *o, bool nano, uint64_t utc_ns, const uint8_t *frame, uint32_t n_bytes);

#endif

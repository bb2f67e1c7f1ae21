/* SPDX-License-Identifier: BSD-3-Clause */
// frame.h: finds a frame's UDP payload, and checks every length against the bytes that are there. PURE
// and stateless: any thread. Layouts: IEEE 802.3, RFC 791, RFC 768; sums: RFC 1071; peel.c handles
// all other headers.
#ifndef WB_FEED_FRAME_H
#define WB_FEED_FRAME_H

#include "lcore/base/ledger.h"

#define FRAME_VLAN_MAX 4
// What frame_parse returns for an accepted frame; everything else is the ledger row of the refusal.
#define FRAME_OK       LEDGER_COUNT

// The first header of a frame: a capture's link type names it. A NIC's frames are Ethernet.
enum frame_link {
	FRAME_ETHERNET,
	FRAME_IP,  // IPv4 or IPv6 at once
	FRAME_SLL, // Linux cooked
	FRAME_SLL2,
	FRAME_LOOPBACK, // an address family of four bytes
};

// The payload points into the frame.
struct frame_view {
	const uint8_t *payload;
	uint32_t bytes;
	uint32_t dst_ip; // host order
	uint16_t dst_port;
};

// frame_parse finds the UDP payload of data[0 .. bytes). wire_bytes is the frame's original length: more than
// bytes when a capture cut it, and then the frame is refused as cut, not as malformed. Bytes after the
// IPv4 datagram (Ethernet padding, frame check sequence) are ignored. verify_checksum checks the IPv4
// header's sum and the UDP sum unless that is zero (not computed). Returns FRAME_OK, or the ledger row to
// count.
enum ledger_id frame_parse(const uint8_t *data, uint32_t bytes, uint32_t wire_bytes, bool verify_checksum,
			   struct frame_view *out);

// frame_peel is frame_parse for frames that are not plain Ethernet, IPv4 and UDP, or of another link type.
// Slower.
enum ledger_id frame_peel(enum frame_link link, const uint8_t *data, uint32_t bytes, uint32_t wire_bytes,
			  bool verify_checksum, struct frame_view *out);
// frame_datagram checks the IPv4 and UDP headers in ip[0 .. bytes) and finds the payload. cut: the capture
// kept only a part of the frame. Returns FRAME_OK or the ledger row to count: frames_not_udp for
// another protocol than UDP.
enum ledger_id frame_datagram(const uint8_t *ip, uint32_t bytes, bool cut, bool verify,
			      struct frame_view *out);

// frame_quiet_port returns whether UDP to this port is known to carry no feed: traffic between hosts
// and switches (names, addresses, time, discovery).
bool frame_quiet_port(uint16_t port);

// frame_sum returns the ones' complement sum of data, folded to 16 bits, in the byte order of the data (a
// result is 0xffff for a range that holds its own valid checksum).
uint16_t frame_sum(const uint8_t *data, size_t bytes);

#endif

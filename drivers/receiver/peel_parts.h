/* SPDX-License-Identifier: BSD-3-Clause */
// peel_parts.h: what the files of peel share; for no other file.
#ifndef WB_FEED_PEEL_PARTS_H
#define WB_FEED_PEEL_PARTS_H

#include "drivers/receiver/peel.h"

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_IPV6 = 0x86dd,
	TYPE_ETHERNET = 0x6558, // a whole frame again
	TYPE_ARISTA = 0xd28b,
	VXLAN_PORT = 4789,
	VXLAN_BYTES = 8,
};

// A frame being peeled.
struct peel {
	const uint8_t *p; // not peeled yet
	uint32_t left;
	uint16_t type;         // EtherType of what p points to
	uint8_t tags, headers; // so far; tags of this Ethernet header
	bool sequenced;        // the GRE header had a sequence number
	bool cut;              // the capture kept only a part
	bool verify;           // checksums
	uint64_t near_ns;      // time known otherwise; 0: none
	uint64_t time_ns;      // found so far; 0: none
	enum ledger_id why;    // how it ended
	struct frame_view *out;
};

// peel_arista skips a 0xD28B header and keeps its time. Returns false when it is not understood, with s->why.
// (peel_time.c)
bool peel_arista(struct peel *s);

// peel_vxlan returns whether a datagram to dst_port is a VXLAN tunnel's: the flag of a valid network
// identifier, all reserved bytes zero, and room for a frame.
static inline bool peel_vxlan(uint16_t dst_port, const uint8_t *payload, uint32_t bytes)
{
	return dst_port == VXLAN_PORT && bytes >= VXLAN_BYTES + 14 && payload[0] == 0x08 &&
	       !(payload[1] | payload[2] | payload[3] | payload[7]);
}

#endif

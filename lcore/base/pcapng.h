/* SPDX-License-Identifier: BSD-3-Clause */
// pcapng.h: writes blocks of pcapng into memory, and finds them again. PURE, and without state: any thread.
// Little endian, times in nanoseconds. Layout: draft-ietf-opsawg-pcapng, sections 3 and 4.
#ifndef WB_BASE_PCAPNG_H
#define WB_BASE_PCAPNG_H

#include <stddef.h>

#include "lcore/base/num.h"

enum {
	PCAPNG_SECTION = 0x0a0d0d0a,
	PCAPNG_ORDER = 0x1a2b3c4d,
	PCAPNG_INTERFACE = 1,
	PCAPNG_STATISTICS = 5,
	PCAPNG_PACKET = 6,
	PCAPNG_HEAD_BYTES = 8,       // type and length of any block
	PCAPNG_BLOCK_MIN_BYTES = 12, // and the length again
	PCAPNG_PACKET_HEAD_BYTES = 28,
	PCAPNG_PACKET_MORE_BYTES = 48, // what a packet's block takes beyond its bytes, at most
	PCAPNG_STATISTICS_BYTES = 52,
	PCAPNG_TEXT_MAX = 200,          // bytes of a text that is kept
	PCAPNG_DESCRIPTION_BYTES = 512, // a section or an interface takes, at most
	// options
	PCAPNG_COMMENT = 1,
	PCAPNG_IF_NAME = 2,
	PCAPNG_APPLICATION = 4,
	PCAPNG_IF_TSRESOL = 9,
	PCAPNG_PACKET_FLAGS = 2,
	PCAPNG_ISB_RECEIVED = 4,
	PCAPNG_ISB_DROPPED = 5,
};
// What the section of a packet journal (drivers/journal) says that it was written by: whoever reads it knows
// by it that its times are settled, and its interfaces sources.
#define PCAPNG_JOURNAL  "wirebar journal"
// Of epb_flags: the bytes are not what was sent, as the device's checksum says.
#define PCAPNG_FLAG_BAD (UINT32_C(1) << 24)

// Each writes one block to out and returns its bytes. The caller has the room: PCAPNG_DESCRIPTION_BYTES,
// pcapng_packet_bytes, PCAPNG_STATISTICS_BYTES. Texts are cut after PCAPNG_TEXT_MAX bytes.
size_t pcapng_section(uint8_t *out, const char *application, const char *comment);
// pcapng_interface describes an interface of Ethernet without a limit of bytes; the first one of a section is
// number 0.
size_t pcapng_interface(uint8_t *out, const char *name);
// pcapng_packet: wire_bytes is the original length; bad: its checksum was wrong when it was received.
size_t pcapng_packet(uint8_t *out, uint32_t interface, uint64_t ts_ns, const uint8_t *data, uint32_t bytes,
		     uint32_t wire_bytes, bool bad);
// pcapng_statistics: frames of an interface since the beginning, those dropped included in received.
size_t pcapng_statistics(uint8_t *out, uint32_t interface, uint64_t ts_ns, uint64_t received,
			 uint64_t dropped);

static inline size_t pcapng_packet_bytes(uint32_t bytes, bool bad)
{
	return PCAPNG_PACKET_HEAD_BYTES + ((size_t)bytes + 3) / 4 * 4 + (bad ? 12u : 0u) + 4;
}

// struct pcapng_block is one block that was written by the functions above.
struct pcapng_block {
	uint32_t type, bytes;
	uint64_t ts_ns; // of a packet; else 0
};

// pcapng_block_at reads the block at p[0 .. left). False: it is not whole, or none.
bool pcapng_block_at(const uint8_t *p, uint64_t left, struct pcapng_block *out);

// pcapng_option finds an option's value among those at p[0 .. bytes), little endian. NULL: there is none, or
// the list is damaged before it; *len is its length.
const uint8_t *pcapng_option(const uint8_t *p, uint64_t bytes, uint16_t code, uint16_t *len);

#endif

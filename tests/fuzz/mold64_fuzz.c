/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary MoldUDP64 packets: what is accepted must be written back to the same bytes.
#include "drivers/feed/mold64.h"
#include "tests/fuzz/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[MOLD64_HEADER_BYTES];
	struct packet packet;

	fuzz_transport(&itch50_feed, data, size);
	if (!mold64_header(data, size, &packet))
		return 0;
	mold64_write_header(again, (const char *)data, packet.first_seq,
			    packet.kind == PACKET_SESSION_END ? MOLD64_END : (uint16_t)packet.count);
	CHECK(!memcmp(again, data, sizeof again));
	return 0;
}

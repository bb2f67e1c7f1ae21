/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/mold64.h"

#include "drivers/feed/seq.h"
#include "lcore/base/bytes.h"

bool mold64_header(const uint8_t *payload, size_t len, struct packet *out)
{
	if (len < MOLD64_HEADER_BYTES)
		return false;
	uint16_t count = be16(payload + 18);

	*out = (struct packet){
		.body = payload + MOLD64_HEADER_BYTES,
		.end = count && count != MOLD64_END ? payload + len : payload + MOLD64_HEADER_BYTES,
		.session = { le64(payload), le16(payload + 8) },
		.first_seq = be64(payload + 10),
		.count = count == MOLD64_END ? 0 : count,
		.kind = count == MOLD64_END ? PACKET_SESSION_END
			: count             ? PACKET_DATA
					    : PACKET_HEARTBEAT,
	};
	// Each block has two bytes of length at least.
	return (size_t)out->count * 2 <= len - MOLD64_HEADER_BYTES && out->first_seq <= SEQ_MAX - out->count;
}

bool mold64_session_plausible(const uint8_t *payload)
{
	if (le64(payload) == 0 && le16(payload + 8) == 0)
		return true;
	for (int i = 0; i < MOLD64_SESSION_BYTES; i++)
		if (payload[i] < ' ' || payload[i] > '~')
			return false;
	return true;
}

void mold64_write_header(uint8_t *out, const char *session, uint64_t first_seq, uint16_t count)
{
	memcpy(out, session, MOLD64_SESSION_BYTES);
	put_be64(out + 10, first_seq);
	put_be16(out + 18, count);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// MoldUDP64 1.00, "Request Packet": session[10], u64 first sequence number, u16 message count, big-endian.
#include "drivers/feed/mold64.h"
#include "drivers/feed/recover.h"
#include "drivers/feed/seq.h"
#include "lcore/base/bytes.h"

#define REQUEST_BYTES 20

static size_t request(const struct recover_ask *ask, uint8_t out[RECOVER_REQUEST_MAX])
{
	put_le64(out, ask->session[0]);
	put_le16(out + 8, (uint16_t)ask->session[1]);
	put_be64(out + 10, ask->first_seq);
	put_be16(out + 18, (uint16_t)(ask->last_seq - ask->first_seq + 1));
	return REQUEST_BYTES;
}

static void answer(const struct recover_ask *ask, const uint8_t *bytes, size_t len,
		   struct recover_answer *out)
{
	struct packet packet;

	*out = (struct recover_answer){ .kind = RECOVER_BROKEN, .bytes = (uint32_t)len };
	if (!mold64_header(bytes, len, &packet) || len > RECOVER_PACKET_MAX)
		return;
	if (packet.session[0] != ask->session[0] || packet.session[1] != ask->session[1]) {
		out->kind = RECOVER_ALIEN;
		return;
	}
	if (packet.kind != PACKET_DATA) {
		out->kind = RECOVER_NOTHING;
		return;
	}
	if (!packet.first_seq || !recover_whole(&packet, true))
		return;
	out->kind = RECOVER_MESSAGES;
	out->first_seq = packet.first_seq;
	out->count = packet.count;
}

enum recover_kind recover_mold64_asked(const uint8_t *bytes, size_t len, struct recover_asked *out)
{
	*out = (struct recover_asked){ .bytes = REQUEST_BYTES };
	if (len != REQUEST_BYTES)
		return RECOVER_BROKEN;
	uint64_t first = be64(bytes + 10), count = be16(bytes + 18);

	if (!first || !count || count == MOLD64_END || first > SEQ_MAX - count)
		return RECOVER_BROKEN;
	out->session[0] = le64(bytes);
	out->session[1] = le16(bytes + 8);
	out->n_ranges = 1;
	out->range[0] = (struct recover_range){ first, first + count - 1 };
	return RECOVER_MESSAGES;
}

const struct recover_protocol recover_mold64 = {
	.name = "mold64",
	.one_packet = true,
	.max_messages = MOLD64_END - 1,
	.request = request,
	.answer = answer,
};

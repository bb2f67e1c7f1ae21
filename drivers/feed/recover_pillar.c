/* SPDX-License-Identifier: BSD-3-Clause */
// NYSE Pillar Common client 2.4p, request server: both sides send packets with the header of the feed (16
// bytes), a client's with delivery flag 11 and its own numbers. Type 10 retransmission request (24 bytes),
// type 11 response (29), type 12 heartbeat response (14); little-endian.
#include "drivers/feed/pillar.h"
#include "drivers/feed/recover.h"
#include "lcore/base/bytes.h"

#define PACKET_MAX     1400
#define REQUEST_BYTES  24
#define RESPONSE_BYTES 29
#define ALIVE_BYTES    14

static void put_header(uint8_t *out, size_t bytes, uint8_t delivery, uint8_t count, uint32_t seq,
		       uint64_t now_ns)
{
	put_le16(out, (uint16_t)bytes);
	out[2] = delivery;
	out[3] = count;
	put_le32(out + 4, seq);
	put_le32(out + 8, (uint32_t)(now_ns / NS_PER_S));
	put_le32(out + 12, (uint32_t)(now_ns % NS_PER_S));
}

static size_t request(const struct recover_ask *ask, uint8_t out[RECOVER_REQUEST_MAX])
{
	uint8_t *m = out + PILLAR_HEADER_BYTES;

	put_header(out, PILLAR_HEADER_BYTES + REQUEST_BYTES, PILLAR_ORIGINAL, 1, ask->own_seq, ask->now_ns);
	put_le16(m, REQUEST_BYTES);
	put_le16(m + 2, PILLAR_RETRANS_REQUEST);
	put_le32(m + 4, (uint32_t)ask->first_seq);
	put_le32(m + 8, (uint32_t)ask->last_seq);
	memcpy(m + 12, ask->source_id, RECOVER_SOURCE_BYTES);
	m[22] = ask->product;
	m[23] = ask->channel;
	return PILLAR_HEADER_BYTES + REQUEST_BYTES;
}

static size_t alive(const struct recover_ask *ask, uint8_t out[RECOVER_REQUEST_MAX])
{
	uint8_t *m = out + PILLAR_HEADER_BYTES;

	put_header(out, PILLAR_HEADER_BYTES + ALIVE_BYTES, PILLAR_ORIGINAL, 1, ask->own_seq, ask->now_ns);
	put_le16(m, ALIVE_BYTES);
	put_le16(m + 2, PILLAR_HEARTBEAT_RESPONSE);
	memcpy(m + 4, ask->source_id, RECOVER_SOURCE_BYTES);
	return PILLAR_HEADER_BYTES + ALIVE_BYTES;
}

static const char *status_text(char status, bool *daily)
{
	*daily = status == '4' || status == '5';
	switch (status) {
	case '1': return "bad source id";
	case '3': return "range too big";
	case '4': return "daily retransmission quota used up";
	case '5': return "daily refresh quota used up";
	case '6': return "sequence numbers too old";
	case '7': return "bad channel";
	case '8': return "bad product";
	case '9': return "bad type or size";
	default: return "status not known";
	}
}

// Returns the bytes of the packet that begins here; 0: not whole yet; negative: not of this protocol.
static int packet_bytes(const uint8_t *bytes, size_t len)
{
	if (len < 2)
		return 0;
	uint32_t n = le16(bytes);

	if (n < PILLAR_HEADER_BYTES || n > PACKET_MAX)
		return -1;
	return len < n ? 0 : (int)n;
}

static void response(const struct recover_ask *ask, const uint8_t *m, struct recover_answer *out)
{
	bool mine = le32(m + 4) == ask->own_seq && !memcmp(m + 16, ask->source_id, RECOVER_SOURCE_BYTES) &&
		    m[26] == ask->product && m[27] == ask->channel;

	out->kind = !mine ? RECOVER_ALIEN : m[28] == '0' ? RECOVER_ACCEPTED : RECOVER_REFUSED;
	if (out->kind != RECOVER_REFUSED)
		return;
	out->status = (char)m[28];
	out->why = status_text(out->status, &out->daily);
}

// A server sends one message a packet. Skip a message of another type.
static void answer(const struct recover_ask *ask, const uint8_t *bytes, size_t len,
		   struct recover_answer *out)
{
	int n = packet_bytes(bytes, len);

	*out = (struct recover_answer){ .kind = n < 0 ? RECOVER_BROKEN : RECOVER_PART };
	if (n <= 0)
		return;
	const uint8_t *m = bytes + PILLAR_HEADER_BYTES;

	out->bytes = (uint32_t)n;
	out->kind = RECOVER_NOTHING;
	if (bytes[2] == PILLAR_HEARTBEAT && bytes[3] == 0)
		out->kind = RECOVER_ALIVE;
	else if (bytes[3] == 1 && n >= PILLAR_HEADER_BYTES + RESPONSE_BYTES &&
		 le16(m + 2) == PILLAR_RESPONSE && le16(m) >= RESPONSE_BYTES)
		response(ask, m, out);
}

enum recover_kind recover_pillar_asked(const uint8_t *bytes, size_t len, struct recover_asked *out)
{
	int n = packet_bytes(bytes, len);

	*out = (struct recover_asked){ 0 };
	if (n <= 0)
		return n < 0 ? RECOVER_BROKEN : RECOVER_PART;
	const uint8_t *m = bytes + PILLAR_HEADER_BYTES;
	int room = n - PILLAR_HEADER_BYTES;

	if (bytes[2] != PILLAR_ORIGINAL || bytes[3] != 1 || room < 4 || le16(m) > room)
		return RECOVER_BROKEN;
	out->bytes = (uint32_t)n;
	out->own_seq = le32(bytes + 4);
	out->type = le16(m + 2);
	if (out->type == PILLAR_HEARTBEAT_RESPONSE && le16(m) == ALIVE_BYTES) {
		memcpy(out->source_id, m + 4, RECOVER_SOURCE_BYTES);
		return RECOVER_NOTHING;
	}
	if (out->type != PILLAR_RETRANS_REQUEST || le16(m) != REQUEST_BYTES)
		return RECOVER_REFUSED;
	out->n_ranges = 1;
	out->range[0] = (struct recover_range){ le32(m + 4), le32(m + 8) };
	memcpy(out->source_id, m + 12, RECOVER_SOURCE_BYTES);
	out->product = m[22];
	out->channel = m[23];
	return RECOVER_MESSAGES;
}

size_t recover_pillar_response(const struct recover_asked *asked, uint32_t server_seq, char status,
			       uint64_t now_ns, uint8_t out[RECOVER_REQUEST_MAX])
{
	uint8_t *m = out + PILLAR_HEADER_BYTES;

	put_header(out, PILLAR_HEADER_BYTES + RESPONSE_BYTES, PILLAR_ORIGINAL, 1, server_seq, now_ns);
	put_le16(m, RESPONSE_BYTES);
	put_le16(m + 2, PILLAR_RESPONSE);
	put_le32(m + 4, asked->own_seq);
	put_le32(m + 8, (uint32_t)asked->range[0].first_seq);
	put_le32(m + 12, (uint32_t)asked->range[0].last_seq);
	memcpy(m + 16, asked->source_id, RECOVER_SOURCE_BYTES);
	m[26] = asked->product;
	m[27] = asked->channel;
	m[28] = (uint8_t)status;
	return PILLAR_HEADER_BYTES + RESPONSE_BYTES;
}

size_t recover_pillar_heartbeat(uint32_t server_seq, uint64_t now_ns, uint8_t out[RECOVER_REQUEST_MAX])
{
	put_header(out, PILLAR_HEADER_BYTES, PILLAR_HEARTBEAT, 0, server_seq, now_ns);
	return PILLAR_HEADER_BYTES;
}

const struct recover_protocol recover_pillar = {
	.name = "pillar",
	.connection = true,
	.persistent = true,
	.multicast = true,
	.max_messages = RECOVER_PILLAR_MESSAGES,
	.request = request,
	.answer = answer,
	.alive = alive,
};

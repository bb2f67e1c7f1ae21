/* SPDX-License-Identifier: BSD-3-Clause */
// IEX Transport 1.26, gap fill: u8 version 1, u8 request type (1: by sequence numbers), u16 message protocol,
// u32 channel, u32 session, u32 number of ranges, then ranges of i64 first and i64 last, both included;
// little-endian.
#include "drivers/feed/deepplus.h"
#include "drivers/feed/iex.h"
#include "drivers/feed/recover.h"
#include "drivers/feed/seq.h"
#include "lcore/base/bytes.h"

#define HEAD_BYTES  16
#define RANGE_BYTES 16
#define BY_SEQUENCE 1

static uint16_t protocol_of(const struct feed *feed)
{
	return feed == &iex_tops16 ? IEX_TOPS16 : feed == &deepplus_feed ? IEX_DEEPPLUS10 : IEX_DEEP10;
}

static size_t request(const struct recover_ask *ask, uint8_t out[RECOVER_REQUEST_MAX])
{
	out[0] = 1;
	out[1] = BY_SEQUENCE;
	put_le16(out + 2, protocol_of(ask->feed));
	put_le32(out + 4, ask->stream);
	put_le32(out + 8, (uint32_t)ask->session[0]);
	put_le32(out + 12, 1);
	put_le64(out + HEAD_BYTES, ask->first_seq);
	put_le64(out + HEAD_BYTES + 8, ask->last_seq);
	return HEAD_BYTES + RANGE_BYTES;
}

// Reads one segment of bytes[0 .. len). Assumes all of it is there.
static void segment(const struct recover_ask *ask, const uint8_t *bytes, size_t len,
		    struct recover_answer *out)
{
	struct packet packet;

	if (!iex_header(bytes, len, &packet, le16(bytes + 2)))
		return;
	if (le16(bytes + 2) != protocol_of(ask->feed) || packet.session[0] != ask->session[0] ||
	    packet.stream != ask->stream) {
		out->kind = RECOVER_ALIEN;
		return;
	}
	if (packet.kind != PACKET_DATA) {
		out->kind = RECOVER_NOTHING;
		return;
	}
	if (!packet.first_seq || !recover_whole(&packet, false))
		return;
	out->kind = RECOVER_MESSAGES;
	out->first_seq = packet.first_seq;
	out->count = packet.count;
}

static void answer_udp(const struct recover_ask *ask, const uint8_t *bytes, size_t len,
		       struct recover_answer *out)
{
	*out = (struct recover_answer){ .kind = RECOVER_BROKEN, .bytes = (uint32_t)len };
	if (len >= IEX_HEADER_BYTES && len <= RECOVER_PACKET_MAX &&
	    le16(bytes + 12) + (size_t)IEX_HEADER_BYTES == len)
		segment(ask, bytes, len, out);
}

static void answer_tcp(const struct recover_ask *ask, const uint8_t *bytes, size_t len,
		       struct recover_answer *out)
{
	*out = (struct recover_answer){ .kind = RECOVER_PART };
	if (len && bytes[0] != 1) {
		out->kind = RECOVER_BROKEN;
		return;
	}
	if (len < IEX_HEADER_BYTES || len - IEX_HEADER_BYTES < le16(bytes + 12))
		return;
	out->kind = RECOVER_BROKEN;
	out->bytes = IEX_HEADER_BYTES + le16(bytes + 12);
	segment(ask, bytes, out->bytes, out);
}

void recover_cut_begin(struct recover_cut *cut, const uint8_t *whole)
{
	*cut = (struct recover_cut){ .at = whole + IEX_HEADER_BYTES,
				     .end = whole + IEX_HEADER_BYTES + le16(whole + 12),
				     .seq = le64(whole + 24),
				     .offset = le64(whole + 16),
				     .left = le16(whole + 14) };
}

size_t recover_cut_next(struct recover_cut *cut, const uint8_t *whole, uint8_t out[RECOVER_PACKET_MAX])
{
	const uint8_t *p = cut->at;
	uint16_t count = 0;

	while (count < cut->left && cut->end - p >= 2 && cut->end - p >= 2 + le16(p) &&
	       p + 2 + le16(p) - cut->at <= RECOVER_PACKET_MAX - IEX_HEADER_BYTES) {
		p += 2 + le16(p);
		count++;
	}
	if (!count)
		return 0;
	size_t bytes = (size_t)(p - cut->at);

	memcpy(out, whole, IEX_HEADER_BYTES);
	put_le16(out + 12, (uint16_t)bytes);
	put_le16(out + 14, count);
	put_le64(out + 16, cut->offset);
	put_le64(out + 24, cut->seq);
	memcpy(out + IEX_HEADER_BYTES, cut->at, bytes);
	cut->at = p;
	cut->seq += count;
	cut->offset += bytes;
	cut->left -= count;
	return IEX_HEADER_BYTES + bytes;
}

enum recover_kind recover_iex_asked(const uint8_t *bytes, size_t len, struct recover_asked *out)
{
	uint64_t above = 0;

	*out = (struct recover_asked){ 0 };
	if (len < HEAD_BYTES)
		return RECOVER_PART;
	uint32_t n = le32(bytes + 12);

	if (bytes[0] != 1 || bytes[1] != BY_SEQUENCE || n > RECOVER_RANGES_MAX)
		return RECOVER_BROKEN;
	if (len < HEAD_BYTES + (size_t)n * RANGE_BYTES)
		return RECOVER_PART;
	out->protocol = le16(bytes + 2);
	out->stream = le32(bytes + 4);
	out->session[0] = le32(bytes + 8);
	out->bytes = HEAD_BYTES + n * RANGE_BYTES;
	out->n_ranges = n;
	for (uint32_t i = 0; i < n; i++) {
		struct recover_range *r = &out->range[i];

		r->first_seq = le64(bytes + HEAD_BYTES + i * RANGE_BYTES);
		r->last_seq = le64(bytes + HEAD_BYTES + i * RANGE_BYTES + 8);
		if (r->first_seq <= above || r->last_seq < r->first_seq || r->last_seq > SEQ_MAX)
			return RECOVER_BROKEN;
		above = r->last_seq;
	}
	return n ? RECOVER_MESSAGES : RECOVER_NOTHING;
}

const struct recover_protocol recover_iex_udp = {
	.name = "iex_udp",
	.max_messages = RECOVER_IEX_MESSAGES,
	.request = request,
	.answer = answer_udp,
};

const struct recover_protocol recover_iex_tcp = {
	.name = "iex_tcp",
	.connection = true,
	.max_messages = UINT32_MAX,
	.request = request,
	.answer = answer_tcp,
};

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/pcapng.h"

#include <string.h>

#include "lcore/base/bytes.h"

static uint8_t *begin(uint8_t *out, uint32_t type)
{
	put_le32(out, type);
	return out + PCAPNG_HEAD_BYTES;
}

// Closes the block that ends at p: its length, before its body and after it.
static size_t close_block(uint8_t *out, uint8_t *p)
{
	uint32_t bytes = (uint32_t)(p - out) + 4;

	put_le32(out + 4, bytes);
	put_le32(p, bytes);
	return bytes;
}

static uint8_t *option(uint8_t *p, uint16_t code, const void *value, size_t len)
{
	put_le16(p, code);
	put_le16(p + 2, (uint16_t)len);
	memcpy(p + 4, value, len);
	memset(p + 4 + len, 0, -len & 3);
	return p + 4 + ((len + 3) & ~(size_t)3);
}

static uint8_t *text(uint8_t *p, uint16_t code, const char *value)
{
	size_t len = strnlen(value, PCAPNG_TEXT_MAX);

	return len ? option(p, code, value, len) : p;
}

static uint8_t *end_options(uint8_t *p)
{
	put_le32(p, 0);
	return p + 4;
}

size_t pcapng_section(uint8_t *out, const char *application, const char *comment)
{
	uint8_t *p = begin(out, PCAPNG_SECTION);

	put_le32(p, PCAPNG_ORDER);
	put_le16(p + 4, 1);
	put_le16(p + 6, 0);
	put_le64(p + 8, UINT64_MAX); // length of the section: not known
	p = text(p + 16, PCAPNG_COMMENT, comment);
	return close_block(out, end_options(text(p, PCAPNG_APPLICATION, application)));
}

size_t pcapng_interface(uint8_t *out, const char *name)
{
	static const uint8_t nanoseconds = 9;
	uint8_t *p = begin(out, PCAPNG_INTERFACE);

	put_le16(p, 1); // Ethernet
	put_le16(p + 2, 0);
	put_le32(p + 4, 0);
	p = text(p + 8, PCAPNG_IF_NAME, name);
	return close_block(out, end_options(option(p, PCAPNG_IF_TSRESOL, &nanoseconds, 1)));
}

size_t pcapng_packet(uint8_t *out, uint32_t interface, uint64_t ts_ns, const uint8_t *data, uint32_t bytes,
		     uint32_t wire_bytes, bool bad)
{
	uint8_t *p = out + PCAPNG_PACKET_HEAD_BYTES + bytes;
	uint32_t flags = PCAPNG_FLAG_BAD;

	put_le32(out, PCAPNG_PACKET);
	put_le32(out + 8, interface);
	put_le32(out + 12, (uint32_t)(ts_ns >> 32));
	put_le32(out + 16, (uint32_t)ts_ns);
	put_le32(out + 20, bytes);
	put_le32(out + 24, wire_bytes);
	memcpy(out + PCAPNG_PACKET_HEAD_BYTES, data, bytes);
	memset(p, 0, -bytes & 3);
	p += -bytes & 3;
	if (unlikely(bad))
		p = end_options(option(p, PCAPNG_PACKET_FLAGS, &flags, sizeof flags));
	return close_block(out, p);
}

size_t pcapng_statistics(uint8_t *out, uint32_t interface, uint64_t ts_ns, uint64_t received,
			 uint64_t dropped)
{
	uint8_t *p = begin(out, PCAPNG_STATISTICS);

	put_le32(p, interface);
	put_le32(p + 4, (uint32_t)(ts_ns >> 32));
	put_le32(p + 8, (uint32_t)ts_ns);
	p = option(p + 12, PCAPNG_ISB_RECEIVED, &received, sizeof received);
	return close_block(out, end_options(option(p, PCAPNG_ISB_DROPPED, &dropped, sizeof dropped)));
}

bool pcapng_block_at(const uint8_t *p, uint64_t left, struct pcapng_block *out)
{
	if (left < PCAPNG_BLOCK_MIN_BYTES)
		return false;
	*out = (struct pcapng_block){ .type = le32(p), .bytes = le32(p + 4) };
	if (out->bytes < PCAPNG_BLOCK_MIN_BYTES || out->bytes % 4 || out->bytes > left ||
	    le32(p + out->bytes - 4) != out->bytes)
		return false;
	if (out->type == PCAPNG_PACKET && out->bytes >= PCAPNG_PACKET_HEAD_BYTES + 4)
		out->ts_ns = (uint64_t)le32(p + 12) << 32 | le32(p + 16);
	return true;
}

const uint8_t *pcapng_option(const uint8_t *p, uint64_t bytes, uint16_t code, uint16_t *len)
{
	for (uint64_t at = 0; at + 4 <= bytes;) {
		uint16_t found = le16(p + at);

		*len = le16(p + at + 2);
		at += 4;
		if (!found || *len > bytes - at)
			return NULL;
		if (found == code)
			return p + at;
		at += (*len + 3u) & ~3u;
	}
	return NULL;
}

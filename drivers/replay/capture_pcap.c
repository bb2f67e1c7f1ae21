/* SPDX-License-Identifier: BSD-3-Clause */
// capture_pcap.c: classic pcap. File header of 24 bytes (magic, version, zone, sigfigs, snaplen, link type),
// then records of a 16-byte header (seconds, fraction, captured, original length) and the frame.
#include <errno.h>
#include <stdio.h>

#include "drivers/replay/capture_kind.h"

enum { FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16 };

#define MAGIC_MICRO UINT32_C(0xa1b2c3d4)
#define MAGIC_NANO  UINT32_C(0xa1b23c4d)

bool capture_pcap_recognise(const struct capture *capture)
{
	if (capture->map_bytes < 4)
		return false;
	uint32_t le = le32(capture->map), be = be32(capture->map);

	return le == MAGIC_MICRO || le == MAGIC_NANO || be == MAGIC_MICRO || be == MAGIC_NANO;
}

// Inlined twice, so that the byte order is decided outside of the loop.
static inline unsigned walk(struct capture *capture, struct capture_record *out, unsigned n, bool swapped)
{
	const uint8_t *map = capture->map, *p = map + capture->at;
	uint64_t left = capture->map_bytes - capture->at;
	uint32_t frac_ns = capture->frac_ns;
	uint8_t link = (uint8_t)capture->link;
	unsigned i;

	for (i = 0; i < n && left; i++) {
		if (unlikely(left < RECORD_HEADER_BYTES))
			break;
		uint32_t bytes = wire32(p + 8, swapped), wire_bytes = wire32(p + 12, swapped);

		if (unlikely(bytes > left - RECORD_HEADER_BYTES || bytes > CAPTURE_RECORD_MAX))
			break;
		for (uint32_t line = 0; line < RECORD_HEADER_BYTES + bytes; line += CACHE_LINE)
			__builtin_prefetch(p + CAPTURE_PREFETCH_BYTES + line);
		out[i].data = p + RECORD_HEADER_BYTES;
		out[i].bytes = bytes;
		out[i].wire_bytes = wire_bytes > bytes ? wire_bytes : bytes;
		out[i].ts_ns = wire32(p, swapped) * NS_PER_S + (uint64_t)wire32(p + 4, swapped) * frac_ns;
		out[i].synthesised = false;
		out[i].link = link;
		out[i].source = 0;
		out[i].bad = false;
		p += RECORD_HEADER_BYTES + bytes;
		left -= RECORD_HEADER_BYTES + bytes;
	}
	capture->at = (uint64_t)(p - map);
	if (unlikely(i == 0 && left))
		capture_cut(capture, capture->at);
	return i;
}

static unsigned read_native(struct capture *capture, struct capture_record *out, unsigned n)
{
	return walk(capture, out, n, false);
}

static unsigned read_swapped(struct capture *capture, struct capture_record *out, unsigned n)
{
	return walk(capture, out, n, true);
}

int capture_pcap_open(struct capture *capture, char *err, size_t err_len)
{
	const uint8_t *p = capture->map;
	uint32_t magic = le32(p), link;

	capture->swapped = magic != MAGIC_MICRO && magic != MAGIC_NANO;
	magic = wire32(p, capture->swapped);
	if (capture->map_bytes < FILE_HEADER_BYTES) {
		snprintf(err, err_len, "pcap header is cut: %llu bytes, wanted %d",
			 (unsigned long long)capture->map_bytes, FILE_HEADER_BYTES);
		return -EINVAL;
	}
	// The upper half holds the length of a frame check sequence: the frame parser steps over trailing
	// bytes.
	link = wire32(p + 20, capture->swapped) & 0xffff;
	if (capture_link_of(link) == LINK_FOREIGN) {
		snprintf(err, err_len, "pcap of link type %u (%s); " LINKS_READ, link,
			 capture_link_name(link));
		return -EPROTONOSUPPORT;
	}
	capture->link = (enum frame_link)capture_link_of(link);
	capture->kind = CAPTURE_PCAP;
	capture->frac_ns = magic == MAGIC_MICRO ? 1000 : 1;
	capture->first_at = FILE_HEADER_BYTES;
	capture->read = capture->swapped ? read_swapped : read_native;
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// capture_pcapng.c: pcapng. Blocks of type, total length, body, total length again, each padded to 4 bytes.
// Section headers set the byte order and start the interfaces anew; unknown blocks are stepped over.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/replay/capture_kind.h"
#include "lcore/base/pcapng.h"

#define BLOCK_SECTION UINT32_C(0x0a0d0d0a)
#define ORDER_MAGIC   UINT32_C(0x1a2b3c4d)

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, // obsolete, still met
	BLOCK_SIMPLE = 3,
	BLOCK_STATISTICS = 5,
	BLOCK_ENHANCED = 6,
	BLOCK_MIN_BYTES = 12,
	SECTION_MIN_BYTES = 28,
	OPTION_TSRESOL = 9,
	OPTION_TSOFFSET = 14,
	OPTION_ISB_OSDROP = 7,
	OPTION_EPB_DROPCOUNT = 4,
	DROPS_UNKNOWN = 0xffff, // of an obsolete packet block
};

bool capture_pcapng_recognise(const struct capture *capture)
{
	if (capture->map_bytes < 12 || le32(capture->map) != BLOCK_SECTION)
		return false;
	return le32(capture->map + 8) == ORDER_MAGIC || be32(capture->map + 8) == ORDER_MAGIC;
}

// if_tsresol: 10^-v, or 2^-v with the top bit set. What no 64-bit count of ticks can hold reads as 0.
static uint64_t ticks_per_s(uint8_t v)
{
	uint64_t ticks = 1;

	if (v & 0x80)
		return (v & 0x7f) < 64 ? UINT64_C(1) << (v & 0x7f) : 0;
	if (v > 19)
		return 0;
	while (v--)
		ticks *= 10;
	return ticks;
}

// Room for one more interface. False when there is no memory: packets that name it are counted then.
static bool interface_room(struct capture *capture)
{
	uint32_t room = capture->interfaces_max ? 2 * capture->interfaces_max : 16;

	if (capture->n_interfaces < capture->interfaces_max)
		return true;
	struct capture_interface *more = realloc(capture->interface, room * sizeof *more);

	if (!more)
		return false;
	memset(more + capture->interfaces_max, 0, (room - capture->interfaces_max) * sizeof *more);
	capture->interface = more;
	capture->interfaces_max = room;
	return true;
}

static void add_interface(struct capture *capture, const uint8_t *body, uint32_t bytes)
{
	if (!interface_room(capture))
		return;
	bool swapped = capture->swapped;
	struct capture_interface *interface = &capture->interface[capture->n_interfaces++];
	uint64_t dropped = capture->journal ? interface->dropped : 0; // its counts go on from file to file

	*interface = (struct capture_interface){ .link = LINK_FOREIGN, .dropped = dropped };
	if (bytes < 8)
		return; // it keeps its number: the interfaces behind it are not shifted
	*interface = (struct capture_interface){
		.ticks_per_s = 1000000,
		.snap_bytes = wire32(body + 4, swapped),
		.link = capture_link_of(wire16(body, swapped)),
		.dropped = dropped,
	};
	for (uint32_t at = 8; at + 4 <= bytes;) {
		uint16_t code = wire16(body + at, swapped), len = wire16(body + at + 2, swapped);

		at += 4;
		if (code == 0 || len > bytes - at)
			return;
		if (code == OPTION_TSRESOL && len == 1)
			interface->ticks_per_s = ticks_per_s(body[at]);
		if (code == OPTION_TSOFFSET && len == 8) {
			uint64_t offset_s = swapped ? be64(body + at) : le64(body + at);

			interface->offset_s = (int64_t)offset_s;
		}
		at += (len + 3u) & ~3u;
	}
}

static uint64_t utc_ns(const struct capture_interface *interface, uint64_t ticks)
{
	uint64_t per_s = interface->ticks_per_s;

	if (per_s == 0)
		return 0;
	uint64_t part_ns = (uint64_t)((unsigned __int128)(ticks % per_s) * NS_PER_S / per_s);

	return (ticks / per_s + (uint64_t)interface->offset_s) * NS_PER_S + part_ns;
}

// A recorder tells what it dropped in statistics of an interface, counted from its beginning, or at the
// packet that came next, or both ways: the frames are the same, so the greater sum counts.
static void dropped(struct capture *capture, struct capture_interface *interface, uint64_t told,
		    uint64_t before)
{
	uint64_t was = interface->told > interface->before ? interface->told : interface->before, is;

	interface->told += told;
	interface->before += before;
	is = interface->told > interface->before ? interface->told : interface->before;
	__atomic_store_n(&capture->recorder_dropped, capture->recorder_dropped + is - was, __ATOMIC_RELAXED);
}

// Adds a counter of 64 bits among the options at p[0 .. bytes), in the section's byte order. False: not
// there.
static bool counter(const struct capture *capture, const uint8_t *p, uint32_t bytes, uint16_t code,
		    uint64_t *sum)
{
	bool swapped = capture->swapped;

	for (uint32_t at = 0; at + 4 <= bytes;) {
		uint16_t found = wire16(p + at, swapped), len = wire16(p + at + 2, swapped);

		at += 4;
		if (!found || len > bytes - at)
			return false;
		if (found == code && len == 8) {
			*sum += swapped ? be64(p + at) : le64(p + at);
			return true;
		}
		at += (len + 3u) & ~3u;
	}
	return false;
}

// What a packet's block says was dropped right before it.
static uint64_t dropped_before(const struct capture *capture, uint32_t type, const uint8_t *body,
			       uint32_t bytes, uint32_t captured)
{
	uint32_t at = 20 + ((captured + 3) & ~3u);
	uint64_t n = 0;

	if (type == BLOCK_ENHANCED) {
		if (at < bytes)
			counter(capture, body + at, bytes - at, OPTION_EPB_DROPCOUNT, &n);
		return n;
	}
	if (type == BLOCK_SIMPLE || wire16(body + 2, capture->swapped) == DROPS_UNKNOWN)
		return 0;
	return wire16(body + 2, capture->swapped);
}

// What our own journal says of a packet besides.
static void own(const uint8_t *body, uint32_t bytes, struct capture_record *out)
{
	uint32_t at = 20 + ((out->bytes + 3) & ~3u);
	uint16_t len;
	const uint8_t *flags = at < bytes ? pcapng_option(body + at, bytes - at, PCAPNG_PACKET_FLAGS, &len)
					  : NULL;

	out->source = (uint8_t)le32(body);
	out->bad = flags && len == 4 && le32(flags) & PCAPNG_FLAG_BAD;
}

// Fills out from a packet block's body. False when the block holds no frame for us: it is counted, or is
// damage.
static bool packet(struct capture *capture, uint32_t type, const uint8_t *body, uint32_t bytes, bool *damage,
		   struct capture_record *out)
{
	bool swapped = capture->swapped;
	uint32_t head = type == BLOCK_SIMPLE ? 4 : 20;

	if (bytes < head) {
		*damage = true;
		return false;
	}
	uint32_t index = type == BLOCK_SIMPLE     ? 0
			 : type == BLOCK_ENHANCED ? wire32(body, swapped)
						  : wire16(body, swapped);

	if (index >= capture->n_interfaces) {
		capture->unknown_interface++;
		return false;
	}
	if (capture->interface[index].link == LINK_FOREIGN) {
		capture->foreign++;
		return false;
	}
	struct capture_interface *interface = &capture->interface[index];
	uint32_t wire_bytes = wire32(body + head - 4, swapped), captured = wire_bytes;

	if (type == BLOCK_SIMPLE) {
		if (interface->snap_bytes && captured > interface->snap_bytes)
			captured = interface->snap_bytes;
		out->ts_ns = capture->last_ns; // has no time: that of the frame before it
	} else {
		captured = wire32(body + 12, swapped);
		out->ts_ns = utc_ns(interface,
				    (uint64_t)wire32(body + 4, swapped) << 32 | wire32(body + 8, swapped));
	}
	if (captured > bytes - head || captured > CAPTURE_RECORD_MAX) {
		*damage = true;
		return false;
	}
	uint64_t before = dropped_before(capture, type, body, bytes, captured);

	if (before)
		dropped(capture, interface, 0, before);
	out->data = body + head;
	out->bytes = captured;
	out->synthesised = false;
	out->link = (uint8_t)interface->link;
	out->source = 0;
	out->bad = false;
	if (capture->journal && type == BLOCK_ENHANCED)
		own(body, bytes, out);
	out->wire_bytes = wire_bytes > captured ? wire_bytes : captured;
	capture->last_ns = out->ts_ns;
	return true;
}

// How many more one of a recorder's counters says. They count from its beginning: a lower one has begun anew.
static uint64_t further(uint64_t *last, uint64_t now)
{
	uint64_t more = now < *last ? now : now - *last;

	*last = now;
	return more;
}

// Frames that the interface and the system dropped: two counters, either of which a block may leave out.
static void statistics(struct capture *capture, const uint8_t *body, uint32_t bytes)
{
	if (bytes < 12 || wire32(body, capture->swapped) >= capture->n_interfaces)
		return;
	struct capture_interface *interface = &capture->interface[wire32(body, capture->swapped)];
	uint64_t now = 0, told = 0;

	if (counter(capture, body + 12, bytes - 12, PCAPNG_ISB_DROPPED, &now))
		told += further(&interface->dropped, now);
	now = 0;
	if (counter(capture, body + 12, bytes - 12, OPTION_ISB_OSDROP, &now))
		told += further(&interface->os_dropped, now);
	dropped(capture, interface, told, 0);
}

// A section header may change the byte order: of its own length too.
static bool section(struct capture *capture, const uint8_t *p, uint64_t left)
{
	static const char ours[] = PCAPNG_JOURNAL;
	uint16_t len;

	if (left < SECTION_MIN_BYTES || (le32(p + 8) != ORDER_MAGIC && be32(p + 8) != ORDER_MAGIC))
		return false;
	capture->swapped = le32(p + 8) != ORDER_MAGIC;
	capture->n_interfaces = 0;
	uint32_t bytes = wire32(p + 4, capture->swapped);

	if (bytes < SECTION_MIN_BYTES || bytes > left)
		return bytes >= SECTION_MIN_BYTES;
	const uint8_t *by =
		capture->swapped ? NULL
				 : pcapng_option(p + 24, bytes - SECTION_MIN_BYTES, PCAPNG_APPLICATION, &len);

	capture->journal = by && len == sizeof ours - 1 && !memcmp(by, ours, len);
	return true;
}

// The end of the file that is being read.
static uint64_t part_end(const struct capture *capture)
{
	uint64_t end = capture->n_parts ? capture->part[capture->part_now].end : capture->map_bytes;

	return end < capture->map_bytes ? end : capture->map_bytes;
}

// Goes on with the next file. False: there is none. What is left of this one is a cut tail.
static bool next_part(struct capture *capture)
{
	uint64_t end = part_end(capture);

	if (capture->part_now + 1 >= capture->n_parts ||
	    capture->part[capture->part_now + 1].at >= capture->map_bytes)
		return false;
	if (capture->at < end)
		__atomic_store_n(&capture->cut_tail_bytes, capture->cut_tail_bytes + end - capture->at,
				 __ATOMIC_RELAXED);
	__atomic_store_n(&capture->at, capture->part[++capture->part_now].at, __ATOMIC_RELAXED);
	capture->n_interfaces = 0; // a file without its section describes none
	return true;
}

static unsigned read_blocks(struct capture *capture, struct capture_record *out, unsigned n)
{
	uint64_t end = part_end(capture);
	unsigned i = 0;

again:
	while (i < n && capture->at < end) {
		const uint8_t *p = capture->map + capture->at;
		uint64_t left = end - capture->at;
		bool damage = left < BLOCK_MIN_BYTES;

		if (!damage && le32(p) == BLOCK_SECTION)
			damage = !section(capture, p, left);
		if (damage)
			goto cut;
		uint32_t type = wire32(p, capture->swapped), total = wire32(p + 4, capture->swapped);

		if (total < BLOCK_MIN_BYTES || total % 4 || total > left ||
		    wire32(p + total - 4, capture->swapped) != total)
			goto cut;
		__builtin_prefetch(p + CAPTURE_PREFETCH_BYTES);
		__builtin_prefetch(p + CAPTURE_PREFETCH_BYTES + CACHE_LINE);
		if (type == BLOCK_INTERFACE)
			add_interface(capture, p + 8, total - BLOCK_MIN_BYTES);
		else if (type == BLOCK_STATISTICS)
			statistics(capture, p + 8, total - BLOCK_MIN_BYTES);
		else if (type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_PACKET)
			i += packet(capture, type, p + 8, total - BLOCK_MIN_BYTES, &damage, &out[i]);
		if (damage)
			goto cut;
		capture->at += total;
	}
	if (i == n || !next_part(capture))
		return i;
	end = part_end(capture);
	goto again;
cut:
	if (next_part(capture)) {
		end = part_end(capture);
		goto again;
	}
	if (i == 0)
		capture_cut(capture, capture->at);
	return i;
}

void capture_pcapng_head(struct capture *capture, uint64_t to)
{
	uint64_t end = part_end(capture), at = 0;

	capture->n_interfaces = 0;
	while (at < to && end - at >= BLOCK_MIN_BYTES) {
		const uint8_t *p = capture->map + at;

		if (le32(p) == BLOCK_SECTION && !section(capture, p, end - at))
			return;
		uint32_t type = wire32(p, capture->swapped), total = wire32(p + 4, capture->swapped);

		if (total < BLOCK_MIN_BYTES || total % 4 || total > end - at)
			return;
		if (type == BLOCK_INTERFACE)
			add_interface(capture, p + 8, total - BLOCK_MIN_BYTES);
		else if (type != BLOCK_SECTION)
			return;
		at += total;
	}
}

int capture_pcapng_open(struct capture *capture, char *err, size_t err_len)
{
	struct capture_record first;
	uint32_t links = 0;

	capture->kind = CAPTURE_PCAPNG;
	capture->read = read_blocks;
	// A capture without one frame that can be read, but with others, is the wrong capture.
	if (capture_read(capture, &first, 1) == 0 && capture->foreign) {
		for (uint64_t at = 0; at + BLOCK_MIN_BYTES <= capture->map_bytes;) {
			const uint8_t *p = capture->map + at;

			if (wire32(p, capture->swapped) == BLOCK_INTERFACE && at + 16 <= capture->map_bytes) {
				links = wire16(p + 8, capture->swapped);
				break;
			}
			at += wire32(p + 4, capture->swapped) & ~3u;
			if (wire32(p + 4, capture->swapped) < BLOCK_MIN_BYTES)
				break;
		}
		snprintf(
			err, err_len,
			"pcapng without a frame that can be read: first interface is of link type %u (%s); " LINKS_READ,
			links, capture_link_name(links));
		return -EPROTONOSUPPORT;
	}
	return 0;
}

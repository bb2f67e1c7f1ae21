/* SPDX-License-Identifier: BSD-3-Clause */
// capture_raw.c: raw ITCH 5.0 files: u16 length and message, as Nasdaq publishes them; or 0x0000 and message,
// as some tools write them, the length then being that of the type. Messages are wrapped into frames as the
// exchange would send them: Ethernet, IPv4, UDP, MoldUDP64, session "RAWITCH50 " unless named otherwise
// (capture_name_stream), numbered from 1. Messages share a frame while they are within a microsecond of its
// first one, and the frame's time is that of its latest message. A recorded SoupBinTCP connection is read
// likewise, its messages numbered as its logins say (capture_soup.c).
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/receiver/frame.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/mold64.h"
#include "drivers/replay/capture_kind.h"
#include "lcore/base/calendar.h"

enum {
	ETHERNET_BYTES = 14,
	IPV4_BYTES = 20,
	UDP_BYTES = 8,
	PAYLOAD_AT = ETHERNET_BYTES + IPV4_BYTES + UDP_BYTES,
	PAYLOAD_MAX = 1400,
	FRAME_MAX = 1536,
	MESSAGE_MIN = 11,   // type, locate, tracking number, timestamp
	MESSAGE_MAX = 1024, // the longest known has 50; beyond this a length is damage
	TRIAL_MESSAGES = 1000,
	SAME_BYTES = 8192, // some hundred messages
	SEARCH_BYTES = 16 << 20,
	TOGETHER_NS = 1000,
	DST_PORT = 26400,
	SRC_PORT = 26401,
};

static const char plain_session[MOLD64_SESSION_BYTES + 1] = "RAWITCH50 ";
static const uint8_t dst_mac[6] = { 0x01, 0x00, 0x5e, 0x36, 0x0c, 0x65 };
static const uint8_t src_mac[6] = { 0x02, 0x00, 0x00, 0x00, 0x00, 0x01 };
#define DST_IP UINT32_C(0xe9360c65) // 233.54.12.101
#define SRC_IP UINT32_C(0x0a000001)

struct capture_raw {
	uint64_t midnight_ns;
	uint64_t first_seq, next_seq;
	uint64_t last_ns; // latest time of a message so far
	bool no_lengths;
	bool soup;        // SoupBinTCP packets around the messages
	bool ends, ended; // an end of session goes behind the last message; it has
	char session[MOLD64_SESSION_BYTES + 1];
	uint32_t dst_ip;
	unsigned half; // of frame, which the last call filled: those of the call before stay valid
	uint8_t frame[2][CAPTURE_BATCH][FRAME_MAX];
};

// The message at p: its bytes, or 0 when there is no whole one. prefix is always 2 bytes.
static uint32_t message_bytes(const uint8_t *p, uint64_t left, bool no_lengths)
{
	if (left < 3)
		return 0;
	uint32_t bytes = no_lengths && be16(p) == 0 ? itch50_length(p[2]) : be16(p);

	return bytes < MESSAGE_MIN || bytes > MESSAGE_MAX || bytes > left - 2 ? 0 : bytes;
}

bool capture_raw_recognise(const struct capture *capture)
{
	const uint8_t *p = capture->map, *end = p + capture->map_bytes;
	bool no_lengths = capture->map_bytes > 2 && be16(p) == 0;
	unsigned walked = 0;

	for (; p < end && walked < TRIAL_MESSAGES; walked++) {
		uint32_t bytes = message_bytes(p, (uint64_t)(end - p), no_lengths);
		uint32_t known = end - p > 2 ? itch50_length(p[2]) : 0;

		if (bytes == 0)
			break; // cut or damaged: for the walk proper to count
		// Later revisions may add types and lengthen messages; none becomes shorter.
		if (bytes < known || (known == 0 && walked == 0))
			return false;
		p += 2 + bytes;
	}
	return walked > 0;
}

static uint16_t ipv4_sum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < IPV4_BYTES; i += 2)
		sum += be16(header + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

static void write_headers(uint8_t *frame, uint32_t dst_ip, uint32_t payload_bytes)
{
	uint8_t *ip = frame + ETHERNET_BYTES, *udp = ip + IPV4_BYTES;

	memcpy(frame, dst_mac, sizeof dst_mac);
	memcpy(frame + 6, src_mac, sizeof src_mac);
	put_be16(frame + 12, 0x0800);
	memset(ip, 0, IPV4_BYTES);
	ip[0] = 0x45;
	put_be16(ip + 2, (uint16_t)(IPV4_BYTES + UDP_BYTES + payload_bytes));
	put_be16(ip + 6, 0x4000); // do not fragment
	ip[8] = 16;
	ip[9] = 17;
	put_be32(ip + 12, SRC_IP);
	put_be32(ip + 16, dst_ip);
	put_be16(ip + 10, ipv4_sum(ip));
	put_be16(udp, SRC_PORT);
	put_be16(udp + 2, DST_PORT);
	put_be16(udp + 4, (uint16_t)(UDP_BYTES + payload_bytes));
	put_be16(udp + 6, 0); // not computed
}

// An accepted login tells the next message's number. False: messages before it wait, and come first.
static bool login(struct capture_raw *raw, const uint8_t *p, unsigned waiting)
{
	uint64_t seq = capture_soup_login_seq(p);

	if (waiting)
		return false;
	raw->next_seq = seq ? seq : raw->next_seq;
	return true;
}

static void wrap(const struct capture_raw *raw, uint8_t *frame, uint32_t payload_bytes, uint16_t count,
		 uint64_t ts_ns, struct capture_record *out)
{
	uint32_t bytes = PAYLOAD_AT + payload_bytes;

	mold64_write_header(frame + PAYLOAD_AT, raw->session, raw->next_seq, count);
	write_headers(frame, raw->dst_ip, payload_bytes);
	*out = (struct capture_record){
		.data = frame, .bytes = bytes, .wire_bytes = bytes, .ts_ns = ts_ns, .synthesised = true
	};
}

// Fills one frame. False when no whole message is left.
static bool fill_frame(struct capture *capture, uint8_t *frame, struct capture_record *out)
{
	struct capture_raw *raw = capture->raw;
	uint8_t *payload = frame + PAYLOAD_AT;
	uint32_t used = MOLD64_HEADER_BYTES;
	uint64_t first_ns = 0, last_ns = 0;
	uint32_t head = raw->soup ? 3 : 2;
	uint16_t count = 0;

	while (capture->at < capture->map_bytes) {
		const uint8_t *p = capture->map + capture->at;
		uint64_t left = capture->map_bytes - capture->at;
		uint32_t control = raw->soup ? capture_soup_control(p, left) : 0;

		if (control && p[2] == 'A' && !login(raw, p, count))
			break;
		capture->at += control;
		if (control)
			continue;
		uint32_t bytes = raw->soup ? capture_soup_message(p, left)
					   : message_bytes(p, left, raw->no_lengths);

		if (bytes < MESSAGE_MIN)
			break;
		p += head;
		uint64_t at_ns = be48(p + 5);

		if (count == 0)
			first_ns = last_ns = at_ns;
		else if (at_ns - first_ns > TOGETHER_NS ||
			 used + 2 + bytes > PAYLOAD_MAX) // earlier ones wrap to huge
			break;
		if (at_ns > last_ns)
			last_ns = at_ns;
		put_be16(payload + used, (uint16_t)bytes);
		memcpy(payload + used + 2, p, bytes);
		used += 2 + bytes;
		capture->at += head + bytes;
		count++;
	}
	if (count == 0)
		return false;
	raw->last_ns = last_ns > raw->last_ns ? last_ns : raw->last_ns;
	wrap(raw, frame, used, count, raw->midnight_ns + last_ns, out);
	raw->next_seq += count;
	return true;
}

// The end of the session at the time of the last message: the next day's is believed at once then.
static bool fill_end(struct capture_raw *raw, uint8_t *frame, struct capture_record *out)
{
	if (!raw->ends || raw->ended)
		return false;
	raw->ended = true;
	wrap(raw, frame, MOLD64_HEADER_BYTES, MOLD64_END, raw->midnight_ns + raw->last_ns, out);
	return true;
}

static unsigned read_messages(struct capture *capture, struct capture_record *out, unsigned n)
{
	struct capture_raw *raw = capture->raw;
	unsigned i = 0;

	raw->half ^= 1;
	while (i < n && fill_frame(capture, raw->frame[raw->half][i], &out[i]))
		i++;
	if (i == 0 && capture->at < capture->map_bytes) {
		// A lone zero length at the very end is the mark of the end of the session (BinaryFILE 1.00).
		if (capture->map_bytes - capture->at == 2 && be16(capture->map + capture->at) == 0)
			capture->at = capture->map_bytes;
		else
			capture_cut(capture, capture->at);
	}
	if (i == 0 && n && fill_end(raw, raw->frame[raw->half][0], &out[0]))
		i = 1;
	return i;
}

static void rewind_raw(struct capture *capture)
{
	struct capture_raw *raw = capture->raw;

	raw->next_seq = raw->first_seq;
	raw->half = 0;
	raw->last_ns = 0;
	raw->ended = false;
}

int capture_raw_open(struct capture *capture, int32_t trade_day, char *err, size_t err_len)
{
	struct capture_raw *raw = malloc(sizeof *raw);
	struct calendar_day calendar;
	int32_t day = trade_day;

	if (!raw) {
		snprintf(err, err_len, "out of memory");
		return -ENOMEM;
	}
	capture->date_source = CAPTURE_DATE_GIVEN;
	if (day == CAPTURE_NO_DAY)
		capture->date_source = CAPTURE_DATE_NAME;
	if (day == CAPTURE_NO_DAY && !capture_name_day(capture->path, &day)) {
		capture->date_source = CAPTURE_DATE_EPOCH;
		day = 0;
	}
	calendar_day_by_date(day, &calendar);
	raw->midnight_ns = calendar.midnight_ns;
	raw->no_lengths = be16(capture->map) == 0;
	raw->soup = capture_soup_recognise(capture);
	raw->first_seq = 1;
	raw->ends = false;
	raw->dst_ip = DST_IP;
	memcpy(raw->session, plain_session, sizeof raw->session);
	capture->raw = raw;
	capture->kind = CAPTURE_RAW_ITCH50;
	capture->synthesised = true;
	capture->read = read_messages;
	capture->rewind = rewind_raw;
	rewind_raw(capture);
	return 0;
}

void capture_name_stream(struct capture *capture, const struct capture_stream *stream)
{
	struct capture_raw *raw = capture->raw;

	snprintf(raw->session, sizeof raw->session, "%-10.10s", stream->session);
	raw->dst_ip = DST_IP + (stream->group << 8) + stream->line;
	raw->first_seq = stream->first_seq;
	raw->ends = stream->ends;
	capture_rewind(capture);
}

// Messages are the same when their bytes are; SAME_BYTES of them are some hundred.
bool capture_same_start(const struct capture *a, const struct capture *b)
{
	uint64_t bytes = a->map_bytes < b->map_bytes ? a->map_bytes : b->map_bytes;

	if (a->map_bytes != b->map_bytes && bytes < SAME_BYTES)
		return false;
	return !memcmp(a->map, b->map, bytes < SEARCH_BYTES ? bytes : SEARCH_BYTES);
}

bool capture_starts_in(const struct capture *a, const struct capture *b, uint64_t *seq)
{
	uint64_t same = b->map_bytes < SAME_BYTES ? b->map_bytes : SAME_BYTES;
	const uint8_t *p = a->map, *end = a->map + a->map_bytes;

	*seq = 1;
	if (a->raw->soup || b->raw->soup)
		return capture_same_start(a, b);
	for (; p < end && p < a->map + SEARCH_BYTES; ++*seq) {
		uint32_t bytes = message_bytes(p, (uint64_t)(end - p), a->raw->no_lengths);
		uint64_t left = (uint64_t)(end - p);

		if (!memcmp(p, b->map, left < same ? left : same))
			return true;
		if (bytes == 0)
			break;
		p += 2 + bytes;
	}
	return false;
}

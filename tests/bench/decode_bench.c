/* SPDX-License-Identifier: BSD-3-Clause */
// decode_bench: what the receiver costs per message. Frames of ITCH order flow in the mix of a Nasdaq day (in
// parts of a hundred: add 43, delete 41, replace 10, execute 3, cancel 2, trade 1) over 8,000 stocks,
// prepared in memory; each round pushes all of them in bursts of 32 and moves their sequence numbers on, so
// that nothing is a duplicate.
//
//	decode_bench [MESSAGES_PER_PACKET] [SECONDS]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drivers/feed/mold64.h"
#include "drivers/receiver/receiver.h"
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"
#include "tests/bench/machine.h"

#define STOCKS      8000
#define FRAMES      4096
#define BURST       32
#define FRAME_BYTES 2048
#define HEADERS     42
#define EVENTS      4096

static uint8_t memory[FRAMES][FRAME_BYTES];
static struct frame_in frames[FRAMES];
static struct event events[EVENTS];
static uint64_t random_state = 1;

static uint32_t random32(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33);
}

static uint8_t random_type(void)
{
	static const struct {
		uint8_t below, type;
	} mix[] = {
		{ 38, 'A' }, { 43, 'F' }, { 84, 'D' }, { 94, 'U' }, { 97, 'E' }, { 99, 'X' }, { 100, 'P' },
	};
	uint32_t draw = random32() % 100;
	unsigned i = 0;

	while (draw >= mix[i].below)
		i++;
	return mix[i].type;
}

static unsigned write_message(uint8_t *m, uint8_t type, uint16_t locate)
{
	unsigned len = itch50_length(type);
	char stock[9];

	memset(m, 0, len);
	m[0] = type;
	put_be16(m + 1, locate);
	put_be48(m + 5, UINT64_C(34200) * NS_PER_S);
	put_be64(m + 11, random32());
	if (type == 'A' || type == 'F' || type == 'P') {
		snprintf(stock, sizeof stock, "S%-7u", locate);
		m[19] = random32() & 1 ? 'B' : 'S';
		put_be32(m + 20, 100);
		memcpy(m + 24, stock, 8);
		put_be32(m + 32, 1000000);
	}
	if (type == 'R') {
		snprintf(stock, sizeof stock, "S%-7u", locate);
		memcpy(m + 11, stock, 8);
	}
	return len;
}

static struct frame_in finish(uint8_t *frame, uint16_t count, size_t body_bytes)
{
	uint16_t payload = (uint16_t)(MOLD64_HEADER_BYTES + body_bytes);

	put_be16(frame + 12, 0x0800);
	frame[14] = 0x45;
	put_be16(frame + 16, (uint16_t)(payload + 28));
	frame[23] = 17;
	put_be16(frame + 38, (uint16_t)(payload + 8));
	mold64_write_header(frame + HEADERS, "BENCH     ", 1, count);
	return (struct frame_in){
		.data = frame, .bytes = HEADERS + payload, .wire_bytes = HEADERS + payload, .rx_ns = 1
	};
}

// fill_frame writes n messages; type 0 means random ones.
static struct frame_in fill_frame(uint8_t *frame, unsigned n, uint8_t type, uint16_t locate)
{
	uint8_t *start = frame + HEADERS + MOLD64_HEADER_BYTES, *p = start;

	for (unsigned i = 0; i < n; i++) {
		unsigned len = write_message(p + 2, type ? type : random_type(),
					     type ? locate : (uint16_t)(1 + random32() % STOCKS));

		put_be16(p, (uint16_t)len);
		p += 2 + len;
	}
	return finish(frame, (uint16_t)n, (size_t)(p - start));
}

static uint64_t push_all(struct receiver *r, const struct frame_in *frame, unsigned n)
{
	uint64_t n_events = 0;

	for (unsigned at = 0; at < n;) {
		unsigned burst = n - at < BURST ? n - at : BURST, used;

		n_events += receiver_push(r, frame + at, burst, events, EVENTS, &used);
		at += used;
	}
	return n_events;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	unsigned per_packet = argc > 1 ? (unsigned)atoi(argv[1]) : 4;
	double seconds = argc > 2 ? atof(argv[2]) : 1.0, busy_s = 0;
	struct receiver_conf conf = {
		.restart_window = 10000, .trade_day = 18260, .hold_packets = 64, .hold_ns = NS_PER_MS
	};
	static struct receiver_counts counts;
	struct ledger ledger = { 0 };
	struct symtab symtab;
	static struct receiver r;
	uint64_t seq = 1, n_events = 0, n_messages = 0, n_bytes = 0;

	if (per_packet < 1 || per_packet > 40 || calendar_load() < 0)
		return 2;
	symtab_init(&symtab, 2 * STOCKS, aligned_alloc(64, (symtab_bytes(2 * STOCKS) + 63) & ~(size_t)63));
	memset(symtab.slot, 0, (symtab.mask + 1) * sizeof *symtab.slot);
	receiver_init(&r, &conf, &symtab, &ledger, &counts, calloc(1, receiver_bytes(&conf)));
	for (uint16_t i = 1; i <= STOCKS; i++, seq++) {
		struct frame_in in = fill_frame(memory[0], 1, 'R', i);

		put_be64(memory[0] + HEADERS + 10, seq);
		push_all(&r, &in, 1);
	}
	for (unsigned i = 0; i < FRAMES; i++) {
		frames[i] = fill_frame(memory[i], per_packet, 0, 0);
		n_bytes += frames[i].bytes;
	}
	while (busy_s < seconds) {
		for (unsigned i = 0; i < FRAMES; i++, seq += per_packet)
			put_be64(memory[i] + HEADERS + 10, seq);
		double start_s = now_s();

		n_events += push_all(&r, frames, FRAMES);
		busy_s += now_s() - start_s;
		n_messages += (uint64_t)FRAMES * per_packet;
	}
	if (n_events != n_messages)
		return 1;
	double ns = busy_s * 1e9 / (double)n_messages,
	       bytes = (double)n_bytes / ((double)FRAMES * per_packet), gbs = machine_scan_gbs();

	printf("%u messages per packet: %.2f ns per message, %.1f million messages per second; reading its %.0f bytes in order "
	       "would take %.2f ns (%.1f GB/s)\n",
	       per_packet, ns, 1e3 / ns, bytes, bytes / gbs, gbs);
	printf("bench=decode per_packet=%u ns=%.2f bytes=%.1f scan_gbs=%.1f ratio=%.2f\n", per_packet, ns,
	       bytes, gbs, ns / (bytes / gbs));
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary bursts of frames. Records of { u8 how, u8 length, bytes }: how bit 0 takes the bytes as a whole
// frame, else as a UDP payload put into a good frame; bits 1 and 2 choose the line; bit 3 cuts, bit 4
// segments, both together: the bytes are what recovery brought for the channel that the line's bits number;
// bit 5 has a bad sum by the NIC; bits 6 and 7 move the receive time. Before all that two bytes: bits 6 and 7
// of the first say how many packets can be held. All in one go with room for everything and again with room
// for eight events must come to the same events, and both ledgers must balance, while packets are held, too.
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"
#include "tests/fuzz/fuzz_kit.h"

enum { FRAMES = 64, HEADERS = 42, EVENTS = 32768, HELD = 3 };

struct run {
	struct receiver receiver;
	struct symtab table;
	struct ledger ledger;
	uint8_t symtab_mem[4096] __attribute__((aligned(64)));
	unsigned n;
	struct event event[EVENTS];
};

static struct run whole, stepwise;
static struct frame_in frame[FRAMES];

static bool recovered(uint8_t how) { return (how & 24) == 24; }

static uint8_t *make_frame(uint8_t how, const uint8_t *bytes, uint32_t len, uint32_t *frame_bytes)
{
	uint32_t at = how & 1 || recovered(how) ? 0 : HEADERS;
	uint8_t *out = malloc(at + len + 1);

	*frame_bytes = at + len;
	memcpy(out + at, bytes, len);
	if (at == 0)
		return out;
	memset(out, 0, HEADERS);
	put_be16(out + 12, 0x0800);
	out[14] = 0x45;
	put_be16(out + 16, (uint16_t)(28 + len));
	out[23] = 17;
	put_be32(out + 30, 0xe9000000 + (how >> 1 & 3));
	put_be16(out + 36, 5000);
	put_be16(out + 38, (uint16_t)(8 + len));
	return out;
}

static unsigned make_frames(const uint8_t *data, size_t size)
{
	uint64_t rx_ns = size & 1 ? 0 : UINT64_C(1493132621826547470);
	unsigned n = 0;

	while (size >= 2 && n < FRAMES) {
		uint8_t how = data[0];
		uint32_t len = data[1] < size - 2 ? data[1] : (uint32_t)(size - 2), bytes;
		uint8_t *made = make_frame(how, data + 2, len, &bytes);

		rx_ns += rx_ns ? (uint64_t)(how >> 6) * 40 * 3600 * NS_PER_S : 0;
		frame[n++] = (struct frame_in){ .data = made,
						.bytes = bytes,
						.wire_bytes = bytes + (how >> 3 & 1),
						.rx_ns = rx_ns,
						.checksum_bad = how >> 5 & 1,
						.segmented = how >> 4 & 1,
						.source = how >> 5 & 1,
						.recovered = recovered(how),
						.channel = how >> 1 & 3 };
		data += 2 + len;
		size -= 2 + len;
	}
	return n;
}

static void play(struct run *run, unsigned n, unsigned max, const struct receiver_conf *conf)
{
	static const struct receiver_conf largest = { .hold_packets = 3 * HELD };
	struct ledger_identity identity[LEDGER_IDENTITIES];
	static struct receiver_counts counts;
	static void *mem;
	unsigned done = 0, got;

	if (!mem)
		mem = calloc(1, receiver_bytes(&largest));
	memset(&run->ledger, 0, sizeof run->ledger);
	fuzz_symtab(&run->table, run->symtab_mem);
	receiver_init(&run->receiver, conf, &run->table, &run->ledger, &counts, mem);
	run->n = 0;
	while (done < n) {
		unsigned used, room = EVENTS - run->n < max ? EVENTS - run->n : max;

		got = receiver_push(&run->receiver, frame + done, n - done, run->event + run->n, room, &used);
		CHECK(got <= room && used <= n - done && (got || used));
		for (unsigned i = 0; i < got; i++) {
			CHECK(run->event[run->n + i].frame < n - done);
			run->event[run->n + i].frame += (uint16_t)done;
		}
		run->n += got;
		done += used;
		CHECK(run->receiver.walking || ledger_check(&run->ledger, identity));
	}
	while ((got = receiver_flush(&run->receiver, UINT64_MAX, run->event + run->n,
				     EVENTS - run->n < max ? EVENTS - run->n : max))) {
		for (unsigned i = 0; i < got; i++)
			run->event[run->n + i].frame = (uint16_t)n;
		run->n += got;
	}
}

static void check(const struct run *run, unsigned n)
{
	struct ledger_identity identity[LEDGER_IDENTITIES];
	uint64_t pos[RECEIVER_CHANNELS] = { 0 }, clock_ns[RECEIVER_CHANNELS] = { 0 };
	unsigned n_recovered = 0;

	CHECK(ledger_check(&run->ledger, identity));
	CHECK(!run->ledger.v[LEDGER_invariants_broken]);
	for (unsigned i = 0; i < n; i++)
		n_recovered += frame[i].recovered;
	CHECK(run->ledger.v[LEDGER_frames_rx] == n - n_recovered);
	CHECK(run->ledger.v[LEDGER_messages_rx] == fuzz_ends(&run->ledger));
	CHECK(!run->receiver.walking && !run->receiver.release && run->receiver.hand == HAND_WAITS &&
	      !run->receiver.surplus);
	for (unsigned i = 0; i < run->receiver.n_channels; i++)
		CHECK(run->receiver.channel[i].hold.n == 0 && !run->receiver.channel[i].waiting &&
		      run->receiver.channel[i].strange.n == 0);
	for (unsigned i = 0; i < run->n; i++) {
		const struct event *e = &run->event[i];

		fuzz_check_event(e, &run->table);
		CHECK(e->channel < run->receiver.n_channels);
		CHECK(e->pos >= pos[e->channel]);
		CHECK(i == 0 || e->frame >= run->event[i - 1].frame);
		pos[e->channel] = e->pos;
		if (e->kind == EV_RESET)
			clock_ns[e->channel] = 0;
		if (e->kind != EV_CLOCK)
			continue;
		CHECK(e->ts_ns ? e->ts_ns > clock_ns[e->channel] : e->flags == EVF_HEARTBEAT);
		clock_ns[e->channel] = e->ts_ns ? e->ts_ns : clock_ns[e->channel];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int calendar = 1;

	if (calendar)
		calendar = calendar_load();
	CHECK(calendar == 0);
	if (size < 2)
		return 0;
	static const char *const by[8] = { "deep10", "tops16", "itch50", "", "pillar", "deepplus10", "", "" };
	struct receiver_conf conf = { .feed = feed_by_name(by[data[0] & 7]),
				      .verify_checksum = data[0] & 16,
				      .restart_window = data[1],
				      .hold_packets = (data[0] >> 6) * HELD,
				      .hold_ns = 3600 * NS_PER_S,
				      .trade_day = data[0] & 32 ? 17000 : INT32_MIN };
	unsigned n = make_frames(data + 2, size - 2);

	play(&whole, n, EVENTS, &conf);
	check(&whole, n);
	play(&stepwise, n, 8 + data[1] % 8, &conf);
	check(&stepwise, n);
	CHECK(whole.n == stepwise.n && !memcmp(whole.event, stepwise.event, whole.n * sizeof *whole.event));
	CHECK(!memcmp(&whole.ledger, &stepwise.ledger, sizeof whole.ledger));
	for (unsigned i = 0; i < n; i++)
		free((void *)(uintptr_t)frame[i].data);
	return 0;
}

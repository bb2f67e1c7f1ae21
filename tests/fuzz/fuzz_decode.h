/* SPDX-License-Identifier: BSD-3-Clause */
// fuzz_decode.h: one feed's decode over arbitrary message blocks: first byte how many leading messages are
// known, second how many there are said to be, then the blocks. Decoding in one go and in small steps must
// come to the same.
#ifndef WB_TESTS_FUZZ_DECODE_H
#define WB_TESTS_FUZZ_DECODE_H

#include "tests/fuzz/fuzz_kit.h"

enum { FUZZ_SYMBOLS = 4096 };

struct fuzz_decoded {
	struct event event[256];
	unsigned n;
	struct ledger ledger;
	uint64_t by_type[256];
	uint64_t pos;
};

static inline void fuzz_decode_by(const struct feed *feed, const uint8_t *data, size_t size, unsigned step,
				  struct fuzz_decoded *out)
{
	static uint8_t mem[4096] __attribute__((aligned(64)));
	static uint32_t locate[65536];
	static struct feed_symbol symbols[FUZZ_SYMBOLS];
	struct feed_source source;
	struct symtab table;

	memset(out, 0, sizeof *out);
	memset(locate, 0xff, sizeof locate);
	memset(symbols, 0, sizeof symbols);
	memset(&source, 0, sizeof source);
	fuzz_symtab(&table, mem);
	struct feed_channel channel = { .symtab = &table,
					.ledger = &out->ledger,
					.by_type = out->by_type,
					.midnight_ns = 1,
					.horizon_ns = data[0] & 0x80 ? UINT64_C(1) << 61 : 0,
					.locate = locate,
					.symbols = symbols,
					.n_symbols = FUZZ_SYMBOLS,
					.source = &source,
					.send_ns = UINT64_C(1645642927177446400),
					.index = 3 };
	struct feed_walk walk = {
		.p = data + 2, .end = data + size, .pos = 7, .left = data[1], .skip = data[0] & 7, .frame = 5
	};

	if (walk.skip > walk.left)
		walk.skip = walk.left;
	while (walk.left) {
		unsigned room = 256 - out->n < step ? 256 - out->n : step;
		unsigned n = feed->decode(&channel, &walk, out->event + out->n, room);

		CHECK(n <= room && walk.p <= walk.end);
		CHECK(n == room || walk.left == 0);
		out->n += n;
	}
	for (unsigned i = 0; i < out->n; i++) {
		fuzz_check_event(&out->event[i], &table);
		CHECK(out->event[i].channel == 3 && out->event[i].frame == 5);
		CHECK(out->event[i].pos < walk.pos && (i == 0 || out->event[i].pos > out->event[i - 1].pos));
	}
	CHECK(fuzz_ends(&out->ledger) == data[1]);
	CHECK(out->ledger.v[LEDGER_messages_applied] + out->ledger.v[LEDGER_messages_admin] == out->n);
	out->pos = walk.pos;
}

static inline void fuzz_decode(const struct feed *feed, const uint8_t *data, size_t size)
{
	static struct fuzz_decoded whole, stepwise;

	if (size < 2)
		return;
	fuzz_decode_by(feed, data, size, 256, &whole);
	fuzz_decode_by(feed, data, size, 1 + data[0] % 5, &stepwise);
	CHECK(!memcmp(&whole, &stepwise, sizeof whole));
}

// fuzz_transport checks header and probe of one feed on a whole payload.
static inline void fuzz_transport(const struct feed *feed, const uint8_t *data, size_t size)
{
	struct packet packet;
	bool good = feed->header(data, size, &packet);

	if (feed->probe(data, size))
		CHECK(good);
	if (!good)
		return;
	CHECK(packet.body >= data && packet.body <= packet.end && packet.end <= data + size);
	CHECK(packet.count * 2 <= (size_t)(packet.end - packet.body));
	CHECK((packet.kind != PACKET_HEARTBEAT && packet.kind != PACKET_SESSION_END) == (packet.count > 0));
	CHECK(packet.first_seq + packet.count >= packet.first_seq);
}

#endif

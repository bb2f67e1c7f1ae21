/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary bytes as requests, as answers and as a stream of answers: the first byte chooses the protocol.
// What is accepted holds what it says, and a stream is always stepped through or given up.
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/pillar.h"
#include "drivers/feed/recover.h"
#include "drivers/feed/recover_job.h"
#include "lcore/base/bytes.h"
#include "tests/fuzz/fuzz_kit.h"

static void check_cut(const uint8_t *segment, const struct recover_answer *a)
{
	uint8_t piece[RECOVER_PACKET_MAX];
	struct recover_cut cut;
	struct packet packet;
	uint64_t next = a->first_seq;
	size_t n;

	recover_cut_begin(&cut, segment);
	while ((n = recover_cut_next(&cut, segment, piece)) > 0) {
		CHECK(n <= sizeof piece && iex_header(piece, n, &packet, le16(piece + 2)));
		CHECK(recover_whole(&packet, false) && packet.first_seq == next);
		next += packet.count;
	}
	CHECK(next + cut.left == a->first_seq + a->count);
}

static void check_stream(const struct recover_protocol *p, const struct recover_ask *ask, const uint8_t *data,
			 size_t size)
{
	struct recover_answer a;

	for (size_t at = 0; at <= size; at += a.bytes) {
		p->answer(ask, data + at, size - at, &a);
		if (a.kind == RECOVER_PART || a.kind == RECOVER_BROKEN)
			return;
		CHECK(a.bytes > 0 && a.bytes <= size - at && a.bytes <= RECOVER_ANSWER_MAX);
		CHECK(a.kind != RECOVER_MESSAGES || (a.count && a.first_seq));
		CHECK(a.kind != RECOVER_REFUSED || a.why);
		if (a.kind == RECOVER_MESSAGES && p == &recover_iex_tcp)
			check_cut(data + at, &a);
	}
}

static void check_request(enum recover_kind (*asked)(const uint8_t *, size_t, struct recover_asked *),
			  const struct recover_protocol *p, const struct feed *feed, const uint8_t *data,
			  size_t size)
{
	uint8_t again[RECOVER_REQUEST_MAX];
	struct recover_asked got, back;

	if (asked(data, size, &got) != RECOVER_MESSAGES)
		return;
	CHECK(got.bytes <= size && got.n_ranges >= 1 && got.n_ranges <= RECOVER_RANGES_MAX);
	struct recover_ask ask = { .feed = feed,
				   .session = { got.session[0], got.session[1] },
				   .stream = got.stream,
				   .first_seq = got.range[0].first_seq,
				   .last_seq = got.range[0].last_seq,
				   .product = got.product,
				   .channel = got.channel,
				   .own_seq = got.own_seq };

	memcpy(ask.source_id, got.source_id, sizeof ask.source_id);
	size_t n = p->request(&ask, again);

	CHECK(asked(again, n, &back) == RECOVER_MESSAGES);
	CHECK(back.range[0].first_seq == got.range[0].first_seq &&
	      back.range[0].last_seq == got.range[0].last_seq);
	CHECK(back.session[0] == got.session[0] && back.session[1] == got.session[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct feed *const feed[] = { &itch50_feed, &iex_deep10, &iex_deep10, &pillar_feed };

	if (size < 1)
		return 0;
	unsigned which = data[0] & 3;
	struct recover_ask ask = { .feed = feed[which],
				   .session = { 0x42870000 },
				   .stream = 1,
				   .first_seq = 100,
				   .last_seq = 149,
				   .source_id = "WIREBAR01",
				   .product = 157,
				   .channel = 3,
				   .own_seq = 9 };

	if (which == 0) {
		memcpy(&ask.session[0], "00001005", 8);
		ask.session[1] = '9' | 'B' << 8;
	}
	data++, size--;
	check_stream(recover_protocols[which], &ask, data, size);
	check_request(which == 0   ? recover_mold64_asked
		      : which == 3 ? recover_pillar_asked
				   : recover_iex_asked,
		      recover_protocols[which], feed[which], data, size);
	char line[128], name[32];
	int32_t day;
	uint64_t used;
	size_t n = size < sizeof line - 1 ? size : sizeof line - 1;

	memcpy(line, data, n);
	line[n] = '\0';
	if (recover_quota_line(line, &day, name, &used))
		CHECK(strlen(name) > 0);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary frames heard by a member of groups: [version and pause][length][frame]... Whatever comes, it says
// only what parses as a report, and no more than it was asked for.
#include "drivers/member/member.h"
#include "tests/fuzz/fuzz_kit.h"

static void poll_all(struct member *m, uint64_t now_ns)
{
	uint8_t out[IGMP_FRAME_BYTES];
	struct igmp_query query;
	uint32_t n;

	for (unsigned i = 0; (n = member_poll(m, now_ns, out)) > 0; i++) {
		CHECK(i < IGMP_GROUPS * 2);
		CHECK(n >= 60 && n <= IGMP_FRAME_BYTES);
		CHECK(igmp_parse(out, n, &query) == IGMP_REPORT);
	}
	CHECK(now_ns < m->due_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t group[] = { 0xe9360c6f, 0xefff0001, 0xe0000101 };
	struct member_conf conf = { .version = 3, .seed = size, .group = group, .n_groups = 3 };
	uint64_t now_ns = NS_PER_S;
	struct member m;

	member_init(&m, &conf);
	member_join(&m, now_ns);
	while (size >= 2) {
		uint32_t n = data[1] < size - 2 ? data[1] : (uint32_t)(size - 2);
		uint8_t *exact = malloc(n + 1);

		memcpy(exact, data + 2, n);
		now_ns += (uint64_t)data[0] * data[0] * data[0] * NS_PER_MS;
		member_heard(&m, exact, n, now_ns);
		free(exact);
		poll_all(&m, now_ns);
		data += 2 + n;
		size -= 2 + n;
	}
	poll_all(&m, now_ns + 4000 * NS_PER_S); // 31744 tenths of a second is the longest time there is
	CHECK(m.stats.reports <= 3 * (m.stats.queries + 7));
	return 0;
}

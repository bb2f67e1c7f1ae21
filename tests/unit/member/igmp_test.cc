/* SPDX-License-Identifier: BSD-3-Clause */
// IGMP packets against bytes worked out by hand from RFC 3376, RFC 2236 and RFC 2113, and what is refused.
#include <gtest/gtest.h>

#include "tests/unit/igmp_kit.h"

using namespace kit;

namespace {

const igmp_from kFrom = { { 2, 0, 0, 0, 0, 9 }, 0x0a000009 };

Bytes bytes(const uint8_t *p, uint32_t n) { return Bytes(p, p + n); }

igmp_kind parse(const Bytes &b, igmp_query *q = nullptr)
{
	igmp_query mine;
	std::unique_ptr<uint8_t[]> exact(new uint8_t[b.size()]); // the sanitizer sees any step beyond

	if (!b.empty())
		memcpy(exact.get(), b.data(), b.size());
	return igmp_parse(exact.get(), (uint32_t)b.size(), q ? q : &mine);
}

} // namespace

TEST(igmp, report_of_version_3)
{
	uint8_t out[IGMP_FRAME_BYTES];
	const uint32_t group[] = { 0xe9360c6f, 0xefff0001 };
	const igmp_record record[] = { IGMP_TO_EXCLUDE, IGMP_IS_EXCLUDE };
	uint32_t n = igmp_report3(&kFrom, group, record, 2, out);
	Bytes message = { 0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, 0xe9, 0x36, 0x0c, 0x6f, 2, 0, 0, 0, 0xef, 0xff, 0, 1 };

	EXPECT_EQ(bytes(out, n), igmp_frame(message, 0xe0000016, 0x0a000009, Bytes{ 2, 0, 0, 0, 0, 9 }));
	EXPECT_EQ(n, 62u);
	EXPECT_EQ(parse(bytes(out, n)), IGMP_REPORT);
}

TEST(igmp, report_and_leave_of_version_2)
{
	uint8_t out[IGMP_FRAME_BYTES];
	uint32_t n = igmp_report(&kFrom, 2, 0xe9360c6f, out);

	EXPECT_EQ(bytes(out, n), igmp_frame({ 0x16, 0, 0, 0, 0xe9, 0x36, 0x0c, 0x6f }, 0xe9360c6f, 0x0a000009, Bytes{ 2, 0, 0, 0, 0, 9 }));
	EXPECT_EQ(n, 60u); // padded
	EXPECT_EQ(bytes(out, 6), (Bytes{ 1, 0, 0x5e, 0x36, 0x0c, 0x6f })); // 23 bits of the group
	n = igmp_report(&kFrom, 1, 0xe9360c6f, out);
	EXPECT_EQ(out[38], 0x12);
	n = igmp_leave(&kFrom, 0xe9360c6f, out);
	EXPECT_EQ(bytes(out, n), igmp_frame({ 0x17, 0, 0, 0, 0xe9, 0x36, 0x0c, 0x6f }, 0xe0000002, 0x0a000009, Bytes{ 2, 0, 0, 0, 0, 9 }));
}

TEST(igmp, queries)
{
	struct { Bytes message; uint8_t version; uint32_t group; uint64_t max_ns; uint8_t robustness; } cases[] = {
		{ { 0x11, 0, 0, 0, 0, 0, 0, 0 }, 1, 0, 10 * NS_PER_S, 0 },
		{ { 0x11, 100, 0, 0, 0, 0, 0, 0 }, 2, 0, 10 * NS_PER_S, 0 },
		{ { 0x11, 10, 0, 0, 0xe9, 1, 2, 3 }, 2, 0xe9010203, NS_PER_S, 0 },
		{ { 0x11, 127, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0 }, 3, 0, 12700 * NS_PER_MS, 2 },
		{ { 0x11, 0x8a, 0, 0, 0xe9, 1, 2, 3, 0x0b, 125, 0, 1, 10, 0, 0, 1 }, 3, 0xe9010203, (0x1a << 3) * NS_PER_S / 10, 3 },
		{ { 0x11, 0xff, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0 }, 3, 0, (uint64_t)(31 << 10) * NS_PER_S / 10, 2 },
	};

	for (auto &c : cases) {
		igmp_query q;

		ASSERT_EQ(parse(igmp_frame(c.message, c.group ? c.group : 0xe0000001), &q), IGMP_QUERY);
		EXPECT_EQ(q.version, c.version);
		EXPECT_EQ(q.group, c.group);
		EXPECT_EQ(q.max_response_ns, c.max_ns);
		EXPECT_EQ(q.robustness, c.robustness);
		EXPECT_EQ(q.source, 0x0a0000feu);
	}
}

TEST(igmp, what_is_refused)
{
	Bytes good = igmp_frame({ 0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 0 }, 0xe0000001);

	ASSERT_EQ(parse(good), IGMP_QUERY);
	for (size_t n = 0; n < 14 + 24 + 12; n++)
		EXPECT_NE(parse(Bytes(good.begin(), good.begin() + (long)n)), IGMP_QUERY) << n;
	for (size_t i = 14; i < 14 + 24 + 12; i++) { // either sum finds any flipped bit
		Bytes bad = good;
		bad[i] ^= 0x10;
		EXPECT_NE(parse(bad), IGMP_QUERY) << i;
	}
	EXPECT_EQ(parse(igmp_frame({ 0x11, 100, 0, 0, 0, 0, 0, 0, 2, 125, 0, 1 }, 0xe0000001)), IGMP_BAD); // a source that is not there
	EXPECT_EQ(parse(igmp_frame({ 0x11, 100, 0, 0, 0, 0, 0, 0, 2 }, 0xe0000001)), IGMP_BAD);		   // neither 8 nor 12
	EXPECT_EQ(parse(igmp_frame({ 0x11, 100, 0, 0, 10, 0, 0, 1 }, 0xe0000001)), IGMP_BAD);		   // not a group
	EXPECT_EQ(parse(igmp_frame({ 0x99, 100, 0, 0, 0, 0, 0, 0 }, 0xe0000001)), IGMP_OTHER);
	EXPECT_EQ(parse(frame(mold("S", 1, {}))), IGMP_OTHER);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <errno.h>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/replay/capture.h"
}

namespace {

struct Ng : Bytes {
	explicit Ng(bool big_endian) { big = big_endian; }
	Ng &block(uint32_t type, const std::string &body)
	{
		Bytes b;

		b.big = big;
		b.raw(body).pad4();
		u32(type).u32(b.s.size() + 12).raw(b.s).u32(b.s.size() + 12);
		return *this;
	}
	Bytes make() const
	{
		Bytes b;

		b.big = big;
		return b;
	}
	Ng &section() { return block(0x0a0d0d0a, make().u32(0x1a2b3c4d).u16(1).u16(0).u32(~0u).u32(~0u).s); }
	Ng &interface(uint32_t link, int resolution = -1, int64_t offset_s = 0, uint32_t snap = 0)
	{
		Bytes b = make();

		b.u16(link).u16(0).u32(snap);
		b.u16(2).u16(3).raw("eth").pad4(); // if_name: an option of no interest
		if (resolution >= 0)
			b.u16(9).u16(1).u8((uint64_t)resolution).pad4();
		if (offset_s)
			b.u16(14).u16(8).u((uint64_t)offset_s, 8);
		return block(1, b.u16(0).u16(0).s);
	}
	Ng &packet(uint32_t interface, uint64_t ticks, const std::string &frame, uint32_t wire = 0)
	{
		return block(6, make().u32(interface).u32(ticks >> 32).u32(ticks).u32(frame.size())
					.u32(wire ? wire : frame.size()).raw(frame).pad4().s);
	}
};

struct Opened {
	struct capture c = {};
	char err[512] = "";
	int rc;

	explicit Opened(const std::string &path) { rc = capture_open(&c, path.c_str(), CAPTURE_NO_DAY, err, sizeof err); }
	~Opened() { capture_close(&c); }
	std::string next(uint64_t *ts)
	{
		struct capture_record r;

		if (!capture_next(&c, &r))
			return "end";
		*ts = r.ts_ns;
		return std::string((const char *)r.data, r.bytes);
	}
};

TEST(CapturePcapng, InterfacesHaveTheirOwnClocks)
{
	for (bool big : { false, true }) {
		Ng g(big);
		g.section().interface(1).interface(1, 9).interface(1, 0x80 | 10, 100).interface(1, 3, -50);
		g.packet(0, 1700000000123456, "micro");
		g.block(5, "statistics, of no interest");
		g.packet(1, UINT64_C(1700000000123456789), "nano, odd");
		g.packet(2, 3 * 1024 + 512, "binary");
		g.packet(3, 60001, "milli");
		TempFile file(g.s);
		Opened o(file.path);
		uint64_t ts = 0;

		ASSERT_EQ(o.rc, 0) << o.err;
		EXPECT_EQ(o.c.kind, CAPTURE_PCAPNG);
		EXPECT_EQ(o.next(&ts), "micro");
		EXPECT_EQ(ts, UINT64_C(1700000000123456000));
		EXPECT_EQ(o.next(&ts), "nano, odd");
		EXPECT_EQ(ts, UINT64_C(1700000000123456789));
		EXPECT_EQ(o.next(&ts), "binary");
		EXPECT_EQ(ts, UINT64_C(103500000000));
		EXPECT_EQ(o.next(&ts), "milli");
		EXPECT_EQ(ts, UINT64_C(10001000000));
		EXPECT_EQ(o.next(&ts), "end");
		EXPECT_EQ(o.c.cut_tail_bytes, 0u);
	}
}

TEST(CapturePcapng, SectionsStartAnewInTheirOwnOrder)
{
	Ng g(false);
	g.section().interface(1, 9).packet(0, 1000, "one");
	Ng h(true);
	h.section().interface(1).packet(0, 2, "two").packet(1, 3, "of no interface");
	TempFile file(g.s + h.s);
	Opened o(file.path);
	uint64_t ts = 0;

	ASSERT_EQ(o.rc, 0) << o.err;
	EXPECT_EQ(o.next(&ts), "one");
	EXPECT_EQ(ts, 1000u);
	EXPECT_EQ(o.next(&ts), "two");
	EXPECT_EQ(ts, 2000u);
	EXPECT_EQ(o.next(&ts), "end");
	EXPECT_EQ(o.c.foreign, 0u);
	EXPECT_EQ(o.c.unknown_interface, 1u);
}

// Merges and converters write an interface for each file or component: there is no number of them that is too many.
TEST(CapturePcapng, AnyNumberOfInterfaces)
{
	Ng g(false);
	g.section();
	for (int i = 0; i < 1000; i++)
		g.interface(i % 10 ? 1 : 127, 9);
	for (uint32_t i = 0; i <= 1000; i++)
		g.packet(i, i, "on " + std::to_string(i));
	TempFile file(g.s);
	Opened o(file.path);
	uint64_t ts = 0;

	ASSERT_EQ(o.rc, 0) << o.err;
	for (uint32_t i = 0; i < 1000; i++) {
		if (i % 10 == 0)
			continue;
		EXPECT_EQ(o.next(&ts), "on " + std::to_string(i));
		EXPECT_EQ(ts, i);
	}
	EXPECT_EQ(o.next(&ts), "end");
	EXPECT_EQ(o.c.foreign, 100u);
	EXPECT_EQ(o.c.unknown_interface, 1u);
	EXPECT_EQ(o.c.cut_tail_bytes, 0u);
}

TEST(CapturePcapng, SimpleAndObsoletePackets)
{
	Ng g(false);
	g.section().interface(1, 9, 0, 4);
	g.block(2, g.make().u16(0).u16(0xffff).u32(0).u32(5000).u32(3).u32(3).raw("old").s);
	g.block(3, g.make().u32(10).raw("simp").s); // 10 on the wire, 4 kept
	TempFile file(g.s);
	Opened o(file.path);
	struct capture_record r;

	ASSERT_EQ(o.rc, 0) << o.err;
	ASSERT_EQ(capture_next(&o.c, &r), 1);
	EXPECT_EQ(std::string((const char *)r.data, r.bytes), "old");
	EXPECT_EQ(r.ts_ns, 5000u);
	ASSERT_EQ(capture_next(&o.c, &r), 1);
	EXPECT_EQ(std::string((const char *)r.data, r.bytes), "simp");
	EXPECT_EQ(r.wire_bytes, 10u);
	EXPECT_EQ(r.ts_ns, 5000u);
}

// A recorder may say what it dropped at the packet that came next, in statistics, or both ways: then it is the same.
TEST(CapturePcapng, WhatTheRecorderDroppedIsCountedOnce)
{
	for (bool big : { false, true }) {
		Ng g(big);
		g.section().interface(1, 9).interface(1, 9);
		auto packet = [&](uint32_t interface, uint64_t before) {
			g.block(6, g.make().u32(interface).u32(0).u32(1).u32(3).u32(3).raw("abc").pad4().u16(2)
					   .u16(4).u32(0).u16(4).u16(8).u(before, 8).u32(0).s);
		};
		auto statistics = [&](uint32_t interface, uint16_t code, uint64_t n) {
			g.block(5, g.make().u32(interface).u32(0).u32(1).u16(4).u16(8).u(99, 8).u16(code).u16(8)
					   .u(n, 8).u32(0).s);
		};

		packet(0, 5);
		statistics(0, 5, 5);                                                         // these five again
		g.block(5, g.make().u32(0).u32(0).u32(1).u16(4).u16(8).u(99, 8).u32(0).s); // says nothing of it
		statistics(0, 5, 7);                                                         // two more
		g.block(2, g.make().u16(1).u16(40).u32(0).u32(2).u32(3).u32(3).raw("old").s);
		for (int i = 0; i < 2; i++) { // two counters, told in turn
			statistics(1, 7, 300); // by the system, those 40 among them
			statistics(1, 5, 10);  // and ten by the interface
		}
		TempFile file(g.s);
		Opened o(file.path);
		uint64_t ts = 0;

		ASSERT_EQ(o.rc, 0) << o.err;
		EXPECT_EQ(o.next(&ts), "abc");
		EXPECT_EQ(o.c.recorder_dropped, 5u);
		EXPECT_EQ(o.next(&ts), "old");
		EXPECT_EQ(o.next(&ts), "end");
		EXPECT_EQ(o.c.recorder_dropped, 317u);
		capture_rewind(&o.c);
		while (o.next(&ts) != "end")
			;
		EXPECT_EQ(o.c.recorder_dropped, 317u);
	}
}

TEST(CapturePcapng, OtherLinkTypesAreForeignOrRefused)
{
	Ng mixed(false);
	mixed.section().interface(105).interface(1).packet(0, 1, "wireless").packet(1, 2, "ethernet");
	TempFile a(mixed.s);
	Opened o(a.path);
	uint64_t ts;

	ASSERT_EQ(o.rc, 0) << o.err;
	EXPECT_EQ(o.next(&ts), "ethernet");
	EXPECT_EQ(o.c.foreign, 1u);
	Ng only(true);
	only.section().interface(105).packet(0, 1, "wireless");
	TempFile b(only.s);
	Opened p(b.path);
	EXPECT_EQ(p.rc, -EPROTONOSUPPORT);
	EXPECT_NE(std::string(p.err).find("105 (802.11)"), std::string::npos) << p.err;
}

TEST(CapturePcapng, EachInterfaceSaysWhatItsFramesBeginWith)
{
	Ng g(false);
	g.section().interface(113).interface(1).interface(276).interface(101).interface(0);
	for (uint32_t i = 0; i < 5; i++)
		g.packet(i, i + 1, "frame");
	TempFile f(g.s);
	Opened o(f.path);
	const int link[] = { FRAME_SLL, FRAME_ETHERNET, FRAME_SLL2, FRAME_IP, FRAME_LOOPBACK };
	struct capture_record r;
	ASSERT_EQ(o.rc, 0) << o.err;
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(capture_next(&o.c, &r), 1);
		EXPECT_EQ(r.link, link[i]);
	}
	EXPECT_EQ(o.c.foreign, 0u);
}

// Cut anywhere: never more than the whole blocks, and every byte is in a record's block or in the tail.
TEST(CapturePcapng, CountsCutTailAtEveryLength)
{
	Ng g(true);
	g.section().interface(1);
	size_t head = g.s.size();
	g.packet(0, 1, "four").packet(0, 2, "more");
	size_t one = (g.s.size() - head) / 2;
	for (size_t n = head; n <= g.s.size(); n++) {
		TempFile file(g.s.substr(0, n));
		Opened o(file.path);
		uint64_t ts, records = 0;

		ASSERT_EQ(o.rc, 0) << o.err;
		while (o.next(&ts) != "end")
			records++;
		EXPECT_EQ(records, (n - head) / one);
		EXPECT_EQ(o.c.cut_tail_bytes, (n - head) % one);
	}
}

TEST(CapturePcapng, DamagedBlocksEndIt)
{
	for (int what = 0; what < 5; what++) {
		Ng g(false);
		g.section().interface(1).packet(0, 1, "good");
		size_t good = g.s.size();
		switch (what) {
		case 0: g.u32(6).u32(0).u32(0).u32(0); break; // length 0
		case 1: g.u32(6).u32(13).raw(std::string(20, 'x')); break; // not a multiple of 4
		case 2: g.u32(99).u32(16).u32(0).u32(20); break; // lengths disagree
		case 3: g.block(6, g.make().u32(0).u32(0).u32(0).u32(1000).u32(1000).raw("short").s); break;
		case 4: g.block(6, "tiny"); break;
		}
		TempFile file(g.s);
		Opened o(file.path);
		uint64_t ts;

		ASSERT_EQ(o.rc, 0) << o.err;
		EXPECT_EQ(o.next(&ts), "good");
		EXPECT_EQ(o.next(&ts), "end");
		EXPECT_EQ(o.c.cut_tail_bytes, g.s.size() - good) << what;
	}
}

} // namespace

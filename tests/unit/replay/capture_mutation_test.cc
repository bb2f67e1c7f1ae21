/* SPDX-License-Identifier: BSD-3-Clause */
// Damaged captures of every kind: whatever the bytes, opening refuses with a text or reading ends, every record lies
// inside the file, and what is no record is counted. Seeded; run under the sanitizers it finds more.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/feed/itch50.h"
#include "drivers/replay/capture.h"
#include "lcore/base/calendar.h"
}

namespace {

std::string pcap(bool big)
{
	Bytes b = pcap_header(big, !big);

	for (unsigned i = 0; i < 20; i++)
		pcap_record(b, i, i, std::string(40 + i, (char)i));
	return b.s;
}

std::string pcapng(bool big)
{
	Bytes b;

	b.big = big;
	b.u32(0x0a0d0d0a).u32(28).u32(0x1a2b3c4d).u16(1).u16(0).u32(~0u).u32(~0u).u32(28);
	b.u32(1).u32(32).u16(1).u16(0).u32(0).u16(9).u16(1).u8(9).pad4().u32(0).u32(32);
	for (unsigned i = 0; i < 20; i++) {
		b.u32(6).u32(72).u32(0).u32(0).u32(i).u32(40).u32(40).raw(std::string(40, (char)i)).u32(72);
		b.u32(3).u32(36).u32(20).raw(std::string(20, 's')).u32(36);
	}
	return b.s;
}

std::string raw(bool lengths)
{
	Bytes b;

	b.big = true;
	for (unsigned i = 0; i < 40; i++) {
		const char type = "SRADXE"[i % 6];
		Bytes m;

		m.big = true;
		m.raw(std::string(1, type)).u16(0).u16(0).u(i * 700, 6);
		m.s.resize(itch50_length((uint8_t)type), '.');
		b.u16(lengths ? m.s.size() : 0).raw(m.s);
	}
	return b.s;
}

void read_through(const std::string &bytes)
{
	TempFile file(bytes);
	struct capture c;
	struct capture_record r[CAPTURE_BATCH];
	char err[512] = "";
	int rc = capture_open(&c, file.path.c_str(), 0, err, sizeof err);
	uint64_t records = 0;
	static volatile unsigned sum; // reading every byte is what the sanitizers watch

	if (rc < 0) {
		EXPECT_NE(err[0], '\0');
		return;
	}
	for (unsigned n; (n = capture_read(&c, r, CAPTURE_BATCH)) > 0; records += n)
		for (unsigned i = 0; i < n; i++) {
			ASSERT_LE(r[i].bytes, r[i].wire_bytes);
			if (!r[i].synthesised) {
				ASSERT_GE(r[i].data, c.map);
				ASSERT_LE(r[i].data + r[i].bytes, c.map + c.map_bytes);
			}
			for (uint32_t k = 0; k < r[i].bytes; k++)
				sum = sum + r[i].data[k];
		}
	EXPECT_EQ(c.at, c.map_bytes);
	EXPECT_LE(c.cut_tail_bytes, c.map_bytes);
	EXPECT_LE(records, c.map_bytes);
	capture_close(&c);
}

TEST(CaptureMutation, NothingReadsOutside)
{
	std::mt19937 random(2026);
	std::vector<std::string> seeds = { pcap(false), pcap(true), pcapng(false), pcapng(true), raw(false), raw(true) };

	ASSERT_EQ(calendar_load(), 0);
	for (unsigned i = 0; i < 6000; i++) {
		std::string s = seeds[i % seeds.size()];

		for (unsigned k = 1 + random() % 4; k > 0; k--) {
			size_t at = random() % s.size();
			switch (random() % 4) {
			case 0: s[at] = (char)random(); break;
			case 1: s[at] = (char)(random() % 2 ? 0xff : 0); break;
			case 2: s.resize(at + 1); break;
			case 3: s.insert(at, std::string(random() % 9, (char)random())); break;
			}
		}
		if (i % 10 == 9) {
			s = gzip(s);
			s[random() % s.size()] ^= (char)(1 << random() % 8);
		}
		read_through(s);
	}
}

} // namespace

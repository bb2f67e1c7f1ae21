/* SPDX-License-Identifier: BSD-3-Clause */
// Times that capture hardware wrote into frames stand for the file's own wherever records are read: the merge goes by them.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/replay/merge.h"
}

namespace
{

constexpr uint32_t kSecond = 1577802600; // 2019-12-31 14:30 UTC

// A frame with a 0xD28B header of version 0x0110: seconds and nanoseconds, UTC.
std::string arista(uint32_t s, uint32_t ns, char name)
{
	Bytes b;
	b.big = true;
	return b.raw(std::string(12, 'm')).u16(0xd28b).u16(1).u16(0x0110).u32(s).u32(ns).u16(0x0800).raw(std::string(46, name)).s;
}

std::string metamako(uint32_t s, uint32_t ns, char name)
{
	Bytes b;
	b.big = true;
	return b.raw(std::string(12, 'm')).u16(0x0800).raw(std::string(46, name)).u32(0).u32(s).u32(ns).u8(1).u16(7).u8(1).u32(9).s;
}

struct Two {
	std::unique_ptr<TempFile> file[2];
	struct capture capture[2] = {};
	struct merge merge = {};

	Two(const std::string &a, const std::string &b, enum peel_trailer trailer = PEEL_TRAILER_NONE)
	{
		char err[256];
		file[0] = std::make_unique<TempFile>(a), file[1] = std::make_unique<TempFile>(b);
		for (int i = 0; i < 2; i++) {
			EXPECT_EQ(capture_open(&capture[i], file[i]->path.c_str(), 0, err, sizeof err), 0) << err;
			capture[i].trailer = trailer;
		}
		EXPECT_EQ(merge_init(&merge, capture, 2), 0);
	}
	~Two()
	{
		merge_fini(&merge);
		capture_close(&capture[0]), capture_close(&capture[1]);
	}
	std::vector<struct capture_record> all()
	{
		std::vector<struct capture_record> out(8);
		out.resize(merge_read(&merge, out.data(), 8, UINT64_MAX));
		return out;
	}
};

// The file says that a came first; the hardware says b.
std::string one(const std::string &frame, uint32_t file_ns)
{
	Bytes b = pcap_header(false, true);
	pcap_record(b, kSecond, file_ns, frame);
	return b.s;
}

} // namespace

TEST(CaptureTime, AHeaderInFrontDecidesTheOrder)
{
	Two two(one(arista(kSecond, 700, 'a'), 1000), one(arista(kSecond, 600, 'b'), 2000));
	auto r = two.all();
	ASSERT_EQ(r.size(), 2u);
	EXPECT_EQ(r[0].file, 1);
	EXPECT_EQ(r[0].ts_ns, kSecond * UINT64_C(1000000000) + 600);
	EXPECT_EQ(r[1].ts_ns, kSecond * UINT64_C(1000000000) + 700);
}

TEST(CaptureTime, ATrailerDecidesTheOrderWhereItIsConfigured)
{
	std::string a = one(metamako(kSecond, 700, 'a'), 1000), b = one(metamako(kSecond, 600, 'b'), 2000);
	Two with(a, b, PEEL_TRAILER_METAMAKO), without(a, b);
	auto r = with.all(), plain = without.all();
	ASSERT_EQ(r.size(), 2u);
	EXPECT_EQ(r[0].file, 1);
	EXPECT_EQ(r[0].ts_ns, kSecond * UINT64_C(1000000000) + 600);
	EXPECT_EQ(plain[0].file, 0);
	EXPECT_EQ(plain[0].ts_ns, kSecond * UINT64_C(1000000000) + 1000);
}

TEST(CaptureTime, AClockThatWasNeverSetTellsNothing)
{
	Two two(one(arista(1000, 700, 'a'), 1000), one(arista(kSecond, 600, 'b'), 2000));
	auto r = two.all();
	ASSERT_EQ(r.size(), 2u);
	EXPECT_EQ(r[0].file, 1);
	EXPECT_EQ(r[1].ts_ns, kSecond * UINT64_C(1000000000) + 1000);
}

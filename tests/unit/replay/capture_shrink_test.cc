/* SPDX-License-Identifier: BSD-3-Clause */
// A capture file that is cut while it is mapped: no fault, the records before the cut, and every byte behind it counted.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/replay/merge.h"
}

namespace
{

uint64_t looks;

constexpr uint32_t kRecords = 20000, kBytes = 400;

std::string many()
{
	Bytes b = pcap_header(false, true);
	for (uint32_t i = 0; i < kRecords; i++)
		pcap_record(b, 1577802600 + i, 0, std::string(kBytes, (char)(1 + i % 100)));
	return b.s;
}

struct Shrinking {
	TempFile file;
	struct capture c = {};
	uint64_t bytes;

	Shrinking() : file(many())
	{
		char err[256];
		EXPECT_EQ(capture_open(&c, file.path.c_str(), 0, err, sizeof err), 0) << err;
		bytes = c.map_bytes;
	}
	~Shrinking() { capture_close(&c); }
	// Reads n records, all of which must be whole.
	uint32_t read(uint32_t n)
	{
		struct capture_record r;
		uint32_t i = 0;
		while (i < n && capture_next(&c, &r)) {
			EXPECT_EQ(r.bytes, kBytes);
			EXPECT_EQ(r.data[0], 1 + (r.ts_ns / 1000000000 - 1577802600) % 100);
			EXPECT_EQ(r.data[0], r.data[r.bytes - 1]);
			i++;
		}
		return i;
	}
};

} // namespace

// The one that capture_look calls.
extern "C" int fstat(int fd, struct stat *st)
{
	looks++;
	return (int)syscall(SYS_fstat, fd, st);
}

TEST(CaptureShrink, EndsWhereTheFileEndsAndCountsTheRest)
{
	for (uint32_t keep : { 6000000u, 6000000u + 4096, 6000000u + 77, 4096u * 500, 4096u * 500 + 8, 30000u }) {
		Shrinking s;
		uint32_t first = s.read(50);
		ASSERT_EQ(truncate(s.file.path.c_str(), keep), 0);
		uint32_t all = first + s.read(kRecords);
		uint32_t whole = (keep - 24) / (16 + kBytes);
		EXPECT_EQ(all, whole) << keep;
		EXPECT_EQ(s.c.cut_tail_bytes, s.bytes - 24 - whole * (16 + kBytes)) << keep;
		EXPECT_EQ(capture_cut_bytes(&s.c), s.c.cut_tail_bytes);
	}
}

TEST(CaptureShrink, ARecordThatIsGoneReadsAsZerosAndIsKnownToBeGone)
{
	Shrinking s;
	struct capture_record r;
	s.read(1000);
	ASSERT_EQ(capture_next(&s.c, &r), 1);
	ASSERT_TRUE(capture_whole(&s.c, &r));
	ASSERT_EQ(truncate(s.file.path.c_str(), 0), 0);
	EXPECT_EQ(((const volatile uint8_t *)r.data)[7], 0);
	EXPECT_GE(capture_cut_bytes(&s.c), s.bytes - 1001 * 416 - 24); // before anybody looked: from that page on
	EXPECT_TRUE(capture_look(&s.c));
	EXPECT_FALSE(capture_look(&s.c));
	EXPECT_FALSE(capture_whole(&s.c, &r));
	EXPECT_EQ(s.read(10), 0u);
	EXPECT_EQ(s.c.cut_tail_bytes, s.bytes);
}

TEST(CaptureShrink, AfterTheLastRecordItIsCountedAsWell)
{
	Shrinking s;
	EXPECT_EQ(s.read(kRecords), kRecords);
	ASSERT_EQ(truncate(s.file.path.c_str(), (off_t)s.bytes - 5), 0);
	EXPECT_EQ(s.read(1), 0u);
	EXPECT_EQ(s.c.cut_tail_bytes, 5u);
}

// A system call for every 64 records took a tenth of what replay and ingest took together.
TEST(CaptureShrink, AReplayLooksOnceAPiece)
{
	Shrinking s;
	struct merge merge;
	struct capture_record r[100];
	uint32_t all = 0;
	ASSERT_EQ(merge_init(&merge, &s.c, 1), 0);
	uint64_t before = looks;
	for (unsigned n; (n = merge_read(&merge, r, 100, UINT64_MAX)); all += n)
		;
	EXPECT_EQ(all, kRecords);
	EXPECT_GE(looks - before, kRecords / MERGE_PIECE);
	EXPECT_LE(looks - before, kRecords / MERGE_PIECE + 3);
	merge_fini(&merge);
}

TEST(CaptureShrink, APieceThatIsCutEndsAtItsLastWholeRecord)
{
	for (uint32_t cut : { 24 + 416 * 511 + 100, 24 + 416 * 700, 24 + 416 * 700 + 7, 24 + 416 * 1000 + 415 }) {
		Shrinking s;
		struct merge merge;
		struct capture_record r[100];
		uint32_t all = 0, good = 0;
		ASSERT_EQ(merge_init(&merge, &s.c, 1), 0); // reads the first piece
		ASSERT_EQ(truncate(s.file.path.c_str(), cut), 0);
		for (unsigned n; (n = merge_read(&merge, r, 100, UINT64_MAX)); all += n)
			for (unsigned i = 0; i < n; i++)
				good += r[i].data + r[i].bytes <= s.c.map + cut && r[i].data[0] == r[i].data[kBytes - 1];
		uint32_t whole = (cut - 24) / 416;
		EXPECT_EQ(good, whole) << cut;
		EXPECT_EQ(all, std::max<uint32_t>(whole, MERGE_PIECE)) << cut; // that piece was read before
		EXPECT_EQ(s.c.cut_tail_bytes, s.bytes - (all == whole ? 24 + whole * 416 : cut)) << cut;
		merge_fini(&merge);
	}
}

TEST(CaptureShrinkDeathTest, AnotherFaultIsStillAFault)
{
	Shrinking s;
	// By the signal; under a sanitizer by its report, whose handler stood there before ours.
	EXPECT_DEATH(raise(SIGBUS), "");
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <errno.h>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/replay/capture.h"
#include "lcore/base/calendar.h"
}

namespace {

std::string frame(char c, size_t n) { return std::string(n, c); }

struct Opened {
	struct capture c = {};
	char err[512] = "";
	int rc;

	explicit Opened(const std::string &path) { rc = capture_open(&c, path.c_str(), CAPTURE_NO_DAY, err, sizeof err); }
	~Opened() { capture_close(&c); }
};

TEST(CapturePcap, ReadsBothOrdersAndResolutions)
{
	for (bool big : { false, true })
		for (bool nano : { false, true }) {
			Bytes b = pcap_header(big, nano);
			pcap_record(b, 1700000000, 123456, frame('a', 60));
			pcap_record(b, 1700000001, 7, frame('b', 61), 1500);
			TempFile file(b.s);
			Opened o(file.path);
			struct capture_record r;
			uint64_t unit = nano ? 1 : 1000;

			ASSERT_EQ(o.rc, 0) << o.err;
			EXPECT_EQ(o.c.kind, CAPTURE_PCAP);
			ASSERT_EQ(capture_next(&o.c, &r), 1);
			EXPECT_EQ(r.ts_ns, 1700000000 * NS_PER_S + 123456 * unit);
			EXPECT_EQ(std::string((const char *)r.data, r.bytes), frame('a', 60));
			EXPECT_EQ(r.wire_bytes, 60u);
			ASSERT_EQ(capture_next(&o.c, &r), 1);
			EXPECT_EQ(r.bytes, 61u);
			EXPECT_EQ(r.wire_bytes, 1500u);
			EXPECT_EQ(capture_next(&o.c, &r), 0);
			EXPECT_EQ(capture_next(&o.c, &r), 0);
			EXPECT_EQ(o.c.cut_tail_bytes, 0u);
		}
}

// Whatever the length at which the file is cut, the whole records come out and the rest is counted.
TEST(CapturePcap, CountsCutTailAtEveryLength)
{
	Bytes b = pcap_header(false, true);
	pcap_record(b, 1, 0, frame('a', 10));
	pcap_record(b, 2, 0, frame('b', 10));
	for (size_t n = 24; n <= b.s.size(); n++) {
		TempFile file(b.s.substr(0, n));
		Opened o(file.path);
		struct capture_record r;
		uint64_t records = 0;

		ASSERT_EQ(o.rc, 0) << o.err;
		while (capture_next(&o.c, &r))
			records++;
		EXPECT_EQ(records, (n - 24) / 26);
		EXPECT_EQ(o.c.cut_tail_bytes, (n - 24) % 26);
	}
}

TEST(CapturePcap, TakesAbsurdLengthForDamage)
{
	Bytes b = pcap_header(false, true);
	pcap_record(b, 1, 0, frame('a', 10));
	b.u32(2).u32(0).u32(CAPTURE_RECORD_MAX + 1).u32(10).raw(frame('x', CAPTURE_RECORD_MAX + 100));
	TempFile file(b.s);
	Opened o(file.path);
	struct capture_record r;

	ASSERT_EQ(o.rc, 0) << o.err;
	EXPECT_EQ(capture_next(&o.c, &r), 1);
	EXPECT_EQ(capture_next(&o.c, &r), 0);
	EXPECT_EQ(o.c.cut_tail_bytes, 16u + CAPTURE_RECORD_MAX + 100);
	capture_rewind(&o.c);
	EXPECT_EQ(o.c.cut_tail_bytes, 0u);
	EXPECT_EQ(capture_next(&o.c, &r), 1);
	EXPECT_EQ(r.data[0], 'a');
}

TEST(CapturePcap, RefusesWithReason)
{
	struct {
		std::string bytes, says;
		int rc;
	} cases[] = {
		{ "", "is empty", -ENODATA },
		{ "PK\x03\x04 a zip file", "50 4b 03 04", -EINVAL },
		{ pcap_header(false, false, 105).s, "link type 105 (802.11); wanted 1 (Ethernet)", -EPROTONOSUPPORT },
		{ pcap_header(true, false, 127).s, "127 (802.11 radiotap", -EPROTONOSUPPORT },
		{ pcap_header(false, false).s.substr(0, 20), "header is cut", -EINVAL },
		{ gzip(""), "is empty", -ENODATA },
	};
	for (auto &c : cases) {
		TempFile file(c.bytes);
		Opened o(file.path);

		EXPECT_EQ(o.rc, c.rc) << o.err;
		EXPECT_NE(std::string(o.err).find(c.says), std::string::npos) << o.err;
		EXPECT_NE(std::string(o.err).find(file.path), std::string::npos) << o.err;
	}
	Opened missing("/nonexistent/x.pcap");
	EXPECT_EQ(missing.rc, -ENOENT);
	EXPECT_NE(std::string(missing.err).find("No such file"), std::string::npos);
	TempFile file("x");
	Opened directory(file.dir);
	EXPECT_EQ(directory.rc, -EISDIR);
	EXPECT_NE(std::string(directory.err).find("directory"), std::string::npos);
}

Bytes many(unsigned n)
{
	Bytes b = pcap_header(false, true);

	for (unsigned i = 0; i < n; i++)
		pcap_record(b, i, i, frame((char)i, 100 + i % 7));
	return b;
}

TEST(CaptureGzip, SeveralMembersAndPadding)
{
	std::string all = many(5000).s;
	TempFile file(gzip(all.substr(0, 1000)) + gzip(all.substr(1000, 100000)) + gzip(all.substr(101000)) +
		      std::string(512, '\0'));
	Opened o(file.path);
	struct capture_record r;
	uint64_t n = 0;

	ASSERT_EQ(o.rc, 0) << o.err;
	while (capture_next(&o.c, &r)) {
		ASSERT_EQ(r.ts_ns, n * NS_PER_S + n);
		n++;
	}
	EXPECT_EQ(n, 5000u);
	EXPECT_TRUE(o.c.packed);
	EXPECT_FALSE(o.c.packed_cut);
	EXPECT_EQ(o.c.cut_tail_bytes, 0u);
}

TEST(CaptureGzip, TruncatedYieldsWhatItHolds)
{
	std::string z = gzip(many(5000).s);
	for (size_t n : { z.size() / 2, z.size() - 9, z.size() - 1 }) {
		TempFile file(z.substr(0, n));
		Opened o(file.path);
		struct capture_record r;
		uint64_t records = 0;

		ASSERT_EQ(o.rc, 0) << o.err;
		while (capture_next(&o.c, &r))
			records++;
		EXPECT_GT(records, n < z.size() - 9 ? 1000u : 4990u);
		EXPECT_TRUE(o.c.packed_cut);
		EXPECT_GT(o.c.cut_tail_bytes, 0u);
	}
}

TEST(CaptureGzip, GarbageBehindIsDamage)
{
	TempFile file(gzip(many(10).s) + "garbage");
	Opened o(file.path);
	struct capture_record r;
	unsigned n = 0;

	ASSERT_EQ(o.rc, 0) << o.err;
	while (capture_next(&o.c, &r))
		n++;
	EXPECT_EQ(n, 10u);
	EXPECT_EQ(o.c.cut_tail_bytes, 1u);
}

// The sliding of pages must not change what is read, in a file larger than all its windows.
TEST(CapturePcap, LargeFileReadsWhole)
{
	Bytes b = pcap_header(false, true);
	const uint64_t total = 90000;
	for (uint64_t i = 0; i < total; i++)
		pcap_record(b, (uint32_t)i, 0, frame((char)(i % 251), 1500));
	TempFile file(b.s);
	Opened o(file.path);
	struct capture_record r[CAPTURE_BATCH];
	uint64_t n = 0;

	ASSERT_EQ(o.rc, 0) << o.err;
	for (unsigned got; (got = capture_read(&o.c, r, CAPTURE_BATCH)) > 0;)
		for (unsigned i = 0; i < got; i++, n++) {
			ASSERT_EQ(r[i].ts_ns, n * NS_PER_S);
			ASSERT_EQ(r[i].data[0], n % 251);
			ASSERT_EQ(r[i].data[1499], n % 251);
		}
	EXPECT_EQ(n, total);
	EXPECT_GT(o.c.dropped_to, 0u);
}

} // namespace

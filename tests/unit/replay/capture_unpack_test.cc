/* SPDX-License-Identifier: BSD-3-Clause */
// Compressed captures of each kind: several streams in a file, cut ones, garbage behind.
#include <gtest/gtest.h>

#include <bzlib.h>
#include <lzma.h>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/replay/capture.h"
}

namespace
{

constexpr unsigned kRecords = 5000;

std::string many()
{
	Bytes b = pcap_header(false, true);
	uint64_t random = 1;
	for (unsigned i = 0; i < kRecords; i++) {
		std::string frame(100 + i * 37 % 91, ' ');
		for (char &c : frame)
			c = (char)((random = random * UINT64_C(6364136223846793005) + 1442695040888963407) >> 56);
		pcap_record(b, i, i, frame);
	}
	return b.s;
}

std::string bzip2(const std::string &in)
{
	unsigned n = (unsigned)in.size() + in.size() / 100 + 1000;
	std::string out(n, '\0');
	BZ2_bzBuffToBuffCompress(&out[0], &n, (char *)in.data(), (unsigned)in.size(), 1, 0, 0);
	out.resize(n);
	return out;
}

std::string xz(const std::string &in)
{
	std::string out(lzma_stream_buffer_bound(in.size()), '\0');
	size_t n = 0;
	EXPECT_EQ(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, (const uint8_t *)in.data(), in.size(), (uint8_t *)&out[0], &n,
					  out.size()), LZMA_OK);
	out.resize(n);
	return out;
}

struct Result {
	int rc;
	unsigned records = 0;
	bool packed, cut;
	uint64_t tail;
};

Result read(const std::string &bytes)
{
	TempFile file(bytes);
	struct capture c = {};
	struct capture_record r;
	char err[256];
	Result out = {};
	out.rc = capture_open(&c, file.path.c_str(), 0, err, sizeof err);
	while (!out.rc && capture_next(&c, &r)) {
		EXPECT_EQ(r.ts_ns, out.records * UINT64_C(1000000001));
		out.records++;
	}
	out.packed = c.packed, out.cut = c.packed_cut, out.tail = c.cut_tail_bytes;
	capture_close(&c);
	return out;
}

} // namespace

TEST(CaptureUnpack, EachKindAloneAndInSeveralStreams)
{
	std::string all = many(), a = all.substr(0, 100001), b = all.substr(100001);
	for (auto pack : { gzip, bzip2, xz })
		for (const std::string &bytes : { pack(all), pack(a) + pack(b), pack(a) + pack("") + pack(b) }) {
			Result r = read(bytes);
			EXPECT_EQ(r.rc, 0);
			EXPECT_EQ(r.records, kRecords);
			EXPECT_TRUE(r.packed);
			EXPECT_FALSE(r.cut);
			EXPECT_EQ(r.tail, 0u);
		}
}

TEST(CaptureUnpack, CutOrDamagedYieldsWhatItHolds)
{
	for (auto pack : { gzip, bzip2, xz }) {
		std::string whole = pack(many());
		for (const std::string &bytes : { whole.substr(0, whole.size() * 9 / 10), whole.substr(0, whole.size() - 1),
						  whole + "garbage" }) {
			Result r = read(bytes);
			EXPECT_EQ(r.rc, 0);
			EXPECT_GT(r.records, 0u);
			EXPECT_TRUE(r.cut);
			EXPECT_GT(r.tail, 0u);
		}
	}
}

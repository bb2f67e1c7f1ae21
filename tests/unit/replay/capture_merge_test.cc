/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/feed/itch50.h"
#include "drivers/replay/merge.h"
#include "lcore/base/calendar.h"
}

namespace {

struct Files {
	std::vector<std::unique_ptr<TempFile>> file;
	std::vector<struct capture> capture;
	struct merge m = {};

	void add(const std::string &bytes)
	{
		char err[256];

		file.push_back(std::make_unique<TempFile>(bytes));
		capture.push_back({});
		ASSERT_EQ(capture_open(&capture.back(), file.back()->path.c_str(), 0, err, sizeof err), 0) << err;
	}
	void add_times(const std::vector<unsigned> &times)
	{
		Bytes b = pcap_header(false, true);

		for (size_t i = 0; i < times.size(); i++)
			pcap_record(b, 0, times[i], std::string(1, (char)capture.size()) + std::to_string(i));
		add(b.s);
	}
	std::vector<std::string> all(unsigned n, uint64_t until = UINT64_MAX)
	{
		std::vector<std::string> out;
		struct capture_record r[256];

		while (merge_key(&m) <= until && merge_key(&m) != UINT64_MAX) {
			unsigned got = merge_read(&m, r, n, until);
			for (unsigned i = 0; i < got; i++)
				out.push_back(std::string((const char *)r[i].data, r[i].bytes));
		}
		return out;
	}
	~Files()
	{
		merge_fini(&m);
		for (auto &c : capture)
			capture_close(&c);
	}
};

std::string tag(int f, int i) { return std::string(1, (char)f) + std::to_string(i); }

TEST(CaptureMerge, TiesByFileAndNoFileReordered)
{
	Files f;
	f.add_times({ 10, 30, 20, 40 }); // goes back: 20 comes when 30 does
	f.add_times({ 10, 25, 30, 41 });
	ASSERT_EQ(merge_init(&f.m, f.capture.data(), 2), 0);
	EXPECT_EQ(merge_key(&f.m), 10u);
	std::vector<std::string> want = { tag(0, 0), tag(1, 0), tag(1, 1), tag(0, 1), tag(0, 2), tag(1, 2), tag(0, 3),
					  tag(1, 3) };
	EXPECT_EQ(f.all(3), want);
	merge_rewind(&f.m);
	EXPECT_EQ(f.all(256), want);
}

TEST(CaptureMerge, StopsAtTheTimeAsked)
{
	Files f;
	f.add_times({ 10, 30 });
	f.add_times({ 20, 40 });
	ASSERT_EQ(merge_init(&f.m, f.capture.data(), 2), 0);
	EXPECT_EQ(f.all(8, 9).size(), 0u);
	EXPECT_EQ(f.all(8, 20).size(), 2u);
	EXPECT_EQ(merge_key(&f.m), 30u);
	EXPECT_EQ(f.all(8, 39).size(), 1u);
	EXPECT_EQ(f.all(8).size(), 1u);
	EXPECT_EQ(merge_key(&f.m), UINT64_MAX);
}

// Against the definition: stable sort by (running maximum of the file, file).
TEST(CaptureMerge, EqualsStableSortWhateverTheBurst)
{
	std::mt19937 random(7);
	struct Row {
		unsigned key;
		int f;
		std::string tag;
	};
	for (unsigned burst : { 1u, 7u, 64u, 256u }) {
		Files f;
		std::vector<Row> rows;
		for (int i = 0; i < 4; i++) {
			std::vector<unsigned> times;
			unsigned t = 0, top = 0;

			for (int k = 0; k < 500 * i + 1; k++) {
				t = (unsigned)std::max(0, (int)t + (int)(random() % 9) - 3);
				times.push_back(t);
				top = std::max(top, t);
				rows.push_back({ top, i, tag(i, k) });
			}
			f.add_times(times);
		}
		std::stable_sort(rows.begin(), rows.end(),
				 [](const Row &a, const Row &b) { return a.key != b.key ? a.key < b.key : a.f < b.f; });
		ASSERT_EQ(merge_init(&f.m, f.capture.data(), 4), 0);
		auto got = f.all(burst);
		ASSERT_EQ(got.size(), rows.size());
		for (size_t i = 0; i < rows.size(); i++)
			ASSERT_EQ(got[i], rows[i].tag) << "burst " << burst << " row " << i;
	}
}

// Synthesised frames are overwritten by the next read: none may be handed out and overwritten within one call.
TEST(CaptureMerge, SynthesisedFramesStayValidWithinACall)
{
	ASSERT_EQ(calendar_load(), 0);
	std::vector<std::string> one;
	for (unsigned burst : { 1u, 256u }) {
		Files f;
		for (int i = 0; i < 2; i++) {
			Bytes b;

			b.big = true;
			for (unsigned k = 0; k < 1000; k++) {
				b.u16(itch50_length('D')).raw("D").u16(i).u16(k).u(k * 2000 + (unsigned)i, 6);
				b.s.resize((k + 1) * (2 + itch50_length('D')), '.');
			}
			f.add(b.s);
		}
		ASSERT_EQ(merge_init(&f.m, f.capture.data(), 2), 0);
		auto got = f.all(burst);
		EXPECT_EQ(got.size(), 2000u);
		if (burst == 1)
			one = got;
		else
			EXPECT_EQ(got, one);
	}
}

} // namespace

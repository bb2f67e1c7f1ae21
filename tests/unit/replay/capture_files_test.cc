/* SPDX-License-Identifier: BSD-3-Clause */
// Which raw files are lines, days or strangers, by names and contents.
#include <gtest/gtest.h>

#include <errno.h>

#include <memory>
#include <set>
#include <vector>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/receiver/frame.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/mold64.h"
#include "drivers/replay/capture_name.h"
#include "drivers/replay/files.h"
#include "lcore/base/calendar.h"
}

namespace {

std::string messages(unsigned n, unsigned of = 0)
{
	Bytes b;

	b.big = true;
	for (unsigned k = 0; k < n; k++) {
		b.u16(itch50_length('D')).raw("D").u16(of).u16(0).u(3600 * NS_PER_S + k * 2000, 6);
		b.u(k, 8);
	}
	return b.s;
}

struct Raw {
	std::vector<std::unique_ptr<TempFile>> file;
	std::unique_ptr<struct replay_files> files = std::make_unique<struct replay_files>();
	char err[512] = "";

	void add(const std::string &name, const std::string &bytes, unsigned lines = 0)
	{
		file.push_back(std::make_unique<TempFile>(bytes, name));
		struct replay_file &f = files->file[files->n++];
		f.path = file.back()->path.c_str();
		f.lines = lines;
		f.port = FILES_ANY_PORT;
	}
	int open(int32_t day = CAPTURE_NO_DAY)
	{
		calendar_load();
		return files_open(files.get(), day, (enum peel_trailer)0, true, err, sizeof err);
	}
	~Raw() { files_close(files.get()); }
	// session, group, number of the first message; whether an end of session comes last
	struct Said {
		std::string session;
		uint32_t ip;
		uint64_t first;
		bool ends;
	};
	Said said(unsigned i)
	{
		struct capture_record r[CAPTURE_BATCH];
		Said s = {};

		for (unsigned n; (n = capture_read(&files->file[i].capture, r, CAPTURE_BATCH));)
			for (unsigned k = 0; k < n; k++) {
				struct frame_view v;
				struct packet p;

				EXPECT_EQ(frame_parse(r[k].data, r[k].bytes, r[k].wire_bytes, true, &v), FRAME_OK);
				EXPECT_TRUE(mold64_header(v.payload, v.bytes, &p));
				if (!s.first)
					s = { std::string((const char *)v.payload, 10), v.dst_ip, p.first_seq, false };
				s.ends = p.kind == PACKET_SESSION_END;
			}
		return s;
	}
};

TEST(CaptureFiles, Names)
{
	struct {
		const char *path, *series;
		bool exchange;
		const char *day;
	} cases[] = {
		{ "/a/12302019.NASDAQ_ITCH50", "nasdaq", true, "20191230" },
		{ "S123019-v50.txt.gz", "nasdaq", true, "20191230" },
		{ "20191230.BX_ITCH_50.gz", "bx", true, "20191230" },
		{ "S123019-v50-bx.txt", "bx", true, "20191230" },
		{ "20191230.PSX_ITCH_50", "psx", true, "20191230" },
		{ "S123019-v50-psx.txt.gz", "psx", true, "20191230" },
		{ "small-20191231.itch50", "small-*.itch50", false, "20191231" },
		{ "a.itch50", "a.itch50", false, nullptr },
		{ "S999919-v50.txt", "S999919-v50.txt", false, nullptr },
		{ "boxes.itch50", "boxes.itch50", false, nullptr },
	};

	for (auto &c : cases) {
		char series[256];
		int32_t day = -1, want = -1;

		EXPECT_EQ(capture_name_series(c.path, series, sizeof series), c.exchange) << c.path;
		EXPECT_STREQ(series, c.series);
		EXPECT_EQ(capture_name_day(c.path, &day), c.day != nullptr) << c.path;
		if (c.day) {
			calendar_parse_date(c.day, 8, &want);
			EXPECT_EQ(day, want) << c.path;
		}
	}
}

TEST(CaptureFiles, StrangersHaveStreamsOfTheirOwn)
{
	Raw r;
	std::set<std::string> sessions;
	std::set<uint32_t> ips;

	r.add("a.itch50", messages(200, 1));
	r.add("b.itch50", messages(200, 2));
	r.add("12302019.NASDAQ_ITCH50", messages(200, 3));
	r.add("20191230.BX_ITCH_50", messages(200, 3));
	r.add("S123019-v50-psx.txt", messages(200, 3));
	ASSERT_EQ(r.open(), 0) << r.err;
	for (unsigned i = 0; i < 5; i++) {
		auto s = r.said(i);

		sessions.insert(s.session);
		ips.insert(s.ip);
		EXPECT_FALSE(s.ends);
		EXPECT_EQ(r.files->file[i].stream, i);
	}
	EXPECT_EQ(sessions.size(), 5u);
	EXPECT_EQ(ips.size(), 5u);
}

TEST(CaptureFiles, TheSameMessagesAreLines)
{
	Raw r;

	r.add("a.itch50", messages(2000));
	r.add("b.itch50", messages(1000));
	r.add("c.itch50", messages(2000));
	ASSERT_EQ(r.open(), 0) << r.err;
	auto a = r.said(0), b = r.said(1), c = r.said(2);

	EXPECT_EQ(a.session, b.session);
	EXPECT_EQ(a.session, c.session);
	EXPECT_EQ((std::set<uint32_t>{ a.ip, b.ip, c.ip }).size(), 3u);
	EXPECT_EQ(r.files->file[2].stream, 0u);
}

TEST(CaptureFiles, LinesAsTold)
{
	std::string all = messages(3000), late = all.substr(700 * (2 + itch50_length('D')));
	for (bool turned : { false, true }) {
		Raw r;

		r.add("a.itch50", turned ? late : all, 1);
		r.add("b.itch50", turned ? all : late, 1);
		ASSERT_EQ(r.open(), 0) << r.err;
		EXPECT_EQ(r.said(turned).first, 1u);
		EXPECT_EQ(r.said(!turned).first, 701u);
		EXPECT_EQ(r.said(0).session, r.said(1).session);
	}
	Raw r;

	r.add("a.itch50", messages(300, 1), 1);
	r.add("b.itch50", messages(300, 2), 1);
	EXPECT_EQ(r.open(), -EINVAL);
	EXPECT_NE(std::string(r.err).find("--lines"), std::string::npos);
}

TEST(CaptureFiles, DaysAreSessionsOfOneGroup)
{
	Raw r;

	for (int d = 14; d >= 1; d--)
		r.add("201912" + std::string(d < 10 ? "0" : "") + std::to_string(d) + ".BX_ITCH_50", messages(50));
	ASSERT_EQ(r.open(), 0) << r.err;
	std::set<std::string> sessions;
	std::set<uint32_t> ips;

	for (unsigned i = 0; i < 14; i++) {
		auto s = r.said(i);

		sessions.insert(s.session);
		ips.insert(s.ip);
		EXPECT_EQ(s.ends, i != 0) << i; // the first is the last day
		EXPECT_EQ(r.files->file[i].stream, 0u);
	}
	EXPECT_EQ(sessions.size(), 14u);
	EXPECT_EQ(ips.size(), 1u);
	Raw given;

	given.add("20191230.itch50", messages(50));
	given.add("20191231.itch50", messages(50));
	EXPECT_EQ(given.open(18260), -EDOM);
}

} // namespace

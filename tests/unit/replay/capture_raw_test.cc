/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/receiver/frame.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/mold64.h"
#include "drivers/replay/capture.h"
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"
}

namespace {

std::string message(char type, uint64_t ns, size_t bytes = 0)
{
	Bytes b;

	b.big = true;
	b.raw(std::string(1, type)).u16(1).u16(0).u(ns, 6);
	b.s.resize(bytes ? bytes : itch50_length((uint8_t)type), '.');
	return b.s;
}

std::string with_length(const std::string &m, bool zero = false)
{
	Bytes b;

	b.big = true;
	return b.u16(zero ? 0 : m.size()).raw(m).s;
}

struct Frame {
	uint64_t ts, seq;
	unsigned count;
	std::string body;
};

struct Opened {
	struct capture c = {};
	char err[512] = "";
	int rc;

	explicit Opened(const std::string &path, int32_t day = CAPTURE_NO_DAY)
	{
		calendar_load();
		rc = capture_open(&c, path.c_str(), day, err, sizeof err);
	}
	~Opened() { capture_close(&c); }
	// Every frame must pass the frame parser with checksums verified.
	std::vector<Frame> frames()
	{
		std::vector<Frame> all;
		struct capture_record r[7];

		for (unsigned n; (n = capture_read(&c, r, 7)) > 0;)
			for (unsigned i = 0; i < n; i++) {
				struct frame_view v;
				struct packet p;

				EXPECT_TRUE(r[i].synthesised);
				EXPECT_EQ(frame_parse(r[i].data, r[i].bytes, r[i].wire_bytes, true, &v), FRAME_OK);
				EXPECT_TRUE(mold64_header(v.payload, v.bytes, &p));
				EXPECT_EQ(std::string((const char *)v.payload, 10), "RAWITCH50 ");
				all.push_back({ r[i].ts_ns, p.first_seq, p.count,
						std::string((const char *)p.body, (size_t)(v.payload + v.bytes - p.body)) });
			}
		return all;
	}
};

TEST(CaptureRaw, WrapsMessagesThatAreCloseInTime)
{
	std::string a = with_length(message('S', 5000)), b = with_length(message('X', 5900)),
		    c = with_length(message('D', 6001)), d = with_length(message('D', 6000));
	TempFile file(a + b + c + d, "S20240102x");
	Opened o(file.path);
	ASSERT_EQ(o.rc, 0) << o.err;
	EXPECT_EQ(o.c.kind, CAPTURE_RAW_ITCH50);
	EXPECT_EQ(o.c.date_source, CAPTURE_DATE_NAME);
	auto f = o.frames();
	uint64_t midnight = UINT64_C(1704171600) * NS_PER_S; // 2024-01-02 05:00 UTC

	ASSERT_EQ(f.size(), 3u);
	EXPECT_EQ(f[0].ts, midnight + 5900);
	EXPECT_EQ(f[0].seq, 1u);
	EXPECT_EQ(f[0].count, 2u);
	EXPECT_EQ(f[0].body, a + b);
	EXPECT_EQ(f[1].ts, midnight + 6001);
	EXPECT_EQ(f[1].seq, 3u);
	EXPECT_EQ(f[2].ts, midnight + 6000); // time went back: a frame of its own
	EXPECT_EQ(f[2].seq, 4u);
	EXPECT_EQ(o.c.cut_tail_bytes, 0u);
	capture_rewind(&o.c);
	EXPECT_EQ(o.frames().size(), 3u);
}

TEST(CaptureRaw, FramesHoldWhatFits)
{
	std::string one = with_length(message('A', 77)), all;
	for (int i = 0; i < 1000; i++)
		all += one;
	TempFile file(all);
	Opened o(file.path);
	auto f = o.frames();
	uint64_t seq = 1;
	std::string got;

	for (auto &x : f) {
		EXPECT_EQ(x.seq, seq);
		EXPECT_LE(x.body.size(), 1380u);
		seq += x.count;
		got += x.body;
	}
	EXPECT_EQ(seq, 1001u);
	EXPECT_EQ(got, all);
	EXPECT_EQ(o.c.date_source, CAPTURE_DATE_EPOCH);
}

TEST(CaptureRaw, LengthsOfZeroMeanTheTypes)
{
	TempFile file(with_length(message('S', 1), true) + with_length(message('R', 2), true) +
		      with_length(message('A', 5000), true));
	Opened o(file.path);
	ASSERT_EQ(o.rc, 0) << o.err;
	auto f = o.frames();
	ASSERT_EQ(f.size(), 2u);
	EXPECT_EQ(f[0].body, with_length(message('S', 1)) + with_length(message('R', 2)));
	EXPECT_EQ(f[1].body, with_length(message('A', 5000)));
}

TEST(CaptureRaw, DatesOfNames)
{
	struct {
		const char *name;
		enum capture_date source;
		int32_t day;
	} cases[] = {
		{ "12302019.NASDAQ_ITCH50", CAPTURE_DATE_NAME, 18260 },
		{ "S123019-v50.txt", CAPTURE_DATE_NAME, 18260 },
		{ "S123019-v50-bx.txt", CAPTURE_DATE_NAME, 18260 },
		{ "S123019-x.txt", CAPTURE_DATE_EPOCH, 0 },
		{ "nasdaq_20191230_start", CAPTURE_DATE_NAME, 18260 },
		{ "x_20191330", CAPTURE_DATE_EPOCH, 0 },
		{ "120191230", CAPTURE_DATE_EPOCH, 0 },
	};
	for (auto &c : cases) {
		TempFile file(with_length(message('S', 0)), c.name);
		Opened o(file.path);
		struct capture_record r;
		struct calendar_day d;

		calendar_day_by_date(c.day, &d);
		EXPECT_EQ(o.c.date_source, c.source) << c.name;
		ASSERT_EQ(capture_next(&o.c, &r), 1);
		EXPECT_EQ(r.ts_ns, d.midnight_ns) << c.name;
	}
	TempFile file(with_length(message('S', 0)), "20191230");
	Opened o(file.path, 20000);
	EXPECT_EQ(o.c.date_source, CAPTURE_DATE_GIVEN);
}

TEST(CaptureRaw, LaterRevisionsAndDamage)
{
	// Longer than known, and a type nobody knows: both pass. Then half a message: the tail.
	std::string longer = with_length(message('D', 1, 25)), unknown = with_length(message('z', 2, 30));
	TempFile file(with_length(message('S', 0)) + longer + unknown + with_length(message('A', 3)).substr(0, 20));
	Opened o(file.path);
	ASSERT_EQ(o.rc, 0) << o.err;
	auto f = o.frames();
	ASSERT_EQ(f.size(), 1u);
	EXPECT_EQ(f[0].count, 3u);
	EXPECT_EQ(o.c.cut_tail_bytes, 20u);

	TempFile ends(with_length(message('S', 0)) + std::string(2, '\0'));
	Opened e(ends.path);
	EXPECT_EQ(e.frames().size(), 1u);
	EXPECT_EQ(e.c.cut_tail_bytes, 0u);

	TempFile shorter(with_length(message('A', 0, 20)));
	Opened s(shorter.path);
	EXPECT_NE(s.rc, 0);
}

TEST(CaptureRaw, RealFileComesOutWhole)
{
	const char *captures = getenv("WIREBAR_CAPTURES");
	for (const char *name : { "nasdaq_20191230_start_1000.itch50", "SYNTHETIC_ritch_ex20101224.TEST_ITCH_50" }) {
		std::ifstream in(std::string(captures ? captures : "../shared/captures") + "/itch50_file/" + name,
				 std::ios::binary);
		if (!in)
			GTEST_SKIP() << "captures are absent";
		std::stringstream whole;
		whole << in.rdbuf();
		TempFile file(gzip(whole.str()), name);
		Opened o(file.path);
		ASSERT_EQ(o.rc, 0) << o.err;
		uint64_t messages = 0, bytes = 0;

		for (auto &x : o.frames()) {
			messages += x.count;
			bytes += x.body.size();
		}
		EXPECT_EQ(bytes, whole.str().size()) << name;
		EXPECT_EQ(messages, name[0] == 'n' ? 1000u : 12012u);
		EXPECT_EQ(o.c.cut_tail_bytes, 0u);
		EXPECT_EQ(o.c.date_source, CAPTURE_DATE_NAME);
	}
}

} // namespace

namespace {

std::string soup(char type, const std::string &payload)
{
	Bytes b;

	b.big = true;
	return b.u16(payload.size() + 1).u8((uint8_t)type).raw(payload).s;
}

std::string login(const std::string &seq)
{
	return soup('A', "000000000A" + std::string(20 - seq.size(), ' ') + seq);
}

} // namespace

TEST(CaptureSoup, MessagesOfAConnectionAreNumberedAsItsLoginsSay)
{
	std::string system = message('S', 1000), add = message('A', 1500), trade = message('P', 9000);
	std::string all = login("17") + soup('+', "debug") + soup('S', system) + soup('H', "") + soup('S', add) + soup('S', trade) +
			  login("40") + soup('S', trade) + soup('Z', "");
	TempFile file(all);
	Opened o(file.path);
	ASSERT_EQ(o.rc, 0) << o.err;
	auto f = o.frames();
	ASSERT_EQ(f.size(), 3u);
	EXPECT_EQ(f[0].seq, 17u);
	EXPECT_EQ(f[0].count, 2u);
	EXPECT_EQ(f[0].body, with_length(system) + with_length(add));
	EXPECT_EQ(f[1].seq, 19u);
	EXPECT_EQ(f[2].seq, 40u);
	EXPECT_EQ(f[2].body, with_length(trade));
	EXPECT_EQ(o.c.cut_tail_bytes, 0u);
}

TEST(CaptureSoup, RawFilesAreNone)
{
	for (char type : { 'S', 'A', 'J', 'H', 'R' }) {
		TempFile file(with_length(message(type, 5)) + with_length(message('S', 7)));
		Opened o(file.path);
		ASSERT_EQ(o.rc, 0) << o.err;
		auto f = o.frames();
		EXPECT_EQ(f[0].body, with_length(message(type, 5)) + with_length(message('S', 7))) << type;
	}
}

TEST(CaptureSoup, AnythingElseIsACutTail)
{
	std::string good = login("1") + soup('S', message('S', 1)), bad = soup('U', "unsequenced") + soup('S', message('S', 2));
	TempFile file(good + bad), shorter(good.substr(0, good.size() - 1));
	Opened o(file.path);
	ASSERT_EQ(o.rc, 0) << o.err;
	EXPECT_EQ(o.frames().size(), 1u);
	EXPECT_EQ(o.c.cut_tail_bytes, bad.size());
	Opened s(shorter.path);
	EXPECT_NE(s.rc, 0); // not one whole message: no capture
}

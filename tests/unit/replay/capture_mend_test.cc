/* SPDX-License-Identifier: BSD-3-Clause */
// Receive times of a recorder that is wrong, against those of the same recorder when it was right.
#include <gtest/gtest.h>

#include <vector>

extern "C" {
#include "drivers/feed/iex.h"
#include "drivers/feed/mold64.h"
#include "drivers/replay/mend.h"
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"
}

namespace {

constexpr int64_t S = 1000000000;
constexpr int64_t HOUR = 3600 * S;
constexpr int64_t OPEN = INT64_C(1692711000) * S; // 2023-08-22 09:30 in New York

using Frame = std::vector<uint8_t>;

Frame datagram(const Frame &payload)
{
	Frame f(42, 0);

	f[12] = 8;
	f[14] = 0x45;
	put_be16(&f[16], (uint16_t)(28 + payload.size()));
	f[22] = 16;
	f[23] = 17;
	put_be32(&f[30], 0xe9d71504);
	put_be16(&f[36], 10378);
	put_be16(&f[38], (uint16_t)(8 + payload.size()));
	f.insert(f.end(), payload.begin(), payload.end());
	return f;
}

// A heartbeat segment of IEX: it tells when it was sent, in UTC.
Frame iex(int64_t sent)
{
	Frame p(IEX_HEADER_BYTES, 0);

	iex_write_header(p.data(), IEX_DEEP10, 77, 1, 0, 0, 0, (uint64_t)sent);
	return datagram(p);
}

// One system event of ITCH: it tells the time of day. Without: a heartbeat, which tells none.
Frame itch(int64_t of_day, bool heartbeat = false)
{
	Frame p(MOLD64_HEADER_BYTES, 0);

	mold64_write_header(p.data(), "000010059B", 1, heartbeat ? 0 : 1);
	if (!heartbeat) {
		Frame m(14, 0);

		put_be16(m.data(), 12);
		m[2] = 'S';
		put_be48(&m[7], (uint64_t)of_day);
		m[13] = 'Q';
		p.insert(p.end(), m.begin(), m.end());
	}
	return datagram(p);
}

struct File {
	std::vector<Frame> frame;
	std::vector<struct capture_record> record;
	std::vector<int64_t> right;

	void add(const Frame &f, int64_t rx)
	{
		frame.push_back(f);
		struct capture_record r = {};

		r.bytes = r.wire_bytes = (uint32_t)f.size();
		r.ts_ns = (uint64_t)rx;
		record.push_back(r);
		right.push_back(rx);
	}
	void wrong(size_t i, int64_t rx) { record[i].ts_ns = (uint64_t)rx; }
	// In batches of n, as the merge does it. Returns how many were replaced.
	uint64_t settle(unsigned n = 64)
	{
		struct mend m;

		calendar_load();
		for (size_t i = 0; i < frame.size(); i++)
			record[i].data = frame[i].data();
		mend_begin(&m, 0);
		for (size_t at = 0; at < record.size(); at += n) {
			size_t left = record.size() - at;

			mend_settle(&m, &record[at], (unsigned)std::min<size_t>(n, left),
				    (unsigned)std::min<size_t>(n + MEND_AHEAD, left));
		}
		return m.mended;
	}
	// How far the furthest is from where it belongs.
	int64_t furthest() const
	{
		int64_t most = 0;

		for (size_t i = 0; i < record.size(); i++)
			most = std::max<int64_t>(most, llabs((int64_t)record[i].ts_ns - right[i]));
		return most;
	}
};

enum Kind { IEX, ITCH, MUTE };

// 200 packets, one each 50 ms.
File even(Kind kind)
{
	File f;

	for (int i = 0; i < 200; i++) {
		int64_t t = OPEN + i * S / 20, of_day = (9 * 60 + 30) * 60 * S + i * S / 20;

		f.add(kind == IEX ? iex(t - 50000) : itch(of_day - 50000, kind == MUTE), t);
	}
	return f;
}

TEST(CaptureMend, LoneRecordsAnywhere)
{
	for (Kind kind : { IEX, ITCH, MUTE })
		for (int64_t rx : { OPEN + HOUR, INT64_C(0), INT64_C(2145916800) * S, OPEN - HOUR, OPEN + 15 * S })
			for (size_t at : { 0, 1, 5, 63, 64, 100, 150, 190, 198, 199 })
				for (unsigned run : { 1u, 3u }) {
					File f = even(kind);

					for (unsigned k = 0; k < run && at + k < 200; k++)
						f.wrong(at + k, rx);
					// What begins or ends a file of packets that tell no time has no second witness.
					if (kind == MUTE && (at + run > 195 || at == 0))
						continue;
					uint64_t n = f.settle();
					EXPECT_LE(f.furthest(), S / 2) << "kind " << kind << " at " << at << " rx " << rx << " run " << run;
					EXPECT_EQ(n, std::min<uint64_t>(run, 200 - at));
				}
}

TEST(CaptureMend, EvenFilesStayAsTheyAre)
{
	for (Kind kind : { IEX, ITCH, MUTE })
		for (unsigned n : { 1u, 7u, 64u }) {
			File f = even(kind);

			EXPECT_EQ(f.settle(n), 0u);
			EXPECT_EQ(f.furthest(), 0);
		}
}

// The clock is set by an hour under way, and an hour back later: time goes on.
TEST(CaptureMend, ClockSetUnderWay)
{
	for (Kind kind : { IEX, ITCH })
		for (int64_t by : { HOUR, -HOUR, 2 * S, 25 * HOUR }) {
			File f = even(kind);

			for (size_t i = 80; i < 160; i++)
				f.wrong(i, f.right[i] + by);
			EXPECT_GE(f.settle(), 80u);
			EXPECT_LE(f.furthest(), S / 2) << "kind " << kind << " by " << by;
		}
}

// Nights, long pauses and a line that lags behind the other one are what they are.
TEST(CaptureMend, RealNightsAndLaggingLines)
{
	for (Kind kind : { IEX, ITCH, MUTE })
		for (int64_t pause : { 2 * S, 60 * S, 16 * HOUR, 3 * 24 * HOUR }) {
			File f;

			for (int i = 0; i < 200; i++) {
				int64_t t = i * S / 20 + (i < 100 ? 0 : pause), lag = i % 3 == 0 ? 9 * S : 0;
				int64_t of_day = ((9 * 60 + 30) * 60 * S + t - lag) % (24 * HOUR);

				Frame x = kind == IEX ? iex(OPEN + t - lag) : itch(of_day, kind == MUTE);
				if (kind == ITCH && i >= 100 && pause > HOUR)
					x[42 + 9] = 'C'; // the next day's session
				f.add(x, OPEN + t);
			}
			EXPECT_EQ(f.settle(), 0u) << "kind " << kind << " pause " << pause;
		}
}

// A heartbeat a second and more behind the others is not wrong because the last record is.
TEST(CaptureMend, WrongRecordsContradictNobody)
{
	File f = even(ITCH);

	f.add(itch(0, true), f.right.back() + 1100000000);
	f.add(itch(0, true), f.right.back() + 1100000000);
	f.wrong(f.record.size() - 1, OPEN - HOUR);
	EXPECT_EQ(f.settle(), 1u);
	EXPECT_EQ(f.record[200].ts_ns, (uint64_t)f.right[200]);
}

// A file that was put behind another one falls back for good: it is not reordered, and nothing is invented.
TEST(CaptureMend, AppendedFilesGetTheTimeOfTheFile)
{
	File f;

	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 100; i++)
			f.add(iex(OPEN + i * S), OPEN + i * S);
	EXPECT_EQ(f.settle(), 98u); // the last two are within a second of where the file stands
	EXPECT_EQ(f.record[150].ts_ns, (uint64_t)(OPEN + 99 * S));
	EXPECT_EQ(f.record[199].ts_ns, (uint64_t)(OPEN + 99 * S));
}

// Times that are noise cost a bounded look each, and never go back by more than a second.
TEST(CaptureMend, NoiseIsBounded)
{
	File f = even(IEX);
	uint64_t x = 88172645463325252u, at = 0;

	for (size_t i = 0; i < 200; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		f.wrong(i, (int64_t)(i % 2 ? x : x >> 20));
	}
	f.settle();
	for (auto &r : f.record) {
		EXPECT_GE(r.ts_ns + S, at);
		EXPECT_LE(r.ts_ns, UINT64_C(1) << 63);
		at = std::max(at, r.ts_ns);
	}
}

// A packet that others overtook tells an old time, and so do its copies: no clock was set, and nothing is replaced.
TEST(CaptureMend, OvertakenPacketsSetNoClock)
{
	for (int copies = 1; copies <= 3; copies++) {
		File f;
		int64_t of_day = 34200 * S;

		for (int i = 0; i < 20; i++)
			f.add(itch(of_day + i * S / 10), OPEN + i * S / 10);
		for (int i = 0; i < copies; i++)
			f.add(itch(of_day + 2 * S), OPEN + 4 * S + 10 * i);
		for (int i = 5; i < 40; i++)
			f.add(itch(of_day + i * S, true), OPEN + i * S);
		EXPECT_EQ(f.settle(), 0u) << copies;
		EXPECT_EQ(f.furthest(), 0) << copies;
	}
}

} // namespace

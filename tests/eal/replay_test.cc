/* SPDX-License-Identifier: BSD-3-Clause */
// The replay port on a real EAL. No timing is asserted but the one that is the port's promise: no frame before it
// is due in the port's own clock.
#include <gtest/gtest.h>

#include <unistd.h>

#include <vector>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/replay/replay.h"
#include "lcore/base/calendar.h"
#include "lcore/base/port.h"
#include "tests/shim/eal.h"
}

namespace {

const uint32_t T0 = 1700000000;

struct Replay {
	struct port *port;
	char err[512] = "";

	Replay(std::vector<const char *> paths, double speed, unsigned loops = 1)
	{
		struct replay_conf conf = {};

		conf.name = "r0";
		conf.paths = paths.data();
		conf.n_paths = (unsigned)paths.size();
		conf.speed = speed;
		conf.trade_day = 0;
		conf.loops = loops;
		conf.numa_node = -1;
		port = replay_create(&conf, err, sizeof err);
	}
	~Replay()
	{
		shim_free();
		if (port)
			port->ops->destroy(port);
	}
	struct port_stats stats()
	{
		struct port_stats s;

		port->ops->stats(port, &s);
		return s;
	}
	std::vector<struct shim_frame> all(unsigned burst)
	{
		std::vector<struct shim_frame> out;
		struct shim_frame f[SHIM_BURST];

		while (!port->ops->ended(port)) {
			unsigned n = shim_rx(port, 0, f, burst);
			out.insert(out.end(), f, f + n);
			if (shim_held() > 256)
				shim_free();
		}
		return out;
	}
};

std::string numbered(unsigned n, unsigned step_us, unsigned bytes = 64)
{
	Bytes b = pcap_header(false, false);

	for (unsigned i = 0; i < n; i++) {
		std::string frame(bytes, '\0');

		memcpy(&frame[0], &i, 4);
		pcap_record(b, T0 + i * step_us / 1000000, i * step_us % 1000000, frame);
	}
	return b.s;
}

TEST(Replay, FlatOutHandsOutAllWithoutCopying)
{
	TempFile file(numbered(10000, 10));
	for (unsigned burst : { 1u, 7u, 32u, 256u }) {
		Replay r({ file.path.c_str() }, 0);
		struct shim_frame f[SHIM_BURST];
		unsigned n = 0;

		ASSERT_TRUE(r.port) << r.err;
		EXPECT_EQ(r.port->clock, PORT_CLOCK_FLAT);
		while (!r.port->ops->ended(r.port)) {
			unsigned got = shim_rx(r.port, 0, f, burst);
			for (unsigned i = 0; i < got; i++, n++) {
				uint32_t id;

				memcpy(&id, f[i].data, 4);
				ASSERT_EQ(id, n);
				ASSERT_EQ(f[i].rx_ns, T0 * NS_PER_S + n * 10000);
				ASSERT_EQ(f[i].bytes, 64u);
				ASSERT_EQ(f[i].wire_bytes, 64u);
				ASSERT_EQ(f[i].segments, 1u);
				ASSERT_TRUE(f[i].zero_copy);
				ASSERT_TRUE(f[i].rx_time_flag);
			}
			if (n % 2) // hold some over the next bursts
				shim_free();
		}
		EXPECT_EQ(n, 10000u);
		EXPECT_EQ(r.stats().frames, 10000u);
		EXPECT_EQ(r.stats().bytes, 640000u);
		EXPECT_EQ(r.port->ops->progress(r.port), 1.0);
		EXPECT_EQ(shim_rx(r.port, 0, f, 8), 0u);
	}
}

TEST(Replay, EmptyPoolWaitsAndLosesNothing)
{
	TempFile file(numbered(20000, 1));
	Replay r({ file.path.c_str() }, 0);
	struct shim_frame f[SHIM_BURST];
	unsigned n = 0, got;

	ASSERT_TRUE(r.port) << r.err;
	while ((got = shim_rx(r.port, 0, f, 256)) > 0)
		n += got; // hold all
	EXPECT_LT(n, 20000u);
	EXPECT_FALSE(r.port->ops->ended(r.port));
	EXPECT_GT(r.stats().no_mbuf, 0u);
	shim_free();
	n += (unsigned)r.all(64).size();
	EXPECT_EQ(n, 20000u);
}

TEST(Replay, CutFramesAndTailAreCounted)
{
	Bytes b = pcap_header(true, true);
	pcap_record(b, T0, 1, std::string(60, 'x'), 1500);
	pcap_record(b, T0, 2, std::string(60, 'y'));
	pcap_record(b, T0, 3, std::string(70000, 'z'));
	b.raw("rest");
	TempFile file(b.s);
	Replay r({ file.path.c_str() }, 0);
	ASSERT_TRUE(r.port) << r.err;
	auto f = r.all(32);

	ASSERT_EQ(f.size(), 3u);
	EXPECT_EQ(f[0].wire_bytes, 1500u);
	EXPECT_EQ(f[1].wire_bytes, 60u);
	EXPECT_EQ(f[2].wire_bytes, 70000u); // longer than a segment can be
	EXPECT_EQ(f[2].bytes, 65535u);
	EXPECT_EQ(r.stats().cut_frames, 2u);
	EXPECT_EQ(r.stats().cut_tail_bytes, 4u);
	EXPECT_EQ(r.stats().bytes, 60u + 60u + 65535u);
}

TEST(Replay, PacedHandsOutNothingBeforeItIsDue)
{
	TempFile a(numbered(200, 500)), b(numbered(100, 1000)); // 100 ms of capture, at 4x
	Replay r({ a.path.c_str(), b.path.c_str() }, 4);
	struct shim_frame f[SHIM_BURST];
	uint64_t last = 0, n = 0, empty = 0;

	ASSERT_TRUE(r.port) << r.err;
	EXPECT_EQ(r.port->clock, PORT_CLOCK_PACED);
	EXPECT_EQ(r.port->ops->now_ns(r.port), T0 * NS_PER_S); // stands still until the first poll
	while (!r.port->ops->ended(r.port)) {
		unsigned got = shim_rx(r.port, 0, f, 32);
		uint64_t now = r.port->ops->now_ns(r.port);

		empty += got == 0;
		for (unsigned i = 0; i < got; i++, n++) {
			ASSERT_LE(f[i].rx_ns, now);
			ASSERT_GE(f[i].rx_ns, last);
			last = f[i].rx_ns;
		}
		shim_free();
	}
	EXPECT_EQ(n, 300u);
	EXPECT_GT(empty, 0u);
	EXPECT_GE(r.port->ops->now_ns(r.port), T0 * NS_PER_S + 99500000);
}

TEST(Replay, RawFilesAreCopiedAndMergeWithOthers)
{
	ASSERT_EQ(calendar_load(), 0);
	Bytes raw;
	raw.big = true;
	for (unsigned i = 0; i < 1000; i++) {
		raw.u16(12).raw("S").u16(0).u16(0).u(UINT64_C(10000) * i, 6).raw("O");
	}
	Bytes cap = pcap_header(false, true);
	for (unsigned i = 0; i < 100; i++) // the epoch day's midnight in New York is 05:00 UTC
		pcap_record(cap, 5 * 3600, i * 100000 + 5, std::string(50, 'p'));
	TempFile a(raw.s), b(cap.s);
	Replay r({ a.path.c_str(), b.path.c_str() }, 0);
	ASSERT_TRUE(r.port) << r.err;
	EXPECT_EQ(replay_capture(r.port, 0)->kind, CAPTURE_RAW_ITCH50);
	EXPECT_EQ(replay_capture(r.port, 0)->date_source, CAPTURE_DATE_GIVEN);
	EXPECT_EQ(replay_capture(r.port, 2), nullptr);
	struct shim_frame f[SHIM_BURST];
	uint64_t last = 0, next_seq = 1, copied = 0, mapped = 0;

	while (!r.port->ops->ended(r.port)) {
		unsigned got = shim_rx(r.port, 0, f, 100);
		for (unsigned i = 0; i < got; i++) {
			ASSERT_GE(f[i].rx_ns, last);
			last = f[i].rx_ns;
			if (f[i].zero_copy) {
				ASSERT_EQ(f[i].data[0], 'p');
				mapped++;
				continue;
			}
			uint64_t seq = 0;
			for (int k = 0; k < 8; k++)
				seq = seq << 8 | f[i].data[42 + 10 + k];
			ASSERT_EQ(seq, next_seq);
			next_seq++;
			copied++;
		}
		shim_free();
	}
	EXPECT_EQ(copied, 1000u);
	EXPECT_EQ(mapped, 100u);
}

TEST(Replay, RoundsGoOnInTime)
{
	TempFile file(numbered(10, 100));
	Replay r({ file.path.c_str() }, 0, 3);
	ASSERT_TRUE(r.port) << r.err;
	auto f = r.all(4);

	ASSERT_EQ(f.size(), 30u);
	for (unsigned i = 1; i < 30; i++)
		EXPECT_GT(f[i].rx_ns, f[i - 1].rx_ns);
	EXPECT_EQ(f[10].rx_ns - f[9].rx_ns, NS_PER_S);
	EXPECT_EQ(f[20].rx_ns - f[19].rx_ns, NS_PER_S);
}

TEST(Replay, RefusesWithReason)
{
	TempFile bad("not a capture at all"), good(numbered(1, 1));
	Replay a({ good.path.c_str(), bad.path.c_str() }, 0);
	EXPECT_EQ(a.port, nullptr);
	EXPECT_NE(std::string(a.err).find(bad.path), std::string::npos) << a.err;
	Replay b({ good.path.c_str() }, -1);
	EXPECT_EQ(b.port, nullptr);
	EXPECT_NE(std::string(b.err).find("speed"), std::string::npos) << b.err;
}

// The lines of one stream stay on one port: of a pair on two ports one may be without captures.
TEST(Replay, APortWithoutCapturesEndsAtOnce)
{
	Replay r({}, 0);
	ASSERT_TRUE(r.port) << r.err;
	EXPECT_EQ(r.all(32).size(), 0u);
}

TEST(Replay, CaptureWithoutFramesEnds)
{
	TempFile file(pcap_header(false, true).s);
	for (double speed : { 0.0, 1.0 }) {
		Replay r({ file.path.c_str() }, speed);
		ASSERT_TRUE(r.port) << r.err;
		EXPECT_EQ(r.all(32).size(), 0u);
	}
}

TEST(Replay, FramesOutliveThePort)
{
	TempFile file(numbered(10, 1));
	Replay r({ file.path.c_str() }, 0);
	struct shim_frame f[SHIM_BURST];

	ASSERT_EQ(shim_rx(r.port, 0, f, 10), 10u);
	r.port->ops->destroy(r.port);
	r.port = nullptr;
	EXPECT_EQ(f[9].data[0], 9);
}

} // namespace

SHIM_MAIN

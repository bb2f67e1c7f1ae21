/* SPDX-License-Identifier: BSD-3-Clause */
// The NIC port on virtual devices that need no privilege: rings, capture files and the null device.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstring>
#include <vector>

#include "tests/unit/capture_write.h"

extern "C" {
#include "drivers/nic/nic.h"
#include "drivers/nic/nic_clock.h"
#include "drivers/nic/pool.h"
#include "lcore/base/port.h"
#include "tests/shim/eal.h"
void rte_pktmbuf_free_bulk(struct rte_mbuf **mbufs, unsigned n); // rte_mbuf.h is not C++ of ours
}

namespace {

struct Nic {
	struct port *port;
	char err[512] = "";

	explicit Nic(const std::string &device, unsigned queues = 1, bool promiscuous = true,
		     std::vector<uint32_t> groups = {}, unsigned mtu = 0)
	{
		struct nic_conf conf = {};

		conf.name = "n0";
		conf.device = device.c_str();
		conf.queues = queues;
		conf.rx_desc = 256;
		conf.promiscuous = promiscuous;
		conf.groups = groups.data();
		conf.n_groups = (unsigned)groups.size();
		conf.mtu = mtu;
		port = nic_create(&conf, err, sizeof err);
	}
	~Nic()
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
};

bool says(const char *err, const char *what)
{
	return strstr(err, what) != nullptr;
}

TEST(Nic, ReceivesFromAPortThatIsThere)
{
	ASSERT_EQ(shim_ring_port("wire0"), 0);
	Nic none("no_such_port");
	EXPECT_EQ(none.port, nullptr);
	EXPECT_TRUE(says(none.err, "no_such_port") && says(none.err, "wire0")) << none.err;

	Nic nic("net_ring_wire0");
	if (!nic.port)
		FAIL() << nic.err;
	ASSERT_EQ(nic.port->ops->start(nic.port), 0);
	EXPECT_EQ(nic.port->clock, PORT_CLOCK_LIVE);
	struct shim_frame f[SHIM_BURST];
	uint64_t before = nic_clock_now_ns();

	for (uint8_t i = 0; i < 100; i++) {
		uint8_t bytes[64] = { i };
		ASSERT_EQ(shim_ring_put(bytes, sizeof bytes), 0);
	}
	unsigned n = 0;
	for (unsigned polls = 0; polls < 100 && n < 100; polls++) {
		unsigned got = shim_rx(nic.port, 0, f, 32);
		for (unsigned i = 0; i < got; i++, n++) {
			EXPECT_EQ(f[i].data[0], n);
			EXPECT_GE(f[i].rx_ns, before);
			EXPECT_LE(f[i].rx_ns, nic.port->ops->now_ns(nic.port));
			EXPECT_TRUE(f[i].rx_time_flag);
			EXPECT_EQ(f[i].wire_bytes, 64u);
		}
	}
	EXPECT_EQ(n, 100u);
	EXPECT_EQ(nic.stats().frames, 100u);
	EXPECT_EQ(nic.stats().bytes, 6400u);
	EXPECT_FALSE(nic.port->ops->ended(nic.port));
	nic.port->ops->stop(nic.port);
}

// The device is plugged in after EAL began, and out again: the same name serves twice.
TEST(Nic, PlugsInVirtualDevices)
{
	Bytes b = pcap_header(false, false);
	for (unsigned i = 0; i < 50; i++)
		pcap_record(b, 1, i, std::string(60, (char)i));
	TempFile file(b.s);
	for (int round = 0; round < 2; round++) {
		Nic nic("net_pcap7,rx_pcap=" + file.path, 1, round == 0, { 0xe9360c6f });
		if (!nic.port)
			FAIL() << nic.err;
		ASSERT_EQ(nic.port->ops->start(nic.port), 0);
		struct shim_frame f[SHIM_BURST];
		unsigned n = 0;
		uint64_t now = nic_clock_now_ns();

		for (unsigned polls = 0; polls < 100 && n < 50; polls++) {
			unsigned got = shim_rx(nic.port, 0, f, 32);
			n += got;
			// Stamped 1970 by the device: not of now, so the poll's time counts.
			for (unsigned i = 0; i < got; i++)
				EXPECT_GE(f[i].rx_ns, now);
		}
		EXPECT_EQ(n, 50u);
	}
}

// Frames that nobody gives back: the pool runs dry, what finds it empty is counted, and the port goes on when they are back.
TEST(Nic, APoolThatIsEmptyIsCountedAndNotTheEnd)
{
	const unsigned n = 6000;
	Bytes b = pcap_header(false, false);
	for (unsigned i = 0; i < n; i++)
		pcap_record(b, 1, i, std::string(60, (char)i));
	TempFile file(b.s);
	Nic nic("net_pcap8,rx_pcap=" + file.path);
	if (!nic.port)
		FAIL() << nic.err;
	ASSERT_EQ(nic.port->ops->start(nic.port), 0);
	std::vector<rte_mbuf *> held(n);
	unsigned got = 0, last = 1;

	for (unsigned polls = 0; polls < n && last; polls++)
		got += last = port_rx(nic.port, 0, held.data() + got, 32);
	struct pool_conf size = {};
	size.descriptors = 256, size.in_flight = 512, size.burst = 256, size.mtu = 1500;
	EXPECT_LE(got, pool_frames(&size)) << "all of the pool";
	EXPECT_LT(got, n - 100);
	EXPECT_GT(nic.stats().no_mbuf, 0u);
	EXPECT_EQ(nic.stats().frames, got);
	EXPECT_EQ(port_rx(nic.port, 0, held.data() + got, 32), 0u) << "still empty";
	rte_pktmbuf_free_bulk(held.data(), got);
	unsigned more = 0;

	for (unsigned polls = 0; polls < n; polls++) {
		unsigned k = port_rx(nic.port, 0, held.data(), 32);

		rte_pktmbuf_free_bulk(held.data(), k);
		more += k;
	}
	EXPECT_GT(more, 100u);
	EXPECT_EQ(got + more + nic.stats().no_mbuf, n) << "each frame was handed out, or is counted";
	nic.port->ops->stop(nic.port);
}

TEST(Nic, RefusesWithReason)
{
	struct {
		const char *device;
		unsigned queues;
		std::vector<uint32_t> groups;
		const char *says;
	} cases[] = {
		{ "eth_does_not_exist", 1, {}, "net_af_xdp0,iface=NAME" },
		{ "net_nosuchdriver0,a=b", 1, {}, "net_nosuchdriver0,a=b" },
		{ "", 1, {}, "no name" },
		{ "net_null1", 17, {}, "allowed are 16" },
		{ "net_null2", 1, { 0x0a000001 }, "10.0.0.1 is no multicast group" },
	};
	for (auto &c : cases) {
		Nic nic(c.device, c.queues, c.groups.empty(), c.groups);

		EXPECT_EQ(nic.port, nullptr) << c.device;
		EXPECT_TRUE(says(nic.err, c.says)) << nic.err;
	}
	TempFile file(pcap_header(false, false).s);
	Nic nic("net_pcap8,rx_pcap=" + file.path, 9);
	EXPECT_EQ(nic.port, nullptr);
	EXPECT_TRUE(says(nic.err, "1 receive queues; 9 wanted")) << nic.err;
}

TEST(Nic, PoolsFollowTheFormula)
{
	struct pool_conf conf = {};

	conf.descriptors = 1024;
	conf.in_flight = 512;
	conf.burst = 256;
	EXPECT_EQ(pool_frames(&conf), 4095u); // 1024 + 512 + 512 + 768 = 2816
	conf.af_xdp = true;
	EXPECT_EQ(pool_frames(&conf), 8191u); // 4096 + 512 + 512 + 768 = 5888
	conf.descriptors = 8192;
	EXPECT_EQ(pool_frames(&conf), 16383u);
}

TEST(NicClock, FollowsTheHostAndNeverGoesBack)
{
	struct timespec ts;
	uint64_t last = 0;

	nic_clock_init();
	for (int i = 0; i < 20; i++) {
		nic_clock_discipline();
		for (int k = 0; k < 1000; k++) {
			uint64_t now = nic_clock_now_ns();
			ASSERT_GE(now, last);
			last = now;
		}
		usleep(1000);
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	int64_t off = (int64_t)(nic_clock_now_ns() - ((uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec));
	EXPECT_LT(std::abs(off), 50 * (int64_t)NS_PER_MS); // of the right epoch and unit, not how exact
}

} // namespace

SHIM_MAIN

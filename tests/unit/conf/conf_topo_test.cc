/* SPDX-License-Identifier: BSD-3-Clause */
// The topology: one test for each wiring it refuses, and the placement of cpu = auto.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

extern "C" {
#include "conf/conf.h"
#include "conf/topo.h"
}

namespace
{

// Line numbers of the base: port 1-2, ingest 3-6, signal 7-9, telemetry 10-12, links 13-15 and 16-18.
const char *const BASE = "[port a]\nqueues = 1\n"
			 "[lcore i]\nstage = ingest\nqueues = a:0\ncpu = 2\n"
			 "[lcore s]\nstage = signal\ncpu = 3\n"
			 "[lcore t]\nstage = telemetry\ncpu = 4\n"
			 "[link is]\nfrom = i\nto = s\n"
			 "[link st]\nfrom = s\nto = t\n";

class Topo : public testing::Test
{
      protected:
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	struct topo_host host;
	struct conf_error err;

	// Cpus 0-3 on node 0, 4-7 on node 1.
	void SetUp() override
	{
		topo_host_init(&host);
		for (int i = 0; i < 8; i++)
			host.cpu_node[i] = (int16_t)(i / 4);
	}
	void parse(const std::string &text)
	{
		ASSERT_EQ(0, conf_parse(c.get(), "t.conf", text.data(), text.size(), &err)) << err.text;
	}
	void accepted(const std::string &text, const struct topo_host *on = nullptr)
	{
		parse(text);
		EXPECT_EQ(0, topo_check(c.get(), on, &err)) << err.text;
	}
	void refused(const std::string &text, const std::string &message,
		     const struct topo_host *on = nullptr)
	{
		parse(text);
		EXPECT_EQ(-EINVAL, topo_check(c.get(), on, &err)) << text;
		EXPECT_EQ(0u, std::string(err.text).find(message))
			<< "said:   " << err.text << "\nwanted: " << message;
	}
	// BASE with one part replaced.
	std::string with(const std::string &from, const std::string &to)
	{
		std::string text = BASE;
		size_t at = text.find(from);

		EXPECT_NE(at, std::string::npos);
		return text.replace(at, from.size(), to);
	}
	std::string also(const std::string &more) { return BASE + more; }
};

TEST_F(Topo, Accepts)
{
	accepted(BASE);
	accepted(BASE, &host);
	accepted(also("[link ts]\nfrom = t\nto = s\ndepth = 8\n[link it]\nfrom = i\nto = t\n"), &host);
}

TEST_F(Topo, CpuUsedTwice)
{
	refused(with("cpu = 3", "cpu = 2"), "t.conf:9: [lcore s] cpu: found 2, which lcore i (line 6) has "
					    "too, allowed: a cpu of its own, or share_cpu");
	accepted(with("cpu = 3", "cpu = 2") + "[run]\nshare_cpu = yes\n");
	refused(also("[eal]\nmain_cpu = 4\n"),
		"t.conf:12: [lcore t] cpu: found 4, which is [eal] main_cpu (line 20)");
}

TEST_F(Topo, CpuNotThere)
{
	refused(with("cpu = 4", "cpu = 8"),
		"t.conf:12: [lcore t] cpu: found 8, which this machine has not, allowed: cpus from 0 to 7, "
		"auto",
		&host);
	refused(also("[eal]\nmain_cpu = 9\n"),
		"t.conf:20: [eal] main_cpu: found 9, which this machine has not", &host);
	accepted(with("cpu = 4", "cpu = 8"));
}

TEST_F(Topo, OffNumaNode)
{
	host.port_node[0] = 1;
	refused(BASE,
		"t.conf:6: [lcore i] cpu: found 2 on NUMA node 0, port a is on node 1, allowed: a cpu of "
		"node 1, or remote_numa = yes",
		&host);
	accepted(with("cpu = 2\n", "cpu = 2\nremote_numa = yes\n"), &host);
	host.port_node[0] = 0;
	accepted(BASE, &host);
}

TEST_F(Topo, Links)
{
	refused(with("to = s", "to = x"),
		"t.conf:15: [link is] to: found \"x\", allowed: the lcores i, s, t");
	refused(with("from = i", "from = "), "t.conf:14: [link is] from: found \"\", allowed: the lcores");
	refused(also("[link n]\nto = t\n"), "t.conf:19: [link n] from: found \"\"");
	refused(with("to = t", "to = s"),
		"t.conf:18: [link st] to: found s, which it comes from, allowed: another lcore");
	accepted(also("[link si]\nfrom = s\nto = i\n")); // by which orders go
	refused(also("[link ti]\nfrom = t\nto = i\n"),
		"t.conf:21: [link ti] to: found i (ingest), allowed from t (telemetry): signal");
	refused(also("[link is2]\nfrom = i\nto = s\n"),
		"t.conf:20: [link is2] from: found i to s, which link is (line 13) is already");
	refused(with("to = s\n", "to = s\ndepth = 100\n"),
		"t.conf:16: [link is] depth: found 100, allowed: a power of two, or 0");
	refused(with("to = s\n", "to = s\ndepth = 1\n"), "t.conf:16: [link is] depth: found 1");
	refused(also("[lcore e]\nstage = export\n"),
		"t.conf:19: [lcore e] stage: found export, and no link to it");
	refused(also("[lcore e]\nstage = export\n[link ie]\nfrom = i\nto = e\n[link et]\nfrom = e\nto = t\n"),
		"t.conf:26: [link et] to: found t (telemetry), allowed from e (export): none");
	refused(also("[lcore e]\nstage = export\n[link te]\nfrom = t\nto = e\n"),
		"t.conf:23: [link te] to: found e (export), allowed from t (telemetry): signal");
}

TEST_F(Topo, AllowedDirections)
{
	int n = 0;

	for (int from = 0; from < CONF_STAGE_COUNT; from++)
		for (int to = 0; to < CONF_STAGE_COUNT; to++)
			n += topo_link_allowed((enum conf_stage)from, (enum conf_stage)to);
	EXPECT_EQ(10, n);
	EXPECT_TRUE(topo_link_allowed(CONF_STAGE_TELEMETRY, CONF_STAGE_SIGNAL));
	EXPECT_TRUE(topo_link_allowed(CONF_STAGE_INGEST, CONF_STAGE_INGEST));
	EXPECT_TRUE(topo_link_allowed(CONF_STAGE_SIGNAL, CONF_STAGE_INGEST));
}

// Orders need a way to each keeper of books, stops one from who watches them.
TEST_F(Topo, OrdersNeedTheirLinks)
{
	auto says = [this](const std::string &text, const std::string &message) {
		parse(text);
		EXPECT_EQ(-EINVAL, topo_check(c.get(), nullptr, &err)) << text;
		EXPECT_NE(std::string(err.text).find(message), std::string::npos) << err.text;
	};
	const std::string gate = "[gate g]\nshares = 100\nrule = 1s close > 1\n", on = "[orders]\nenabled = yes\n";

	says(also(on + gate), "[orders] enabled: found yes and 0 links from signal lcores to i, allowed: one");
	accepted(also("[link si]\nfrom = s\nto = i\n" + on + gate));
	says(also("[link si]\nfrom = s\nto = i\n" + on + "[gate g]\nrule = 1s close > 1\n"), "[gate g] shares: found 0 sizes");
	says(also("[link si]\nfrom = s\nto = i\n" + on + "[gate g]\nshares = 1\nrisk = 5\nrule = 1s close > 1\n"), "found 2 sizes");
	says(also("[link si]\nfrom = s\nto = i\n" + on + gate + "[stop all]\noffset = 10\n"),
		"[stop all]: found 0 links from telemetry to signal lcores, 0 with one the other way, allowed: one each way");
	accepted(also("[link si]\nfrom = s\nto = i\n[link ts]\nfrom = t\nto = s\n" + on + gate + "[stop all]\noffset = 10\n"));
	says(also("[lcore s1]\nstage = signal\n[link is1]\nfrom = i\nto = s1\n[link si]\nfrom = s\nto = i\n" + on + gate),
		"[orders] enabled: found yes and 2 signal lcores, allowed: one");
	const std::string rates = "[risk]\nentry_rate = 10\nexit_rate = 10\ncancel_rate = 11\n";

	says(also("[link si]\nfrom = s\nto = i\ndepth = 64\n" + on + gate + rates),
		"[link si] depth: found 64, allowed: at least 128 for what [risk] lets out at two closes");
	accepted(also("[link si]\nfrom = s\nto = i\ndepth = 128\n" + on + gate + rates));
	accepted(also("[link si]\nfrom = s\nto = i\n" + on + gate + rates));
	accepted(also("[link si]\nfrom = s\nto = i\ndepth = 64\n" + on + gate + "[risk]\nentry_rate = 10\nexit_rate = 10\ncancel_rate = 10\n"));
	says(also("[link si]\nfrom = s\nto = i\ndepth = 64\n" + on + "table = 64\n" + gate + "[risk]\nentry_rate = unlimited\n"),
		"[link si] depth: found 64, allowed: at least 256");
	const std::string stops = "[link si]\nfrom = s\nto = i\n[link ts]\nfrom = t\nto = s\n" + on + gate +
				  "[stop all]\noffset = 10\n[lcore t1]\nstage = telemetry\n";
	const std::string back = "[link t1s]\nfrom = t1\nto = s\n", there = "[link st1]\nfrom = s\nto = t1\n";

	accepted(also(stops + there));
	says(also(stops + back), "[stop all]: found 2 links from telemetry to signal lcores, 1 with one the other way");
	says(also(stops + back + there), "[stop all]: found 2 links from telemetry to signal lcores, 2 with one the other way");
	says(also("[orders]\nvenue = BATS\n"), "[orders] venue: found \"BATS\", allowed: NASDAQ, IEX");
	says(also("[orders]\ninstance = w1\n"), "[orders] instance: found \"w1\", allowed: two capitals or digits");
	says(also("[fees]\nrates = NASDAQ:AB=1\n"), "[fees] rates: found \"NASDAQ:AB=1\"");
	says(also("[fees]\nsells = 2026-05-01:0.000166:8.3\n"), "[fees] sells: found");
	accepted(also("[fees]\nrates = NASDAQ:A=-0.002, IEX:R=0.003\norder_min = ARCA=0.01\nsells = 2026-05-01:0.000166:8.3:27.8\n"));
}

// Several ingest lcores: one owns the bars, the others relay to it and to nobody else.
TEST_F(Topo, Relays)
{
	const std::string second = "[port b]\nqueues = 1\n[lcore j]\nstage = ingest\nqueues = b:0\ncpu = 5\n";
	const std::string relay = "[link ji]\nfrom = j\nto = i\n";

	accepted(also(second + relay));
	refused(also(second), "t.conf:21: [lcore j] stage: found a second ingest lcore without a link to i (line 3)");
	refused(also(second + relay + "[link js]\nfrom = j\nto = s\n"),
		"t.conf:29: [link js] from: found j, which relays to i by link ji (line 25), allowed: no other link from it");
	refused(also(second + relay + "[port d]\nqueues = 1\n[lcore k]\nstage = ingest\nqueues = d:0\ncpu = 6\n"
		     "[link kj]\nfrom = k\nto = j\n"),
		"t.conf:36: [link kj] to: found j, which relays itself");
}

TEST_F(Topo, Queues)
{
	refused(with("queues = a:0\n", ""), "t.conf:3: [lcore i] queues: found nothing, allowed: port:queue");
	refused(with("queues = a:0", "queues = b:0"),
		"t.conf:5: [lcore i] queues: found \"b:0\", an unknown port");
	refused(with("stage = signal\n", "stage = signal\nqueues = a:0\n"),
		"t.conf:9: [lcore s] queues: found \"a:0\", allowed: none, as stage signal");
	refused(also("[lcore i2]\nstage = ingest\nqueues = a\n"),
		"t.conf:21: [lcore i2] queues: found a:0, which lcore i (line 3) polls too");
	refused(with("queues = 1", "queues = 2"), "t.conf:2: [port a] queues: found queue 1 polled by no "
						  "lcore, allowed: a:1 in one ingest lcore's");
	refused(also("[port b]\n"), "t.conf:19: [port b] queues: found queue 0 polled by no lcore");
	refused("[lcore t]\nstage = telemetry\n",
		"t.conf: [lcore NAME] stage: found no ingest lcore, allowed: at least one");
	refused("", "t.conf: [lcore NAME] stage: found no ingest lcore");
}

TEST_F(Topo, Ports)
{
	refused(with("queues = 1", "speed = fast"),
		"t.conf:2: [port a] speed: found \"fast\", allowed: max, or a multiple as in 1x");
	refused(with("queues = 1", "device = net_null0\nspeed = 1x"),
		"t.conf:3: [port a] speed: found \"1x\" on a device, allowed: max");
	refused(with("queues = 1", "device = net_null0\nloops = 2"),
		"t.conf:3: [port a] loops: found 2 on a device, allowed: 1");
	refused(with("queues = 1", "device = net_null0\nfiles = a.pcap"),
		"t.conf:3: [port a] files: found files and a device");
	refused(with("queues = 1", "groups = 233.54.12.111, 10.0.0.1"),
		"t.conf:2: [port a] groups: found \"10.0.0.1\", allowed: 224.0.0.0 to");
	refused(with("queues = 1", "promiscuous = no"),
		"t.conf:2: [port a] promiscuous: found no, and no groups");
	accepted(with("queues = 1", "promiscuous = no\ngroups = 233.54.12.111"));
}

TEST_F(Topo, Values)
{
	refused(also("[bars]\nlateness = XNYS=1s\n"), "t.conf:20: [bars] lateness: found \"XNYS=1s\"");
	refused(also("[bars]\nearly_closes = soon\n"), "t.conf:20: [bars] early_closes: found \"soon\"");
	refused(also("[bars]\nwatch = SPY,WAYTOOLONG\n"),
		"t.conf:20: [bars] watch: found \"WAYTOOLONG\", allowed: symbols of 1 to 8 bytes");
	refused(also("[bars]\nwatch = SP Y\n"), "t.conf:20: [bars] watch: found \"SP Y\"");
	refused(also("[bars]\nwatch = A,B,C\nwatch_max = 2\n"),
		"t.conf:20: [bars] watch: found more than 2 symbols");
	refused(also("[feed]\ndate = today\n"),
		"t.conf:20: [feed] date: found \"today\", allowed: YYYY-MM-DD");
	accepted(also("[feed]\ndate = 2018-01-27\n"));
	for (const char *bad : { "", "a/b", ".hidden", "a b", "../x" })
		refused(also(std::string("[eal]\nfile_prefix = ") + bad + "\n"),
			"t.conf:20: [eal] file_prefix: found \"");
	refused(also("[eal]\nfile_prefix = " + std::string(49, 'x') + "\n"),
		"t.conf:20: [eal] file_prefix: found \"");
	refused(also("[gate g]\nside = long\n"), "t.conf:19: [gate g] rule: found none, allowed: 1 to 16");
}

TEST_F(Topo, ResolveGivesEachItsOwn)
{
	unsigned cpus[] = { 0, 1, 2, 5 };

	parse(with("cpu = 2\n", ""));
	c->lcore[1].cpu = c->lcore[2].cpu = CONF_CPU_AUTO;
	ASSERT_EQ(0, topo_resolve_cpus(c.get(), &host, cpus, 4, &err)) << err.text;
	EXPECT_EQ(0, c->lcore[0].cpu);
	EXPECT_EQ(1, c->lcore[1].cpu);
	EXPECT_EQ(2, c->lcore[2].cpu);
	EXPECT_EQ(5, c->eal.main_cpu);
	EXPECT_EQ(0, topo_check(c.get(), &host, &err)) << err.text;
}

TEST_F(Topo, ResolveTakesThePortsNode)
{
	unsigned cpus[] = { 0, 1, 2, 5, 6 };

	host.port_node[0] = 1;
	parse(with("cpu = 2\n", ""));
	c->lcore[1].cpu = 5; // taken: the other cpu of node 1 is left
	ASSERT_EQ(0, topo_resolve_cpus(c.get(), &host, cpus, 5, &err)) << err.text;
	EXPECT_EQ(6, c->lcore[0].cpu);
	EXPECT_EQ(0, topo_check(c.get(), &host, &err)) << err.text;
}

TEST_F(Topo, ResolveRefusesTooFew)
{
	unsigned cpus[] = { 2, 3 };

	parse(with("cpu = 4\n", ""));
	EXPECT_EQ(-EINVAL, topo_resolve_cpus(c.get(), nullptr, cpus, 2, &err));
	EXPECT_STREQ("t.conf:10: [lcore t] cpu: found auto with 2 cpus allowed to this process, all in use, "
		     "allowed: more cpus, or share_cpu = yes in "
		     "[run]",
		     err.text);
	parse(BASE);
	EXPECT_EQ(-EINVAL, topo_resolve_cpus(c.get(), nullptr, cpus, 2, &err))
		<< "no cpu left for the main lcore";
	EXPECT_EQ(-EINVAL, topo_resolve_cpus(c.get(), nullptr, cpus, 0, &err));
}

TEST_F(Topo, ResolveSharesAndLeavesIngestAlone)
{
	unsigned cpus[] = { 4, 7 };

	parse(std::string(BASE) + "[run]\nshare_cpu = yes\n");
	for (unsigned i = 0; i < 3; i++)
		c->lcore[i].cpu = CONF_CPU_AUTO;
	ASSERT_EQ(0, topo_resolve_cpus(c.get(), nullptr, cpus, 2, &err)) << err.text;
	EXPECT_EQ(4, c->lcore[0].cpu);
	EXPECT_EQ(7, c->lcore[1].cpu);
	EXPECT_EQ(7, c->lcore[2].cpu);
	EXPECT_EQ(7, c->eal.main_cpu);
	for (unsigned i = 0; i < 3; i++)
		c->lcore[i].cpu = CONF_CPU_AUTO;
	c->eal.main_cpu = CONF_CPU_AUTO;
	ASSERT_EQ(0, topo_resolve_cpus(c.get(), nullptr, cpus, 1, &err)) << "one cpu does for all";
	EXPECT_EQ(4, c->lcore[2].cpu);
}

TEST_F(Topo, PartsShareHugepages)
{
	parse(std::string(BASE) + "[run]\nlayout = split\n[eal]\nhugepages = no\n");
	EXPECT_EQ(-EINVAL, topo_check(c.get(), nullptr, &err));
	EXPECT_NE(nullptr, strstr(err.text, "[run] layout: found split with [eal] hugepages = no")) << err.text;
	parse(std::string(BASE) + "[run]\nlayout = split\n");
	EXPECT_EQ(0, topo_check(c.get(), nullptr, &err)) << err.text;
}

} // namespace

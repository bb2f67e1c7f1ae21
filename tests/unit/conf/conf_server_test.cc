/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

extern "C" {
#include "conf/conf.h"
}

namespace
{

class Server : public testing::Test
{
      protected:
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	struct conf_error err;

	int check(const std::string &text)
	{
		EXPECT_EQ(0, conf_parse(c.get(), "s.conf", text.data(), text.size(), &err)) << err.text;
		return conf_servers(c.get(), &err);
	}
	void refused(const std::string &text, const std::string &message)
	{
		EXPECT_EQ(-EINVAL, check(text)) << text;
		EXPECT_EQ(0u, std::string(err.text).find(message)) << "said:   " << err.text << "\nwanted: " << message;
	}
};

TEST_F(Server, Accepted)
{
	ASSERT_EQ(0, check("[recovery]\nquota_file = /var/lib/wirebar/quota\n"
			   "[server nasdaq]\nprotocol = mold64\naddresses = 10.0.0.1:18000, 10.0.0.2:18000\n"
			   "[server arca]\nprotocol = pillar\naddresses = 10.0.0.3:4000\nsource_id = WIREBAR01\n"
			   "requests_per_day = 10000\n"))
		<< err.text;
	struct conf_address a[CONF_ADDRESS_MAX];
	ASSERT_EQ(2, conf_server_addresses(c.get(), &c->server[0], a, CONF_ADDRESS_MAX, &err));
	EXPECT_EQ(0x0a000002u, a[1].ip);
	EXPECT_EQ(18000, a[1].port);
	EXPECT_EQ(CONF_RECOVERY_PILLAR, c->server[1].protocol);
	EXPECT_EQ(NS_PER_S, c->recovery.wait_ns);
}

TEST_F(Server, Refused)
{
	refused("[server a]\nprotocol = mold64\n", "s.conf:1: [server a] addresses: found none");
	refused("[server a]\nprotocol = mold64\naddresses = 10.0.0.1\n",
		"s.conf:3: [server a] addresses: found \"10.0.0.1\", allowed: IP:port");
	for (const char *bad : { "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:5x", "host:5", ":5", "10.0.0.1:", "10.0.0.1: 5" })
		refused(std::string("[server a]\nprotocol = mold64\naddresses = ") + bad + "\n", "s.conf:3: [server a] addresses");
	refused("[server a]\nprotocol = iex_udp\naddresses = 1.1.1.1:1,1.1.1.1:2,1.1.1.1:3,1.1.1.1:4,1.1.1.1:5\n",
		"s.conf:3: [server a] addresses: found more, allowed: 4");
	refused("[server a]\nprotocol = pillar\naddresses = 1.1.1.1:1\n", "s.conf:1: [server a] source_id");
	refused("[server a]\nprotocol = pillar\naddresses = 1.1.1.1:1\nsource_id = ELEVENCHARS\n",
		"s.conf:4: [server a] source_id");
	refused("[server a]\nprotocol = mold64\naddresses = 1.1.1.1:1\ninterface = sixteen-letters-\n",
		"s.conf:4: [server a] interface");
	refused("[port p]\ndevice = net_af_xdp0,iface=eth1,start_queue=0\n"
		"[server a]\nprotocol = mold64\naddresses = 1.1.1.1:1\ninterface = eth1\n",
		"s.conf:6: [server a] interface: found \"eth1\", which an AF_XDP port takes");
	EXPECT_EQ(0, check("[port p]\ndevice = net_af_xdp0,iface=eth12\n[port q]\ndevice = net_af_packet0,iface=eth1\n"
			   "[server a]\nprotocol = mold64\naddresses = 1.1.1.1:1\ninterface = eth1\n"));
	refused("[server a]\nprotocol = mold64\naddresses = 1.1.1.1:1\ntimeout = 1s\n", "s.conf:1: [server a] timeout_max");
	refused("[server a]\nprotocol = mold64\naddresses = 1.1.1.1:1\nrequests_per_day = 10\n",
		"s.conf:4: [server a] requests_per_day: found a limit, allowed: with [recovery] quota_file");
}

} // namespace

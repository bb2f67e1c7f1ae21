/* SPDX-License-Identifier: BSD-3-Clause */
// What a port may say about membership of its groups.
#include <gtest/gtest.h>

#include <memory>
#include <string>

extern "C" {
#include "conf/conf.h"
}

namespace
{

std::string said(const std::string &lines)
{
	auto c = std::make_unique<struct conf>();
	struct conf_error err = {};
	std::string text = "[port a]\n" + lines;

	EXPECT_EQ(0, conf_parse(c.get(), "m.conf", text.data(), text.size(), &err)) << err.text;
	return conf_member_check(c.get(), &c->port[0], &err) ? err.text : "";
}

const std::string NIC = "device = net_null0\ngroups = 239.1.1.1\n";

} // namespace

TEST(conf_member, what_is_accepted)
{
	EXPECT_EQ(said(""), "");
	EXPECT_EQ(said(NIC + "membership = port\n"), "");
	EXPECT_EQ(said(NIC + "membership = port\naddress = 10.0.0.5\nigmp = 2\n"), "");
	EXPECT_EQ(said(NIC + "membership = kernel\ninterface = eth1\n"), "");
}

TEST(conf_member, what_is_refused)
{
	EXPECT_EQ(said("membership = port\n"), "m.conf:2: [port a] membership: found port on a replay port, allowed: none");
	EXPECT_EQ(said("device = net_null0\nmembership = kernel\ninterface = eth1\n"),
		  "m.conf:3: [port a] membership: found kernel and no groups to join, allowed: none, or groups");
	EXPECT_EQ(said(NIC + "membership = kernel\n"),
		  "m.conf:4: [port a] membership: found kernel, allowed with interface = NAME of 1 to 15 characters");
	for (const char *bad : { "10.0.0", "239.1.1.1", "ten" })
		EXPECT_EQ(said(NIC + "membership = port\naddress = " + bad + "\n"),
			  "m.conf:5: [port a] address: found \"" + std::string(bad) + "\", allowed: an IPv4 address of a host, or empty");
}

TEST(conf_member, an_address_in_host_order)
{
	uint32_t ip = 1;

	EXPECT_EQ(0, conf_host("", &ip));
	EXPECT_EQ(ip, 0u);
	EXPECT_EQ(0, conf_host("10.1.2.3", &ip));
	EXPECT_EQ(ip, 0x0a010203u);
}

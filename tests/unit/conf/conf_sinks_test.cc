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

class Sinks : public testing::Test
{
      protected:
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	struct conf_error err;

	int check(const std::string &text, unsigned gateways = 1)
	{
		EXPECT_EQ(0, conf_parse(c.get(), "s.conf", text.data(), text.size(), &err)) << err.text;
		return conf_sinks_check(c.get(), gateways, &err);
	}
	void refused(const std::string &text, const std::string &message, unsigned gateways = 1)
	{
		EXPECT_EQ(-EINVAL, check(text, gateways)) << text;
		EXPECT_EQ(0u, std::string(err.text).find(message)) << "said:   " << err.text << "\nwanted: " << message;
	}
};

TEST_F(Sinks, AClusterIsAListOfServers)
{
	struct conf_address a[CONF_NATS_MAX];

	ASSERT_EQ(0, check("[jetstream]\nenabled = yes\nservers = 10.0.0.1:4222, 10.0.0.2:4223\nsite = nj-1\n")) << err.text;
	ASSERT_EQ(2, conf_jetstream_servers(c.get(), a, &err));
	EXPECT_EQ(0x0a000002u, a[1].ip);
	EXPECT_EQ(4223, a[1].port);
}

TEST_F(Sinks, RefusedWithTheirPlace)
{
	const std::string on = "[jetstream]\nenabled = yes\n";

	refused(on + "servers = 10.0.0.1\n", "s.conf:3: [jetstream] servers: found \"10.0.0.1\", allowed: 1 to 8 of IP:port");
	refused(on + "servers = 1.1.1.1:1,1.1.1.1:1,1.1.1.1:1,1.1.1.1:1,1.1.1.1:1,1.1.1.1:1,1.1.1.1:1,1.1.1.1:1,1.1.1.1:1\n",
		"s.conf:3: [jetstream] servers: found");
	for (const char *bad : { "a.b", "*", ">", "a b", "longer-than-twenty-four-chars" })
		refused(on + "site = " + bad + "\n", "s.conf:3: [jetstream] site: found");
	refused(on + "max_age = 60s\n", "s.conf:1: [jetstream] window: found more than max_age");
	refused("[redis]\nenabled = yes\nserver = host\n", "s.conf:3: [redis] server: found \"host\"");
}

TEST_F(Sinks, TlsAndKeysAreWholeOrRefused)
{
	const std::string on = "[jetstream]\nenabled = yes\n", tls = on + "tls = yes\nca_file = /ca\n";

	EXPECT_EQ(0, check(tls + "server_name = nats.rack\ncert_file = /c\nkey_file = /k\nnkey_file = /n\n")) << err.text;
	refused(on + "tls = yes\n", "s.conf:3: [jetstream] tls: found yes without ca_file, allowed: with it");
	for (const char *key : { "ca_file", "cert_file", "key_file", "server_name" })
		refused(on + key + " = /x\n", ("s.conf:3: [jetstream] " + std::string(key) + ": found a value, allowed: none without tls = yes").c_str());
	refused(tls + "cert_file = /c\n", "s.conf:5: [jetstream] cert_file, key_file: found one, allowed: both or none");
	refused(tls + "key_file = /k\n", "s.conf:5: [jetstream] cert_file, key_file: found one, allowed: both or none");
	for (const char *key : { "user", "password_file" })
		refused(on + "nkey_file = /n\n" + key + " = /x\n", "s.conf:3: [jetstream] nkey_file: found user or password_file as well");
}

TEST_F(Sinks, TlsWithRedisIsWholeAndOverAnAddress)
{
	const std::string on = "[redis]\nenabled = yes\n", tls = on + "tls = yes\nca_file = /ca\n";

	EXPECT_EQ(0, check(tls + "server_name = redis.rack\ncert_file = /c\nkey_file = /k\nuser = u\npassword_file = /p\n")) << err.text;
	refused(on + "tls = yes\n", "s.conf:3: [redis] tls: found yes without ca_file, allowed: with it");
	refused(tls + "server = /run/redis.sock\n", "s.conf:3: [redis] tls: found yes with a socket of this machine, allowed: with IP:port");
	for (const char *key : { "ca_file", "cert_file", "key_file", "server_name" })
		refused(on + key + " = /x\n", ("s.conf:3: [redis] " + std::string(key) + ": found a value, allowed: none without tls = yes").c_str());
	refused(tls + "key_file = /k\n", "s.conf:5: [redis] cert_file, key_file: found one, allowed: both or none");
}

TEST_F(Sinks, KafkasBrokersAreAListWhereItIsBuilt)
{
	const std::string on = "[kafka]\nenabled = yes\n";

	if (!conf_kafka_built) {
		refused(on, "s.conf:2: [kafka] enabled: found yes, allowed: no (this program was built without librdkafka)");
		return;
	}
	EXPECT_EQ(0, check(on + "servers = 10.0.0.1:9092, 10.0.0.2:9092\n")) << err.text;
	EXPECT_EQ(0, check(on + "tls = yes\nca_file = /ca\ncert_file = /c\nkey_file = /k\n")) << err.text;
	refused(on + "tls = yes\n", "s.conf:3: [kafka] tls: found yes without ca_file, allowed: with it");
	refused(on + "ca_file = /ca\n", "s.conf:3: [kafka] ca_file: found a value, allowed: none without tls = yes");
	refused(on + "tls = yes\nca_file = /ca\nkey_file = /k\n", "s.conf:5: [kafka] cert_file, key_file: found one, allowed: both or none");
	refused(on + "servers = broker:9092\n", "s.conf:3: [kafka] servers: found \"broker:9092\", allowed: 1 to 8 of IP:port");
	refused(on + "topic = a.b\n", "s.conf:3: [kafka] topic: found \"a.b\", allowed: 1 to 32 letters, digits, - and _");
	refused(on, "s.conf:2: [kafka] enabled: found 0 lcores of stage gateway", 0);
}

TEST_F(Sinks, NeedOneGateway)
{
	refused("[jetstream]\nenabled = yes\n", "s.conf:2: [jetstream] enabled: found 0 lcores of stage gateway", 0);
	refused("[redis]\nenabled = yes\n", "s.conf:2: [redis] enabled: found 2 lcores of stage gateway", 2);
	refused("[tail]\npath = x\n", "s.conf:2: [tail] path: found 0 lcores of stage gateway", 0);
	EXPECT_EQ(0, check("", 0));
}

} // namespace

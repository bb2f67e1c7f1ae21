/* SPDX-License-Identifier: BSD-3-Clause */
// The shipped profiles parse and hold together; docs/conf.md is what conf_doc prints.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

extern "C" {
#include "conf/conf.h"
#include "conf/topo.h"
}

namespace
{

std::string source(const std::string &path)
{
	const char *root = getenv("WIREBAR_SOURCE");

	return (root ? std::string(root) + "/" : std::string()) + path;
}

std::string slurp(const std::string &path)
{
	std::ifstream in(path, std::ios::binary);

	return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

class Profile : public testing::TestWithParam<const char *>
{
      protected:
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	struct conf_error err;
	void SetUp() override
	{
		ASSERT_EQ(0, conf_load(c.get(), source(std::string("conf/") + GetParam() + ".conf").c_str(),
				       &err))
			<< err.text;
	}
};

TEST_P(Profile, HoldsTogether)
{
	struct topo_host host;
	unsigned cpus[8];

	topo_host_init(&host);
	for (unsigned i = 0; i < 8; i++) {
		host.cpu_node[i] = 0;
		cpus[i] = i;
	}
	EXPECT_EQ(0, topo_check(c.get(), nullptr, &err)) << err.text;
	EXPECT_EQ(0, topo_resolve_cpus(c.get(), &host, cpus, c->run.share_cpu ? 1 : 8, &err)) << err.text;
	EXPECT_EQ(0, topo_check(c.get(), &host, &err)) << err.text;
	EXPECT_GE(c->n_gate, 2u);
	EXPECT_EQ(4u, c->n_lcore);
}

TEST_P(Profile, DumpReadsBack)
{
	auto d = std::make_unique<struct conf>();
	char *text, *again;
	size_t bytes, again_bytes;
	FILE *out = open_memstream(&text, &bytes);

	conf_dump(c.get(), out);
	fclose(out);
	ASSERT_EQ(0, conf_parse(d.get(), "dump", text, bytes, &err)) << err.text;
	out = open_memstream(&again, &again_bytes);
	conf_dump(d.get(), out);
	fclose(out);
	EXPECT_STREQ(text, again);
	free(text);
	free(again);
}

INSTANTIATE_TEST_SUITE_P(Shipped, Profile, testing::Values("rack", "bench", "demo"));

TEST(Embedded, IsBenchConf)
{
	std::string file = slurp(source("conf/bench.conf"));

	ASSERT_FALSE(file.empty());
	EXPECT_EQ(file, std::string(conf_bench_text, conf_bench_bytes));
	EXPECT_EQ(0, conf_bench_text[conf_bench_bytes]);
}

TEST(Embedded, NeedsNoPrivilege)
{
	auto c = std::make_unique<struct conf>();
	struct conf_error err;

	ASSERT_EQ(0, conf_parse(c.get(), "bench.conf", conf_bench_text, conf_bench_bytes, &err)) << err.text;
	EXPECT_FALSE(c->eal.hugepages);
	EXPECT_TRUE(c->run.share_cpu);
	for (unsigned i = 0; i < c->n_port; i++)
		EXPECT_STREQ("", c->port[i].device);
	for (unsigned i = 0; i < c->n_lcore; i++)
		EXPECT_NE(CONF_IDLE_SPIN, c->lcore[i].idle);
}

TEST(Docs, ConfMdIsCurrent)
{
	char *text;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	conf_doc(out);
	fclose(out);
	EXPECT_EQ(slurp(source("docs/conf.md")), std::string(text, bytes))
		<< "docs/conf.md is stale: wirebar docs conf > docs/conf.md";
	free(text);
}

} // namespace

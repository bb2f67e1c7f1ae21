/* SPDX-License-Identifier: BSD-3-Clause */
// Where values come from: included files, built-in profiles, the command line; and whom an error blames.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

extern "C" {
#include "conf/conf.h"
#include "conf/topo.h"
}

namespace
{

namespace fs = std::filesystem;

class Include : public testing::Test
{
      protected:
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	struct conf_error err = {};
	fs::path dir, before = fs::current_path();

	void SetUp() override
	{
		char made[] = "conf_include_test.XXXXXX";

		ASSERT_NE(nullptr, mkdtemp(made));
		dir = fs::absolute(made);
		fs::current_path(dir);
	}
	void TearDown() override
	{
		fs::current_path(before);
		fs::remove_all(dir);
	}
	int load(const std::string &text)
	{
		file("u.conf", text);
		return conf_load(c.get(), "u.conf", &err);
	}
	void file(const fs::path &path, const std::string &text)
	{
		if (path.has_parent_path())
			fs::create_directories(path.parent_path());
		std::ofstream(path) << text;
	}
	void refused(const std::string &text, int rc, const std::string &says)
	{
		EXPECT_EQ(rc, load(text)) << text;
		EXPECT_EQ(says, std::string(err.text).substr(0, says.size())) << err.text;
	}
};

TEST_F(Include, AFileHoldsGatesOfItsOwnOnly)
{
	ASSERT_EQ(0, load("include = builtin:plain\n[gate up]\nrule = 1s close > 0\n")) << err.text;
	EXPECT_EQ(4u, c->n_lcore);
	ASSERT_EQ(1u, c->n_gate);
	EXPECT_STREQ("up", c->gate[0].name);
	EXPECT_EQ(0, topo_check(c.get(), nullptr, &err)) << err.text;
	ASSERT_EQ(0, load("[include]\nfile = builtin:bench\n[gate up]\nrule = 1s close > 0\n")) << err.text;
	EXPECT_EQ(3u, c->n_gate);
	ASSERT_EQ(0, conf_load(c.get(), "builtin:demo", &err));
	EXPECT_STREQ("builtin:demo", c->file);
	EXPECT_EQ(-ENOENT, conf_load(c.get(), "builtin:none", &err));
	EXPECT_STREQ("profile: found \"builtin:none\", allowed: builtin:NAME of bench, plain, demo, rack", err.text);
}

TEST_F(Include, TheIncludingFileHasTheLastWord)
{
	ASSERT_EQ(0, load("include = builtin:bench\n[feed]\nhold = 2s\n[lcore ingest0]\nidle = spin\n"
			  "[gate ema_long]\nrule = 1s close > 0\nrule = 1s close > 1\n"))
		<< err.text;
	EXPECT_EQ(2 * NS_PER_S, c->feed.hold_ns);
	EXPECT_EQ(CONF_STAGE_INGEST, c->lcore[0].stage) << "what is not given again stays";
	EXPECT_EQ(CONF_IDLE_SPIN, c->lcore[0].idle);
	EXPECT_EQ(2u, c->gate[0].n_rule) << "rules stand in place of the included ones";
	EXPECT_DOUBLE_EQ(0.75, c->gate[0].threshold);
	refused("include = builtin:bench\n[feed]\nhold = 2s\nhold = 3s\n", -EEXIST, "u.conf:4: [feed] hold: found twice, first in line 3");
	refused("[feed]\n[include]\nfile = builtin:bench\n", -EINVAL, "u.conf:3: include: found \"builtin:bench\" behind a section");
}

TEST_F(Include, PathsAreBesideTheFileThatIncludes)
{
	file("sub/a.conf", "include = b.conf\n[bars]\nhistory = 7\n");
	file("sub/b.conf", "[bars]\nhistory = 5\nprints = 2048\n");
	ASSERT_EQ(0, load("include = sub/a.conf\n")) << err.text;
	EXPECT_EQ(7u, c->bars.history);
	EXPECT_EQ(2048u, c->bars.prints);
	ASSERT_EQ(0, load("include = " + (dir / "sub/b.conf").string() + "\n")) << err.text;
	EXPECT_EQ(5u, c->bars.history);
}

TEST_F(Include, ErrorsNameBothFiles)
{
	file("sub/a.conf", "\ninclude = b.conf\n");
	file("sub/b.conf", "[bars]\nhistory = 0\n");
	refused("include = sub/a.conf\n", -EINVAL,
		"sub/b.conf:2: included in sub/a.conf:2: included in u.conf:1: [bars] history: found \"0\"");
	refused("include = none.conf\n", -ENOENT, "u.conf:1: include: none.conf: found no readable file: No such file");
	refused("include = builtin:nothing\n", -EINVAL, "u.conf:1: include: found \"builtin:nothing\", allowed: builtin:NAME of bench");
	refused("[include]\npath = x\n", -EINVAL, "u.conf:2: [include] key: found \"path\", allowed: file");
	file("sub/b.conf", "[lcore i]\nstage = ingest\nqueues = a\ncpu = 3\n");
	ASSERT_EQ(0, load("include = sub/b.conf\n[port a]\n[lcore s]\nstage = signal\ncpu = 3\n[link l]\nfrom = i\nto = s\n")) << err.text;
	EXPECT_EQ(-EINVAL, topo_check(c.get(), nullptr, &err));
	EXPECT_STREQ("u.conf:5: [lcore s] cpu: found 3, which lcore i (sub/b.conf:4) has too, allowed: a cpu of its own, "
		     "or share_cpu = yes in [run]", err.text);
}

TEST_F(Include, DepthAndNumberAreBounded)
{
	std::string many;

	refused("include = u.conf\n", -E2BIG, "u.conf:1: included in u.conf:1: ");
	EXPECT_NE(nullptr, strstr(err.text, "include: found \"u.conf\" 5 deep, allowed: up to 4")) << err.text;
	file("e.conf", "");
	for (int i = 0; i < CONF_SOURCE_MAX + 1; i++)
		many += "include = e.conf\n";
	refused(many, -E2BIG, "u.conf:49: include: found more than 48 includes");
	EXPECT_EQ(-EINVAL, conf_parse(c.get(), "text", "include = u.conf\n", 17, &err)) << "a text reads no files";
}

TEST_F(Include, TheCommandLineIsBlamedForWhatItSays)
{
	ASSERT_EQ(0, load("include = builtin:plain\n"));
	conf_origin(c.get(), "command line: --watch");
	EXPECT_EQ(-EINVAL, conf_set(c.get(), "bars.history", "0", false, &err));
	EXPECT_STREQ("command line: --watch: [bars] history: found \"0\", allowed: 1 to 4096", err.text);
	ASSERT_EQ(0, conf_set(c.get(), "bars.watch", "TOOLONGNAME", false, &err));
	EXPECT_EQ(-EINVAL, topo_check(c.get(), nullptr, &err));
	EXPECT_STREQ("command line: --watch: [bars] watch: found \"TOOLONGNAME\", allowed: symbols of 1 to 8 bytes", err.text);
	EXPECT_STREQ("command line: --watch", conf_source_name(c.get(), err.place));
}

TEST_F(Include, SetAddsAGateAndNothingElse)
{
	ASSERT_EQ(0, load("include = builtin:plain\n"));
	EXPECT_EQ(0, conf_set(c.get(), "gate.up.rule", "1s close > 0", false, &err));
	EXPECT_EQ(0, conf_set(c.get(), "gate.up.rule", "5s close > 0", false, &err));
	ASSERT_EQ(1u, c->n_gate);
	EXPECT_EQ(2u, c->gate[0].n_rule);
	EXPECT_EQ(-EINVAL, conf_set(c.get(), "gate.down.threshold", "7", false, &err));
	EXPECT_EQ(-ENOENT, conf_set(c.get(), "gate.down.none", "7", false, &err));
	EXPECT_EQ(-ENOENT, conf_set(c.get(), "lcore.other.idle", "spin", false, &err));
	EXPECT_EQ(1u, c->n_gate);
}

TEST_F(Include, InvisibleCharactersAreShown)
{
	refused("[bars]\nhistory = 5\xc2\xa0\n", -EINVAL, "u.conf:2: [bars] history: found \"5<U+00A0>\"");
	refused("[bars]\nhis\xe2\x80\x8btory = 5\n", -EINVAL, "u.conf:2: [bars] key: found \"his<U+200B>tory\"");
	refused("[bars]\n\xef\xbb\xbfhistory = 5\n", -EINVAL, "u.conf:2: [bars] key: found \"<U+FEFF>history\"");
	refused("[bars]\nhistory = 5\r \n", -EINVAL, "u.conf:2: [bars] history: found \"5<U+000D>\"");
}

} // namespace

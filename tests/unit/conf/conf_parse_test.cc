/* SPDX-License-Identifier: BSD-3-Clause */
// The parser: what it reads, and one test for each thing it refuses.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

extern "C" {
#include "conf/conf.h"
#include "conf/key.h"
}

namespace
{

class Parse : public testing::Test
{
      protected:
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	struct conf_error err;

	int parse(const std::string &text)
	{
		return conf_parse(c.get(), "t.conf", text.data(), text.size(), &err);
	}
	void refused(const std::string &text, const std::string &message, int rc = -EINVAL)
	{
		EXPECT_EQ(rc, parse(text)) << text;
		EXPECT_NE(std::string(err.text).find(message), std::string::npos)
			<< "said:   " << err.text << "\nwanted: " << message;
	}
	std::string dump(const struct conf *of)
	{
		char *text;
		size_t bytes;
		FILE *out = open_memstream(&text, &bytes);

		conf_dump(of, out);
		fclose(out);
		std::string result(text, bytes);
		free(text);
		return result;
	}
};

const char *const FULL =
	"[bars]\ninstruments = 500\nlateness = IEX=15s, ITCH=0\n"
	"[port a]\ndevice = net_af_xdp0,iface=eth1\ngroups = 233.54.12.111\n"
	"[lcore in_0]\nstage = ingest\ncpu = 4\nqueues = a:0\n"
	"[lcore sig]\nstage = signal\nidle = sleep\n"
	"[link l]\nfrom = in_0\nto = sig\ndepth = 4096\n"
	"[stop s]\nmode = ticks\noffset = 5\n"
	"[server v]\nprotocol = mold64\naddresses = 10.0.0.1:18000\n"
	"[gate g]\nthreshold = 0.75\nrule = 5s ema9 cross_above ema21 weight 2\nrule = 1m rsi14 < 70\n";

TEST_F(Parse, EmptyTextIsDefaults)
{
	ASSERT_EQ(0, parse(""));
	EXPECT_EQ(12000u, c->bars.instruments);
	EXPECT_EQ(1500000000u, c->bars.grace_ns);
	EXPECT_EQ(5000000u, c->bars.sweep_gap_ns);
	EXPECT_EQ(CONF_ODD_LOTS_VENUE, c->bars.odd_lots);
	EXPECT_TRUE(c->telemetry.telemetry);
	EXPECT_FALSE(c->run.share_cpu);
	EXPECT_EQ(CONF_CPU_AUTO, c->eal.main_cpu);
	EXPECT_STREQ("wirebar", c->eal.file_prefix);
	EXPECT_EQ(0u, c->n_port + c->n_lcore + c->n_link + c->n_gate);
	EXPECT_STREQ("t.conf", c->file);
}

TEST_F(Parse, EveryDefaultIsAllowed)
{
	alignas(16) static char base[sizeof(struct conf)];
	char why[512];

	for (unsigned i = 0; i < key_table_count; i++) {
		const struct key *k = &key_table[i];

		if (k->type == KEY_RULE || (k->type == KEY_ENUM && !*k->def))
			continue;
		EXPECT_EQ(0, key_set(k, base, 1, k->def, why, sizeof why))
			<< k->section << "." << k->name << ": " << why;
	}
}

TEST_F(Parse, ReadsAllSections)
{
	ASSERT_EQ(0, parse(FULL)) << err.text;
	EXPECT_EQ(500u, c->bars.instruments);
	ASSERT_EQ(1u, c->n_port);
	EXPECT_STREQ("a", c->port[0].name);
	EXPECT_STREQ("net_af_xdp0,iface=eth1", c->port[0].device);
	EXPECT_STREQ("max", c->port[0].speed);
	EXPECT_EQ(1024u, c->port[0].rx_desc);
	ASSERT_EQ(2u, c->n_lcore);
	EXPECT_EQ(CONF_STAGE_INGEST, c->lcore[0].stage);
	EXPECT_EQ(4, c->lcore[0].cpu);
	EXPECT_EQ(9u, c->lcore[0].cpu_line);
	EXPECT_EQ(7u, c->lcore[0].line);
	EXPECT_EQ(CONF_IDLE_SPIN, c->lcore[0].idle);
	EXPECT_EQ(0u, c->lcore[0].idle_line);
	EXPECT_EQ(CONF_IDLE_SLEEP, c->lcore[1].idle);
	EXPECT_EQ(4096u, c->link[0].depth);
	ASSERT_EQ(2u, c->gate[0].n_rule);
	EXPECT_STREQ("5s ema9 cross_above ema21 weight 2", c->gate[0].rule[0]);
	EXPECT_STREQ("1m rsi14 < 70", c->gate[0].rule[1]);
	EXPECT_EQ(c->gate[0].rule_at_line[0] + 1, c->gate[0].rule_at_line[1]);
	EXPECT_DOUBLE_EQ(0.75, c->gate[0].threshold);
}

TEST_F(Parse, CommentsBlanksAndLineEnds)
{
	ASSERT_EQ(0, parse("\xef\xbb\xbf; head\r\n\r\n  [ bars ]  ; trailing\r\n\tinstruments=64\t; "
			   "sixty-four\r\n# hash\r\n"
			   "history = 7 # seven\nwatch =; nothing\n[feed]\nfeed = a;b#c"))
		<< err.text;
	EXPECT_EQ(64u, c->bars.instruments);
	EXPECT_EQ(7u, c->bars.history);
	EXPECT_STREQ("", c->bars.watch);
	EXPECT_STREQ("a;b#c", c->feed.feed);
}

TEST_F(Parse, UnitsOfDurationsAndSizes)
{
	ASSERT_EQ(0, parse("[bars]\nsilence = 10ns\ngrace = 250us\nsweep_gap = 0\n[run]\nstop_idle = "
			   "2s\n[eal]\nmemory = 3G\n"));
	EXPECT_EQ(10u, c->bars.silence_ns);
	EXPECT_EQ(250000u, c->bars.grace_ns);
	EXPECT_EQ(0u, c->bars.sweep_gap_ns);
	EXPECT_EQ(2000000000u, c->run.stop_idle_ns);
	EXPECT_EQ(UINT64_C(3) << 30, c->eal.memory_bytes);
	ASSERT_EQ(0, parse("[eal]\nmemory = 4096\n"));
	EXPECT_EQ(4096u, c->eal.memory_bytes);
	ASSERT_EQ(0, parse("[eal]\nmemory = 64M\n"));
	EXPECT_EQ(64u << 20, c->eal.memory_bytes);
}

TEST_F(Parse, RefusesUnknownSection)
{
	refused("[bars]\n[prot a]\n",
		"t.conf:2: section: found \"prot\", did you mean \"port\"? allowed: [bars], [feed]");
}

TEST_F(Parse, RefusesUnknownKey)
{
	refused("[bars]\n\nlatenes = 5ms\n",
		"t.conf:3: [bars] key: found \"latenes\", did you mean \"lateness\"? allowed: instruments, ");
	refused("[lcore x]\nstage = ingest\nqueue = a\n",
		"t.conf:3: [lcore x] key: found \"queue\", did you mean \"queues\"? allowed: cpu, ");
}

// What is allowed is told to the end: the last name as well as the first.
TEST_F(Parse, TellsAllThatIsAllowed)
{
	for (unsigned i = 0; i < key_section_count; i++) {
		std::string name = key_sections[i].name;

		EXPECT_NE(0, parse("[bars]\n[prot a]\n"));
		EXPECT_NE(std::string::npos, std::string(err.text).find("[" + name)) << name;
	}
	for (unsigned i = 0; i < key_table_count; i++) {
		std::string section = key_table[i].section;
		bool named = key_find_section(section.c_str())->max;

		EXPECT_NE(0, parse(("[" + section + (named ? " x" : "") + "]\nnonsense = 1\n").c_str()));
		EXPECT_NE(std::string::npos, std::string(err.text).find(std::string(" ") + key_table[i].name)) << err.text;
	}
}

TEST_F(Parse, RefusesDuplicates)
{
	refused("[bars]\nhistory = 1\nhistory = 2\n",
		"t.conf:3: [bars] history: found twice, first in line 2, allowed: once", -EEXIST);
	refused("[bars]\n[run]\n[bars]\n", "t.conf:3: [bars] found twice, first in line 1, allowed: once",
		-EEXIST);
	refused("[port a]\n[port b]\n[port a]\n",
		"t.conf:3: [port a] found twice, first in line 1, allowed: once", -EEXIST);
	EXPECT_EQ(0, parse("[port a]\n[lcore a]\nstage = ingest\n")) << "names are of their kind";
}

TEST_F(Parse, RefusesKeyBeforeSection)
{
	refused("history = 1\n",
		"t.conf:1: key: found \"history\" before any section, allowed: after a [section]");
}

TEST_F(Parse, RefusesLinesThatAreNone)
{
	refused("[bars]\nhistory 5\n", "t.conf:2: line: found \"history 5\", allowed: key = value");
	refused("[bars\n", "t.conf:1: section: found \"[bars\", allowed: [section] or [section NAME]");
	refused("[bars] history = 5\n", "allowed: [section] or [section NAME]");
	refused("[]\n", "t.conf:1: section: found \"\"");
	refused("[bars]\n= 5\n", "t.conf:2: [bars] key: found \"\"");
	refused(std::string("[bars]\nhis\0tory = 5\n", 20),
		"t.conf:2: line: found a NUL byte, allowed: text");
}

TEST_F(Parse, RefusesWrongSectionNames)
{
	refused("[bars x]\n", "t.conf:1: [bars] name: found \"x\", allowed: none, [bars] stands alone");
	refused("[port]\n", "t.conf:1: [port] name: found \"\", allowed: 1 to 23 letters, digits and _");
	refused("[port a-b]\n", "[port] name: found \"a-b\", allowed: 1 to 23");
	refused("[port a b]\n", "[port] name: found \"a b\", allowed: 1 to 23");
	refused("[port " + std::string(24, 'x') + "]\n", "allowed: 1 to 23", -E2BIG);
	EXPECT_EQ(0, parse("[port " + std::string(23, 'x') + "]\n"));
}

TEST_F(Parse, RefusesTooMany)
{
	std::string ports, gate = "[gate g]\n";

	for (int i = 0; i < 8; i++)
		ports += "[port p" + std::to_string(i) + "]\n";
	EXPECT_EQ(0, parse(ports));
	refused(ports + "[port p8]\n", "t.conf:9: [port p8] found 9 of [port NAME], allowed: 8", -E2BIG);
	for (int i = 0; i < 16; i++)
		gate += "rule = 1s delta > 0\n";
	EXPECT_EQ(0, parse(gate));
	refused(gate + "rule = 1s delta > 0\n",
		"t.conf:18: [gate g] rule: found 12 bytes, \"1s delta > 0\", allowed: 1 to 127 bytes, up to "
		"16 times",
		-E2BIG);
}

TEST_F(Parse, RefusesTooLong)
{
	refused("[feed]\nfeed = " + std::string(256, 'x') + "\n", "t.conf:2: [feed] feed: found 256 bytes",
		-E2BIG);
	EXPECT_EQ(0, parse("[feed]\nfeed = " + std::string(255, 'x') + "\n"));
	refused("[bars]\nwatch = " + std::string(1024, 'x') + "\n", "[bars] watch: found 1024 bytes", -E2BIG);
	refused("[bars]\nwatch = A," + std::string(256, 'x') + "\n",
		"allowed: up to 1023 bytes, elements of 1 to 255", -E2BIG);
	EXPECT_EQ(0, parse("[bars]\nwatch = A," + std::string(255, 'x') + "\n"));
	refused("[gate g]\nrule = " + std::string(128, 'x') + "\n", "[gate g] rule: found 128 bytes", -E2BIG);
	refused("; " + std::string(4096, 'x') + "\n", "t.conf:1: line: found 4098 bytes, allowed: 4095",
		-E2BIG);
}

struct bad_value {
	const char *section, *key, *value, *allowed;
};

class Refuses : public Parse, public testing::WithParamInterface<bad_value>
{
};

TEST_P(Refuses, Value)
{
	const bad_value &b = GetParam();
	std::string section = b.section, head = "[" + section + "]";
	std::string text = head + "\n" +
			   (section == "lcore x" && strcmp(b.key, "stage") ? "stage = ingest\n" : "") +
			   b.key + " = " + b.value + "\n";
	std::string line = std::to_string(std::count(text.begin(), text.end(), '\n'));

	refused(text, "t.conf:" + line + ": " + head + " " + b.key + ": found \"" + b.value +
			      "\", allowed: " + b.allowed);
}

INSTANTIATE_TEST_SUITE_P(
	Values, Refuses,
	testing::Values(bad_value{ "bars", "instruments", "15", "16 to 65536" },
			bad_value{ "bars", "instruments", "65537", "16 to 65536" },
			bad_value{ "bars", "instruments", "", "16 to 65536" },
			bad_value{ "bars", "instruments", "-1", "16 to 65536" },
			bad_value{ "bars", "instruments", "0x20", "16 to 65536" },
			bad_value{ "bars", "instruments", "20 30", "16 to 65536" },
			bad_value{ "bars", "instruments", "18446744073709551648", "16 to 65536" },
			bad_value{ "bars", "silence", "5", "0 to 3600s, with a unit: ns, us, ms, s" },
			bad_value{ "bars", "silence", "5 ms", "0 to 3600s" },
			bad_value{ "bars", "silence", "1.5s", "0 to 3600s" },
			bad_value{ "bars", "silence", "3601s", "0 to 3600s" },
			bad_value{ "bars", "silence", "18446744073709551615s", "0 to 3600s" },
			bad_value{ "bars", "silence", "", "0 to 3600s" },
			bad_value{ "eal", "memory", "1T", "0 to 1024G, with or without K, M, G" },
			bad_value{ "eal", "memory", "1025G", "0 to 1024G" },
			bad_value{ "eal", "memory", "64m", "0 to 1024G" },
			bad_value{ "gate g", "threshold", "1.01", "0 to 1, decimals as in 0.5" },
			bad_value{ "gate g", "threshold", "nan", "0 to 1" },
			bad_value{ "gate g", "threshold", "0x1p-1", "0 to 1" },
			bad_value{ "gate g", "threshold", "-0.1", "0 to 1" },
			bad_value{ "gate g", "threshold", "", "0 to 1" },
			bad_value{ "gate g", "threshold", "0.5.5", "0 to 1" },
			bad_value{ "run", "share_cpu", "true", "yes, no" },
			bad_value{ "run", "share_cpu", "", "yes, no" },
			bad_value{ "lcore x", "idle", "fast", "spin, pause, yield, sleep" },
			bad_value{ "lcore x", "stage", "Ingest", "ingest, signal, telemetry, export" },
			bad_value{ "lcore x", "stage", "", "ingest, signal, telemetry, export" },
			bad_value{ "bars", "odd_lots", "none", "venue, full, volume" },
			bad_value{ "feed", "checksum", "on", "ignore, verify" },
			bad_value{ "run", "clock_anchor", "packet", "host, first_packet" },
			bad_value{ "run", "full_link", "drop", "count, wait" },
			bad_value{ "gate g", "stream", "fire", "entry_fire, exit_fire" },
			bad_value{ "gate g", "side", "buy", "long, short" },
			bad_value{ "lcore x", "cpu", "1024", "auto, 0 to 1023" },
			bad_value{ "lcore x", "cpu", "-1", "auto, 0 to 1023" },
			bad_value{ "lcore x", "cpu", "any", "auto, 0 to 1023" },
			bad_value{ "bars", "watch", "SPY,,QQQ", "up to 1023 bytes, elements of 1 to 255" },
			bad_value{ "bars", "watch", "SPY,", "up to 1023 bytes" },
			bad_value{ "bars", "watch", ",SPY", "up to 1023 bytes" },
			bad_value{ "gate g", "rule", "", "1 to 127 bytes, up to 16 times" }));

TEST_F(Parse, RefusesControlCharacters)
{
	refused("[feed]\nfeed = a\x01z\n", "t.conf:2: [feed] feed: found \"a<U+0001>z\"");
	refused("[feed]\nfeed = a\rz\n", "t.conf:2: [feed] feed: found \"a<U+000D>z\"");
}

TEST_F(Parse, RefusesLcoreWithoutStage)
{
	refused("[run]\n[lcore x]\ncpu = 1\n",
		"t.conf:2: [lcore x] stage: found nothing, allowed: ingest, signal, telemetry, export");
}

TEST_F(Parse, LongFoundValuesAreCut)
{
	refused("[bars]\ninstruments = " + std::string(4000, 'y') + "\n", "yyy...\", allowed: 16 to 65536");
	EXPECT_LT(strlen(err.text), sizeof err.text);
}

TEST_F(Parse, DumpReadsBackTheSame)
{
	for (std::string text : { std::string(), std::string(FULL) }) {
		ASSERT_EQ(0, parse(text));
		std::string first = dump(c.get());
		ASSERT_EQ(0, parse(first)) << err.text;
		EXPECT_EQ(first, dump(c.get()));
	}
	EXPECT_EQ(500u, c->bars.instruments);
	EXPECT_EQ(CONF_STAGE_SIGNAL, c->lcore[1].stage);
	EXPECT_EQ(2u, c->gate[0].n_rule);
	EXPECT_DOUBLE_EQ(0.75, c->gate[0].threshold);
}

TEST_F(Parse, DumpNamesEveryKey)
{
	ASSERT_EQ(0, parse(FULL));
	std::string text = dump(c.get());

	for (unsigned i = 0; i < key_table_count; i++)
		EXPECT_NE(text.find("\n" + std::string(key_table[i].name) + " ="), std::string::npos)
			<< key_table[i].name;
}

TEST_F(Parse, SetOverridesAndRefusesAsTheFileDoes)
{
	ASSERT_EQ(0, parse(FULL));
	EXPECT_EQ(0, conf_set(c.get(), "bars.lateness", "5ms", false, &err));
	EXPECT_STREQ("5ms", c->bars.lateness);
	EXPECT_EQ(0, conf_set(c.get(), "lcore.in_0.idle", "pause", false, &err));
	EXPECT_EQ(CONF_IDLE_PAUSE, c->lcore[0].idle);
	EXPECT_EQ(0, conf_set(c.get(), "gate.g.rule", "15s delta > 0", false, &err));
	EXPECT_EQ(3u, c->gate[0].n_rule);
	EXPECT_EQ(-EINVAL, conf_set(c.get(), "lcore.in_0.idle", "fast", false, &err));
	EXPECT_STREQ("set: [lcore in_0] idle: found \"fast\", allowed: spin, pause, yield, sleep", err.text);
	EXPECT_EQ(CONF_IDLE_PAUSE, c->lcore[0].idle);
	EXPECT_EQ(-EINVAL, conf_set(c.get(), "feed.feed", "a ; b", false, &err))
		<< "would be a comment in a file";
	EXPECT_EQ(-EINVAL, conf_set(c.get(), "feed.feed", " a", false, &err));
	EXPECT_EQ(-EINVAL, conf_set(c.get(), "feed.feed", "a\nb", false, &err));
}

TEST_F(Parse, SetTakesPairsAsOptionsSayThem)
{
	ASSERT_EQ(0, parse(FULL));
	conf_origin(c.get(), "command line: --set");
	EXPECT_EQ(0, conf_set_pair(c.get(), "gate.g.rule=15s delta >= 0", &err)) << err.text;
	EXPECT_STREQ("15s delta >= 0", c->gate[0].rule[2]);
	EXPECT_EQ(-EINVAL, conf_set_pair(c.get(), "bars.lateness", &err));
	EXPECT_STREQ("command line: --set: found \"bars.lateness\", allowed: section.key=value", err.text);
	EXPECT_EQ(-EINVAL, conf_set_pair(c.get(), (std::string(300, 'x') + "=1").c_str(), &err));
	EXPECT_EQ(-ENOENT, conf_set_pair(c.get(), "=1", &err));
}

TEST_F(Parse, SetRefusesPathsThatAreNone)
{
	ASSERT_EQ(0, parse(FULL));
	for (const char *path : { "", ".", "bars", "bars.", "bars.none", "none.x", "lcore.cpu",
				  "lcore.none.cpu", "lcore.in_0", "lcore.in_0.none", "lcore..cpu" }) {
		EXPECT_EQ(-ENOENT, conf_set(c.get(), path, "1", false, &err)) << path;
		EXPECT_EQ(0, strncmp(err.text, "set: ", 5)) << err.text;
	}
	EXPECT_EQ(-ENOENT, conf_set(c.get(), std::string(500, 'x').c_str(), "1", false, &err));
}

TEST_F(Parse, SetLiveTakesLiveKeysOnly)
{
	ASSERT_EQ(0, parse(FULL));
	EXPECT_EQ(0, conf_set(c.get(), "bars.watch", "SPY,QQQ", true, &err));
	EXPECT_STREQ("SPY,QQQ", c->bars.watch);
	EXPECT_EQ(0, conf_set(c.get(), "telemetry.lag_warn", "2ms", true, &err));
	EXPECT_EQ(-EPERM, conf_set(c.get(), "bars.history", "5", true, &err));
	EXPECT_STREQ("set: [bars] history: found a key that is read at boot only, allowed: keys marked LIVE",
		     err.text);
}

TEST_F(Parse, AddMakesNamedSections)
{
	conf_defaults(c.get());
	ASSERT_EQ(0, conf_add(c.get(), "port", "a", &err));
	EXPECT_EQ(1u, c->n_port);
	EXPECT_EQ(1u, c->port[0].queues);
	EXPECT_EQ(-EEXIST, conf_add(c.get(), "port", "a", &err));
	EXPECT_EQ(-EINVAL, conf_add(c.get(), "port", "a.b", &err));
	EXPECT_EQ(-EINVAL, conf_add(c.get(), "bars", "a", &err));
	EXPECT_STREQ("add: section: found \"bars\", allowed: port, lcore, link, stop, server, gate", err.text);
	ASSERT_EQ(0, conf_add(c.get(), "lcore", "i", &err));
	EXPECT_EQ(CONF_UNSET, c->lcore[0].stage);
	EXPECT_EQ(1u, c->n_port);
}

TEST_F(Parse, LoadNamesTheFile)
{
	char path[] = "conf_parse_test.XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	fputs("[bars]\nhistory = 0\n", file);
	fclose(file);
	EXPECT_EQ(-EINVAL, conf_load(c.get(), path, &err));
	EXPECT_EQ(std::string(path) + ":2: [bars] history: found \"0\", allowed: 1 to 4096", err.text);
	unlink(path);
	EXPECT_EQ(-ENOENT, conf_load(c.get(), path, &err));
	EXPECT_EQ(std::string(path) + ": found no readable file: No such file or directory", err.text);
	EXPECT_EQ(-EISDIR, conf_load(c.get(), ".", &err)) << err.text;
}

TEST_F(Parse, LoadRefusesHugeFiles)
{
	char path[] = "conf_parse_test.XXXXXX";
	int fd = mkstemp(path);

	ASSERT_EQ(0, ftruncate(fd, CONF_FILE_BYTES_MAX + 1));
	close(fd);
	EXPECT_EQ(-E2BIG, conf_load(c.get(), path, &err));
	unlink(path);
}

} // namespace

// A limit that is not given is no number: absent and unlimited are two words that cannot be mixed up.
TEST(conf, limits_are_given_absent_or_unlimited)
{
	struct conf c;
	conf_error err;
	const char *text = "[risk]\nqty_max = 500\nnotional_max = 1000.25\ngross_max = unlimited\nquote_age = 2s\nshort_max = 0\n";

	ASSERT_EQ(conf_parse(&c, "t.conf", text, strlen(text), &err), 0) << err.text;
	EXPECT_EQ(c.risk.qty_max, 500);
	EXPECT_EQ(c.risk.notional_max, 1000250000);
	EXPECT_EQ(c.risk.gross_max, CONF_UNLIMITED);
	EXPECT_EQ(c.risk.quote_age, 2000000000);
	EXPECT_EQ(c.risk.short_max, 0);
	EXPECT_EQ(c.risk.net_max, CONF_ABSENT);
	for (const char *bad : { "[risk]\nqty_max = -1\n", "[risk]\nqty_max = 1.5\n", "[risk]\nnotional_max = 1.0000001\n", "[risk]\nnotional_max = .5\n",
				 "[risk]\nnotional_max = 9999999999999\n", "[risk]\nquote_age = 2\n", "[risk]\nqty_max = none\n",
				 "[risk]\nqty_max = Unlimited\n", "[risk]\nnotional_max = 1.\n", "[risk]\nqty_max = 99999999999999999999\n" })
		EXPECT_EQ(conf_parse(&c, "t.conf", bad, strlen(bad), &err), -EINVAL) << bad;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// What of a changed file is taken while running: LIVE keys are, others are named, and what an option has set stays.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>

extern "C" {
#include "conf/conf.h"
}

namespace {

const std::string base = "[bars]\ninstruments = 100\nseal_budget = 8\nwatch = A,B\n"
			 "[port p]\nfiles = x.pcap\n[lcore i]\nstage = ingest\nqueues = p\n"
			 "[gate up]\nshares = 100\nrule = 1s close > 1\n";

struct Reload : testing::Test {
	std::unique_ptr<struct conf> started = std::make_unique<struct conf>(), to = std::make_unique<struct conf>(),
				     file = std::make_unique<struct conf>();
	struct conf_error err = {};
	std::string set, restart;

	void parse(struct conf *c, const std::string &text) { ASSERT_EQ(conf_parse(c, "t.conf", text.c_str(), text.size(), &err), 0) << err.text; }
	void SetUp() override
	{
		parse(started.get(), base);
		*to = *started;
	}
	void option(const char *path, const char *value)
	{
		conf_origin(started.get(), "command line: --set");
		ASSERT_EQ(conf_set(started.get(), path, value, false, &err), 0) << err.text;
		*to = *started;
	}
	void reload(const std::string &text)
	{
		set = restart = "";
		parse(file.get(), text);
		conf_reload(to.get(), started.get(), file.get(), [](void *ctx, const char *path, bool live) {
			auto *r = (Reload *)ctx;
			(live ? r->set : r->restart) += std::string(path) + " ";
		}, this);
	}
	static std::string with(std::string text, const std::string &from, const std::string &instead)
	{
		size_t at = text.find(from);

		EXPECT_NE(at, std::string::npos) << from;
		return text.replace(at, from.size(), instead);
	}
};

} // namespace

TEST_F(Reload, the_same_file_changes_nothing)
{
	reload(base);
	EXPECT_EQ(set + restart, "");
	EXPECT_EQ(to->bars.seal_budget, 8u);
	EXPECT_EQ(to->n_gate, 1u);
}

TEST_F(Reload, live_keys_are_taken_and_others_are_named)
{
	reload(with(with(base, "seal_budget = 8", "seal_budget = 9"), "instruments = 100", "instruments = 200") +
	       "[telemetry]\nlag_warn = 7ms\n");
	EXPECT_EQ(set, "bars.seal_budget telemetry.lag_warn ");
	EXPECT_EQ(restart, "bars.instruments ");
	EXPECT_EQ(to->bars.seal_budget, 9u);
	EXPECT_EQ(to->telemetry.lag_warn_ns, 7 * NS_PER_MS);
	EXPECT_EQ(to->bars.instruments, 100u);
	// Left out of the file again, it is its default.
	reload(base);
	EXPECT_EQ(set, "bars.seal_budget telemetry.lag_warn ");
	EXPECT_EQ(to->telemetry.lag_warn_ns, 1 * NS_PER_MS);
}

TEST_F(Reload, what_was_set_by_hand_becomes_the_files)
{
	ASSERT_EQ(conf_set(to.get(), "bars.watch", "Z", true, &err), 0);
	reload(base);
	EXPECT_EQ(set, "bars.watch ");
	EXPECT_STREQ(to->bars.watch, "A,B");
}

TEST_F(Reload, what_an_option_has_set_stays)
{
	option("bars.seal_budget", "5");
	option("port.p.speed", "2x");
	reload(with(base, "seal_budget = 8", "seal_budget = 9"));
	EXPECT_EQ(set + restart, "");
	EXPECT_EQ(to->bars.seal_budget, 5u);
	EXPECT_EQ(file->bars.seal_budget, 5u);
	EXPECT_STREQ(file->port[0].speed, "2x");
}

TEST_F(Reload, sections_that_come_or_go_need_a_restart)
{
	reload(base + "[port q]\nfiles = y.pcap\n");
	EXPECT_EQ(restart, "port.q ");
	reload(with(base, "[lcore i]\nstage = ingest\nqueues = p\n", "[lcore j]\nstage = ingest\nqueues = p\n"));
	EXPECT_EQ(restart, "lcore.j lcore.i ");
	conf_origin(started.get(), "command line: --ingest-lcores");
	ASSERT_EQ(conf_add(started.get(), "port", "more", &err), 0);
	reload(base);
	EXPECT_EQ(restart, "") << "the option added it, not the file";
	EXPECT_EQ(file->n_port, 2u) << "as a restart would see it";
}

TEST_F(Reload, gates_are_the_files_and_their_orders_need_a_restart)
{
	reload("[gate more]\nshares = 5\nrule = 1s close > 2\n" + with(base, "shares = 100", "shares = 300"));
	EXPECT_EQ(restart, "gate.up.shares ");
	EXPECT_EQ(set, "");
	ASSERT_EQ(to->n_gate, 2u);
	EXPECT_STREQ(to->gate[0].name, "more");
	reload(with(base, "[gate up]\nshares = 100\nrule = 1s close > 1\n", ""));
	EXPECT_EQ(to->n_gate, 0u);
}

// Places that the reload has brought are of the file's sources.
TEST_F(Reload, errors_name_the_right_source)
{
	option("bars.watch", "Q");
	reload(with(base, "rule = 1s close > 1", "; here\nrule = 1s close > 3"));
	conf_fail(&err, to.get(), to->gate[0].rule_at_line[0], "x");
	EXPECT_STREQ(err.text, "t.conf:13: x");
}

/* SPDX-License-Identifier: BSD-3-Clause */
// The supervisor's decisions: every way from one state of a part to another.
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "lcore/super/super.h"
}

namespace
{
constexpr uint64_t S = NS_PER_S;

// A supervisor whose actions are kept as words: "start signal".
struct Rig {
	super s;
	uint64_t now = 100 * S;
	std::vector<std::string> did;
	std::string said;

	explicit Rig(std::vector<const char *> names, bool chained = false)
	{
		super_conf c{};

		c.stagger_ns = 2 * S, c.pause_ns = 3 * S, c.refill_ns = 60 * S, c.stuck_ns = 5 * S;
		c.start_ns = 60 * S, c.starved_ns = 10 * S, c.slow_ns = 10 * S, c.window_ns = 2 * S;
		c.restarts = 5;
		c.chained = chained;
		super_init(&s, &c, names.data(), (unsigned)names.size(), now);
		tick();
	}
	void tick()
	{
		static const char *const word[] = { "start", "ask", "kill", "clean" };
		super_action a;

		super_tick(&s, now);
		while (super_next(&s, &a)) {
			if (a.act <= SUPER_CLEAN)
				did.push_back(std::string(word[a.act]) + " " + s.part[a.part].name);
			else
				said += std::string(s.part[a.part].name) + " " + a.text + "\n";
		}
	}
	std::vector<std::string> take()
	{
		std::vector<std::string> out;

		out.swap(did);
		return out;
	}
	// Time goes on in steps of 100 ms; parts in beating keep sending, with frames that grow.
	void pass(double seconds, std::vector<unsigned> beating = {}, bool frames = true, bool slow = false)
	{
		for (int i = 0; i < (int)(seconds * 10 + 0.5); i++) {
			now += S / 10;
			for (unsigned part : beating) {
				beat b{};

				b.watchdog = b.counts = true;
				b.frames = s.part[part].beat.frames + frames;
				b.slow = s.part[part].beat.slow + slow;
				super_beat(&s, part, &b, now);
			}
			tick();
		}
	}
	void ready(unsigned part)
	{
		beat b{};

		b.ready = b.watchdog = true;
		super_beat(&s, part, &b, now);
		tick();
	}
	void dies(unsigned part, int code, int signal = 0)
	{
		super_exited(&s, part, signal, code, now);
		tick();
	}
	std::string state(unsigned part) { return super_state(&s, part); }
};

using Did = std::vector<std::string>;
const std::vector<const char *> three = { "ingest", "signal", "telemetry" };

// Three chained parts, all ready.
Rig running()
{
	Rig r(three, true);

	for (unsigned i = 0; i < 3; i++)
		r.ready(i);
	EXPECT_EQ(r.take(), (Did{ "start ingest", "start signal", "start telemetry" }));
	return r;
}
}

// A supervisor that was stopped finds old heartbeats, or none yet: that says nothing of its parts.
TEST(super, time_in_which_nobody_looked_is_not_counted)
{
	Rig r = running();

	r.pass(1, { 0, 1 }); // telemetry's last is a second old
	r.now += 3600 * S;
	r.tick();
	EXPECT_EQ(r.take(), (Did{}));
	EXPECT_NE(r.said.find("nobody looked for 3600.0 s"), std::string::npos);
	r.pass(3.9, { 0, 1 });
	EXPECT_EQ(r.take(), (Did{}));
	r.pass(0.1, { 0, 1 }); // 5 s in all
	EXPECT_EQ(r.take(), (Did{ "kill telemetry" }));
	EXPECT_EQ(r.state(0), "ok");
}

TEST(super, time_in_which_nobody_looked_is_of_no_start_either)
{
	Rig r({ "one" });

	r.take();
	r.pass(59);
	r.now += 30 * S;
	r.tick();
	r.pass(0.9);
	EXPECT_EQ(r.take(), (Did{}));
	r.pass(0.1);
	EXPECT_EQ(r.take(), (Did{ "kill one" }));
}

TEST(super, starts_in_order_when_ready_or_staggered)
{
	Rig r(three);

	EXPECT_EQ(r.take(), (Did{ "start ingest" }));
	r.pass(1.9);
	EXPECT_EQ(r.take(), (Did{}));
	r.pass(0.1); // not ready: the stagger
	EXPECT_EQ(r.take(), (Did{ "start signal" }));
	EXPECT_EQ(r.state(2), "waiting");
	r.ready(1); // ready: at once
	EXPECT_EQ(r.take(), (Did{ "start telemetry" }));
	EXPECT_FALSE(super_ready(&r.s));
	r.ready(2), r.ready(0);
	EXPECT_TRUE(super_ready(&r.s));
	EXPECT_EQ(r.state(0), "ok");
}

// The first one of a chain may wait until all have attached: it is ready last.
TEST(super, the_first_of_a_chain_may_be_ready_last)
{
	Rig r(three, true);

	r.pass(4);
	EXPECT_EQ(r.take(), (Did{ "start ingest", "start signal", "start telemetry" }));
	r.ready(2), r.ready(1), r.ready(0);
	EXPECT_TRUE(super_ready(&r.s));
}

TEST(super, a_crash_is_started_again_five_times)
{
	Rig r({ "appliance" });

	r.take();
	for (unsigned i = 0; i < 5; i++) {
		r.ready(0);
		r.dies(0, 0, SIGSEGV);
		EXPECT_EQ(r.state(0), "waiting");
		EXPECT_STREQ(r.s.part[0].why, "killed by signal 11");
		EXPECT_TRUE(super_fine(&r.s));
		r.pass(2.9);
		EXPECT_EQ(r.take(), (Did{}));
		r.pass(0.1);
		EXPECT_EQ(r.take(), (Did{ "start appliance" }));
		EXPECT_EQ(r.s.part[0].restarts, i + 1);
	}
	r.dies(0, 1);
	EXPECT_EQ(r.state(0), "failed");
	EXPECT_FALSE(super_fine(&r.s));
	EXPECT_TRUE(r.s.over); // nothing is left
	EXPECT_EQ(super_code(&r.s), 1);
	EXPECT_EQ(r.take(), (Did{ "clean appliance" }));
	EXPECT_NE(r.said.find("failed: exit code 1, too often"), std::string::npos);
}

TEST(super, well_for_a_minute_allows_all_restarts_again)
{
	Rig r({ "appliance" });

	for (int i = 0; i < 3; i++) {
		r.ready(0);
		r.dies(0, 1);
		r.pass(3);
	}
	EXPECT_EQ(r.s.part[0].left, 2u);
	r.ready(0);
	r.pass(59.8, { 0 });
	EXPECT_EQ(r.s.part[0].left, 2u);
	r.pass(0.3, { 0 });
	EXPECT_EQ(r.s.part[0].left, 5u);
	EXPECT_EQ(r.s.part[0].restarts, 3u); // those that were stay counted
	r.pass(120, { 0 });
	size_t first = r.said.find("allowed again");

	ASSERT_NE(first, std::string::npos);
	EXPECT_EQ(r.said.find("allowed again", first + 1), std::string::npos); // said once
	r.dies(0, 1);
	r.pass(3 + 50); // a start that takes long is not yet well
	r.ready(0);
	r.pass(30, { 0 });
	EXPECT_EQ(r.s.part[0].left, 4u);
	r.pass(31, { 0 });
	EXPECT_EQ(r.s.part[0].left, 5u);
}

TEST(super, usage_is_never_started_again)
{
	for (int code : { 2, 127 }) {
		Rig r({ "appliance" });

		r.dies(0, code);
		r.pass(10);
		EXPECT_EQ(r.take(), (Did{ "start appliance", "clean appliance" }));
		EXPECT_TRUE(r.s.over);
		EXPECT_EQ(super_code(&r.s), 2);
	}
}

TEST(super, data_that_ended_is_done)
{
	for (int code : { 0, 3 }) {
		Rig r({ "appliance" });
		beat b{};

		r.ready(0);
		b.stopping = true;
		super_beat(&r.s, 0, &b, r.now);
		EXPECT_EQ(r.state(0), "ending");
		r.pass(20); // no heartbeats while it writes its summary
		r.dies(0, code);
		EXPECT_TRUE(r.s.over);
		EXPECT_EQ(super_code(&r.s), code);
		EXPECT_EQ(r.take(), (Did{ "start appliance", "clean appliance" }));
	}
}

TEST(super, stuck_is_killed_and_started_again)
{
	Rig r({ "appliance" });

	r.ready(0);
	r.pass(20, { 0 });
	r.take();
	r.pass(4.9);
	EXPECT_EQ(r.take(), (Did{}));
	beat b{}; // it talks, but an lcore does not move
	b.counts = true;
	snprintf(b.stuck, sizeof b.stuck, "ingest0");
	super_beat(&r.s, 0, &b, r.now);
	r.pass(0.1);
	EXPECT_EQ(r.take(), (Did{ "kill appliance" }));
	EXPECT_EQ(r.state(0), "stuck");
	EXPECT_NE(r.said.find("stuck: no heartbeat for 5.0 s (lcore ingest0 makes no progress): killed"), std::string::npos);
	r.dies(0, 0, SIGKILL);
	r.pass(3);
	EXPECT_EQ(r.take(), (Did{ "start appliance" }));
	EXPECT_EQ(r.s.part[0].restarts, 1u);
}

TEST(super, a_start_or_an_end_that_takes_too_long_is_stuck)
{
	Rig r({ "appliance" });
	beat b{};

	r.pass(59.9);
	EXPECT_EQ(r.take(), (Did{ "start appliance" }));
	b.extend_ns = 30 * S; // it needs longer
	super_beat(&r.s, 0, &b, r.now);
	r.pass(29.9);
	EXPECT_EQ(r.take(), (Did{}));
	r.pass(0.1);
	EXPECT_EQ(r.take(), (Did{ "kill appliance" }));
	r.dies(0, 0, SIGKILL);
	r.pass(3);
	r.ready(0);
	b = beat{};
	b.stopping = true;
	super_beat(&r.s, 0, &b, r.now);
	r.take();
	r.pass(60);
	EXPECT_EQ(r.take(), (Did{ "kill appliance" }));
}

TEST(super, slow_is_said_and_ends_when_the_trouble_does)
{
	Rig r({ "appliance" });

	r.ready(0);
	r.take();
	r.pass(1, { 0 });
	EXPECT_EQ(r.state(0), "ok");
	r.pass(1, { 0 }, true, true);
	EXPECT_EQ(r.state(0), "slow");
	r.pass(9, { 0 });
	EXPECT_EQ(r.state(0), "slow");
	r.pass(2, { 0 });
	EXPECT_EQ(r.state(0), "ok");
	EXPECT_EQ(r.take(), (Did{})); // nothing is restarted for it
	EXPECT_TRUE(super_fine(&r.s));
}

// What the process before it has counted is not its.
TEST(super, a_new_process_counts_from_nothing)
{
	Rig r({ "appliance" });

	r.ready(0);
	r.pass(1, { 0 }, true, true);
	EXPECT_EQ(r.state(0), "slow");
	r.dies(0, 0, SIGKILL);
	r.pass(3);
	r.ready(0);
	r.tick();
	EXPECT_EQ(r.state(0), "ok");
	r.pass(1, { 0 });
	EXPECT_EQ(r.state(0), "ok");
}

TEST(super, a_start_that_takes_long_is_not_starved)
{
	Rig r({ "appliance" });

	r.pass(30);
	r.ready(0);
	r.pass(9, { 0 }, false);
	EXPECT_EQ(r.state(0), "ok");
}

TEST(super, a_neighbour_that_crashes_at_its_start_delays_nobody)
{
	Rig r(three);

	r.pass(1);
	r.take();
	r.dies(0, 1);
	EXPECT_EQ(r.take(), (Did{ "start signal" }));
}

TEST(super, what_was_done_starts_again_with_the_first_of_its_chain)
{
	Rig r = running();

	r.dies(2, 0);
	EXPECT_EQ(r.state(2), "done");
	r.dies(0, 0, SIGKILL);
	r.dies(1, 1);
	r.take();
	r.pass(3);
	r.ready(0), r.ready(1);
	EXPECT_EQ(r.take(), (Did{ "start ingest", "start signal", "start telemetry" }));
}

TEST(super, a_restart_of_what_is_being_killed_waits_for_it)
{
	Rig r({ "appliance" });

	r.ready(0);
	r.take();
	r.pass(5);
	EXPECT_TRUE(super_restart(&r.s, 0, r.now));
	r.pass(5);
	EXPECT_EQ(r.state(0), "stuck");
	EXPECT_EQ(r.take(), (Did{ "kill appliance" }));
	r.dies(0, 0, SIGKILL);
	EXPECT_EQ(r.take(), (Did{ "start appliance" })); // at once
	EXPECT_EQ(r.s.part[0].left, 5u);
}

TEST(super, starved_is_said_and_never_restarted)
{
	Rig r({ "appliance" });

	r.ready(0);
	r.take();
	r.pass(9.8, { 0 }, false);
	EXPECT_EQ(r.state(0), "ok");
	r.pass(0.3, { 0 }, false);
	EXPECT_EQ(r.state(0), "starved");
	r.pass(600, { 0 }, false);
	EXPECT_EQ(r.take(), (Did{}));
	r.pass(0.1, { 0 });
	EXPECT_EQ(r.state(0), "ok");
	EXPECT_NE(r.said.find("starved: nothing came for 10.0 s"), std::string::npos);
}

TEST(super, the_first_is_asked_to_end_first)
{
	Rig r = running();

	super_stop(&r.s, r.now);
	r.tick();
	EXPECT_EQ(r.take(), (Did{ "ask ingest" }));
	r.pass(0.5);
	r.dies(0, 0);
	EXPECT_EQ(r.take(), (Did{ "ask signal", "ask telemetry" }));
	r.dies(2, 0);
	r.dies(1, 3);
	EXPECT_EQ(r.take(), (Did{ "clean ingest" }));
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(super_code(&r.s), 3);
}

TEST(super, after_half_of_the_window_all_are_asked_then_killed_from_the_last)
{
	Rig r = running();

	super_stop(&r.s, r.now);
	r.tick();
	r.take();
	r.pass(1);
	EXPECT_EQ(r.take(), (Did{ "ask signal", "ask telemetry" }));
	r.pass(1);
	EXPECT_EQ(r.take(), (Did{ "kill telemetry" }));
	r.dies(2, 0, SIGKILL);
	EXPECT_EQ(r.take(), (Did{ "kill signal" }));
	r.dies(1, 0, SIGKILL);
	EXPECT_EQ(r.take(), (Did{ "kill ingest" }));
	EXPECT_FALSE(r.s.over);
	r.dies(0, 0, SIGKILL);
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(super_code(&r.s), 1);
}

TEST(super, who_insists_on_a_stop_waits_no_longer)
{
	Rig r = running();

	r.take();
	super_stop(&r.s, r.now);
	super_stop(&r.s, r.now); // as timeout(1) does: to the process and to its group
	r.pass(0.4);
	EXPECT_EQ(r.take(), (Did{ "ask ingest" }));
	r.pass(0.2);
	super_stop(&r.s, r.now);
	r.tick();
	EXPECT_EQ(r.take(), (Did{ "ask signal", "ask telemetry", "kill telemetry" }));
}

TEST(super, a_stop_before_anything_runs_is_over_at_once)
{
	Rig r(three);

	super_stop(&r.s, r.now);
	r.tick();
	r.dies(0, 0, SIGTERM); // asked before it could do it in order
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(super_code(&r.s), 0);
	EXPECT_EQ(r.take(), (Did{ "start ingest", "ask ingest", "clean ingest" }));
}

TEST(super, a_stop_during_the_pause_starts_nothing)
{
	Rig r({ "appliance" });

	r.dies(0, 0, SIGABRT);
	super_stop(&r.s, r.now);
	r.pass(10);
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(r.take(), (Did{ "start appliance", "clean appliance" }));
	EXPECT_EQ(super_code(&r.s), 1);
}

TEST(super, ingests_death_ends_all_and_all_start_again)
{
	Rig r = running();

	r.dies(0, 0, SIGKILL);
	EXPECT_EQ(r.take(), (Did{ "ask signal", "ask telemetry" }));
	r.dies(1, 0);
	r.dies(2, 1);
	EXPECT_EQ(r.take(), (Did{ "clean ingest" }));
	EXPECT_FALSE(r.s.over);
	r.pass(2.9);
	EXPECT_EQ(r.take(), (Did{}));
	r.pass(0.1);
	EXPECT_EQ(r.take(), (Did{ "start ingest" }));
	r.ready(0), r.ready(1);
	EXPECT_EQ(r.take(), (Did{ "start signal", "start telemetry" }));
	EXPECT_EQ(r.s.part[0].restarts, 1u);
	EXPECT_EQ(r.s.part[1].restarts, 0u); // it did nothing wrong
	EXPECT_EQ(r.s.part[1].left, 5u);
}

TEST(super, a_part_that_hangs_on_to_a_dead_ingest_is_killed)
{
	Rig r = running();

	r.dies(0, 0, SIGKILL);
	r.take();
	r.pass(2);
	EXPECT_EQ(r.take(), (Did{ "kill telemetry" }));
	r.dies(2, 0, SIGKILL);
	r.dies(1, 0, SIGKILL);
	r.pass(1);
	EXPECT_EQ(r.take(), (Did{ "kill signal", "clean ingest", "start ingest" }));
}

TEST(super, a_stop_while_all_start_again_starts_nothing)
{
	Rig r = running();

	r.dies(0, 0, SIGKILL);
	super_stop(&r.s, r.now);
	r.dies(1, 0), r.dies(2, 0);
	r.pass(20);
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(r.take(), (Did{ "ask signal", "ask telemetry", "clean ingest" }));
}

TEST(super, the_death_of_another_leaves_the_rest_running)
{
	Rig r = running();

	r.dies(1, 0, SIGKILL);
	r.pass(3, { 0, 2 });
	EXPECT_EQ(r.take(), (Did{ "start signal" }));
	EXPECT_EQ(r.state(0) + r.state(2), "okok");
	for (int i = 0; i < 5; i++) {
		r.dies(1, 1);
		r.pass(3, { 0, 2 });
	}
	EXPECT_EQ(r.state(1), "failed");
	EXPECT_EQ(r.state(0), "ok"); // data goes on
	EXPECT_FALSE(super_fine(&r.s));
	EXPECT_FALSE(r.s.over);
	EXPECT_TRUE(super_restart(&r.s, 1, r.now)); // an operator tries anew
	r.take();
	r.tick();
	EXPECT_EQ(r.take(), (Did{ "start signal" }));
	EXPECT_EQ(r.s.part[1].left, 5u);
}

TEST(super, the_first_ones_failure_ends_the_rest)
{
	Rig r = running();

	r.dies(0, 2);
	EXPECT_EQ(r.take(), (Did{ "ask signal", "ask telemetry" }));
	r.dies(1, 0), r.dies(2, 0);
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(super_code(&r.s), 2);
}

TEST(super, what_lived_on_a_part_that_is_done_is_not_started_again)
{
	Rig r = running();

	r.dies(0, 0);
	EXPECT_EQ(r.state(0), "done");
	r.dies(1, 0, SIGSEGV);
	EXPECT_EQ(r.state(1), "failed");
	r.dies(2, 0);
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(super_code(&r.s), 1);
}

TEST(super, an_operator_restarts_a_part)
{
	Rig r = running();

	EXPECT_TRUE(super_restart(&r.s, 2, r.now));
	r.tick();
	EXPECT_EQ(r.take(), (Did{ "ask telemetry" }));
	r.dies(2, 0);
	EXPECT_EQ(r.take(), (Did{ "start telemetry" })); // at once
	EXPECT_EQ(r.s.part[2].restarts, 1u);
	EXPECT_EQ(r.s.part[2].left, 5u); // it cost none
	r.ready(2);
	EXPECT_TRUE(super_restart(&r.s, 2, r.now));
	r.pass(2, { 0, 1 }); // it does not listen
	EXPECT_EQ(r.take(), (Did{ "ask telemetry", "kill telemetry" }));
	r.dies(2, 0, SIGKILL);
	EXPECT_EQ(r.take(), (Did{ "start telemetry" }));
	EXPECT_TRUE(super_restart(&r.s, 0, r.now)); // all live on it
	r.tick();
	r.dies(0, 0), r.dies(1, 0), r.dies(2, 0);
	EXPECT_EQ(r.take(), (Did{ "ask ingest", "ask signal", "ask telemetry", "clean ingest" }));
	r.tick();
	EXPECT_EQ(r.take(), (Did{ "start ingest" }));
	super_stop(&r.s, r.now);
	EXPECT_FALSE(super_restart(&r.s, 1, r.now));
}

TEST(super, a_part_that_cannot_be_started_counts_as_crashed)
{
	Rig r({ "appliance" });

	for (int i = 0; i < 6; i++) {
		super_unstarted(&r.s, 0, "no memory", r.now);
		r.pass(3);
	}
	EXPECT_TRUE(r.s.over);
	EXPECT_EQ(super_code(&r.s), 1);
}

// Whatever happens in whatever order: no part is started while it is there or killed while it is not, and a stop
// comes to an end.
TEST(super, any_order_of_events)
{
	for (unsigned seed = 0; seed < 300; seed++) {
		std::mt19937 random(seed);
		Rig r(three, seed & 1);
		bool there[3] = {};
		auto check = [&]() -> void {
			for (const std::string &d : r.take()) {
				unsigned i = d.find("ingest") != std::string::npos ? 0 : d.find("signal") != std::string::npos ? 1 : 2;

				if (d.substr(0, 5) == "clean") {
					ASSERT_FALSE(there[0] || there[1] || there[2]) << seed;
				} else {
					ASSERT_EQ(there[i], d.substr(0, 5) != "start") << seed << d;
					there[i] = true;
				}
			}
			for (unsigned i = 0; i < 3; i++)
				ASSERT_EQ(super_alive(&r.s.part[i]), there[i]) << seed;
		};

		check();
		for (int step = 0; step < 400; step++) {
			unsigned i = random() % 3;
			beat b{};

			switch (random() % 8) {
			case 0:
				if (there[i])
					there[i] = false, r.dies(i, (int)(random() % 4), random() % 3 ? 0 : SIGSEGV);
				break;
			case 1: b.stopping = true; [[fallthrough]];
			case 2: b.ready = random() & 1; [[fallthrough]];
			case 3: b.watchdog = true, super_beat(&r.s, i, &b, r.now); break;
			case 4: super_restart(&r.s, i, r.now); break;
			case 5:
				if (step > 300)
					super_stop(&r.s, r.now);
				break;
			default: r.pass((double)(random() % 30) / 10);
			}
			r.tick();
			check();
			if (HasFatalFailure())
				return;
		}
		super_stop(&r.s, r.now);
		for (int n = 0; n < 10 && !r.s.over; n++) {
			r.pass(1);
			check();
			for (unsigned i = 0; i < 3; i++)
				if (there[i] && r.s.part[i].phase == SUPER_FORCED)
					there[i] = false, r.dies(i, 0, SIGKILL);
		}
		EXPECT_TRUE(r.s.over) << seed;
	}
}

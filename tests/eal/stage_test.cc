/* SPDX-License-Identifier: BSD-3-Clause */
// Stages: what comes in over links, pushed by hand, and what goes out. Each stage runs as the loop runs it, poll by poll.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/eal/stage_kit.h"

namespace {

void push_fire(struct link *k, const char *symbol, uint64_t close_s)
{
	link_elem e = {};

	e.stream = LINK_FIRE;
	e.fire.symbol = symtab_key(symbol, strlen(symbol)), e.fire.decided_ns = close_s * NS_PER_S;
	e.fire.close_filled = e.fire.bid = e.fire.ask = PX_NULL;
	ASSERT_TRUE(link_push(k, &e));
}

std::string contents(const std::string &path)
{
	std::ifstream f(path);
	std::stringstream s;

	s << f.rdbuf();
	return s.str();
}

struct Signal : Plant {
	lcore *ingest = add(CONF_STAGE_INGEST), *signal = add(CONF_STAGE_SIGNAL), *telemetry = add(CONF_STAGE_TELEMETRY),
	      *exporter = add(CONF_STAGE_EXPORT);
	struct link *in = connect(ingest, signal), *exits = connect(telemetry, signal, true), *shown = connect(signal, telemetry),
		    *written = connect(signal, exporter);

	Signal() { EXPECT_EQ(init(signal), 0); }
	unsigned poll() { return signal->stage->poll(signal); }
};

} // namespace

TEST(stage_signal, a_fire_goes_to_all_that_are_linked_before_the_mark_of_its_rows)
{
	Signal k;
	bar low = row("A", 1, 9), high = row("A", 2, 11);

	push(k.in, LINK_NEW_BAR, &low);
	push(k.in, LINK_NEW_BAR, &high);
	push(k.in, LINK_MARK, nullptr, 2);
	EXPECT_EQ(k.poll(), 3u);
	EXPECT_EQ(waiting(k.shown), "fire mark");
	EXPECT_EQ(waiting(k.written), "fire mark");
	EXPECT_EQ(k.signal->shared->rows, 2u);
	EXPECT_EQ(k.poll(), 0u);
	EXPECT_FALSE(k.signal->shared->done);
}

// Nobody tells an end over a way back: two stages would wait for each other.
TEST(stage_signal, the_end_of_its_rows_ends_it_and_is_told_once_over_each_link)
{
	Signal k;

	push(k.in, LINK_END);
	EXPECT_EQ(k.poll(), 1u);
	EXPECT_FALSE(k.signal->shared->done) << "what came with the end is worked off first";
	EXPECT_EQ(k.poll(), 0u);
	EXPECT_TRUE(k.signal->shared->done);
	EXPECT_EQ(waiting(k.shown), "end");
	EXPECT_EQ(waiting(k.written), "end");
}

TEST(stage_signal, a_producer_that_is_done_and_whose_link_is_empty_has_ended)
{
	Signal k;
	bar b = row("A", 1, 11);

	push(k.in, LINK_NEW_BAR, &b);
	k.ingest->shared->done = true;
	EXPECT_EQ(k.poll(), 1u);
	EXPECT_FALSE(k.signal->shared->done);
	EXPECT_EQ(k.poll(), 0u);
	EXPECT_TRUE(k.signal->shared->done);
	EXPECT_EQ(waiting(k.written), "fire end");
}

TEST(stage_signal, halted_it_holds_entries_back_and_counts_them)
{
	Signal k;
	bar high = row("A", 1, 11), low = row("A", 2, 9);

	k.mode = LATCH_REDUCE;
	push(k.in, LINK_NEW_BAR, &high);
	k.poll();
	EXPECT_EQ(waiting(k.written), "");
	EXPECT_EQ(signal_gates(k.signal)->suppressed, 1u);
	k.mode = LATCH_RUN;
	push(k.in, LINK_NEW_BAR, &low);
	high.close_ts = 3 * NS_PER_S;
	push(k.in, LINK_NEW_BAR, &high);
	k.poll();
	EXPECT_EQ(waiting(k.written), "fire");
	k.p.mode = nullptr; // nobody has said what may leave
	push(k.in, LINK_NEW_BAR, &low);
	high.close_ts = 5 * NS_PER_S;
	push(k.in, LINK_NEW_BAR, &high);
	k.poll();
	EXPECT_EQ(waiting(k.written), "");
}

TEST(stage_signal, other_gates_come_in_force_between_two_closes)
{
	Signal k;
	bar first = row("A", 5, 11), last = row("A", 5, 11, SPAN_5S);
	lcore_command c = {};
	auto next = std::make_unique<gate_set>(k.gates);

	snprintf(next->gate[0].name, sizeof next->gate[0].name, "next");
	first.last_due = 0;
	push(k.in, LINK_NEW_BAR, &first);
	k.poll();
	k.p.gates_next = next.get();
	c.op = LCORE_OP_GATES;
	EXPECT_EQ(k.signal->stage->command(k.signal, &c), -EAGAIN);
	push(k.in, LINK_NEW_BAR, &last);
	k.poll();
	EXPECT_EQ(waiting(k.written), "fire");
	EXPECT_EQ(k.signal->stage->command(k.signal, &c), 0);
	EXPECT_EQ(signal_gates(k.signal)->set, next.get());
	c.op = LCORE_OP_WHY, c.arg = 0;
	EXPECT_EQ(k.signal->stage->command(k.signal, &c), 0);
	EXPECT_EQ(c.why.n, 1u);
	EXPECT_TRUE(c.why.why[0].known);
	EXPECT_EQ(c.why.why[0].fired_ns, 0u) << "another gate: it starts cold";
	c.arg = 16;
	EXPECT_EQ(k.signal->stage->command(k.signal, &c), -ENOENT);
	next->ring_rows = 100000;
	c.op = LCORE_OP_GATES;
	EXPECT_EQ(k.signal->stage->command(k.signal, &c), -ENOSPC);
}

namespace {

struct Telemetry : Plant {
	lcore *signal = add(CONF_STAGE_SIGNAL), *telemetry = add(CONF_STAGE_TELEMETRY);
	struct link *in = connect(signal, telemetry), *exits = connect(telemetry, signal, true);
	uint64_t hz = 0, now = 0;

	Telemetry() { EXPECT_EQ(init(telemetry), 0); }
	std::string health(unsigned after_s)
	{
		struct telemetry_health h;

		now += after_s * NS_PER_S * 100; // more ticks than any clock of this machine makes in that time
		telemetry->stage->tick(telemetry, now);
		telemetry_health(telemetry, &h);
		return std::string(telemetry_health_name[h.health]) + (h.why[0] ? std::string(": ") + h.why : "");
	}
};

} // namespace

TEST(stage_telemetry, keeps_the_last_fires_and_ends_with_its_links)
{
	Telemetry k;
	fire last[TELEMETRY_FIRES];
	uint64_t total;

	for (uint64_t i = 1; i <= TELEMETRY_FIRES + 3; i++)
		push_fire(k.in, "A", i);
	push(k.in, LINK_END);
	EXPECT_EQ(k.telemetry->stage->poll(k.telemetry), TELEMETRY_FIRES + 4u);
	EXPECT_EQ(telemetry_fires(k.telemetry, last, &total), (unsigned)TELEMETRY_FIRES);
	EXPECT_EQ(total, TELEMETRY_FIRES + 3u);
	EXPECT_EQ(last[0].decided_ns, 4 * NS_PER_S);
	EXPECT_EQ(last[TELEMETRY_FIRES - 1].decided_ns, (TELEMETRY_FIRES + 3) * NS_PER_S);
	EXPECT_EQ(k.telemetry->stage->poll(k.telemetry), 0u);
	EXPECT_TRUE(k.telemetry->shared->done);
	EXPECT_EQ(waiting(k.exits), "end");
}

TEST(stage_telemetry, a_refused_element_degrades_health_and_is_forgiven)
{
	Telemetry k;

	EXPECT_EQ(k.health(1).substr(0, 2), "ok");
	k.in->shared->refused_by[LINK_FIRE] = 3;
	EXPECT_EQ(k.health(1).substr(0, 31), "degraded: full links lost 3 ele");
	EXPECT_EQ(k.health(20).substr(0, 2), "ok");
	k.in->shared->refused_by[LINK_FIRE] = 4;
	EXPECT_EQ(k.health(1).substr(0, 31), "degraded: full links lost 1 ele");
}

namespace {

struct Export : Plant {
	lcore *ingest = add(CONF_STAGE_INGEST), *signal = add(CONF_STAGE_SIGNAL), *exporter = add(CONF_STAGE_EXPORT);
	struct link *rows = connect(ingest, exporter), *fires = connect(signal, exporter);
	std::string path = testing::TempDir() + "stage_bars.csv";

	void open(const char *to)
	{
		for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
			ASSERT_EQ(output_open(&p.output[i], i == OUTPUT_BARS ? to : nullptr, OUTPUT_DIGEST, nullptr), 0);
		p.output_path[OUTPUT_BARS] = to;
		ASSERT_EQ(init(exporter), 0);
	}
	void poll()
	{
		while (exporter->stage->poll(exporter))
			;
	}
	// What came first in each line behind the header: "A 1s" for a row of A.
	std::vector<std::string> written()
	{
		std::istringstream in(contents(path));
		std::vector<std::string> out;
		std::string line, symbol, span;

		std::getline(in, line);
		while (std::getline(in, line)) {
			std::istringstream fields(line);

			std::getline(fields, symbol, ',');
			std::getline(fields, span, ',');
			out.push_back(symbol + " " + span);
		}
		return out;
	}
	void end()
	{
		push(rows, LINK_END);
		push(fires, LINK_END);
		poll();
		EXPECT_TRUE(exporter->shared->done);
	}
};

} // namespace

TEST(stage_export, rows_wait_for_their_mark_and_come_in_the_canonical_order)
{
	Export k;
	bar b1 = row("B", 1, 5), a1 = row("A", 1, 5), c2 = row("C", 2, 5);
	struct export_digest d;

	k.open(k.path.c_str());
	push(k.rows, LINK_NEW_BAR, &c2);
	push(k.rows, LINK_NEW_BAR, &b1);
	push(k.rows, LINK_NEW_BAR, &a1);
	push(k.rows, LINK_MARK, nullptr, 1);
	k.poll();
	export_digest(k.exporter, &d);
	EXPECT_EQ(d.rows[OUTPUT_BARS], 2u) << "the row of second 2 waits";
	k.end();
	ASSERT_EQ(output_keep(&k.p.output[OUTPUT_BARS]), 0);
	EXPECT_EQ(k.written(), (std::vector<std::string>{ "A 1s", "B 1s", "C 1s" }));
	export_digest(k.exporter, &d);
	EXPECT_EQ(d.rows[OUTPUT_BARS], 3u);
	EXPECT_EQ(std::string(d.all), d.of[OUTPUT_BARS]);
	EXPECT_EQ(std::string(d.all).size(), 64u);
}

// The mark of fires comes by the signal lcore: it says nothing of rows.
TEST(stage_export, each_producer_marks_its_own_streams)
{
	Export k;
	bar b = row("A", 1, 5);
	struct export_digest d;

	k.open(k.path.c_str());
	push(k.rows, LINK_NEW_BAR, &b);
	push_fire(k.fires, "A", 1);
	push(k.fires, LINK_MARK, nullptr, 1);
	k.poll();
	export_digest(k.exporter, &d);
	EXPECT_EQ(d.rows[OUTPUT_BARS], 0u);
	EXPECT_EQ(d.rows[OUTPUT_FIRES], 1u);
	k.end();
}

TEST(stage_export, only_what_is_asked_for_is_written)
{
	Export k;
	bar a = row("A", 5, 5), b = row("B", 5, 5), long_a = row("A", 5, 5, SPAN_5S), idle = row("A", 6, 5);

	idle.trades = 0;
	k.p.symbol[k.p.n_symbols++] = a.symbol;
	k.p.spans = 1 << SPAN_1S;
	k.open(k.path.c_str());
	for (bar *x : { &a, &b, &long_a, &idle })
		push(k.rows, LINK_NEW_BAR, x);
	k.end();
	ASSERT_EQ(output_keep(&k.p.output[OUTPUT_BARS]), 0);
	EXPECT_EQ(k.written(), (std::vector<std::string>{ "A 1s" }));
}

TEST(stage_export, a_replay_whose_output_fails_is_stopped)
{
	Export k;

	k.open("/dev/full");
	for (unsigned i = 1; i < 9000 && !k.p.stop; i++) {
		bar b = row("A", i, 5);

		push(k.rows, LINK_NEW_BAR, &b);
		push(k.rows, LINK_MARK, nullptr, i);
		k.poll();
	}
	EXPECT_TRUE(k.p.stop);
	EXPECT_EQ(k.p.output[OUTPUT_BARS].error, ENOSPC);
	k.end();
	EXPECT_GT(k.p.output[OUTPUT_BARS].lost_bytes, 0u);
}

TEST(stage_export, a_second_one_is_refused)
{
	Export k;
	lcore *second = k.add(CONF_STAGE_EXPORT);

	EXPECT_EQ(k.init(second), -EINVAL);
	EXPECT_NE(std::string(k.err).find("found a second export lcore beside export2"), std::string::npos) << k.err;
}

int main(int argc, char **argv) { return stage_kit::run(argc, argv); }

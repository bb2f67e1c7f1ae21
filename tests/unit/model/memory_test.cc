/* SPDX-License-Identifier: BSD-3-Clause */
// What docs/performance.md states of memory is what the sizing functions say that boot asks, at the defaults of the
// configuration; and the rack's profile with 11,000 instruments and 2 million orders stays within 2 GiB.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "conf/conf.h"
#include "drivers/receiver/receiver.h"
#include "lcore/model/engine.h"
#include "lcore/model/gate.h"
}
#pragma GCC diagnostic pop

namespace {

enum : uint32_t { MORE = 4096, STRANDS = INSTR_STRANDS };

std::string source(const char *path)
{
	const char *root = getenv("WIREBAR_SOURCE");

	return std::string(root ? root : ".") + "/" + path;
}

// The rows "| what | bytes | of what |" of the section "## Memory".
std::map<std::string, double> stated()
{
	std::ifstream in(source("docs/performance.md"));
	std::map<std::string, double> out;
	bool here = false;

	for (std::string line; std::getline(in, line);) {
		if (line.rfind("## ", 0) == 0)
			here = line == "## Memory";
		size_t one = line.find(" | "), two = line.find(" | ", one + 3);
		if (!here || line.rfind("| ", 0) || two == std::string::npos)
			continue;
		std::string bytes;
		for (char c : line.substr(one + 3, two - one - 3))
			if (c != ',')
				bytes += c;
		char *end;
		double v = strtod(bytes.c_str(), &end);
		if (end != bytes.c_str() && !*end)
			out[line.substr(2, one - 2)] = v;
	}
	return out;
}

size_t engine_of(const conf_bars &b)
{
	engine_conf ec = {};

	ec.instruments = (uint32_t)b.instruments, ec.orders = (uint32_t)b.orders, ec.levels = (uint32_t)b.levels;
	ec.prints = (uint32_t)b.prints, ec.watch_max = (uint32_t)b.watch_max;
	return engine_bytes(&ec);
}

size_t tables_of(const conf_bars &b)
{
	uint32_t n = (uint32_t)b.instruments;

	return tables_bytes(n, n * STRANDS, (uint32_t)b.watch_max, (uint32_t)b.history);
}

size_t receiver_of(const conf &c)
{
	receiver_conf rc = {};

	rc.hold_packets = (uint32_t)c.feed.hold_packets;
	return receiver_bytes(&rc) + sizeof(receiver_counts);
}

// One more of something: how much a sizing function grows with it.
double slope(const conf_bars &b, uint64_t conf_bars::*of, size_t (*bytes)(const conf_bars &), uint64_t more = MORE)
{
	conf_bars bigger = b;

	bigger.*of += more;
	return (double)(bytes(bigger) - bytes(b)) / (double)more;
}

} // namespace

TEST(memory, page_states_what_is_taken)
{
	auto c = std::make_unique<conf>();
	const conf_bars &b = c->bars;

	conf_defaults(c.get());
	const std::map<std::string, double> taken = {
		{ "a resting order", (double)orders_bytes((uint32_t)b.orders) / (double)b.orders },
		{ "a far price level", slope(b, &conf_bars::levels, engine_of) },
		{ "an instrument, engine", slope(b, &conf_bars::instruments, engine_of) },
		{ "an instrument, tables", slope(b, &conf_bars::instruments, tables_of) },
		{ "a history row", slope(b, &conf_bars::history, tables_of) / (double)(b.watch_max * SPAN_COUNT) },
		{ "a print remembered", slope(b, &conf_bars::prints, engine_of, b.prints) },
		{ "a channel, receiver", (double)receiver_of(*c) / RECEIVER_CHANNELS },
	};
	const std::map<std::string, double> says = stated();

	for (const auto &t : taken) {
		auto s = says.find(t.first);
		ASSERT_NE(s, says.end()) << "docs/performance.md, Memory: no row for " << t.first << ", which takes " << t.second;
		EXPECT_NEAR(s->second, t.second, t.second / 100) << "docs/performance.md, Memory: " << t.first;
	}
}

TEST(memory, rack_with_eleven_thousand_instruments_fits_two_gib)
{
	auto c = std::make_unique<conf>();
	conf_error err;

	ASSERT_EQ(conf_load(c.get(), source("conf/rack.conf").c_str(), &err), 0) << err.text;
	c->bars.instruments = 11000;
	ASSERT_GE(c->bars.orders, 2000000u);
	gate_set taps = {}; // as many as a configuration can have
	taps.n_taps = GATE_TAPS;
	size_t sum = engine_of(c->bars) + tables_of(c->bars) + receiver_of(*c) + gate_set_bytes(&taps, (uint32_t)c->bars.instruments);

	EXPECT_LT(sum, (size_t)2 << 30);
	EXPECT_GT(sum, orders_bytes(2000000)); // these are in it
}

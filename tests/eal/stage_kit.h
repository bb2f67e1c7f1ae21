/* SPDX-License-Identifier: BSD-3-Clause */
// stage_kit.h: what the tests of stages share: a plant of lcores and links, and rows for it.
#ifndef WB_TESTS_STAGE_KIT_H
#define WB_TESTS_STAGE_KIT_H

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "conf/conf.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"
#include "lcore/model/gate.h"
#include "lcore/stage/stage.h"
#include "tests/shim/eal.h"
}
#pragma GCC diagnostic pop

namespace stage_kit
{

enum { DEPTH = 64 };

// A plant of lcores and links that no thread runs: the test is the other end of each link.
struct Plant {
	struct plant p = {};
	uint32_t mode = LATCH_RUN;
	std::unique_ptr<struct conf> conf = std::make_unique<struct conf>();
	gate_set gates = {};
	std::list<lcore> lcores;
	std::list<std::unique_ptr<lcore_shared>> blocks;
	std::list<conf_lcore> lcore_confs;
	std::list<struct link> links;
	std::list<std::vector<uint64_t>> memory;
	char err[512] = "";

	explicit Plant(const char *text = "[bars]\ninstruments = 16\n")
	{
		conf_error ce;

		EXPECT_EQ(conf_parse(conf.get(), "t.conf", text, strlen(text), &ce), 0) << ce.text;
		const char *rule[] = { "1s close_filled > 10" };

		gate_spec spec = {};
		gate_fault fault;

		spec.name = "over", spec.threshold = spec.release = 1, spec.rule = rule, spec.n_rules = 1,
		spec.window = spec.symbols = "";
		EXPECT_EQ(gate_compile(&gates, &spec, err, sizeof err), 0) << err;
		EXPECT_EQ(gate_finish(&gates, &fault), 0) << fault.text;
		p.conf = conf.get();
		p.gates = &gates;
		snprintf(p.gate_name[0], sizeof p.gate_name[0], "over");
		p.replay = true;
		p.mode = &mode;
		p.clock.ns_per_tsc = 1;
	}
	~Plant()
	{
		for (lcore &l : lcores)
			if (l.stage->fini && l.state)
				l.stage->fini(&l);
		for (output &o : p.output)
			output_drop(&o);
	}
	lcore *add(conf_stage stage)
	{
		lcores.emplace_back();
		lcore_confs.emplace_back();
		lcore *l = &lcores.back();

		lcore_confs.back().stage = stage;
		*l = lcore();
		snprintf(l->name, sizeof l->name, "%s%u", conf_enum_stage[stage], p.n_lcores);
		l->index = (uint16_t)p.n_lcores;
		l->stage = stages[stage];
		l->conf = &lcore_confs.back();
		l->plant = &p;
		blocks.push_back(std::make_unique<lcore_shared>());
		l->shared = blocks.back().get();
		p.lcore[p.n_lcores++] = l;
		return l;
	}
	struct link *connect(lcore *from, lcore *to, bool back = false)
	{
		static int n;

		links.emplace_back();
		struct link *k = &links.back();

		EXPECT_EQ(
			link_create(k, ("s" + std::to_string(n++)).c_str(), from->name, to->name, DEPTH, -1),
			0);
		k->from = (uint8_t)from->index, k->to = (uint8_t)to->index, k->stop = &p.abort,
		k->back = back;
		from->out[from->n_out++] = k;
		to->in[to->n_in++] = k;
		return k;
	}
	int init(lcore *l)
	{
		l->state_bytes = l->stage->bytes(l);
		memory.emplace_back(l->state_bytes / 8 + 8);
		l->state = (void *)(((uintptr_t)memory.back().data() + 63) & ~(uintptr_t)63);
		return l->stage->init(l, l->state, err, sizeof err);
	}
};

inline bar row(const char *symbol, uint64_t close_s, double close, bar_span span = SPAN_1S)
{
	bar b = {};

	b.symbol = symtab_key(symbol, strlen(symbol));
	b.span = (uint64_t)span, b.open_ts = (close_s - bar_span_s[span]) * NS_PER_S,
	b.close_ts = close_s * NS_PER_S;
	b.open = b.high = b.low = b.close = b.close_filled = (int64_t)(close * 1e6);
	b.bid = b.ask = PX_NULL;
	b.trades = 1, b.volume = 100, b.last_due = 1, b.n_due = 1, b.instr = (uint32_t)(symbol[0] - 'A');
	return b;
}

inline void push(struct link *k, link_stream stream, const bar *b = nullptr, uint64_t mark_s = 0)
{
	link_elem e = {};

	e.stream = stream;
	if (b)
		e.bar = *b;
	else
		e.mark_ns = mark_s * NS_PER_S;
	ASSERT_TRUE(link_push(k, &e));
}

// Streams that wait in a link, taken out: "new_bar fire end".
inline std::string waiting(struct link *k)
{
	link_elem e[DEPTH];
	unsigned n = link_pop(k, e, DEPTH);
	std::string out;

	for (unsigned i = 0; i < n; i++)
		out += (i ? " " : "") + std::string(streams_name[e[i].stream]);
	return out;
}

constexpr uint64_t T0 = 1773151200; // 10:00 in New York, 2026-03-10

const char trading_text[] =
	"[bars]\ninstruments = 16\n[orders]\nenabled = yes\ntable = 64\nfills = 64\n"
	"[risk]\nqty_max = 1000\nnotional_max = unlimited\nposition_max = 1000\nshort_max = 1000\n"
	"gross_max = unlimited\nnet_max = unlimited\nopen_orders_max = 100\ncollar_bps = 1000\n"
	"collar_ticks = unlimited\nblind_bps = 1000\nquote_age = 60s\nduplicate_window = 1s\n"
	"symbol_rate = 100\nentry_rate = 100\nexit_rate = 100\ncancel_rate = 100\nrejects_max = 100\n"
	"denials_max = unlimited\nloss_day = unlimited\n"
	"[gate over]\nshares = 100\nrule = 1s close_filled > 10\n"
	"[gate below]\nstream = exit_fire\nrule = 1s close_filled < 8\n";

// With a desk, and the gates `over`, which enters, and `below`, which exits.
struct Trading : Plant {
	Trading() : Plant(trading_text) {}
	void exit_below()
	{
		const char *below[] = { "1s close_filled < 8" };
		gate_spec spec = {};
		gate_fault fault;

		calendar_load();
		spec.name = "below", spec.threshold = spec.release = 1, spec.rule = below, spec.n_rules = 1,
		spec.window = spec.symbols = "";
		spec.stream = GATE_EXIT;
		EXPECT_EQ(gate_compile(&gates, &spec, err, sizeof err), 0) << err;
		EXPECT_EQ(gate_finish(&gates, &fault), 0) << fault.text;
		snprintf(p.gate_name[1], sizeof p.gate_name[1], "below");
	}
};

// What the main function of such a test does: EAL, then all tests.
inline int run(int argc, char **argv)
{
	testing::InitGoogleTest(&argc, argv);
	if (shim_eal_up(argv[0]))
		return 1;
	int rc = RUN_ALL_TESTS();

	shim_eal_down();
	return rc;
}

} // namespace stage_kit

using namespace stage_kit;

#endif

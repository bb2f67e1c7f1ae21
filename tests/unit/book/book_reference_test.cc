/* SPDX-License-Identifier: BSD-3-Clause */
// The order-level book against one that is nothing but maps, message by message: touch after each, the whole of both sides
// often. Prices of all kinds of stock; orders that are added, executed, cut, deleted, replaced and unknown; clears.
#include <map>
#include <random>

#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

enum { INSTRUMENTS = 6, MESSAGES = 60000 };

struct Plain {
	struct Order { uint32_t instr; uint8_t side; int64_t price; uint32_t qty; };
	std::map<uint64_t, Order> orders;
	std::map<int64_t, uint64_t> side[INSTRUMENTS][2]; // [0]: bids, [1]: offers

	void add(uint64_t ref, const Order &o)
	{
		if (!o.qty || !orders.emplace(ref, o).second)
			return;
		side[o.instr][o.side != SIDE_BUY][o.price] += o.qty;
	}
	void take(uint64_t ref, uint32_t qty)
	{
		auto o = orders.find(ref);

		if (o == orders.end())
			return;
		auto &levels = side[o->second.instr][o->second.side != SIDE_BUY];

		qty = std::min(qty, o->second.qty);
		if (!(levels[o->second.price] -= qty))
			levels.erase(o->second.price);
		if (!(o->second.qty -= qty))
			orders.erase(o);
	}
	void apply(const event &e)
	{
		switch (e.kind) {
		case EV_ADD: add(e.ref, { e.instr, e.side, e.price, e.qty }); break;
		case EV_EXEC:
		case EV_EXEC_PX:
		case EV_CANCEL: take(e.ref, e.qty); break;
		case EV_DELETE: take(e.ref, UINT32_MAX); break;
		case EV_REPLACE: {
			auto old = orders.find(e.ref);

			if (old == orders.end())
				break;
			uint8_t s = old->second.side;

			take(e.ref, UINT32_MAX);
			add(e.ref2, { e.instr, s, e.price, e.qty });
			break;
		}
		case EV_SYMBOL_CLEAR:
			for (auto &s : side[e.instr])
				s.clear();
			for (auto o = orders.begin(); o != orders.end();)
				o = o->second.instr == e.instr ? orders.erase(o) : std::next(o);
			break;
		default: break;
		}
	}
	touch now(uint32_t instr) const
	{
		touch t = touch_empty();
		auto &bids = side[instr][0], &asks = side[instr][1];

		if (!bids.empty())
			t.bid = bids.rbegin()->first, t.bid_size = bids.rbegin()->second;
		if (!asks.empty())
			t.ask = asks.begin()->first, t.ask_size = asks.begin()->second;
		return t;
	}
};

// A walking price; then what each instrument is like: close by, deep, dear and sparse, below a dollar, off the cent, jumping.
int64_t draw(uint32_t instr, uint8_t side, std::mt19937 &rng, int step)
{
	static const int64_t middle[] = { 50, 120, 3000, 0, 20, 80 };
	int64_t cents = 5000 + middle[instr] * 100 + (step / 40) % 400 - (step / 16000) * 150, away = 1 + (int64_t)(rng() % 20);

	switch (instr) {
	case 1: away = 1 + (int64_t)(rng() % 600); break;
	case 2: away = 1 + (int64_t)(rng() % 40) * 97; break;
	case 3: return 500000 + (side == SIDE_BUY ? -1 : 1) * away * 100;
	case 4: return cents * 10000 + (side == SIDE_BUY ? -1 : 1) * away * (rng() % 3 ? 10000 : 2500);
	case 5: cents += (step / 3000) % 2 * 5000; break;
	default: break;
	}
	return (cents + (side == SIDE_BUY ? -away : away)) * 10000;
}

// Mostly orders that rest, one in twenty that does not, or no more.
uint64_t pick(const Plain &plain, std::mt19937 &rng, uint64_t next)
{
	auto o = plain.orders.lower_bound(next - 1 - rng() % std::min<uint64_t>(next - 1, 600));

	return o == plain.orders.end() || rng() % 20 == 0 ? 1 + rng() % next : o->first;
}

void whole(const Engine &k, const Plain &plain, const strand &l)
{
	for (uint8_t side : { SIDE_BUY, SIDE_SELL }) {
		const auto &want = plain.side[l.instr][side != SIDE_BUY];
		std::vector<level> got(want.size() + 1);
		size_t i = 0;

		ASSERT_EQ(book_depth(&k.e.levels, &l.book, side, got.data(), (uint32_t)got.size()), want.size());
		auto same = [&](const std::pair<const int64_t, uint64_t> &w) {
			ASSERT_EQ(got[i].price, w.first);
			ASSERT_EQ(got[i++].qty, w.second);
		};
		if (side == SIDE_BUY)
			std::for_each(want.rbegin(), want.rend(), same);
		else
			std::for_each(want.begin(), want.end(), same);
	}
}

void play(unsigned seed, size_t cut)
{
	Script s = Script::of({ NASDAQ });
	Plain plain;
	engine_conf conf = Engine::conf();

	conf.orders = 32768;
	Engine k(conf);
	std::mt19937 rng(seed);
	uint64_t next = 2;
	size_t from = 0;

	for (int i = 0; i < MESSAGES; i++) {
		static const uint8_t kinds[] = { EV_ADD, EV_ADD, EV_ADD, EV_ADD, EV_ADD, EV_DELETE, EV_DELETE, EV_CANCEL, EV_EXEC, EV_REPLACE };
		uint8_t kind = i % 6000 == 5999 ? (uint8_t)EV_SYMBOL_CLEAR : kinds[rng() % 10], side = 1 + rng() % 2;
		uint32_t instr = rng() % INSTRUMENTS, qty = 100 * (1 + rng() % 9);
		uint64_t ref = kind == EV_ADD ? (rng() % 50 ? next++ : 1 + rng() % next) : pick(plain, rng, next);
		auto o = plain.orders.find(ref);

		if (kind != EV_ADD && kind != EV_SYMBOL_CLEAR && o != plain.orders.end())
			instr = o->second.instr, side = o->second.side;
		event &e = s.order(kind, 0, instr, i * 1e-6, ref, side, 0, qty);

		e.price = draw(instr, side, rng, i);
		e.ref2 = kind == EV_REPLACE ? next++ : (uint64_t)i;
		plain.apply(e);
		if (s.ev.size() - from < cut)
			continue;
		k.run(s, from, s.ev.size(), cut);
		from = s.ev.size();
		for (uint32_t n = 0; n < k.e.n_strands; n++) {
			const strand &l = k.e.strand[n];
			touch want = plain.now(l.instr);

			ASSERT_TRUE(touch_equal(&l.touch, &want)) << "message " << i << ", instrument " << l.instr;
			if (i % 64 == 0)
				whole(k, plain, l);
		}
		ASSERT_FALSE(testing::Test::HasFailure()) << "message " << i;
	}
	EXPECT_EQ(k.count(LEDGER_levels_no_room) + k.count(LEDGER_orders_no_room), 0u);
	EXPECT_GT(plain.orders.size(), 300u);
}

} // namespace

TEST(book_reference, message_by_message) { play(1, 1); }

TEST(book_reference, call_by_call)
{
	for (unsigned seed = 2; seed < 6; seed++)
		play(seed, 29);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// An engine taken to another process: there it goes on as here, and nothing of it is an address.
#include "tests/unit/engine_script.h"

extern "C" {
#include "lcore/model/engine_carry.h"
#include "lcore/model/engine_hash.h"
}

using namespace kit;

namespace {

int feed_here, feed_there; // two processes have their feeds at two places

void begin(Engine &k, const void *feed)
{
	for (uint8_t c = 0; c < 2; c++)
		engine_join_feed(&k.e, c, feed);
}

void settle(Engine &k)
{
	while (engine_seal(&k.e, 1000))
		;
}

// Symbols, tables and the engine's own, in the order in which the kit takes them.
void copy_memory(Engine &to, const Engine &from)
{
	engine_conf c = Engine::conf();
	size_t bytes[] = { symtab_bytes(c.instruments), tables_bytes(c.instruments, c.instruments * 4, 4, 16),
			   engine_bytes(&c) };

	for (size_t i = 0; i < 3; i++)
		memcpy(to.mem[i], from.mem[i], bytes[i]);
	to.symbols.n = from.symbols.n;
	to.counts = from.counts;
	to.row_floor_ns = from.row_floor_ns;
}

} // namespace

class carry : public testing::TestWithParam<unsigned> {};

TEST_P(carry, goes_on_elsewhere_as_here)
{
	Script s = random_script(GetParam());

	for (size_t cut : { s.ev.size() / 5, s.ev.size() / 2, s.ev.size() * 4 / 5 }) {
		Engine here, there, whole;
		static engine head;

		begin(here, &feed_here);
		here.run(s, 0, cut, 7);
		settle(here);
		engine_freeze(&here.e, &head);
		copy_memory(there, here);
		engine_thaw(&there.e, &head);
		begin(there, &feed_there);
		EXPECT_EQ(engine_hash(&there.e), engine_hash(&here.e));
		EXPECT_STREQ(nullptr, engine_check(&there.e));
		here.bars.clear(), here.revisions.clear(), here.sweeps.clear(), here.marks.clear();
		here.run(s, cut, SIZE_MAX, 7);
		there.run(s, cut, SIZE_MAX, 7);
		here.drain();
		there.drain();
		EXPECT_EQ(there.text(), here.text()) << cut;
		EXPECT_EQ(there.marks, here.marks);
		EXPECT_EQ(engine_hash(&there.e), engine_hash(&here.e));
		EXPECT_FALSE(memcmp(&there.counts, &here.counts, sizeof here.counts));
	}
}

TEST_P(carry, holds_no_address)
{
	Script s = random_script(GetParam());
	Engine here, there;
	static engine a, b;
	engine_conf c = Engine::conf();

	begin(here, &feed_here);
	begin(there, &feed_there);
	for (Engine *k : { &here, &there }) {
		k->run(s, 0, SIZE_MAX, 16);
		settle(*k);
	}
	engine_freeze(&here.e, &a);
	engine_freeze(&there.e, &b);
	EXPECT_FALSE(memcmp(&a, &b, sizeof a));
	EXPECT_FALSE(memcmp(here.mem[2], there.mem[2], engine_bytes(&c)));
	EXPECT_NE(here.e.instr, there.e.instr);
}

INSTANTIATE_TEST_SUITE_P(seeds, carry, testing::Range(1u, 9u));

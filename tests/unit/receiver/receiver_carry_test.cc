/* SPDX-License-Identifier: BSD-3-Clause */
// A receiver taken to another process: there it goes on as here, holes and held packets included, and nothing
// of its head is an address.
#include "tests/unit/lines_kit.h"

extern "C" {
#include "drivers/receiver/receiver_carry.h"
}

using namespace kit;

namespace {

const Play how;

std::vector<Packet> packets_of(FeedKind feed, uint64_t seed)
{
	Market m(seed, { feed, 2, 300, 0.2, 0.1, 0.2 });

	return merge_lines({ m.fault(m.cut(0)), m.fault(m.cut(1)) });
}

std::vector<event> push(Rig &rig, const std::vector<Packet> &packets, size_t from, size_t to)
{
	std::vector<frame_in> in;

	for (size_t i = from; i < to; i++)
		in.push_back({ packets[i].bytes.data(), (uint32_t)packets[i].bytes.size(),
			       (uint32_t)packets[i].bytes.size(), packets[i].rx_ns, false, false });
	return rig.push_in(in);
}

void take_over(Rig &to, const Rig &from, const receiver *head)
{
	memcpy(to.mem.get(), from.mem.get(), receiver_bytes(&how.conf));
	memcpy(to.counts.get(), from.counts.get(), sizeof(receiver_counts));
	memcpy(to.symtab_mem.get(), from.symtab_mem.get(), symtab_bytes(64));
	to.table.n = from.table.n;
	to.ledger = from.ledger;
	ASSERT_TRUE(receiver_thaw(to.r.get(), head));
}

bool same(const std::vector<event> &a, const std::vector<event> &b)
{
	return a.size() == b.size() && (a.empty() || !memcmp(a.data(), b.data(), a.size() * sizeof a[0]));
}

} // namespace

class receiver_carry : public testing::TestWithParam<FeedKind> {};

TEST_P(receiver_carry, goes_on_elsewhere_as_here)
{
	static receiver head, other;
	bool held = false;

	for (uint64_t seed = 1; seed < 30; seed++) {
		std::vector<Packet> p = packets_of(GetParam(), seed);
		size_t cut = p.size() * (seed % 7 + 1) / 9;
		Rig here(64, how.conf), twin(64, how.conf), there(64, how.conf);

		push(here, p, 0, cut);
		push(twin, p, 0, cut);
		ASSERT_TRUE(receiver_freeze(here.r.get(), &head));
		ASSERT_TRUE(receiver_freeze(twin.r.get(), &other));
		EXPECT_FALSE(memcmp(&head, &other, sizeof head)) << "an address";
		take_over(there, here, &head);
		held |= here.r->channel[0].hold.n > 0;
		EXPECT_TRUE(same(push(there, p, cut, p.size()), push(here, p, cut, p.size()))) << seed;
		EXPECT_TRUE(same(there.flush(), here.flush())) << seed;
		EXPECT_FALSE(memcmp(&there.ledger, &here.ledger, sizeof here.ledger)) << seed;
		EXPECT_FALSE(memcmp(there.counts.get(), here.counts.get(), sizeof(receiver_counts))) << seed;
	}
	EXPECT_TRUE(held) << "no case had a packet in hand";
}

INSTANTIATE_TEST_SUITE_P(feeds, receiver_carry, testing::Values(ITCH, IEX_TP, PILLAR));

TEST(receiver_carry, refuses_what_there_is_not)
{
	static receiver head;
	Rig here(64, how.conf), there(64, how.conf);
	std::vector<Packet> p = packets_of(ITCH, 1);

	push(here, p, 0, 20);
	ASSERT_TRUE(receiver_freeze(here.r.get(), &head));
	head.channel[0].feed = (const feed *)1000;
	EXPECT_FALSE(receiver_thaw(there.r.get(), &head));
	ASSERT_TRUE(receiver_freeze(here.r.get(), &head));
	head.n_channels = RECEIVER_CHANNELS + 1;
	EXPECT_FALSE(receiver_thaw(there.r.get(), &head));
	EXPECT_EQ(there.r->n_channels, 0u);
}

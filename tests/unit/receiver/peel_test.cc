/* SPDX-License-Identifier: BSD-3-Clause */
// What stands in front of feed packets, header by header, from bytes made by hand; and what is known to carry no feed.
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/receiver/peel.h"
}

using namespace kit;

namespace
{

constexpr uint64_t kNear = UINT64_C(1577802600) * 1000000000; // 2019-12-31 14:30 UTC

enum ledger_id peeled(enum frame_link link, const Bytes &f, struct frame_view *view, uint32_t wire_bytes = 0)
{
	std::unique_ptr<uint8_t[]> copy(new uint8_t[f.size()]);
	std::copy(f.begin(), f.end(), copy.get());
	uint32_t n = (uint32_t)f.size();
	enum ledger_id why = frame_peel(link, copy.get(), n, wire_bytes ? wire_bytes : n, false, view);

	peel_time_ns(link, copy.get(), n, kNear);
	if (link == FRAME_ETHERNET) {
		struct frame_view other;
		EXPECT_EQ(frame_parse(copy.get(), n, wire_bytes ? wire_bytes : n, false, &other), why);
	}
	if (why == FRAME_OK) {
		EXPECT_EQ(Bytes(view->payload, view->payload + view->bytes), (Bytes{ 1, 2, 3 }));
	}
	return why;
}

// Each header of a row is refused when it is cut anywhere, and nothing beyond the frame is read (the sanitizers see it).
void carries(const Bytes &f, enum frame_link link = FRAME_ETHERNET)
{
	struct frame_view view;

	ASSERT_EQ(peeled(link, f, &view), FRAME_OK);
	EXPECT_EQ(view.dst_ip, 0xe9360c6fu);
	EXPECT_EQ(view.dst_port, 26477);
	for (uint32_t n = 0; n < f.size(); n++) {
		Bytes part(f.begin(), f.begin() + n);
		EXPECT_EQ(peeled(link, part, &view, (uint32_t)f.size()), LEDGER_frames_cut) << n;
		enum ledger_id why = peeled(link, part, &view);
		EXPECT_TRUE(why == LEDGER_frames_short || why == LEDGER_frames_bad_ip) << n;
	}
}

void ends(const Bytes &f, enum ledger_id wanted, enum frame_link link = FRAME_ETHERNET)
{
	struct frame_view view;
	EXPECT_EQ(peeled(link, f, &view), wanted);
}

Bytes addresses() { return Bytes(12, 0x11); }
Bytes plain() { return frame({ 1, 2, 3 }); }
Bytes datagram() // from the IPv4 header on
{
	Bytes f = plain();
	return Bytes(f.begin() + 14, f.end());
}
Bytes typed() // from the EtherType on
{
	Bytes f = plain();
	return Bytes(f.begin() + 12, f.end());
}
Bytes of_type(uint16_t type, const Bytes &rest) { return addresses() + big(type, 2) + rest; }
Bytes ip(uint8_t protocol, const Bytes &rest)
{
	return Bytes{ 0x45, 0 } + big(20 + rest.size(), 2) + big(7, 2) + big(0x4000, 2) + Bytes{ 20, protocol } + big(0, 2) +
	       big(0x0a000001, 4) + big(0x0a000002, 4) + rest;
}
Bytes gre(uint16_t flags, uint16_t type, const Bytes &rest)
{
	int words = !!(flags & 0x8000) + !!(flags & 0x2000) + !!(flags & 0x1000);
	return of_type(0x0800, ip(47, big(flags, 2) + big(type, 2) + Bytes(4 * (size_t)words, 7) + rest));
}
Bytes udp(uint16_t port, const Bytes &rest) { return big(5000, 2) + big(port, 2) + big(8 + rest.size(), 2) + big(0, 2) + rest; }
Bytes ipv6(uint8_t next, const Bytes &rest)
{
	return of_type(0x86dd, Bytes{ 0x60, 0, 0, 0 } + big(rest.size(), 2) + Bytes{ next, 1 } + Bytes(32, 2) + rest);
}

} // namespace

TEST(Peel, Tags)
{
	carries(of_type(0x8926, big(0x80010002, 4) + typed()));
	carries(of_type(0x8100, big(141, 2) + big(0x8926, 2) + big(0x80010002, 4) + typed()));
	carries(of_type(0x893f, Bytes(6, 3) + typed()));
	carries(of_type(0x8909, Bytes{ 1, 1 } + big(0x0001, 2) + big(42, 2) + typed()));
	carries(of_type(0x8909, Bytes{ 1, 2 } + Bytes(8, 1) + typed()));
}

TEST(Peel, Mpls)
{
	for (uint16_t type : { 0x8847, 0x8848 }) {
		carries(of_type(type, big(0x00010140, 4) + datagram()));
		carries(of_type(type, big(0x00010040, 4) + big(0x00020140, 4) + datagram()));
		carries(of_type(type, big(0x00010140, 4) + big(0, 4) + plain()));
	}
	ends(of_type(0x8847, Bytes(400, 0x20)), LEDGER_frames_vlan_depth); // a stack without bottom
}

TEST(Peel, GreAndErspan)
{
	carries(gre(0, 0x0800, datagram()));
	carries(gre(0xb000, 0x0800, datagram()));
	carries(gre(0, 0x6558, plain()));
	carries(gre(0, 0x88be, plain()));			     // type I
	carries(gre(0x1000, 0x88be, big(0x10010001, 4) + big(5, 4) + plain())); // type II
	Bytes third = big(0x20010001, 4) + big(99, 4) + big(0, 2);
	carries(gre(0x1000, 0x22eb, third + big(0, 2) + plain()));
	carries(gre(0x1000, 0x22eb, third + big(1, 2) + Bytes(8, 9) + plain()));
	carries(gre(0x1000, 0x22eb, third + big(2 << 10, 2) + datagram()));
	ends(gre(0x4000, 0x0800, datagram()), LEDGER_frames_not_udp);
	ends(gre(0x0001, 0x880b, datagram()), LEDGER_frames_not_udp);
	ends(gre(0, 0x1234, datagram()), LEDGER_frames_not_ipv4);
}

TEST(Peel, OtherTunnels)
{
	carries(of_type(0x0800, ip(4, datagram())));
	carries(of_type(0x0800, ip(17, udp(4789, Bytes{ 8, 0, 0, 0, 0, 0, 9, 0 } + plain()))));
	carries(ipv6(4, datagram()));
	Bytes deep = datagram();
	for (int i = 0; i < 20; i++)
		deep = ip(4, deep);
	ends(of_type(0x0800, deep), LEDGER_frames_vlan_depth);
	struct frame_view view; // to that port, but no tunnel
	Bytes f = of_type(0x0800, ip(17, udp(4789, Bytes{ 1, 2, 3 })));
	EXPECT_EQ(peeled(FRAME_ETHERNET, f, &view), FRAME_OK);
}

TEST(Peel, LinkTypes)
{
	carries(datagram(), FRAME_IP);
	carries(big(0, 2) + big(1, 2) + big(6, 2) + Bytes(8, 5) + typed(), FRAME_SLL);
	carries(big(0x0800, 2) + big(0, 2) + big(3, 4) + big(1, 2) + Bytes{ 0, 6 } + Bytes(8, 5) + datagram(), FRAME_SLL2);
	carries(big(2, 4) + datagram(), FRAME_LOOPBACK);
	carries(little(2, 4) + datagram(), FRAME_LOOPBACK);
	ends(big(30, 4) + Bytes(40, 0x60), LEDGER_frames_not_udp, FRAME_LOOPBACK);
	ends(big(99, 4) + datagram(), LEDGER_frames_not_ipv4, FRAME_LOOPBACK);
	ends(Bytes(14, 0) + big(0x0806, 2) + Bytes(28, 0), LEDGER_frames_bystander, FRAME_SLL);
}

TEST(Peel, Bystanders)
{
	for (uint16_t type : { 0x0806, 0x8035, 0x88cc, 0x8808, 0x8809, 0x88f7, 0x888e, 0x9000 }) {
		ends(of_type(type, Bytes(46, 0)), LEDGER_frames_bystander);
		ends(of_type(0x8100, big(1, 2) + big(type, 2) + Bytes(46, 0)), LEDGER_frames_bystander);
	}
	ends(of_type(38, Bytes{ 0x42, 0x42, 3 } + Bytes(43, 0)), LEDGER_frames_bystander);
	ends(of_type(100, Bytes{ 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0x00 } + Bytes(43, 0)), LEDGER_frames_bystander);
	for (uint8_t protocol : { 1, 6, 88, 89, 103, 112 })
		ends(of_type(0x0800, ip(protocol, Bytes(20, 0))), LEDGER_frames_bystander);
	ends(of_type(0x0800, ip(2, Bytes(8, 0))), LEDGER_frames_igmp);
	ends(ipv6(58, Bytes(24, 0)), LEDGER_frames_bystander);
	ends(ipv6(0, Bytes{ 58, 0, 5, 2, 0, 0, 1, 0 } + Bytes(24, 0)), LEDGER_frames_bystander); // listeners
	ends(ipv6(6, Bytes(24, 0)), LEDGER_frames_bystander);
	ends(ipv6(17, udp(5353, Bytes(24, 0))), LEDGER_frames_bystander_udp);
}

TEST(Peel, NotUnderstoodIsALoss)
{
	for (uint16_t type : { 0x0600, 0x1234, 0x88e5, 0x8915 })
		ends(of_type(type, Bytes(46, 0)), LEDGER_frames_not_ipv4);
	ends(of_type(0, Bytes(46, 0)), LEDGER_frames_not_ipv4); // zeros
	ends(of_type(0xd28b, big(2, 2) + Bytes(46, 0)), LEDGER_frames_not_ipv4);
	ends(of_type(0x0800, ip(132, Bytes(20, 0))), LEDGER_frames_not_udp);
	ends(ipv6(17, udp(26477, Bytes(24, 0))), LEDGER_frames_ipv6);
	ends(ipv6(44, Bytes(24, 0)), LEDGER_frames_fragment);
	for (enum ledger_id why : { LEDGER_frames_not_ipv4, LEDGER_frames_not_udp, LEDGER_frames_ipv6, LEDGER_frames_fragment,
				    LEDGER_frames_vlan_depth, LEDGER_frames_unknown_feed })
		EXPECT_TRUE(ledger_loses(&ledger_rows[why])) << ledger_rows[why].name;
	for (enum ledger_id why : { LEDGER_frames_bystander, LEDGER_frames_bystander_udp, LEDGER_frames_igmp })
		EXPECT_FALSE(ledger_loses(&ledger_rows[why])) << ledger_rows[why].name;
}

TEST(Peel, AristaHeaderAndItsTime)
{
	const uint64_t sec = kNear / 1000000000 + 5, ns = 123456789;
	struct {
		uint16_t version;
		int bytes;
		uint32_t ahead_s;
	} versions[] = { { 0x0010, 4, 37 }, { 0x0110, 4, 0 }, { 0x0020, 2, 37 }, { 0x0120, 2, 0 },
			 { 0x0011, 4, 37 }, { 0x0111, 4, 0 }, { 0x0021, 2, 37 }, { 0x0121, 2, 0 } };
	for (auto &v : versions) {
		Bytes head = big(0xd28b, 2) + big(1, 2) + big(v.version, 2) + big(sec + v.ahead_s, v.bytes) + big(ns, 4);
		Bytes f = addresses() + head + typed();

		carries(f);
		EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, f.data(), (uint32_t)f.size(), kNear), sec * 1000000000 + ns) << v.version;
		f = of_type(0x8100, big(141, 2) + head + typed());
		carries(f);
		EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, f.data(), (uint32_t)f.size(), kNear), sec * 1000000000 + ns) << v.version;
		EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, f.data(), (uint32_t)f.size(), 0),
			  v.bytes == 4 ? sec * 1000000000 + ns : 0);
		// A clock that was never set tells nothing, and the frame is read all the same.
		EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, f.data(), (uint32_t)f.size(), kNear + UINT64_C(400000) * 1000000000) ==
				  sec * 1000000000 + ns, false);
	}
	Bytes bad = of_type(0xd28b, big(1, 2) + big(0x0110, 2) + big(sec, 4) + big(1000000000, 4) + typed());
	carries(bad);
	EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, bad.data(), (uint32_t)bad.size(), kNear), 0u);
	ends(of_type(0xd28b, big(1, 2) + big(0x0230, 2) + Bytes(8, 0) + typed()), LEDGER_frames_not_ipv4);
	EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, plain().data(), (uint32_t)plain().size(), kNear), 0u);
}

TEST(Peel, ShortSecondsAreOfTheNearestWrap)
{
	for (uint64_t near_s : { UINT64_C(1577779199), UINT64_C(1577779200), UINT64_C(1577779201) })
		for (int64_t off : { -2, -1, 0, 1, 2 }) {
			uint64_t sec = (near_s & ~UINT64_C(0xffff)) + 0x10000 + (uint64_t)off, near = sec + 1 - (uint64_t)off;
			Bytes f = of_type(0xd28b, big(1, 2) + big(0x0120, 2) + big(sec, 2) + big(7, 4) + typed());
			EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, f.data(), (uint32_t)f.size(), near * 1000000000), sec * 1000000000 + 7);
		}
}

TEST(Peel, AristaInGre)
{
	const uint64_t sec = kNear / 1000000000 + 5;
	carries(gre(0, 0xd28b, big(7, 2) + big(1, 2) + Bytes(8, 1) + plain()));
	carries(gre(0, 0xd28b, big(8, 2) + big(1, 2) + Bytes(4, 1) + plain()));
	Bytes f = gre(0, 0xd28b, big(9, 2) + big(0x0111, 2) + Bytes(8, 1) + big(sec, 4) + big(42, 4) + plain());
	carries(f);
	EXPECT_EQ(peel_time_ns(FRAME_ETHERNET, f.data(), (uint32_t)f.size(), kNear), sec * 1000000000 + 42);
	EXPECT_FALSE(peel_plain(f.data(), (uint32_t)f.size()));
	EXPECT_TRUE(peel_plain(plain().data(), (uint32_t)plain().size()));
}

TEST(Peel, Trailers)
{
	const uint64_t sec = kNear / 1000000000 - 3;
	Bytes meta = big(0xdeadbeef, 4) + big(sec, 4) + big(987654321, 4) + Bytes{ 1 } + big(77, 2) + Bytes{ 9 };
	Bytes exa = big(0xdeadbeef, 4) + Bytes{ 1, 2 } + big(sec, 4) + big(UINT64_C(1) << 39, 5) + Bytes{ 0 };
	for (int check : { 0, 4 }) {
		Bytes m = plain() + Bytes(15, 0) + meta + Bytes((size_t)check, 0x5a), e = plain() + exa + Bytes((size_t)check, 0x5a);
		uint32_t n = (uint32_t)m.size(), k = (uint32_t)e.size();

		EXPECT_EQ(peel_trailer_ns(PEEL_TRAILER_METAMAKO, m.data(), n, kNear), sec * 1000000000 + 987654321);
		EXPECT_EQ(peel_trailer_ns(PEEL_TRAILER_EXABLAZE, e.data(), k, kNear), sec * 1000000000 + 500000000);
		EXPECT_EQ(peel_trailer_ns(PEEL_TRAILER_NONE, m.data(), n, kNear), 0u);
		EXPECT_EQ(peel_trailer_ns(PEEL_TRAILER_METAMAKO, m.data(), n, kNear * 2), 0u);
		carries(m.size() ? plain() : m);
	}
	Bytes tiny(20, 0);
	EXPECT_EQ(peel_trailer_ns(PEEL_TRAILER_METAMAKO, tiny.data(), 20, kNear), 0u);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// peel.c: layouts: IEEE 802.1Q, 802.1ad, 802.1BR; RFC 3032 (MPLS), 4448 (Ethernet over MPLS), 2784 and 2890
// (GRE), 7348 (VXLAN), 8200 (IPv6), draft-foschiano-erspan-03; the 0xD28B headers as tcpdump's print-arista
// and Wireshark's dissector of them describe them; Cisco metadata (0x8909) and VN-tag (0x8926) likewise.
#include "drivers/receiver/peel.h"

#include "drivers/receiver/peel_parts.h"
#include "lcore/base/bytes.h"

static bool refuse(struct peel *s, enum ledger_id why)
{
	s->why = why;
	return false;
}

static bool need(struct peel *s, uint32_t bytes)
{
	return s->left >= bytes || refuse(s, s->cut ? LEDGER_frames_cut : LEDGER_frames_short);
}

// behind steps over bytes, which are there, to what is of EtherType type.
static bool behind(struct peel *s, uint32_t bytes, uint16_t type)
{
	s->p += bytes;
	s->left -= bytes;
	s->type = type;
	return true;
}

static bool bystander(struct peel *s) { return refuse(s, LEDGER_frames_bystander); }

static bool tag(struct peel *s)
{
	if (++s->tags > FRAME_VLAN_MAX)
		return refuse(s, LEDGER_frames_vlan_depth);
	return need(s, 4) && behind(s, 4, be16(s->p + 2));
}

static bool vn_tag(struct peel *s) { return need(s, 6) && behind(s, 6, be16(s->p + 4)); }
static bool e_tag(struct peel *s) { return need(s, 8) && behind(s, 8, be16(s->p + 6)); }

// Version, number of options of four bytes each, the options, the EtherType.
static bool cisco_metadata(struct peel *s)
{
	uint32_t bytes = need(s, 2) ? 2 + 4u * s->p[1] : 0;

	return bytes && need(s, bytes + 2) && behind(s, bytes + 2, be16(s->p + bytes));
}

// What a label stands for is not in the packet: the first half byte behind the stack tells (0: a pseudowire's
// control word).
static bool mpls(struct peel *s)
{
	bool bottom = false;

	for (int labels = 0; !bottom; labels++) {
		if (labels == PEEL_HEADERS_MAX)
			return refuse(s, LEDGER_frames_vlan_depth);
		if (!need(s, 5))
			return false;
		bottom = s->p[2] & 1;
		behind(s, 4, 0);
	}
	switch (s->p[0] >> 4) {
	case 4: return behind(s, 0, TYPE_IPV4);
	case 6: return behind(s, 0, TYPE_IPV6);
	case 0: return need(s, 4) && behind(s, 4, TYPE_ETHERNET);
	default: return behind(s, 0, TYPE_ETHERNET);
	}
}

static bool ethernet(struct peel *s)
{
	s->tags = 0;
	return need(s, 14) && behind(s, 14, be16(s->p + 12));
}

// A length instead of a type: IEEE 802.2. Bridges, routers and Cisco's discovery speak it; SNAP may hold any
// EtherType.
static bool llc(struct peel *s)
{
	if (!need(s, 3))
		return false;
	switch (s->p[0]) {
	case 0x42: // spanning tree
	case 0xfe: // IS-IS
	case 0xe0: // IPX
	case 0xf0: // NetBEUI
	case 0xff: return bystander(s);
	case 0xaa: break;
	default: return refuse(s, LEDGER_frames_not_ipv4);
	}
	if (!need(s, 8))
		return false;
	uint32_t owner = be32(s->p + 2) & 0xffffff;

	if (owner == 0x00000c) // Cisco: CDP, VTP, UDLD, per-VLAN spanning tree
		return bystander(s);
	return owner == 0 ? behind(s, 8, be16(s->p + 6)) : refuse(s, LEDGER_frames_not_ipv4);
}

// ERSPAN: type I has no header, and then GRE has no sequence number; type II has eight bytes.
static bool erspan(struct peel *s)
{
	if (!s->sequenced)
		return behind(s, 0, TYPE_ETHERNET);
	return need(s, 8) && behind(s, 8, TYPE_ETHERNET);
}

// Type III has twelve bytes, and eight more where the last bit says so. Its time counts from an origin that
// only a separate marker packet tells, and is left alone.
static bool erspan3(struct peel *s)
{
	uint32_t bytes = need(s, 12) ? 12 + 8u * (s->p[11] & 1) : 0;
	bool ip = bytes && (s->p[10] >> 2 & 0x1f) == 2;

	if (!bytes || !need(s, bytes + ip))
		return false;
	return behind(s, bytes, !ip ? TYPE_ETHERNET : s->p[bytes] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4);
}

// GRE: checksum, key and sequence number are there as the flags say. Routing (obsolete) and PPTP are not
// read.
static bool gre(struct peel *s)
{
	if (!need(s, 4))
		return false;
	uint16_t flags = be16(s->p);
	uint32_t bytes = 4 + 4u * (!!(flags & 0x8000) + !!(flags & 0x2000) + !!(flags & 0x1000));

	if (flags & 0x4007)
		return refuse(s, LEDGER_frames_not_udp);
	s->sequenced = flags & 0x1000;
	return need(s, bytes) && behind(s, bytes, be16(s->p + 2));
}

static bool ip_protocol(struct peel *s, uint8_t protocol)
{
	switch (protocol) {
	case 4: return behind(s, 0, TYPE_IPV4);
	case 41: return behind(s, 0, TYPE_IPV6);
	case 47: return gre(s);
	case 2: return refuse(s, LEDGER_frames_igmp);
	case 1:   // ICMP
	case 6:   // TCP
	case 58:  // ICMPv6: neighbours, listeners
	case 59:  // IPv6: nothing follows
	case 88:  // EIGRP
	case 89:  // OSPF
	case 103: // PIM
	case 112: // VRRP
		return bystander(s);
	default: return refuse(s, LEDGER_frames_not_udp);
	}
}

static bool ipv4(struct peel *s)
{
	s->why = frame_datagram(s->p, s->left, s->cut, s->verify, s->out);
	if (s->why == FRAME_OK && peel_vxlan(s->out->dst_port, s->out->payload, s->out->bytes)) {
		s->p = s->out->payload;
		s->left = s->out->bytes;
		return behind(s, VXLAN_BYTES, TYPE_ETHERNET);
	}
	if (s->why != LEDGER_frames_not_udp)
		return false;
	uint32_t header_bytes = (s->p[0] & 0x0fu) * 4; // checked by frame_datagram
	uint8_t protocol = s->p[9];

	s->left = be16(s->p + 2);
	behind(s, header_bytes, 0);
	return ip_protocol(s, protocol);
}

// No feed known here comes by IPv6; what else does is told apart behind the headers of options.
static bool ipv6(struct peel *s)
{
	if (!need(s, 40))
		return false;
	if (s->p[0] >> 4 != 6)
		return refuse(s, LEDGER_frames_bad_ip);
	uint8_t next = s->p[6];

	behind(s, 40, 0);
	for (int n = 0; next == 0 || next == 43 || next == 60; n++) { // hop by hop, routing, destination
		if (n == PEEL_HEADERS_MAX)
			return refuse(s, LEDGER_frames_vlan_depth);
		if (!need(s, 8))
			return false;
		uint32_t bytes = 8 + 8u * s->p[1];

		next = s->p[0];
		if (!need(s, bytes))
			return false;
		behind(s, bytes, 0);
	}
	if (next == 44)
		return refuse(s, LEDGER_frames_fragment);
	if (next != 17)
		return ip_protocol(s, next);
	if (!need(s, 8))
		return false;
	return refuse(s, frame_quiet_port(be16(s->p + 2)) ? LEDGER_frames_bystander_udp : LEDGER_frames_ipv6);
}

// EtherTypes, those that are met most first.
static const struct {
	uint16_t type;
	bool (*peel)(struct peel *s);
} rows[] = {
	{ TYPE_IPV4, ipv4 },
	{ 0x8100, tag }, // 802.1Q
	{ 0x88a8, tag }, // 802.1ad
	{ 0x9100, tag }, // the same before there was a standard
	{ TYPE_ARISTA, peel_arista },
	{ 0x8926, vn_tag },
	{ 0x893f, e_tag },
	{ 0x8909, cisco_metadata },
	{ 0x8847, mpls },
	{ 0x8848, mpls },
	{ TYPE_ETHERNET, ethernet },
	{ 0x88be, erspan },
	{ 0x22eb, erspan3 },
	{ TYPE_IPV6, ipv6 },
	{ 0x0806, bystander }, // ARP
	{ 0x8035, bystander }, // reverse ARP
	{ 0x88cc, bystander }, // LLDP
	{ 0x8808, bystander }, // flow control
	{ 0x8809, bystander }, // slow protocols: link aggregation
	{ 0x88f7, bystander }, // PTP
	{ 0x888e, bystander }, // port authentication
	{ 0x8902, bystander }, // connectivity faults
	{ 0x9000, bystander }, // loopback test
	{ 0x9003, bystander }, // Cisco loop detection
};

// walk peels header after header. s->why tells how it ended.
static void walk(struct peel *s)
{
	bool more = true;

	while (more) {
		size_t i = 0;

		if (++s->headers > PEEL_HEADERS_MAX) {
			refuse(s, LEDGER_frames_vlan_depth);
			return;
		}
		if (s->type < 0x600) {
			more = llc(s);
			continue;
		}
		while (i < sizeof rows / sizeof *rows && rows[i].type != s->type)
			i++;
		more = i < sizeof rows / sizeof *rows ? rows[i].peel(s) : refuse(s, LEDGER_frames_not_ipv4);
	}
}

// Address families of a loopback header, by the systems that write it.
static uint16_t family_type(uint32_t family)
{
	family = family > 0xffff ? __builtin_bswap32(family) : family;
	if (family == 2)
		return TYPE_IPV4;
	return family == 10 || family == 24 || family == 28 || family == 30 ? TYPE_IPV6 : 0xffff;
}

// start steps over what the link type puts in front.
static bool start(struct peel *s, enum frame_link link)
{
	switch (link) {
	case FRAME_IP: return need(s, 1) && behind(s, 0, s->p[0] >> 4 == 6 ? TYPE_IPV6 : TYPE_IPV4);
	case FRAME_SLL: return need(s, 16) && behind(s, 16, be16(s->p + 14));
	case FRAME_SLL2: return need(s, 20) && behind(s, 20, be16(s->p));
	case FRAME_LOOPBACK: return need(s, 4) && behind(s, 4, family_type(be32(s->p)));
	case FRAME_ETHERNET: break;
	}
	return ethernet(s);
}

enum ledger_id frame_peel(enum frame_link link, const uint8_t *data, uint32_t bytes, uint32_t wire_bytes,
			  bool verify_checksum, struct frame_view *out)
{
	struct peel s = {
		.p = data, .left = bytes, .cut = wire_bytes > bytes, .verify = verify_checksum, .out = out
	};

	if (start(&s, link))
		walk(&s);
	return s.why;
}

uint64_t peel_time_ns(enum frame_link link, const uint8_t *data, uint32_t bytes, uint64_t near_ns)
{
	struct frame_view view;
	struct peel s = { .p = data, .left = bytes, .cut = true, .near_ns = near_ns, .out = &view };

	if (start(&s, link))
		walk(&s);
	return s.time_ns;
}

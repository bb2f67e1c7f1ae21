/* SPDX-License-Identifier: BSD-3-Clause */
// wire.c: frames and pcap records. RFC 791, 768, 1112 (multicast addresses), 1071 (checksum), IEEE 802.1Q.
#include "app/marketgen/wire/wire.h"

#include "lcore/base/bytes.h"

#include <string.h>

void wire_init(struct wire *w, struct wire_address address, uint16_t vlan)
{
	*w = (struct wire){ .address = address, .vlan = vlan, .ip_id = 1, .head_bytes = vlan ? 46 : 42 };
}

uint64_t wire_sum(const uint8_t *bytes, size_t n_bytes)
{
	uint64_t sum = 0;
	size_t i = 0;

	for (; i + 8 <= n_bytes; i += 8) { // 32-bit big-endian halves: the same sum modulo 2^16 - 1
		uint64_t v = be64(bytes + i);

		sum += (v >> 32) + (uint32_t)v;
	}
	for (; i + 2 <= n_bytes; i += 2)
		sum += be16(bytes + i);
	if (i < n_bytes)
		sum += (uint64_t)bytes[i] << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint32_t wire_seal(struct wire *w, uint8_t *frame, uint32_t n_bytes)
{
	uint8_t *ip = frame + w->head_bytes - 28, *udp = ip + 20;
	uint64_t pseudo;
	uint16_t sum;

	put_be16(frame, 0x0100); // 01:00:5e and the low 23 bits of the group
	put_be32(frame + 2, 0x5e000000 | (w->address.group & 0x7fffff));
	memcpy(frame + 6, "\x02\x00\x00\x00\x00\x01", 6);
	if (w->vlan) {
		put_be16(frame + 12, 0x8100);
		put_be16(frame + 14, w->vlan);
	}
	put_be16(ip - 2, 0x0800);
	put_be16(ip, 0x4500);
	put_be16(ip + 2, (uint16_t)(28 + n_bytes));
	put_be16(ip + 4, w->ip_id++);
	put_be16(ip + 6, 0x4000); // do not fragment
	put_be16(ip + 8, 32 << 8 | 17);
	put_be16(ip + 10, 0);
	put_be32(ip + 12, w->address.source);
	put_be32(ip + 16, w->address.group);
	put_be16(ip + 10, fold(wire_sum(ip, 20)));
	put_be16(udp, w->address.source_port);
	put_be16(udp + 2, w->address.port);
	put_be16(udp + 4, (uint16_t)(8 + n_bytes));
	put_be16(udp + 6, 0);
	pseudo = wire_sum(ip + 12, 8) + 17 + 8 + n_bytes;
	sum = fold(pseudo + wire_sum(udp, 8 + n_bytes));
	put_be16(udp + 6, sum ? sum : 0xffff); // 0 would mean: none
	return w->head_bytes + n_bytes;
}

void wire_pcap_begin(struct output *o, bool nano)
{
	uint8_t head[24] = { 0 };

	put_le32(head, nano ? 0xa1b23c4d : 0xa1b2c3d4);
	put_le16(head + 4, 2);
	put_le16(head + 6, 4);
	put_le32(head + 16, 65535);
	put_le32(head + 20, 1); // Ethernet
	output_put(o, head, sizeof head);
}

void wire_pcap_record(struct output *o, bool nano, uint64_t utc_ns, const uint8_t *frame, uint32_t n_bytes)
{
	uint8_t head[16];
	uint32_t below = (uint32_t)(utc_ns % NS_PER_S);

	put_le32(head, (uint32_t)(utc_ns / NS_PER_S));
	put_le32(head + 4, nano ? below : below / 1000);
	put_le32(head + 8, n_bytes);
	put_le32(head + 12, n_bytes);
	output_put(o, head, sizeof head);
	output_put(o, frame, n_bytes);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// packets.c: MoldUDP64 (20 byte header, big-endian) and IEX-TP (40 byte header, little-endian) packets.
#include "app/marketgen/packets.h"

#include "lcore/base/bytes.h"

#include <string.h>

#define HEARTBEAT_NS NS_PER_S
#define PATIENCE_NS  (50 * NS_PER_US) // no message waits longer for company
#define JITTER_NS    1200.0
#define MOLD_HEAD    20
#define MOLD_END     0xffff
#define TP_HEAD      40
#define TP_DEEP      0x8004

static uint32_t head_of(const struct packets *p)
{
	return p->spec.format == PACKETS_MOLD ? MOLD_HEAD : TP_HEAD;
}

void packets_init(struct packets *p, const struct packets_spec *spec, uint64_t seed, uint64_t line)
{
	memset(p, 0, sizeof *p);
	p->spec = *spec;
	p->next_sequence = 1;
	p->payload_bytes = head_of(p);
	wire_init(&p->wire, spec->address, spec->vlan);
	rng_init(&p->rng, seed, 2000 + line);
}

static void put_head(struct packets *p, uint64_t utc_ns, uint16_t count)
{
	uint8_t *head = p->frame + p->wire.head_bytes;
	uint64_t first = p->next_sequence - p->n_open;

	if (p->spec.format == PACKETS_MOLD) {
		memcpy(head, p->spec.mold_session, 10);
		put_be64(head + 10, first);
		put_be16(head + 18, count);
		return;
	}
	head[0] = 1; // version
	head[1] = 0;
	put_le16(head + 2, TP_DEEP);
	put_le32(head + 4, 1); // channel
	put_le32(head + 8, p->spec.iex_session);
	put_le16(head + 12, (uint16_t)(p->payload_bytes - TP_HEAD));
	put_le16(head + 14, count);
	put_le64(head + 16, p->stream_offset);
	put_le64(head + 24, first);
	put_le64(head + 32, utc_ns);
}

// Sends the open packet, or an empty one, as leaving at utc_ns.
static void send_open(struct packets *p, uint64_t utc_ns, uint16_t count)
{
	struct faults_packet packet = { .frame = p->frame,
					.payload_at = p->wire.head_bytes,
					.n_messages = p->n_open };

	put_head(p, utc_ns, count);
	packet.first_sequence = p->next_sequence - p->n_open;
	packet.n_bytes = wire_seal(&p->wire, p->frame, p->payload_bytes);
	packet.capture_ns = utc_ns + p->spec.latency_ns + (uint64_t)(rng_exponential(&p->rng) * JITTER_NS);
	faults_send(&p->faults, &packet);
	p->stream_offset += p->payload_bytes - head_of(p);
	p->payload_bytes = head_of(p);
	p->n_open = 0;
	p->sent_ns = utc_ns;
}

static void close_open(struct packets *p)
{
	if (p->n_open > 0)
		send_open(p, p->last_ns, (uint16_t)p->n_open);
}

static void keep_alive(struct packets *p, uint64_t until_ns)
{
	while (p->sent_ns != 0 && p->sent_ns + HEARTBEAT_NS < until_ns) {
		send_open(p, p->sent_ns + HEARTBEAT_NS, 0);
		p->n_heartbeats++;
	}
}

void packets_push(struct packets *p, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes)
{
	uint8_t *block;

	if (p->n_open > 0 && (p->payload_bytes + 2 + n_bytes > p->spec.payload_max ||
			      utc_ns > p->last_ns + p->spec.gap_ns || utc_ns > p->first_ns + PATIENCE_NS))
		close_open(p);
	if (p->n_open == 0) {
		keep_alive(p, utc_ns);
		p->first_ns = utc_ns;
	}
	block = p->frame + p->wire.head_bytes + p->payload_bytes;
	if (p->spec.format == PACKETS_MOLD)
		put_be16(block, (uint16_t)n_bytes);
	else
		put_le16(block, (uint16_t)n_bytes);
	memcpy(block + 2, message, n_bytes);
	p->payload_bytes += 2 + n_bytes;
	p->n_open++;
	p->n_messages++;
	p->next_sequence++;
	p->last_ns = utc_ns;
}

void packets_finish(struct packets *p, uint64_t utc_ns)
{
	close_open(p);
	keep_alive(p, utc_ns);
	if (utc_ns < p->sent_ns)
		utc_ns = p->sent_ns;
	for (uint64_t i = 0; i < 3; i++) {
		if (p->spec.format == PACKETS_MOLD) {
			send_open(p, utc_ns + i * HEARTBEAT_NS, MOLD_END);
		} else {
			send_open(p, utc_ns + i * HEARTBEAT_NS, 0);
			p->n_heartbeats++;
		}
	}
	faults_flush(&p->faults);
}

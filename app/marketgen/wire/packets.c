/* SPDX-License-Identifier: BSD-3-Clause */
// packets.c: when packets close and leave.
#include "app/marketgen/wire/packets.h"

#include "lcore/base/bytes.h"

#include <string.h>

#define HEARTBEAT_NS     NS_PER_S
#define PATIENCE_NS      (50 * NS_PER_US) // no message waits longer for company
#define JITTER_NS        1200.0
#define STRANGER_NUMBERS 1000000000u // strangers count from anywhere below

void packets_init(struct packets *p, const struct packets_spec *spec, uint64_t seed, uint64_t line)
{
	memset(p, 0, sizeof *p);
	p->spec = *spec;
	p->next_sequence = 1;
	p->payload_bytes = spec->format->head_bytes;
	wire_init(&p->wire, spec->address, spec->vlan);
	rng_init(&p->rng, seed, 2000 + line);
	rng_init(&p->strange, seed, 3000 + line);
}

uint64_t packets_number(const struct packets *p) { return p->next_sequence - p->n_open - p->number_base; }

// A copy of the packet that is about to leave, in the name of another session. Never the line's first packet:
// nobody could tell that from the stream.
static void send_stranger(struct packets *p, const struct faults_packet *packet)
{
	struct wire wire = p->wire;
	uint8_t frame[WIRE_FRAME_MAX];
	struct faults_packet stranger = *packet;

	if (p->spec.format->disguise == NULL || p->sent_ns == 0 ||
	    !rng_chance(&p->strange, p->faults.plan.strangers))
		return;
	memcpy(frame, packet->frame, packet->n_bytes);
	p->spec.format->disguise(frame + packet->payload_at, 1 + rng_below(&p->strange, STRANGER_NUMBERS));
	wire_seal(&wire, frame, packet->n_bytes - packet->payload_at);
	stranger.frame = frame;
	faults_stranger(&p->faults, &stranger);
}

// Sends the open packet, or an empty one, as leaving at utc_ns. With `counted` messages lost when it is lost.
// Returns whether it arrives whole.
static bool send_open(struct packets *p, uint64_t utc_ns, uint16_t count, uint32_t counted)
{
	uint32_t head_bytes = p->spec.format->head_bytes;
	struct faults_packet packet = { .frame = p->frame,
					.payload_at = p->wire.head_bytes,
					.n_messages = counted };
	bool arrives;

	p->spec.format->put_head(p, p->frame + p->wire.head_bytes, utc_ns, count);
	packet.first_sequence = p->next_sequence - p->n_open;
	packet.n_bytes = wire_seal(&p->wire, p->frame, p->payload_bytes);
	packet.capture_ns = utc_ns + p->spec.latency_ns + (uint64_t)(rng_exponential(&p->rng) * JITTER_NS);
	packet.capture_ns += p->faults.plan.lag_ns;
	if (p->faults.plan.strangers > 0 && count != PACKETS_END)
		send_stranger(p, &packet);
	arrives = faults_send(&p->faults, &packet);
	p->stream_offset += p->payload_bytes - head_bytes;
	p->payload_bytes = head_bytes;
	p->n_open = 0;
	p->sent_ns = utc_ns;
	return arrives;
}

static void close_open(struct packets *p)
{
	if (p->n_open > 0)
		send_open(p, p->last_ns, (uint16_t)p->n_open, p->n_open);
}

static void keep_alive(struct packets *p, uint64_t until_ns)
{
	while (p->sent_ns != 0 && p->sent_ns + HEARTBEAT_NS < until_ns) {
		send_open(p, p->sent_ns + HEARTBEAT_NS, 0, 0);
		p->n_heartbeats++;
	}
}

static void append(struct packets *p, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes)
{
	uint8_t *block = p->frame + p->wire.head_bytes + p->payload_bytes;
	uint32_t before = 2;

	switch (p->spec.format->block) {
	case PACKETS_BE16: put_be16(block, (uint16_t)n_bytes); break;
	case PACKETS_LE16: put_le16(block, (uint16_t)n_bytes); break;
	case PACKETS_BARE: before = 0; break;
	}
	memcpy(block + before, message, n_bytes);
	p->payload_bytes += before + n_bytes;
	p->n_open++;
	p->next_sequence++;
	p->last_ns = utc_ns;
}

void packets_push(struct packets *p, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes)
{
	if (p->n_open > 0 && (p->payload_bytes + 2 + n_bytes > p->spec.payload_max ||
			      utc_ns > p->last_ns + p->spec.gap_ns || utc_ns > p->first_ns + PATIENCE_NS))
		close_open(p);
	if (p->n_open == 0) {
		keep_alive(p, utc_ns);
		p->first_ns = utc_ns;
	}
	append(p, utc_ns, message, n_bytes);
	p->n_messages++;
}

void packets_restart(struct packets *p, uint64_t utc_ns, bool next_session)
{
	close_open(p);
	keep_alive(p, utc_ns);
	for (uint32_t i = 0; next_session && p->spec.format->says_end && i < 3; i++)
		send_open(p, utc_ns, PACKETS_END, 0);
	p->number_base = p->next_sequence - 1;
	p->stream_offset = 0;
	if (next_session) {
		p->spec.session.index++;
		p->spec.session.text[0] = '\0';
	}
}

void packets_prime(struct packets *p, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes)
{
	bool arrived = false;

	close_open(p);
	for (uint32_t left = PACKETS_PRIMING; left > 0; left--, utc_ns += NS_PER_MS) {
		append(p, utc_ns, message, n_bytes);
		// The message is lost only if every copy is.
		arrived |= send_open(p, utc_ns, 1, left == 1 && !arrived ? 1 : 0);
		p->next_sequence -= left > 1;
	}
	p->n_messages++;
}

void packets_finish(struct packets *p, uint64_t utc_ns)
{
	bool says_end = p->spec.format->says_end;

	close_open(p);
	keep_alive(p, utc_ns);
	if (utc_ns < p->sent_ns)
		utc_ns = p->sent_ns;
	for (uint64_t i = 0; i < 3; i++) {
		send_open(p, utc_ns + i * HEARTBEAT_NS, says_end ? PACKETS_END : 0, 0);
		p->n_heartbeats += !says_end;
	}
	faults_flush(&p->faults);
}

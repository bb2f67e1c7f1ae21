/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/hold.h"

#include <string.h>

static size_t up8(size_t n) { return (n + 7) & ~(size_t)7; }

size_t hold_bytes(unsigned packets)
{
	return packets * (sizeof(struct held) + HOLD_BODY_BYTES) + up8(packets * sizeof(uint16_t));
}

void hold_wire(struct hold *h, unsigned packets, void *mem)
{
	uint8_t *at = mem;

	h->slot = (struct held *)at;
	at += packets * sizeof *h->slot;
	h->body = at;
	at += (size_t)packets * HOLD_BODY_BYTES;
	h->order = (uint16_t *)at;
}

void hold_init(struct hold *h, unsigned packets, void *mem)
{
	*h = (struct hold){ .room = (uint16_t)packets };
	hold_wire(h, packets, mem);
	for (unsigned i = 0; i < packets; i++)
		h->order[i] = (uint16_t)i;
}

void hold_clear(struct hold *h)
{
	h->n = 0;
	h->end_seq = 0;
}

uint64_t hold_covered(const struct hold *h, uint64_t first_seq, uint32_t count)
{
	uint64_t end = first_seq + count, at = first_seq, covered = 0;

	if (first_seq >= h->end_seq)
		return 0;
	for (unsigned i = 0; i < h->n && at < end; i++) {
		const struct held *k = &h->slot[h->order[i]];
		uint64_t from = k->first_seq > at ? k->first_seq : at;
		uint64_t to = k->first_seq + k->count < end ? k->first_seq + k->count : end;

		if (to <= from)
			continue;
		covered += to - from;
		at = to;
	}
	return covered;
}

const struct held *hold_of(const struct hold *h, uint64_t seq)
{
	for (unsigned i = 0; i < h->n; i++) {
		const struct held *k = &h->slot[h->order[i]];

		if (seq >= k->first_seq && seq < k->first_seq + k->count)
			return k;
	}
	return NULL;
}

bool hold_tells(const struct hold *h, const struct packet *packet)
{
	if (packet->first_seq < h->end_seq)
		return false;
	if (packet->first_seq > h->end_seq || h->n == 0)
		return true;
	const struct held *last = &h->slot[h->order[h->n - 1]];

	return last->first_seq != packet->first_seq || last->kind != packet->kind ||
	       last->send_ns < packet->send_ns;
}

struct held *hold_put(struct hold *h, const struct packet *packet, uint64_t rx_ns, uint8_t line)
{
	uint16_t slot = h->order[h->n];
	unsigned at = h->n++;

	while (at > 0 && h->slot[h->order[at - 1]].first_seq > packet->first_seq) {
		h->order[at] = h->order[at - 1];
		at--;
	}
	h->order[at] = slot;
	h->slot[slot] = (struct held){
		.first_seq = packet->first_seq,
		.send_ns = packet->send_ns,
		.rx_ns = rx_ns,
		.count = packet->count,
		.bytes = (uint16_t)(packet->end - packet->body),
		.kind = (uint8_t)packet->kind,
		.line = line,
	};
	memcpy(h->body + (size_t)slot * HOLD_BODY_BYTES, packet->body, (size_t)(packet->end - packet->body));
	if (packet->first_seq + packet->count > h->end_seq)
		h->end_seq = packet->first_seq + packet->count;
	return &h->slot[slot];
}

const struct held *hold_first(const struct hold *h, const uint8_t **body)
{
	if (h->n == 0)
		return NULL;
	if (body)
		*body = h->body + (size_t)h->order[0] * HOLD_BODY_BYTES;
	return &h->slot[h->order[0]];
}

const struct held *hold_at(const struct hold *h, unsigned at, const uint8_t **body)
{
	*body = h->body + (size_t)h->order[at] * HOLD_BODY_BYTES;
	return &h->slot[h->order[at]];
}

void hold_drop_at(struct hold *h, unsigned at)
{
	uint16_t slot = h->order[at];

	h->n--;
	memmove(h->order + at, h->order + at + 1, (h->n - at) * sizeof *h->order);
	h->order[h->n] = slot;
}

void hold_drop(struct hold *h) { hold_drop_at(h, 0); }

uint64_t hold_since_ns(const struct hold *h)
{
	uint64_t since_ns = UINT64_MAX;

	for (unsigned i = 0; i < h->n; i++)
		if (h->slot[h->order[i]].rx_ns < since_ns)
			since_ns = h->slot[h->order[i]].rx_ns;
	return since_ns;
}

uint64_t hold_data_seq(const struct hold *h)
{
	for (unsigned i = 0; i < h->n; i++)
		if (h->slot[h->order[i]].count)
			return h->slot[h->order[i]].first_seq;
	return h->slot[h->order[h->n - 1]].first_seq;
}

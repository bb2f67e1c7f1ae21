/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/sibling.h"

#include "drivers/receiver/line.h"

// How far apart lines may stand of which it is at least likely that they are of one channel.
#define SIBLING_NUMBERS 64
#define SIBLING_NS      NS_PER_S

enum likeness { UNTOLD, SAME, DIFFERENT };

static uint64_t apart(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

// known_mark returns the mark of the message that the channel applied or holds at a number; 0: none is kept.
static uint64_t known_mark(const struct receiver_channel *channel, uint64_t seq)
{
	uint32_t n = channel->n_marks < RECEIVER_MARKS ? channel->n_marks : RECEIVER_MARKS;

	for (uint32_t i = 0; i < n; i++)
		if (channel->mark[i].seq == seq && channel->mark[i].mark)
			return channel->mark[i].mark;
	for (unsigned i = 0; i < channel->hold.n; i++) {
		const uint8_t *body;
		const struct held *held = hold_at(&channel->hold, i, &body);

		if (seq < held->first_seq || seq >= held->first_seq + held->count)
			continue;
		const uint8_t *m =
			channel->feed->past(body, body + held->bytes, (uint32_t)(seq - held->first_seq));

		return m ? channel->feed->mark(m, body + held->bytes) : 0;
	}
	return 0;
}

static enum likeness compare(const struct receiver_channel *channel, const struct packet *packet)
{
	enum likeness likeness = UNTOLD;
	const uint8_t *m = packet->body;

	for (uint32_t i = 0; i < packet->count && m; i++, m = channel->feed->past(m, packet->end, 1)) {
		uint64_t mark = channel->feed->mark(m, packet->end);
		uint64_t known = mark ? known_mark(channel, packet->first_seq + i) : 0;

		if (known && known != mark)
			return DIFFERENT;
		likeness = known ? SAME : likeness;
	}
	return likeness;
}

static bool is_near(const struct receiver_channel *channel, const struct packet *packet)
{
	uint64_t next_seq = channel->settling ? channel->hold.end_seq : channel->next_seq;
	uint64_t send_ns = channel->hold.n ? hold_first(&channel->hold, NULL)->send_ns
					   : channel->decode.send_ns;

	return apart(next_seq, packet->first_seq) <= SIBLING_NUMBERS &&
	       apart(send_ns, packet->send_ns) <= SIBLING_NS;
}

struct receiver_channel *sibling_of(struct receiver *r, const struct feed *feed,
				    const struct receiver_channel *self, const struct packet *packet,
				    bool *near)
{
	unsigned by_symbol = feed->channel_of ? feed->channel_of(r->symbols, FEED_SYMBOLS, packet) : 0;
	uint32_t stream = self ? self->stream : packet->stream;

	for (uint32_t i = 0; i < r->n_channels; i++) {
		struct receiver_channel *c = &r->channel[i];

		if (c == self || c->feed != feed || c->state == CHANNEL_ELSEWHERE || (stream && c->stream))
			continue;
		enum likeness likeness = by_symbol == i + 1 ? SAME : feed->mark ? compare(c, packet) : UNTOLD;

		if (likeness == SAME)
			return c;
		if (near && likeness == UNTOLD && is_near(c, packet))
			*near = true;
	}
	return NULL;
}

// held_packet makes a packet of what is held at a place.
static struct packet held_packet(const struct receiver_channel *channel, unsigned at)
{
	const uint8_t *body;
	const struct held *held = hold_at(&channel->hold, at, &body);

	return (struct packet){ .body = body,
				.end = body + held->bytes,
				.first_seq = held->first_seq,
				.send_ns = held->send_ns,
				.count = held->count,
				.kind = (enum packet_kind)held->kind };
}

static struct receiver_channel *place(struct receiver *r, struct receiver_channel *channel, bool *near)
{
	struct receiver_channel *other = channel->sibling ? &r->channel[channel->sibling - 1] : NULL;

	for (unsigned i = 0; i < channel->hold.n && !other; i++) {
		struct packet packet = held_packet(channel, i);

		other = sibling_of(r, channel->feed, channel, &packet, near);
	}
	return other;
}

static void move_lines(struct receiver *r, struct receiver_channel *channel, struct receiver_channel *other,
		       uint8_t *number)
{
	for (unsigned i = 0; i < channel->n_lines; i++) {
		const struct receiver_line *old = &channel->line[i];

		if (!old->dst_ip && !old->dst_port) // it has left
			continue;
		struct receiver_line *line = line_of(r, other, old->dst_ip, old->dst_port, old->source);

		number[i] = (uint8_t)(line - other->line);
		line->counts->packets += old->counts->packets;
		line->counts->first += old->counts->first;
		line->counts->duplicate += old->counts->duplicate;
		line->counts->last_rx_ns = old->counts->last_rx_ns;
		line->counts->data_rx_ns = old->counts->data_rx_ns;
		if (line->shared || line->numbering)
			continue;
		line->numbering = other->numbering;
		line->next_seq = old->next_seq;
		line->counts->lost = old->counts->lost;
		line->missing = old->missing;
	}
	channel->n_lines = 0;
}

struct receiver_channel *sibling_move(struct receiver *r, struct receiver_channel *channel)
{
	uint8_t number[RECEIVER_LINES] = { 0 };
	bool near = false;
	struct receiver_channel *other = place(r, channel, &near);

	if (other && other->hold.room - other->hold.n < channel->hold.n)
		near = true, other = NULL;
	if (!other) {
		LEDGER_ADD(r->ledger, lines_unplaced, near);
		return NULL;
	}
	if (channel->stream && !other->stream)
		other->stream = channel->stream;
	move_lines(r, channel, other, number);
	for (unsigned i = 0; i < channel->hold.n; i++) {
		struct packet packet = held_packet(channel, i);
		const struct held *held = hold_at(&channel->hold, i, &packet.body);

		hold_put(&other->hold, &packet, held->rx_ns,
			 held->line < RECEIVER_LINES ? number[held->line] : held->line);
	}
	hold_clear(&channel->hold);
	channel->waiting = channel->settling = false;
	channel->state = CHANNEL_ELSEWHERE;
	other->waiting = true;
	return other;
}

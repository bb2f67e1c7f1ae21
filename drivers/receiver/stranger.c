/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/stranger.h"

#include "drivers/receiver/line.h"
#include "drivers/receiver/sent.h"

// A channel that was heard within so many intervals of its heartbeats lives.
#define LIVING_BEATS 3
// How often to look whether a stranger is still on trial.
#define LOOK_NS      NS_PER_S

void stranger_refuse(struct receiver *r, uint32_t count, bool frame)
{
	LEDGER_ADD(r->ledger, frames_rx, frame);
	LEDGER_ADD(r->ledger, frames_stranger, frame);
	LEDGER_ADD(r->ledger, messages_rx, count);
	LEDGER_ADD(r->ledger, messages_stranger, count);
	LEDGER_INC(r->ledger, packets_stranger);
}

static void refuse_held(struct receiver *r, struct receiver_channel *channel, unsigned at)
{
	const uint8_t *body;
	const struct held *held = hold_at(&channel->strange, at, &body);

	stranger_refuse(r, held->count, held->frame);
	hold_drop_at(&channel->strange, at);
}

static struct receiver_line *line_at(struct receiver_channel *channel, const struct receiver_stranger *s)
{
	return line_find(channel, s->dst_ip, s->dst_port, s->source);
}

// end_trial refuses all that is held of a stranger, whose line goes on as before.
static void end_trial(struct receiver *r, struct receiver_channel *channel, struct receiver_stranger *s)
{
	uint8_t number = (uint8_t)(s - channel->stranger);
	const uint8_t *body;

	for (unsigned i = channel->strange.n; i-- > 0;)
		if (hold_at(&channel->strange, i, &body)->line == number)
			refuse_held(r, channel, i);
	s->used = false;
}

static bool same(const struct receiver_stranger *s, const struct stranger_in *in)
{
	return s->used && s->kind == in->kind && s->session[0] == in->packet->session[0] &&
	       s->session[1] == in->packet->session[1];
}

static struct receiver_stranger *known(struct receiver_channel *channel, const struct stranger_in *in)
{
	for (struct receiver_stranger *s = channel->stranger; s < channel->stranger + STRANGERS; s++)
		if (same(s, in) && s->dst_ip == in->view->dst_ip && s->dst_port == in->view->dst_port &&
		    s->source == in->source)
			return s;
	return NULL;
}

static struct receiver_stranger *find(struct receiver *r, struct receiver_channel *channel,
				      const struct stranger_in *in)
{
	struct receiver_stranger *s = known(channel, in), *oldest = channel->stranger;

	if (s)
		return s;
	for (s = channel->stranger; s < channel->stranger + STRANGERS; s++) {
		if (oldest->used && (!s->used || s->rx_ns < oldest->rx_ns))
			oldest = s;
	}
	if (oldest->used)
		end_trial(r, channel, oldest);
	*oldest = (struct receiver_stranger){
		.used = true,
		.kind = in->kind,
		.session = { in->packet->session[0], in->packet->session[1] },
		.dst_ip = in->view->dst_ip,
		.dst_port = in->view->dst_port,
		.source = in->source,
		.end_seq = UINT64_MAX,
	};
	return oldest;
}

// After an end of session the next one is believed at once, if it begins at its beginning.
static bool after_end(const struct receiver_channel *channel, const struct packet *packet)
{
	return channel->state == CHANNEL_ENDED && packet->first_seq <= 1;
}

// believe tells whether the packet is the second in order with none of the old between.
static bool believe(const struct receiver_channel *channel, const struct receiver_stranger *s,
		    const struct receiver_line *line, const struct packet *packet, uint64_t time_ns,
		    uint64_t rx_ns)
{
	if (s->kind != STRANGER_FOLLOWS && after_end(channel, packet))
		return true;
	if (packet->first_seq == 0 || packet->first_seq != s->end_seq || (time_ns && time_ns < s->time_ns))
		return false;
	if (line)
		return line->counts->packets == s->packets;
	return channel->counts->packets == s->packets &&
	       rx_ns >= channel->counts->last_rx_ns + LIVING_BEATS * channel->feed->heartbeat_ns;
}

// told_ns tells the exchange time of a held packet's first message; 0: not told.
static uint64_t told_ns(const struct receiver_channel *channel, const struct held *held, const uint8_t *body)
{
	struct packet packet = { .body = body,
				 .end = body + held->bytes,
				 .first_seq = held->first_seq,
				 .send_ns = held->send_ns,
				 .count = held->count };

	return sent_ns(channel, &packet, held->rx_ns);
}

// contradicts tells whether a held packet cannot be of the numbering that a packet (sent at time_ns) proves:
// numbers and exchange times would not go the same way, or it was sent before what the old numbering goes on
// to (newest_ns).
static bool contradicts(const struct held *held, uint64_t held_ns, const struct packet *packet,
			uint64_t time_ns, uint64_t newest_ns)
{
	if (!held_ns || !time_ns)
		return false;
	if (held_ns <= newest_ns)
		return true;
	return held->first_seq + held->count <= packet->first_seq
		       ? held_ns > time_ns
		       : held->first_seq >= packet->first_seq + packet->count && held_ns < time_ns;
}

// sift refuses what is on trial for the numbering that is proven, and cannot be of it. Returns when the rest
// was first sent; UINT64_MAX: not told.
static uint64_t sift(struct receiver *r, struct receiver_channel *channel, const struct stranger_in *in,
		     uint64_t time_ns)
{
	uint64_t newest_ns = in->kind == STRANGER_RESTART ? sent_newest_ns(channel) : 0;
	uint64_t first_ns = time_ns ? time_ns : UINT64_MAX;

	for (unsigned i = channel->strange.n; i-- > 0;) {
		const uint8_t *body;
		const struct held *held = hold_at(&channel->strange, i, &body);
		uint64_t ns = told_ns(channel, held, body);

		if (!channel->stranger[held->line].proven)
			continue;
		if (contradicts(held, ns, in->packet, time_ns, newest_ns))
			refuse_held(r, channel, i);
		else if (ns && ns < first_ns)
			first_ns = ns;
	}
	return first_ns;
}

// stands tells whether nothing that is believed came since the stranger's last packet.
static bool stands(struct receiver_channel *channel, const struct receiver_stranger *s)
{
	const struct receiver_line *line = line_at(channel, s);

	return (line ? line->counts->packets : channel->counts->packets) == s->packets;
}

// convince marks what is on trial for the same numbering, on other lines only what still stands. That a line
// follows it proves of no other line.
static uint64_t convince(struct receiver *r, struct receiver_channel *channel, const struct stranger_in *in,
			 const struct receiver_stranger *proven, uint64_t time_ns)
{
	for (struct receiver_stranger *s = channel->stranger; s < channel->stranger + STRANGERS; s++) {
		if (!same(s, in) || (in->kind == STRANGER_FOLLOWS && s != proven))
			continue;
		if (s == proven || stands(channel, s))
			s->proven = true;
		else
			end_trial(r, channel, s);
	}
	return sift(r, channel, in, time_ns);
}

// leave_others keeps on trial what other lines brought of a restart: each has to prove that it follows.
static void leave_others(struct receiver_channel *channel, const struct receiver_stranger *proven)
{
	for (struct receiver_stranger *s = channel->stranger; s < channel->stranger + STRANGERS; s++)
		if (s->used && s->proven && s->kind == STRANGER_RESTART && s != proven) {
			s->kind = STRANGER_FOLLOWS;
			s->proven = false;
		}
}

static void keep(struct receiver *r, struct receiver_channel *channel, const struct stranger_in *in,
		 uint8_t number)
{
	struct hold *h = &channel->strange;
	uint64_t look_ns = in->rx_ns + r->conf.hold_ns;

	if (h->n == h->room)
		refuse_held(r, channel, 0);
	if (!hold_fits(h, in->packet)) {
		stranger_refuse(r, in->packet->count, in->frame);
		return;
	}
	hold_put(h, in->packet, in->rx_ns, number)->frame = in->frame;
	if (look_ns < r->expiry_ns && look_ns >= in->rx_ns)
		r->expiry_ns = look_ns;
}

bool stranger_would_prove(struct receiver_channel *channel, const struct stranger_in *in)
{
	const struct receiver_stranger *s = known(channel, in);

	if (after_end(channel, in->packet))
		return true;
	return s && believe(channel, s, line_at(channel, s), in->packet,
			    sent_ns(channel, in->packet, in->rx_ns), in->rx_ns);
}

bool stranger_proven(struct receiver *r, struct receiver_channel *channel, const struct stranger_in *in,
		     uint64_t *first_ns, uint64_t *first_seq)
{
	struct receiver_stranger *s = find(r, channel, in);
	struct receiver_line *line = line_at(channel, s);
	uint64_t time_ns = sent_ns(channel, in->packet, in->rx_ns);
	struct packet packet;
	struct frame_view view;
	uint8_t source;

	if (believe(channel, s, line, in->packet, time_ns, in->rx_ns)) {
		*first_ns = convince(r, channel, in, s, time_ns);
		*first_ns = *first_ns == UINT64_MAX ? 0 : *first_ns;
		const struct held *held = stranger_next(channel, &packet, &view, &source);

		*first_seq = held && held->first_seq < in->packet->first_seq ? held->first_seq
									     : in->packet->first_seq;
		leave_others(channel, s);
		return true;
	}
	if (!stands(channel, s) &&
	    in->packet->first_seq != s->end_seq) // the old went on, and this goes not on from it
		end_trial(r, channel, s);
	s->used = true;
	keep(r, channel, in, (uint8_t)(s - channel->stranger));
	s->end_seq = in->packet->first_seq + in->packet->count;
	s->time_ns = time_ns;
	s->packets = line ? line->counts->packets : channel->counts->packets;
	s->rx_ns = in->rx_ns;
	if (line && in->kind == STRANGER_RESTART &&
	    line->next_seq) { // whatever comes next on the line is looked at
		line->old_next_seq = line->next_seq;
		line->next_seq = 0;
	}
	return false;
}

bool stranger_expects(const struct receiver_channel *channel, const struct receiver_line *line,
		      uint64_t first_seq, uint64_t time_ns)
{
	for (const struct receiver_stranger *s = channel->stranger; s < channel->stranger + STRANGERS; s++)
		if (s->used && s->kind != STRANGER_SESSION && s->dst_ip == line->dst_ip &&
		    s->dst_port == line->dst_port && s->source == line->source && s->end_seq == first_seq &&
		    s->packets == line->counts->packets && (!time_ns || time_ns >= s->time_ns))
			return true;
	return false;
}

static int lowest_proven(const struct receiver_channel *channel)
{
	const uint8_t *body;

	for (unsigned i = 0; i < channel->strange.n; i++)
		if (channel->stranger[hold_at(&channel->strange, i, &body)->line].proven)
			return (int)i;
	return -1;
}

const struct held *stranger_next(struct receiver_channel *channel, struct packet *packet,
				 struct frame_view *view, uint8_t *source)
{
	int at = lowest_proven(channel);

	if (at < 0) {
		for (struct receiver_stranger *s = channel->stranger; s < channel->stranger + STRANGERS; s++)
			if (s->proven)
				s->used = s->proven = false;
		return NULL;
	}
	const uint8_t *body;
	const struct held *held = hold_at(&channel->strange, (unsigned)at, &body);
	const struct receiver_stranger *s = &channel->stranger[held->line];

	*packet = (struct packet){ .body = body,
				   .end = body + held->bytes,
				   .session = { s->session[0], s->session[1] },
				   .first_seq = held->first_seq,
				   .send_ns = held->send_ns,
				   .count = held->count,
				   .stream = channel->stream,
				   .kind = (enum packet_kind)held->kind };
	*view = (struct frame_view){ .dst_ip = s->dst_ip, .dst_port = s->dst_port };
	*source = s->source;
	return held;
}

void stranger_done(struct receiver_channel *channel)
{
	int at = lowest_proven(channel);

	if (at >= 0)
		hold_drop_at(&channel->strange, (unsigned)at);
}

uint64_t stranger_expire(struct receiver *r, struct receiver_channel *channel, uint64_t now_ns)
{
	bool open = false;

	for (struct receiver_stranger *s = channel->stranger; s < channel->stranger + STRANGERS; s++) {
		if (!s->used)
			continue;
		struct receiver_line *line = line_at(channel, s);
		bool over = (line ? line->counts->packets : channel->counts->packets) != s->packets;

		if (now_ns == UINT64_MAX || (over && s->rx_ns + r->conf.hold_ns <= now_ns))
			end_trial(r, channel, s);
		else
			open = true;
	}
	return open && now_ns < UINT64_MAX - LOOK_NS ? now_ns + LOOK_NS : UINT64_MAX;
}

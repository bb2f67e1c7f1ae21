/* SPDX-License-Identifier: BSD-3-Clause */
// take.h: applies a packet whose turn has come to its channel, with the control events that it causes. The
// code for nearly all packets is inline. Part of the receiver; same thread.
#ifndef WB_FEED_TAKE_H
#define WB_FEED_TAKE_H

#include "drivers/receiver/arbiter.h"
#include "drivers/receiver/line.h"
#include "drivers/feed/seq.h"
#include "drivers/receiver/sibling.h"

static inline struct event *take_emit(struct emitter *to, const struct receiver_channel *channel,
				      enum ev_kind kind)
{
	struct event *e = &to->out[to->n++];

	*e = (struct event){
		.ts_ns = to->send_ns,
		.pos = channel->pos,
		.instr = INSTR_NONE,
		.frame = to->frame,
		.kind = (uint8_t)kind,
		.channel = channel->decode.index,
	};
	return e;
}

// take_anew begins a new numbering within the channel's session, or a new session, at first_seq; next_ns: as
// of channel_begin. Assumes that nothing is held. Returns false if another lcore carries the session.
bool take_anew(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
	       uint64_t first_seq, uint64_t next_ns, struct emitter *to);
// take_leap judges a clock that advances by more than a second, or after an earlier packet's did (step.h).
// Returns false when the clock stays.
bool take_leap(struct receiver *r, struct receiver_channel *channel, uint64_t *send_ns, uint64_t rx_ns);
// take_settle begins to wait for messages numbered below the first number heard.
void take_settle(struct receiver_channel *channel, struct emitter *to);
// take_announce emits the channel's EV_JOIN: it begins at that number.
void take_announce(struct receiver *r, struct receiver_channel *channel, uint64_t first_seq,
		   struct emitter *to);

// take_tick lets the packet's send time advance the channel's clock, which never goes back.
static inline void take_tick(struct receiver *r, struct receiver_channel *channel,
			     const struct packet *packet, struct emitter *to)
{
	uint64_t send_ns = packet->send_ns;

	if (send_ns <= channel->last_send_ns && !channel->step.asked_ns)
		return;
	if (unlikely(send_ns - channel->last_send_ns > STEP_FREE_NS || channel->step.asked_ns) &&
	    (!take_leap(r, channel, &send_ns, to->rx_ns) || send_ns <= channel->last_send_ns))
		return;
	channel->last_send_ns = send_ns;
	channel->decode.horizon_ns = send_ns + NS_PER_DAY;
	struct event *e = take_emit(to, channel, EV_CLOCK);

	e->ts_ns = send_ns;
	e->flags = packet->kind == PACKET_HEARTBEAT ? EVF_HEARTBEAT : 0;
}

// take_count counts a packet of the channel by its kind.
static inline void take_count(struct receiver *r, struct receiver_channel *channel,
			      const struct packet *packet, const struct emitter *to)
{
	struct channel_counts *counts = channel->counts;
	uint64_t rx_ns = to->rx_ns;

	counts->packets++;
	counts->heartbeats += packet->kind == PACKET_HEARTBEAT;
	counts->last_rx_ns = rx_ns;
	if (likely(packet->count))
		counts->data_rx_ns = rx_ns;
	r->ledger->v[packet->kind == PACKET_HEARTBEAT     ? LEDGER_frames_heartbeat
		     : packet->kind == PACKET_SESSION_END ? LEDGER_frames_session_end
							  : LEDGER_frames_data] += !to->surplus;
}

// take_known ends a packet that brings nothing new.
static inline void take_known(struct receiver *r, struct receiver_channel *channel, uint32_t count)
{
	channel->counts->duplicates += count;
	LEDGER_ADD(r->ledger, messages_rx, count);
	LEDGER_ADD(r->ledger, messages_duplicate, count);
}

// take_packet applies a packet whose turn has come, and sets the walk when there are messages to decode.
// ticks: its send time moves the channel's clock. Inlined: nearly all packets are in order, and the
// compiler drops most of this for them.
static inline __attribute__((always_inline)) void
take_packet(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
	    const struct seq_result *seq, bool ticks, uint8_t line, struct emitter *to)
{
	if (unlikely(seq->verdict == SEQ_DUPLICATE)) {
		take_known(r, channel, packet->count);
		return;
	}
	if (unlikely(seq->verdict == SEQ_GAP))
		arbiter_lose(r, channel, channel->next_seq, seq->lost, channel->fresh_rx_ns, to);
	else if (seq->verdict == SEQ_OVERLAP)
		LEDGER_INC(r->ledger, overlaps);
	if (likely(packet->first_seq))
		channel->next_seq = packet->first_seq + packet->count;
	// A packet that is sent again carries no time, not even for messages that are dated by their packet.
	channel->decode.send_ns = packet->send_ns;
	if (unlikely(packet->kind == PACKET_RESENT || line == LINE_RECOVERED) && channel->last_send_ns)
		channel->decode.send_ns = channel->last_send_ns;
	if (ticks && channel->feed->flags & FEED_CLOCK_IN_HEADER)
		take_tick(r, channel, packet, to);
	if (unlikely(packet->kind == PACKET_SESSION_END) && channel->state != CHANNEL_ENDED) {
		take_emit(to, channel, EV_END);
		channel->state = CHANNEL_ENDED;
	}
	if (unlikely(channel->feed->mark) && packet->count)
		sibling_mark(channel, packet);
	channel->fresh_rx_ns = to->rx_ns;
	channel->counts->messages += packet->count - seq->skip;
	channel->counts->duplicates += seq->skip;
	LEDGER_ADD(r->ledger, messages_rx, packet->count);
	if (channel->n_lines > 1 && packet->count && packet->first_seq)
		line_arrived(channel, packet->first_seq + seq->skip, line, to->rx_ns);
	r->walk = (struct feed_walk){
		.p = packet->body,
		.end = packet->end,
		.pos = channel->pos,
		.left = packet->count,
		.skip = seq->skip,
		.frame = to->frame,
	};
	r->walk_channel = channel;
	r->walk_end_pos = channel->pos + packet->count - seq->skip;
	r->walk_rx_ns = to->rx_ns;
	r->walk_flags = packet->first_seq ? 0 : EVF_UNSEQUENCED;
	r->walk_first = EVF_PACKET;
	r->walking = packet->count > 0 ? WALK_FRAME : WALK_NONE; // its caller knows when it is another's
}

// take_heard emits EV_CLOCK for a heartbeat that carries no time: the channel is alive, and had no news up to
// the heartbeat's arrival.
static inline void take_heard(const struct receiver_channel *channel, const struct packet *packet, bool ticks,
			      struct emitter *to)
{
	if (unlikely(packet->kind == PACKET_HEARTBEAT) && ticks &&
	    !(channel->feed->flags & FEED_CLOCK_IN_HEADER))
		take_emit(to, channel, EV_CLOCK)->flags = EVF_HEARTBEAT;
}

// take_next takes a packet that is simply the next one of its channel and of its line.
static inline __attribute__((always_inline)) void
take_next(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
	  struct receiver_line *line, struct line_news news, struct emitter *to)
{
	const struct seq_result in_order = { .verdict = SEQ_IN_ORDER };

	take_count(r, channel, packet, to);
	line_heard(channel, line, packet, news, to->rx_ns);
	take_packet(r, channel, packet, &in_order, !channel->waiting, (uint8_t)(line - channel->line), to);
	take_heard(channel, packet, !channel->waiting, to);
}

// take_beat is take_next for a heartbeat, which has no messages.
static inline __attribute__((always_inline)) void take_beat(struct receiver *r,
							    struct receiver_channel *channel,
							    const struct packet *packet,
							    struct receiver_line *line, struct emitter *to)
{
	struct channel_counts *counts = channel->counts;
	struct line_counts *heard = line->counts;
	bool in_header = channel->feed->flags & FEED_CLOCK_IN_HEADER;

	counts->packets++;
	counts->heartbeats++;
	heard->packets++;
	counts->last_rx_ns = heard->last_rx_ns = to->rx_ns;
	LEDGER_INC(r->ledger, frames_heartbeat);
	channel->decode.send_ns = packet->send_ns;
	if (in_header && !channel->waiting)
		take_tick(r, channel, packet, to); // judged by the last packet's receive time
	channel->fresh_rx_ns = to->rx_ns;
	take_heard(channel, packet, !channel->waiting, to);
}

#endif

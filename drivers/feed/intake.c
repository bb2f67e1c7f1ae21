/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/intake.h"

#include "drivers/feed/line.h"
#include "drivers/feed/seq.h"

// 1990-01-01. Receive times before it are no dates (captures whose times count from zero).
#define PLAUSIBLE_NS (UINT64_C(7305) * NS_PER_DAY)

static struct event *emit(struct emitter *to, const struct receiver_channel *channel, enum ev_kind kind)
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

void intake_lose(struct receiver *r, struct receiver_channel *channel, uint64_t first_seq, uint64_t lost,
		 uint64_t from_rx_ns, struct emitter *to)
{
	emit(to, channel, EV_GAP)->ref = lost;
	LEDGER_INC(r->ledger, gaps);
	LEDGER_ADD(r->ledger, gap_messages, lost);
	channel->gaps++;
	channel->gap_messages += lost;
	channel->pos += lost;
	if (first_seq == 0) // of an unnumbered packet: there is no name for them
		return;
	channel->last_gap_first = first_seq;
	channel->last_gap_last = first_seq + lost - 1;
	missing_add(&channel->missing, first_seq, first_seq + lost - 1);
	if (r->n_holes < RECEIVER_HOLES)
		r->hole[r->n_holes++] = (struct receiver_hole){
			.channel = channel->decode.index,
			.first_seq = first_seq,
			.last_seq = first_seq + lost - 1,
			.from_rx_ns = from_rx_ns,
			.to_rx_ns = to->rx_ns,
		};
}

static void restart(struct receiver *r, struct receiver_channel *channel, uint64_t first_seq,
		    struct emitter *to)
{
	struct event *e = emit(to, channel, EV_RESET);

	e->ref = first_seq;
	e->flags = first_seq == 1 ? 0 : EVF_MIDSTREAM;
	LEDGER_INC(r->ledger, sequence_restarts);
	channel->restarts++;
	channel->state = CHANNEL_OPEN;
	channel->restart_seq = channel->next_seq;
	channel->first_seq = channel->next_seq = first_seq;
	channel_renumber(channel, false);
}

// tick lets the packet's send time advance the channel's clock. A clock never goes back, and one that is a
// day ahead of everything known is refused: it would seal all that is open.
static void tick(struct receiver *r, struct receiver_channel *channel, const struct packet *packet, struct emitter *to)
{
	uint64_t send_ns = packet->send_ns;
	uint64_t latest_ns = channel->last_send_ns > to->rx_ns ? channel->last_send_ns : to->rx_ns;

	if (send_ns <= channel->last_send_ns)
		return;
	if (unlikely(latest_ns > PLAUSIBLE_NS && send_ns > latest_ns + NS_PER_DAY)) {
		LEDGER_INC(r->ledger, clock_refused);
		return;
	}
	channel->last_send_ns = send_ns;
	channel->decode.horizon_ns = send_ns + NS_PER_DAY;
	emit(to, channel, EV_CLOCK)->flags = packet->kind == PACKET_HEARTBEAT ? EVF_HEARTBEAT : 0;
}

static void announce(struct receiver *r, struct receiver_channel *channel, enum channel_how how,
		     const struct packet *packet, struct emitter *to)
{
	struct event *e = emit(to, channel, how == CHANNEL_NEW ? EV_JOIN : EV_RESET);

	e->ref = packet->first_seq;
	e->ref2 = channel->feed->venue;
	e->flags = (uint16_t)((packet->first_seq == 1 ? 0 : EVF_MIDSTREAM) |
			      (packet->first_seq == 0 ? EVF_UNSEQUENCED : 0));
	if (how == CHANNEL_SESSION) {
		LEDGER_INC(r->ledger, session_changes);
		return;
	}
	LEDGER_INC(r->ledger, channel_joins);
	LEDGER_ADD(r->ledger, midstream_joins, packet->first_seq != 1);
}

// known_already ends a packet that brings nothing new.
static void known_already(struct receiver *r, struct receiver_channel *channel, uint32_t count)
{
	channel->duplicates += count;
	LEDGER_ADD(r->ledger, messages_rx, count);
	LEDGER_ADD(r->ledger, messages_duplicate, count);
}

// take applies a packet whose turn has come, and sets the walk when there are messages to decode. ticks: its
// send time moves the channel's clock. Inlined: nearly all packets are in order, and most of this goes away for them.
static inline __attribute__((always_inline)) void take(struct receiver *r, struct receiver_channel *channel,
		 const struct packet *packet, const struct seq_result *seq, bool ticks, uint8_t line, struct emitter *to)
{
	if (unlikely(seq->verdict == SEQ_DUPLICATE)) {
		known_already(r, channel, packet->count);
		return;
	}
	if (unlikely(seq->verdict == SEQ_GAP))
		intake_lose(r, channel, channel->next_seq, seq->lost, channel->fresh_rx_ns, to);
	else if (seq->verdict == SEQ_OVERLAP)
		LEDGER_INC(r->ledger, overlaps);
	if (likely(packet->first_seq))
		channel->next_seq = packet->first_seq + packet->count;
	// What is sent again tells no time, not even to messages that are dated by their packet.
	channel->decode.send_ns = packet->send_ns;
	if (unlikely(packet->kind == PACKET_RESENT || line == LINE_RECOVERED) && channel->last_send_ns)
		channel->decode.send_ns = channel->last_send_ns;
	if (ticks && channel->feed->flags & FEED_CLOCK_IN_HEADER)
		tick(r, channel, packet, to);
	if (unlikely(packet->kind == PACKET_SESSION_END) && channel->state != CHANNEL_ENDED) {
		emit(to, channel, EV_END);
		channel->state = CHANNEL_ENDED;
	}
	channel->fresh_rx_ns = to->rx_ns;
	channel->messages += packet->count - seq->skip;
	channel->duplicates += seq->skip;
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
	r->walk_channel = channel->decode.index;
	r->walk_end_pos = channel->pos + packet->count - seq->skip;
	r->walk_rx_ns = to->rx_ns;
	r->walk_flags = packet->first_seq ? 0 : EVF_UNSEQUENCED;
	r->walking = packet->count > 0;
}

// heard tells of a heartbeat that carries no time: the channel lives, and had nothing to say up to its arrival.
static inline void heard(const struct receiver_channel *channel, const struct packet *packet, bool ticks, struct emitter *to)
{
	if (unlikely(packet->kind == PACKET_HEARTBEAT) && ticks && !(channel->feed->flags & FEED_CLOCK_IN_HEADER))
		emit(to, channel, EV_CLOCK)->flags = EVF_HEARTBEAT;
}

// A packet may say itself that numbering begins anew. The venue says so several times, on each line: only the
// first word of a later reset counts, and only if there is anything to forget.
static bool begins_anew(const struct receiver_channel *channel, const struct packet *packet)
{
	uint64_t end_seq = channel->next_seq;

	if (likely(packet->reset_ns <= channel->reset_ns))
		return false;
	if (channel->hold.n && channel->hold.end_seq > end_seq)
		end_seq = channel->hold.end_seq;
	return end_seq > packet->first_seq + packet->count;
}

// judge says what the packet's numbers mean to the channel.
static struct seq_result judge(struct receiver *r, struct receiver_channel *channel, enum channel_how how,
			       const struct packet *packet)
{
	if (unlikely(how == CHANNEL_STALE))
		return (struct seq_result){ .verdict = SEQ_DUPLICATE, .skip = packet->count };
	if (unlikely(packet->first_seq == 0)) {
		LEDGER_ADD(r->ledger, unsequenced_messages, packet->count);
		return (struct seq_result){ .verdict = SEQ_IN_ORDER };
	}
	if (unlikely(channel->next_seq == 0)) // only unnumbered packets so far
		channel->first_seq = channel->next_seq = packet->first_seq;
	if (unlikely(begins_anew(channel, packet)))
		return (struct seq_result){ .verdict = SEQ_RESTART };
	return seq_judge(channel->next_seq, packet->first_seq, packet->count,
			 packet->kind == PACKET_RESENT ? UINT64_MAX : r->conf.restart_window);
}

uint64_t intake_expiry_ns(const struct receiver_channel *channel)
{
	if (!channel->waiting)
		return UINT64_MAX;
	uint64_t since_ns = hold_since_ns(&channel->hold);
	uint64_t expiry_ns = since_ns > UINT64_MAX - channel->patience_ns ? UINT64_MAX : since_ns + channel->patience_ns;

	if (unlikely(hold_data_seq(&channel->hold) <= channel->given_up_seq + 1) && channel->given_up_ns < expiry_ns)
		return channel->given_up_ns;
	return expiry_ns;
}

enum ahead { AHEAD_HELD, AHEAD_KNOWN, AHEAD_NO_ROOM };

// ahead_of_turn holds a packet before which messages are missing. *known: its messages that are held already.
static enum ahead ahead_of_turn(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
				uint8_t line, uint64_t rx_ns, uint32_t *known)
{
	struct hold *h = &channel->hold;

	*known = (uint32_t)hold_covered(h, packet->first_seq, packet->count);
	if (packet->count ? *known == packet->count : !hold_tells(h, packet)) {
		known_already(r, channel, packet->count);
		return AHEAD_KNOWN;
	}
	if (!hold_fits(h, packet))
		return AHEAD_NO_ROOM;
	hold_put(h, packet, rx_ns, line);
	channel->waiting = true;
	LEDGER_INC(r->ledger, held_packets);
	// At the latest then; what has been held for longer has set it already.
	uint64_t expiry_ns = rx_ns > UINT64_MAX - channel->patience_ns ? UINT64_MAX : rx_ns + channel->patience_ns;

	if (expiry_ns < r->expiry_ns)
		r->expiry_ns = expiry_ns;
	return AHEAD_HELD;
}

static inline void count_packet(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
			 uint64_t rx_ns)
{
	channel->packets++;
	channel->heartbeats += packet->kind == PACKET_HEARTBEAT;
	channel->last_rx_ns = rx_ns;
	if (likely(packet->count))
		channel->data_rx_ns = rx_ns;
	r->ledger->v[packet->kind == PACKET_HEARTBEAT     ? LEDGER_frames_heartbeat
		     : packet->kind == PACKET_SESSION_END ? LEDGER_frames_session_end
							  : LEDGER_frames_data]++;
}

// left_behind ends a packet of a line that has not come to the restart yet. What it brings that the channel had not
// heard before the restart is too late: lost.
static void left_behind(struct receiver *r, struct receiver_channel *channel, struct receiver_line *line,
			const struct packet *packet, struct emitter *to)
{
	uint64_t end = packet->first_seq + packet->count;
	uint64_t known = packet->first_seq > channel->restart_seq ? packet->first_seq : channel->restart_seq;

	if (end > known) {
		intake_lose(r, channel, 0, end - known, channel->fresh_rx_ns, to);
		LEDGER_ADD(r->ledger, late_messages, end - known);
		channel->restart_seq = end;
	}
	count_packet(r, channel, packet, to->rx_ns);
	line_heard(channel, line, packet, (struct line_news){ .known = packet->count, .apart = true }, to->rx_ns);
	known_already(r, channel, packet->count);
}

// out_of_order handles what is not simply the next packet of a known channel.
static __attribute__((noinline)) bool out_of_order(struct receiver *r, struct receiver_channel *channel,
		enum channel_how how, const struct packet *packet, const struct frame_view *view, uint8_t source,
		struct emitter *to)
{
	struct seq_result seq = judge(r, channel, how, packet);
	struct line_news news = { .known = seq.skip,
				  .apart = how == CHANNEL_STALE || packet->kind == PACKET_RESENT };

	if (unlikely(seq.verdict == SEQ_RESTART && channel->hold.n))
		return false;
	if (unlikely(packet->reset_ns > channel->reset_ns))
		channel->reset_ns = packet->reset_ns;
	if (unlikely(how == CHANNEL_NEW || how == CHANNEL_SESSION))
		announce(r, channel, how, packet, to);
	struct receiver_line *line = line_of(r, channel, view->dst_ip, view->dst_port, source);
	uint8_t number = (uint8_t)(line - channel->line);
	enum ahead ahead = AHEAD_NO_ROOM;

	if (unlikely(seq.verdict == SEQ_RESTART)) {
		restart(r, channel, packet->first_seq, to);
		seq.verdict = SEQ_IN_ORDER;
	} else if (unlikely(seq.verdict == SEQ_GAP && line_lags(channel, line, packet->first_seq))) {
		left_behind(r, channel, line, packet, to);
		return true;
	}
	if (unlikely(seq.verdict == SEQ_GAP && channel->hold.room)) {
		ahead = ahead_of_turn(r, channel, packet, number, to->rx_ns, &news.known);
		if (ahead == AHEAD_NO_ROOM) {
			LEDGER_INC(r->ledger, hold_overflows);
			if (channel->hold.n)
				return false;
			news.known = 0;
		}
	}
	if (unlikely(seq.skip && channel->missing.n && how != CHANNEL_STALE)) {
		news.late = missing_take(&channel->missing, packet->first_seq, packet->first_seq + seq.skip - 1);
		LEDGER_ADD(r->ledger, late_messages, news.late);
	}
	if (ahead == AHEAD_NO_ROOM && channel->hold.n) // behind its news there may be messages that are held already
		news.known += (uint32_t)hold_covered(&channel->hold, packet->first_seq + seq.skip, packet->count - seq.skip);
	count_packet(r, channel, packet, to->rx_ns);
	line_heard(channel, line, packet, news, to->rx_ns);
	if (likely(ahead == AHEAD_NO_ROOM)) { // the clock stands still while a hole is open
		take(r, channel, packet, &seq, !channel->waiting && packet->kind != PACKET_RESENT, number, to);
		heard(channel, packet, !channel->waiting && seq.verdict != SEQ_DUPLICATE, to);
	}
	return true;
}

bool intake_packet(struct receiver *r, struct receiver_channel *channel, enum channel_how how,
		   const struct packet *packet, const struct frame_view *view, uint8_t source, struct emitter *to)
{
	static const struct seq_result in_order = { .verdict = SEQ_IN_ORDER };

	if (unlikely(how != CHANNEL_KNOWN || packet->first_seq != channel->next_seq || channel->next_seq == 0 ||
		     packet->reset_ns || packet->kind == PACKET_RESENT))
		return out_of_order(r, channel, how, packet, view, source, to);
	struct receiver_line *line = line_of(r, channel, view->dst_ip, view->dst_port, source);

	struct line_news news = { 0 };

	if (unlikely(channel->hold.n))
		news.known = (uint32_t)hold_covered(&channel->hold, packet->first_seq, packet->count);
	count_packet(r, channel, packet, to->rx_ns);
	line_heard(channel, line, packet, news, to->rx_ns);
	take(r, channel, packet, &in_order, !channel->waiting, (uint8_t)(line - channel->line), to);
	heard(channel, packet, !channel->waiting, to);
	return true;
}

void intake_recovered(struct receiver *r, const struct frame_in *in, struct emitter *to)
{
	struct receiver_channel *channel = &r->channel[in->channel];
	struct packet packet;
	uint32_t known;

	if (in->channel >= r->n_channels || !channel_speaks(channel, in->data, in->bytes, &packet) ||
	    (packet.kind != PACKET_DATA && packet.kind != PACKET_RESENT) || packet.first_seq == 0 ||
	    channel->next_seq == 0) {
		LEDGER_INC(r->ledger, recovered_refused);
		return;
	}
	// However far back it starts, it is an answer and not a restart.
	struct seq_result seq = seq_judge(channel->next_seq, packet.first_seq, packet.count, UINT64_MAX);

	if (seq.verdict == SEQ_GAP) {
		if (ahead_of_turn(r, channel, &packet, LINE_RECOVERED, to->rx_ns, &known) == AHEAD_NO_ROOM) {
			LEDGER_INC(r->ledger, recovered_refused);
			return;
		}
	} else {
		if (seq.skip && channel->missing.n)
			LEDGER_ADD(r->ledger, late_messages,
				   missing_take(&channel->missing, packet.first_seq, packet.first_seq + seq.skip - 1));
		known = seq.skip;
		to->send_ns = channel->last_send_ns;
		take(r, channel, &packet, &seq, false, LINE_RECOVERED, to);
	}
	LEDGER_INC(r->ledger, recovered_packets);
	LEDGER_ADD(r->ledger, recovered_messages, packet.count - known);
}

bool intake_held(struct receiver *r, struct receiver_channel *channel, bool force, struct emitter *to, bool *forget)
{
	const uint8_t *body;
	const struct held *held = hold_first(&channel->hold, &body);

	*forget = false;
	if (!held)
		return false;
	// What is held was ahead once: it can be behind by now, but it is no restart.
	struct seq_result seq = seq_judge(channel->next_seq, held->first_seq, held->count, UINT64_MAX);

	to->send_ns = held->send_ns;
	to->rx_ns = held->rx_ns;
	if (seq.verdict == SEQ_GAP) {
		if (!force)
			return false;
		uint64_t first = channel->next_seq;

		channel->next_seq = hold_data_seq(&channel->hold);
		channel->waiting = false;
		intake_lose(r, channel, first, channel->next_seq - first, channel->fresh_rx_ns, to);
		return true;
	}
	LEDGER_ADD(r->ledger, holes_filled, channel->waiting);
	channel->waiting = false;
	struct packet packet = {
		.body = body,
		.end = body + held->bytes,
		.first_seq = held->first_seq,
		.send_ns = held->send_ns,
		.count = held->count,
		.kind = (enum packet_kind)held->kind,
	};

	take(r, channel, &packet, &seq, held->line != LINE_RECOVERED && held->kind != PACKET_RESENT, held->line, to);
	heard(channel, &packet, seq.verdict != SEQ_DUPLICATE, to);
	*forget = !r->walking;
	return true;
}

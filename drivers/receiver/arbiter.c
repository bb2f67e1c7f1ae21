/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/arbiter.h"

#include "drivers/receiver/line.h"
#include "drivers/receiver/numbering.h"
#include "drivers/receiver/sent.h"
#include "drivers/feed/seq.h"
#include "drivers/receiver/stranger.h"
#include "drivers/receiver/take.h"

// A packet may say itself that numbering begins anew. The venue says so several times, on each line: only the
// first word of a later reset counts, only if it was not sent before what is known, and if there is anything
// to forget.
static bool begins_anew(const struct receiver_channel *channel, const struct packet *packet)
{
	uint64_t end_seq = channel->next_seq;

	if (likely(packet->reset_ns <= channel->reset_ns))
		return false;
	if (channel->hold.n && channel->hold.end_seq > end_seq)
		end_seq = channel->hold.end_seq;
	return end_seq > packet->first_seq + packet->count && packet->send_ns >= sent_newest_ns(channel);
}

// judge says what the packet's numbers mean to the channel.
static struct seq_result judge(struct receiver *r, struct receiver_channel *channel,
			       const struct packet *packet)
{
	if (unlikely(packet->first_seq == 0)) {
		LEDGER_ADD(r->ledger, unsequenced_messages, packet->count);
		return (struct seq_result){ .verdict = SEQ_IN_ORDER };
	}
	return seq_judge(channel->next_seq, packet->first_seq, packet->count);
}

uint64_t arbiter_expiry_ns(const struct receiver_channel *channel)
{
	if (!channel->waiting)
		return UINT64_MAX;
	uint64_t since_ns = hold_since_ns(&channel->hold);
	uint64_t patience_ns = channel->settling ? channel->settle_ns : channel->patience_ns;
	uint64_t expiry_ns = since_ns > UINT64_MAX - patience_ns ? UINT64_MAX : since_ns + patience_ns;

	if (channel->settling)
		return expiry_ns;
	if (unlikely(hold_data_seq(&channel->hold) <= channel->given_up_seq + 1) &&
	    channel->given_up_ns < expiry_ns)
		return channel->given_up_ns;
	return expiry_ns;
}

enum ahead { AHEAD_HELD, AHEAD_KNOWN, AHEAD_NO_ROOM };

// ahead_of_turn holds a packet before which messages are missing. *known: its messages that are held already.
static enum ahead ahead_of_turn(struct receiver *r, struct receiver_channel *channel,
				const struct packet *packet, uint8_t line, uint64_t rx_ns, uint32_t *known)
{
	struct hold *h = &channel->hold;

	*known = (uint32_t)hold_covered(h, packet->first_seq, packet->count);
	if (packet->count ? *known == packet->count : !hold_tells(h, packet)) {
		take_known(r, channel, packet->count);
		return AHEAD_KNOWN;
	}
	if (!hold_fits(h, packet))
		return AHEAD_NO_ROOM;
	hold_put(h, packet, rx_ns, line);
	channel->waiting = true;
	LEDGER_INC(r->ledger, held_packets);
	// At the latest then; what has been held for longer has set it already.
	uint64_t patience_ns = channel->settling ? channel->settle_ns : channel->patience_ns;
	uint64_t expiry_ns = rx_ns > UINT64_MAX - patience_ns ? UINT64_MAX : rx_ns + patience_ns;

	if (expiry_ns < r->expiry_ns)
		r->expiry_ns = expiry_ns;
	return AHEAD_HELD;
}

// left_behind ends a packet of a past numbering: its line has not come to the current one yet. What it tells
// of that the channel had not heard then is too late: lost, with all before it.
static void left_behind(struct receiver *r, struct receiver_channel *channel, struct receiver_line *line,
			struct receiver_past *past, const struct packet *packet, struct emitter *to)
{
	uint64_t end = packet->first_seq + packet->count;
	uint64_t known = packet->first_seq > past->end_seq ? packet->first_seq : past->end_seq;

	if (packet->first_seq && end > past->end_seq) {
		arbiter_lose(r, channel, 0, end - past->end_seq, channel->fresh_rx_ns, to);
		LEDGER_ADD(r->ledger, late_messages, end - known);
		past->end_seq = end;
	}
	if (line->numbering && line->numbering != channel->numbering && end > line->old_next_seq)
		line->old_next_seq = end;
	take_count(r, channel, packet, to);
	line_heard(channel, line, packet, (struct line_news){ .known = packet->count, .apart = true },
		   to->rx_ns);
	take_known(r, channel, packet->count);
}

// before_join takes the messages off a packet that are numbered below the channel's join: too late to go
// before it.
static void before_join(struct receiver *r, const struct receiver_channel *channel, struct packet *packet)
{
	uint64_t below = channel->join_seq - packet->first_seq;
	uint32_t n = below < packet->count ? (uint32_t)below : packet->count;
	const uint8_t *body = channel->feed->past(packet->body, packet->end, n);

	LEDGER_ADD(r->ledger, messages_rx, n);
	LEDGER_ADD(r->ledger, messages_before_join, n);
	packet->first_seq += n;
	packet->count -= n;
	packet->body = body ? body : packet->end;
}

// waits holds a packet that cannot be taken yet. False: there is no room, and what is held is to be let go
// first.
static bool waits(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
		  uint8_t line, uint64_t rx_ns, struct line_news *news, enum ahead *ahead)
{
	*ahead = ahead_of_turn(r, channel, packet, line, rx_ns, &news->known);
	if (*ahead != AHEAD_NO_ROOM)
		return true;
	LEDGER_INC(r->ledger, hold_overflows);
	news->known = 0;
	return channel->hold.n == 0;
}

// opening tells whether the channel is, or is to be, waiting for what comes below the first number.
static bool opening(const struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
		    struct emitter *to)
{
	if (channel->settling && packet->first_seq != 1)
		return true;
	if (channel->settling || channel->next_seq || packet->first_seq <= 1 || !channel->hold.room ||
	    !r->conf.hold_ns)
		return false;
	take_settle(channel, to);
	return true;
}

// in_numbers handles a packet of the current numbering that is not simply the next one.
static bool in_numbers(struct receiver *r, struct receiver_channel *channel, struct packet *packet,
		       struct receiver_line *line, struct emitter *to)
{
	uint8_t number = (uint8_t)(line - channel->line);
	struct line_news news = { .apart = packet->kind == PACKET_RESENT };
	enum ahead ahead = AHEAD_NO_ROOM;
	struct seq_result seq = { .verdict = SEQ_IN_ORDER };

	if (packet->first_seq && opening(r, channel, packet, to)) {
		if (!waits(r, channel, packet, number, to->rx_ns, &news, &ahead))
			return false;
	} else if (channel->settling && packet->first_seq == 0) {
		return false; // it has no turn to wait for
	}
	if (ahead == AHEAD_NO_ROOM) {
		bool first = !channel->announced || channel->settling ||
			     (channel->next_seq == 0 && packet->first_seq);

		if (first) {
			channel->waiting = false;
			take_announce(r, channel, packet->first_seq, to);
		}
		seq = judge(r, channel, packet);
		news.known = seq.skip;
		if (unlikely(seq.verdict == SEQ_GAP && channel->hold.room) &&
		    !waits(r, channel, packet, number, to->rx_ns, &news, &ahead))
			return false;
	}
	if (unlikely(seq.skip && channel->missing.n)) {
		news.late =
			missing_take(&channel->missing, packet->first_seq, packet->first_seq + seq.skip - 1);
		LEDGER_ADD(r->ledger, late_messages, news.late);
	}
	if (ahead == AHEAD_NO_ROOM &&
	    channel->hold.n) // behind its news there may be messages that are held already
		news.known += (uint32_t)hold_covered(&channel->hold, packet->first_seq + seq.skip,
						     packet->count - seq.skip);
	take_count(r, channel, packet, to);
	line_heard(channel, line, packet, news, to->rx_ns);
	if (likely(ahead == AHEAD_NO_ROOM)) { // the clock stands still while a hole is open
		take_packet(r, channel, packet, &seq, !channel->waiting && packet->kind != PACKET_RESENT,
			    number, to);
		take_heard(channel, packet, !channel->waiting && seq.verdict != SEQ_DUPLICATE, to);
	}
	return true;
}

// follow_proven moves a line on by the first packet of its trial: the one that proves it may be a heartbeat
// without a time.
static void follow_proven(struct receiver_channel *channel, struct receiver_line *line,
			  const struct packet *last, uint64_t rx_ns)
{
	struct frame_view view;
	struct packet first;
	uint8_t source;
	const struct held *held = stranger_next(channel, &first, &view, &source);

	numbering_catch_up(channel, line, held ? &first : last, held ? held->rx_ns : rx_ns);
}

// on_trial judges a packet that its line does not go on with. line: NULL where it is of another session.
static enum arbiter on_trial(struct receiver *r, struct receiver_channel *channel,
			     const struct stranger_in *in, struct receiver_line *line, struct emitter *to)
{
	bool follows = in->kind == STRANGER_FOLLOWS;
	uint64_t first_ns, first_seq;

	if (!follows && channel->hold.n && stranger_would_prove(channel, in))
		return ARBITER_LET_GO;
	if (!stranger_proven(r, channel, in, &first_ns, &first_seq))
		return ARBITER_HELD;
	if (follows)
		follow_proven(channel, line, in->packet, to->rx_ns);
	else if (!take_anew(r, channel, in->packet, first_seq, first_ns, to))
		return ARBITER_OTHER_LCORE;
	else if (line)
		numbering_follow(channel, line);
	return ARBITER_BEGUN;
}

// out_of_order handles what is not simply the next packet of a known channel.
static __attribute__((noinline)) enum arbiter out_of_order(struct receiver *r,
							   struct receiver_channel *channel,
							   enum channel_how how, const struct packet *said,
							   const struct arbiter_in *in, struct emitter *to)
{
	struct packet packet = *said;
	struct receiver_past *past = how == CHANNEL_PAST ? numbering_past_at(channel, said, to->rx_ns) : NULL;

	if (unlikely(channel->state == CHANNEL_ELSEWHERE)) {
		channel->next_seq = channel->hold.n ? channel->next_seq
						    : 0; // nothing is in order here any more
		return channel->hold.n ? ARBITER_LET_GO : ARBITER_OTHER_LCORE;
	}
	if (channel->feed->flags & FEED_OPEN_END && packet.count) {
		const uint8_t *end = channel->feed->past(packet.body, packet.end, packet.count);

		packet.end = end ? end : packet.end;
		r->rest = in->held ? r->rest : packet.end;
	}
	struct stranger_in strange = { .packet = &packet,
				       .view = in->view,
				       .source = in->source,
				       .frame = in->frame,
				       .kind = STRANGER_SESSION,
				       .rx_ns = to->rx_ns };

	if (how == CHANNEL_STRANGE)
		return on_trial(r, channel, &strange, NULL, to);
	struct receiver_line *line = line_of(r, channel, in->view->dst_ip, in->view->dst_port, in->source);
	enum numbering_of of = how == CHANNEL_PAST
				       ? NUMBERING_PAST
				       : numbering_judge(channel, line, &packet, to->rx_ns, &past);

	if (of == NUMBERING_TRIAL || of == NUMBERING_FOLLOWS) {
		strange.kind = of == NUMBERING_TRIAL ? STRANGER_RESTART : STRANGER_FOLLOWS;
		if (!in->held)
			return on_trial(r, channel, &strange, line, to);
		stranger_refuse(r, packet.count, in->frame); // it had its trial
		return ARBITER_HELD;
	}
	if (of == NUMBERING_PAST) {
		left_behind(r, channel, line, past, &packet, to);
		return ARBITER_DONE;
	}
	if (unlikely(begins_anew(channel, &packet))) {
		if (channel->hold.n)
			return ARBITER_LET_GO;
		take_anew(r, channel, &packet, packet.first_seq, packet.send_ns, to);
	}
	if (unlikely(packet.reset_ns > channel->reset_ns))
		channel->reset_ns = packet.reset_ns;
	if (packet.reset_ns ||
	    line->numbering == 0) // what has no number of its own there says nothing of the line
		numbering_follow(channel, line);
	if (packet.first_seq < channel->join_seq && packet.first_seq && packet.count)
		before_join(r, channel, &packet);
	return in_numbers(r, channel, &packet, line, to) ? ARBITER_DONE : ARBITER_LET_GO;
}

enum arbiter arbiter_packet(struct receiver *r, struct receiver_channel *channel, enum channel_how how,
			    const struct packet *packet, const struct arbiter_in *in, struct emitter *to)
{
	if (unlikely(how != CHANNEL_KNOWN || packet->first_seq != channel->next_seq ||
		     channel->next_seq == 0 || packet->reset_ns || packet->kind == PACKET_RESENT))
		return out_of_order(r, channel, how, packet, in, to);
	struct receiver_line *line = line_find(channel, in->view->dst_ip, in->view->dst_port, in->source);

	if (unlikely(!line ||
		     packet->first_seq !=
			     line->next_seq)) // its own numbers stand elsewhere, perhaps in a past numbering
		return out_of_order(r, channel, how, packet, in, to);
	struct line_news news = { 0 };

	if (unlikely(channel->hold.n))
		news.known = (uint32_t)hold_covered(&channel->hold, packet->first_seq, packet->count);
	take_next(r, channel, packet, line, news, to);
	return ARBITER_DONE;
}

void arbiter_recovered(struct receiver *r, const struct frame_in *in, struct emitter *to)
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
	const struct receiver_past *past = &channel->past[(channel->numbering - 1) % PAST_NUMBERINGS];
	uint64_t time_ns = channel->feed->time_of_day ? sent_ns(channel, &packet, to->rx_ns) : 0;

	if (time_ns && channel->numbering > 1 &&
	    time_ns < past->next_ns) { // asked for before numbers began anew
		LEDGER_INC(r->ledger, recovered_refused);
		return;
	}
	struct seq_result seq = seq_judge(channel->next_seq, packet.first_seq, packet.count);

	if (seq.verdict == SEQ_GAP) {
		if (ahead_of_turn(r, channel, &packet, LINE_RECOVERED, to->rx_ns, &known) == AHEAD_NO_ROOM) {
			LEDGER_INC(r->ledger, recovered_refused);
			return;
		}
	} else {
		if (seq.skip && channel->missing.n)
			LEDGER_ADD(r->ledger, late_messages,
				   missing_take(&channel->missing, packet.first_seq,
						packet.first_seq + seq.skip - 1));
		known = seq.skip;
		to->send_ns = channel->last_send_ns;
		take_packet(r, channel, &packet, &seq, false, LINE_RECOVERED, to);
	}
	LEDGER_INC(r->ledger, recovered_packets);
	LEDGER_ADD(r->ledger, recovered_messages, packet.count - known);
}

bool arbiter_held(struct receiver *r, struct receiver_channel *channel, bool force, struct emitter *to,
		  bool *forget)
{
	const uint8_t *body;
	const struct held *held = hold_first(&channel->hold, &body);

	*forget = false;
	if (!held)
		return false;
	// What is held was ahead once: it can be behind by now.
	struct seq_result seq = seq_judge(channel->next_seq, held->first_seq, held->count);

	to->send_ns = held->send_ns;
	to->rx_ns = held->rx_ns;
	if (channel->settling) {
		if (!force)
			return false;
		struct receiver_channel *other =
			channel->feed->flags & FEED_BY_LINE ? sibling_move(r, channel) : NULL;

		if (other) { // goes on there
			uint64_t expiry_ns = arbiter_expiry_ns(other);

			take_emit(to, channel, EV_OPEN)->ref = 1;
			r->release_channel = other->decode.index;
			r->expiry_ns = expiry_ns < r->expiry_ns ? expiry_ns : r->expiry_ns;
			return true;
		}
		channel->waiting = false;
		take_announce(r, channel, held->first_seq, to);
		return true;
	}
	if (seq.verdict == SEQ_GAP) {
		if (!force)
			return false;
		uint64_t first = channel->next_seq;

		channel->next_seq = hold_data_seq(&channel->hold);
		channel->waiting = false;
		arbiter_lose(r, channel, first, channel->next_seq - first, channel->fresh_rx_ns, to);
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

	take_emit(to, channel, EV_HELD)->ref = held->rx_ns;
	channel->held_told = true;
	take_packet(r, channel, &packet, &seq, held->line != LINE_RECOVERED && held->kind != PACKET_RESENT,
		    held->line, to);
	take_heard(channel, &packet, seq.verdict != SEQ_DUPLICATE, to);
	*forget = !r->walking;
	return true;
}

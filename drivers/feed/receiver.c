/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/receiver.h"

#include <string.h>

#include "drivers/feed/channel.h"
#include "drivers/feed/seq.h"

// Control events that one packet can cause before its messages: join or reset, gap, clock, end.
#define CONTROL_MAX 4
// Kept free while messages are decoded: the gap event of a packet that ends too early.
#define TAIL_MAX 1

// 1990-01-01. Receive times before it are no dates (captures whose times count from zero).
#define PLAUSIBLE_NS (UINT64_C(7305) * NS_PER_DAY)
// How many frames ahead of the one in hand the first bytes are fetched.
#define PREFETCH 4

// Where a packet's control events go, and what they have in common.
struct emitter {
	struct event *out;
	unsigned n;
	uint16_t frame;
	uint64_t send_ns, rx_ns;
};

size_t receiver_bytes(void)
{
	return (size_t)RECEIVER_CHANNELS * 65536 * sizeof(uint32_t) +
	       FEED_SYMBOLS * sizeof(struct feed_symbol);
}

void receiver_init(struct receiver *r, const struct receiver_conf *conf, struct symtab *symtab,
		   struct ledger *ledger, void *mem)
{
	memset(r, 0, sizeof *r);
	r->conf = *conf;
	r->symtab = symtab;
	r->ledger = ledger;
	r->locate_mem = mem;
	r->symbols = (struct feed_symbol *)(r->locate_mem + (size_t)RECEIVER_CHANNELS * 65536);
}

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

// lose declares the messages [first_seq, first_seq + lost) lost: position and numbering go on behind them.
static void lose(struct receiver *r, struct receiver_channel *channel, uint64_t first_seq, uint64_t lost,
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
	if (r->n_holes < RECEIVER_HOLES)
		r->hole[r->n_holes++] = (struct receiver_hole){
			.channel = channel->decode.index,
			.first_seq = first_seq,
			.last_seq = first_seq + lost - 1,
			.from_rx_ns = from_rx_ns,
			.to_rx_ns = to->rx_ns,
		};
}

// late counts the duplicates of [first_seq, first_seq + n) that lie in the channel's last hole.
static void late(struct receiver *r, const struct receiver_channel *channel, uint64_t first_seq, uint64_t n)
{
	if (!channel->last_gap_last)
		return;
	uint64_t from = first_seq > channel->last_gap_first ? first_seq : channel->last_gap_first;
	uint64_t to = first_seq + n - 1 < channel->last_gap_last ? first_seq + n - 1 : channel->last_gap_last;

	if (to >= from)
		LEDGER_ADD(r->ledger, late_messages, to - from + 1);
}

// A packet may say itself that numbering begins anew. The venue says so several times, on each line: only the
// first word of a later reset counts, and only if there is anything to forget.
static bool begins_anew(struct receiver_channel *channel, const struct packet *packet)
{
	if (likely(packet->reset_ns <= channel->reset_ns))
		return false;
	channel->reset_ns = packet->reset_ns;
	return channel->next_seq > packet->first_seq + packet->count;
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
	channel->first_seq = channel->next_seq = first_seq;
	channel->last_gap_first = channel->last_gap_last = 0;
}

// number applies the packet's sequence numbers. Returns how many leading messages are known already, and in
// *fresh whether the packet tells anything new (a heartbeat does when it is not behind).
static uint32_t number(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
		       bool *fresh, struct emitter *to)
{
	uint64_t first = packet->first_seq;

	*fresh = true;
	if (unlikely(first == 0)) {
		LEDGER_ADD(r->ledger, unsequenced_messages, packet->count);
		return 0;
	}
	if (unlikely(channel->next_seq == 0)) // only unnumbered packets so far
		channel->first_seq = channel->next_seq = first;
	if (unlikely(begins_anew(channel, packet)))
		restart(r, channel, first, to);
	struct seq_result seq = seq_judge(channel->next_seq, first, packet->count, r->conf.restart_window);

	if (unlikely(seq.verdict == SEQ_GAP))
		lose(r, channel, channel->next_seq, seq.lost, channel->last_rx_ns, to);
	else if (unlikely(seq.verdict == SEQ_RESTART))
		restart(r, channel, first, to);
	else if (seq.verdict == SEQ_OVERLAP)
		LEDGER_INC(r->ledger, overlaps);
	if (seq.skip)
		late(r, channel, first, seq.skip);
	*fresh = seq.verdict != SEQ_DUPLICATE;
	if (*fresh)
		channel->next_seq = first + packet->count;
	return seq.skip;
}

// tick lets the packet's send time advance the channel's clock. A clock never goes back, and one that is a
// day ahead of everything known is refused: it would seal all that is open.
static void tick(struct receiver *r, struct receiver_channel *channel, uint64_t send_ns, struct emitter *to)
{
	uint64_t latest_ns = channel->last_send_ns > to->rx_ns ? channel->last_send_ns : to->rx_ns;

	if (send_ns <= channel->last_send_ns)
		return;
	if (unlikely(latest_ns > PLAUSIBLE_NS && send_ns > latest_ns + NS_PER_DAY)) {
		LEDGER_INC(r->ledger, clock_refused);
		return;
	}
	channel->last_send_ns = send_ns;
	channel->decode.horizon_ns = send_ns + NS_PER_DAY;
	emit(to, channel, EV_CLOCK);
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

static void count_packet(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
			 const struct frame_view *view, uint32_t known, uint64_t rx_ns)
{
	struct receiver_line *line = channel_line(channel, view->dst_ip, view->dst_port);

	line->packets++;
	line->first += packet->count - known;
	line->duplicate += known;
	line->last_rx_ns = rx_ns;
	channel->packets++;
	channel->messages += packet->count - known;
	channel->duplicates += known;
	channel->heartbeats += packet->kind == PACKET_HEARTBEAT;
	channel->last_rx_ns = rx_ns;
	LEDGER_ADD(r->ledger, messages_rx, packet->count);
	r->ledger->v[packet->kind == PACKET_HEARTBEAT     ? LEDGER_frames_heartbeat
		     : packet->kind == PACKET_SESSION_END ? LEDGER_frames_session_end
							  : LEDGER_frames_data]++;
}

// accept handles a packet of a channel up to its messages, and sets the walk when there are some to decode.
static void accept(struct receiver *r, struct receiver_channel *channel, enum channel_how how,
		   const struct packet *packet, const struct frame_view *view, struct emitter *to)
{
	uint32_t known = packet->count;
	bool fresh = false;

	if (likely(how != CHANNEL_STALE)) {
		if (unlikely(how != CHANNEL_KNOWN))
			announce(r, channel, how, packet, to);
		known = number(r, channel, packet, &fresh, to);
		r->last_channel = channel->decode.index;
	}
	channel->decode.send_ns = packet->send_ns;
	// What is sent again says nothing about how late it is.
	if (fresh && packet->kind != PACKET_RESENT && channel->feed->flags & FEED_CLOCK_IN_HEADER)
		tick(r, channel, packet->send_ns, to);
	if (fresh && packet->kind == PACKET_SESSION_END && channel->state != CHANNEL_ENDED) {
		emit(to, channel, EV_END);
		channel->state = CHANNEL_ENDED;
	}
	count_packet(r, channel, packet, view, known, to->rx_ns);
	if (!fresh) {
		LEDGER_ADD(r->ledger, messages_duplicate, packet->count);
		return;
	}
	r->walk = (struct feed_walk){
		.p = packet->body,
		.end = packet->end,
		.pos = channel->pos,
		.left = packet->count,
		.skip = known,
		.frame = to->frame,
	};
	r->walk_channel = channel->decode.index;
	r->walk_end_pos = channel->pos + packet->count - known;
	r->walk_rx_ns = to->rx_ns;
	r->walk_flags = packet->first_seq ? 0 : EVF_UNSEQUENCED;
	r->walking = packet->count > 0;
}

// begin takes up a frame: counts its end, writes its control events and starts the walk through its messages.
static unsigned begin(struct receiver *r, const struct frame_in *in, uint16_t frame, struct event *out)
{
	struct receiver_channel *channel;
	struct frame_view view;
	struct packet packet;
	enum ledger_id why;

	LEDGER_INC(r->ledger, frames_rx);
	if (unlikely(in->segmented || in->checksum_bad)) {
		r->ledger->v[in->segmented ? LEDGER_frames_segmented : LEDGER_frames_bad_checksum]++;
		return 0;
	}
	why = frame_parse(in->data, in->bytes, in->wire_bytes, r->conf.verify_checksum, &view);
	if (unlikely(why != FRAME_OK)) {
		r->ledger->v[why]++;
		return 0;
	}
	enum channel_how how = channel_find(r, &view, in->rx_ns, &packet, &channel, &why);

	if (unlikely(how == CHANNEL_REFUSED)) {
		r->ledger->v[why]++;
		if (why == LEDGER_frames_aside) {
			LEDGER_ADD(r->ledger, messages_rx, packet.count);
			LEDGER_ADD(r->ledger, messages_aside, packet.count);
		}
		return 0;
	}
	struct emitter to = { .out = out, .frame = frame, .send_ns = packet.send_ns, .rx_ns = in->rx_ns };

	accept(r, channel, how, &packet, &view, &to);
	return to.n;
}

// walk decodes messages of the packet in hand into at most max events, TAIL_MAX of them for its own use. When
// the packet holds fewer messages than it announced, the missing ones are lost, since the numbering has gone
// past them.
static unsigned walk(struct receiver *r, struct event *out, unsigned max)
{
	struct receiver_channel *channel = &r->channel[r->walk_channel];
	unsigned n = channel->feed->decode(&channel->decode, &r->walk, out, max - TAIL_MAX);

	if (unlikely(r->walk_flags))
		for (unsigned i = 0; i < n; i++)
			out[i].flags |= r->walk_flags;
	channel->pos = r->walk.pos;
	if (r->walk.left)
		return n;
	r->walking = false;
	if (unlikely(r->walk.pos != r->walk_end_pos)) {
		uint64_t lost = r->walk_end_pos - r->walk.pos;
		struct emitter to = { .out = out + n,
				      .frame = r->walk.frame,
				      .send_ns = channel->last_send_ns,
				      .rx_ns = r->walk_rx_ns };

		lose(r, channel, r->walk_flags ? 0 : channel->next_seq - lost, lost, r->walk_rx_ns, &to);
		n += to.n;
	}
	return n;
}

unsigned receiver_push(struct receiver *r, const struct frame_in *frame, unsigned n, struct event *out,
		       unsigned max, unsigned *used)
{
	unsigned done = 0, n_out = 0;

	r->walk.frame = 0; // a packet in hand is frame 0 of this call
	while (done < n) {
		if (!r->walking) {
			if (done + PREFETCH < n)
				__builtin_prefetch(frame[done + PREFETCH].data);
			if (max - n_out < CONTROL_MAX + 1 + TAIL_MAX)
				break;
			n_out += begin(r, &frame[done], (uint16_t)done, out + n_out);
		}
		if (r->walking)
			n_out += walk(r, out + n_out, max - n_out);
		if (r->walking)
			break;
		done++;
	}
	*used = done;
	return n_out;
}

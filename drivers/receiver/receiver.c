/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/receiver.h"

#include <string.h>

#include "drivers/receiver/arbiter.h"
#include "drivers/receiver/repeat.h"
#include "drivers/receiver/stranger.h"
#include "lcore/base/bytes.h"

// What comes next: the walk in hand, then what is released, then what is admitted, then the frame. The
// drawing is in docs/lines-and-recovery.md, The receiver's states.

// Kept free while messages are decoded: the gap event of a packet that ends too early.
#define TAIL_MAX 1
// Events there must be room for to take up a packet: its control events, one message, and the tail.
#define ROOM_MIN (ARBITER_EVENTS_MAX + 1 + TAIL_MAX)
// How many frames ahead of the one in hand the first bytes are fetched.
#define PREFETCH 4

static size_t locate_bytes(void)
{
	return (size_t)RECEIVER_CHANNELS * 65536 * sizeof(uint32_t) +
	       FEED_SYMBOLS * sizeof(struct feed_symbol);
}

size_t receiver_bytes(const struct receiver_conf *conf)
{
	return locate_bytes() +
	       RECEIVER_CHANNELS * (hold_bytes(conf->hold_packets) + hold_bytes(STRANGER_PACKETS));
}

void receiver_init(struct receiver *r, const struct receiver_conf *conf, struct symtab *symtab,
		   struct ledger *ledger, struct receiver_counts *counts, void *mem)
{
	memset(r, 0, sizeof *r);
	r->conf = *conf;
	r->symtab = symtab;
	r->ledger = ledger;
	r->locate_mem = mem;
	r->symbols = (struct feed_symbol *)(r->locate_mem + (size_t)RECEIVER_CHANNELS * 65536);
	r->counts = counts;
	r->hold_mem = (uint8_t *)mem + locate_bytes();
	r->strange_mem = r->hold_mem + RECEIVER_CHANNELS * hold_bytes(conf->hold_packets);
	r->counts->n_channels = r->counts->n_holes = 0;
	r->expiry_ns = UINT64_MAX;
	r->last_channel = &r->channel[0];
}

// let_go begins to release what the channel holds; forced: its first hole is declared.
static void let_go(struct receiver *r, uint8_t channel, bool forced)
{
	r->release = forced ? RELEASE_HOLE : RELEASE_NEXT;
	r->release_channel = channel;
}

// expire finds a hole whose time is up at now_ns, and has it declared. Else it says when the next one is due.
static bool expire(struct receiver *r, uint64_t now_ns)
{
	uint64_t next_ns = UINT64_MAX, look_again_ns = UINT64_MAX;
	uint8_t first = 0;

	for (uint32_t i = 0; i < r->n_channels; i++)
		if (r->channel[i].strange.n) {
			uint64_t look_ns = stranger_expire(r, &r->channel[i], now_ns);

			look_again_ns = look_ns < look_again_ns ? look_ns : look_again_ns;
		}
	for (uint32_t i = 0; i < r->n_channels; i++) {
		struct receiver_channel *channel = &r->channel[i];

		if (channel->waiting && !ledger_holds(r->ledger, channel->hold.n > 0))
			channel->waiting = false;
		uint64_t expiry_ns = arbiter_expiry_ns(channel);

		if (channel->waiting && expiry_ns <= next_ns) {
			next_ns = expiry_ns;
			first = (uint8_t)i;
		}
	}
	r->expiry_ns = next_ns < look_again_ns ? next_ns : look_again_ns;
	if (next_ns > now_ns || !r->channel[first].waiting)
		return false;
	r->expired_ns = next_ns;
	let_go(r, first, true);
	return true;
}

// release takes up the next packet that release_channel holds, when its turn has come. Returns the number of
// events.
static unsigned release(struct receiver *r, uint16_t frame, struct event *out)
{
	struct receiver_channel *channel = &r->channel[r->release_channel];
	struct emitter to = { .out = out, .frame = frame };
	bool forget;

	ledger_holds(r->ledger, channel->hold.n <= channel->hold.room &&
					(r->release != RELEASE_HOLE || channel->hold.n > 0));
	r->release = arbiter_held(r, channel, r->release == RELEASE_HOLE, &to, &forget) ? RELEASE_NEXT
											: RELEASE_NONE;
	if (r->walking)
		r->walking = WALK_HELD;
	if (forget)
		hold_drop(&channel->hold);
	if (r->release)
		return to.n;
	channel->waiting = channel->hold.n > 0; // at another hole, or at the end
	if (channel->held_told)
		take_emit(&to, channel, EV_HELD);
	channel->held_told = false;
	return to.n;
}

static unsigned refuse(struct receiver *r, enum ledger_id why)
{
	LEDGER_INC(r->ledger, frames_rx);
	r->ledger->v[why]++;
	return 0;
}

// other_udp tells whether UDP of no feed is known not to matter: to an address that carries none, or the
// chatter of hosts and switches (and their answers to each other, known by the port they come from).
static enum ledger_id other_udp(const struct receiver *r, const struct frame_view *view)
{
	uint16_t src_port = be16(view->payload - 8);
	bool unicast = view->dst_ip >> 28 != 0xe, listed = r->conf.n_only == 0;

	for (uint32_t i = 0; i < r->conf.n_only && !listed; i++)
		listed = r->conf.only[i] == view->dst_ip;
	if (!listed || frame_quiet_port(view->dst_port) || (unicast && frame_quiet_port(src_port)))
		return LEDGER_frames_bystander_udp;
	return LEDGER_frames_unknown_feed;
}

// look_at_held has released what is next after a packet without messages, when it settled where the channel
// begins.
static void look_at_held(struct receiver *r, const struct receiver_channel *channel)
{
	if (channel->hold.n && !channel->waiting)
		let_go(r, channel->decode.index, false);
}

// admit takes the next packet of strangers that have proven themselves. Returns the number of events.
static unsigned admit(struct receiver *r, uint16_t frame, struct event *out)
{
	struct receiver_channel *channel = &r->channel[r->admit_channel];
	struct emitter to = { .out = out, .frame = frame };
	struct frame_view view;
	struct packet packet;
	struct arbiter_in from = { .view = &view, .held = true };
	const struct held *held = stranger_next(channel, &packet, &view, &from.source);

	if (!held) {
		r->hand = HAND_WAITS;
		return 0;
	}
	to.send_ns = held->send_ns;
	to.rx_ns = held->rx_ns;
	from.frame = held->frame;
	to.surplus = !held->frame;
	enum arbiter done = arbiter_packet(r, channel, CHANNEL_KNOWN, &packet, &from, &to);

	if (done == ARBITER_LET_GO) {
		let_go(r, r->admit_channel, true);
		return to.n;
	}
	LEDGER_ADD(r->ledger, frames_rx, from.frame && done != ARBITER_HELD);
	stranger_done(channel);
	if (r->walking)
		r->walking = WALK_STRANGER;
	else
		look_at_held(r, channel);
	return to.n;
}

// surplus_refused ends a datagram behind whose packets there are bytes that are none.
static unsigned surplus_refused(struct receiver *r)
{
	LEDGER_ADD(r->ledger, surplus_bytes, r->view.bytes);
	r->rest = r->view.payload + r->view.bytes;
	return 0;
}

static unsigned refuse_packet(struct receiver *r, enum ledger_id why, const struct packet *packet)
{
	if (why == LEDGER_frames_out_of_band) {
		LEDGER_ADD(r->ledger, messages_rx, packet->count);
		LEDGER_ADD(r->ledger, messages_out_of_band, packet->count);
		r->rest = packet->end;
		return r->surplus ? 0 : refuse(r, why);
	}
	if (r->surplus)
		return surplus_refused(r);
	return refuse(r, why == LEDGER_frames_unknown_feed ? other_udp(r, &r->view) : why);
}

// names returns whether the packet is of the channel on whose line it came, as channel_find would find.
static inline bool names(const struct packet *packet, const struct receiver_channel *channel)
{
	if (channel->feed->flags & FEED_BY_LINE)
		return packet->stream == 0;
	return packet->stream == channel->stream && packet->session[0] == channel->session[0] &&
	       packet->session[1] == channel->session[1];
}

// straight takes up the packet at r->view if it is simply the next one of the channel that spoke last, and of
// its line, and nothing is held: nearly all packets are. False: nothing is done, and packet() judges it.
static inline __attribute__((always_inline)) bool straight(struct receiver *r, const struct frame_in *in,
							   struct emitter *to)
{
	struct receiver_channel *channel = r->last_channel;
	struct receiver_line *line = line_find(channel, r->view.dst_ip, r->view.dst_port, in->source);
	struct packet parsed;

	if (unlikely(!line || channel->hold.n || !line->next_seq))
		return false;
	const uint64_t next_seq = line->next_seq;

	if (unlikely(next_seq != channel->next_seq || // a line behind others: packet() parses its header
		     !channel->feed->header(r->view.payload, r->view.bytes, &parsed)))
		return false;
	const struct packet packet = parsed; // which nobody else can change: it stays in registers

	if (unlikely(packet.first_seq != next_seq || packet.kind > PACKET_HEARTBEAT || packet.reset_ns ||
		     !names(&packet, channel)))
		return false;
	to->send_ns = packet.send_ns;
	r->rest = packet.end;
	if (unlikely(packet.kind == PACKET_HEARTBEAT && !packet.count)) {
		take_beat(r, channel, &packet, line, to);
		r->beat_line = repeat_may(r, channel, in) ? line : NULL;
	} else
		take_next(r, channel, &packet, line, (struct line_news){ 0 }, to);
	LEDGER_INC(r->ledger, frames_rx);
	return true;
}

// packet takes up the packet at r->view: counts its end, writes its control events and starts the walk
// through its messages. One that must wait for others is left for later (r->hand).
static __attribute__((noinline)) unsigned packet(struct receiver *r, const struct frame_in *in,
						 uint16_t frame, struct event *out)
{
	struct emitter to = { .out = out, .frame = frame, .rx_ns = in->rx_ns, .surplus = r->surplus };
	struct arbiter_in from = { .view = &r->view, .source = in->source, .frame = !r->surplus };
	struct receiver_channel *channel;
	struct packet packet;
	enum ledger_id why;
	enum channel_how how = channel_find(r, &r->view, in->source, in->rx_ns, &packet, &channel, &why);

	if (unlikely(how == CHANNEL_REFUSED))
		return refuse_packet(r, why, &packet);
	to.send_ns = packet.send_ns;
	r->rest = packet.end;
	enum arbiter done = arbiter_packet(r, channel, how, &packet, &from, &to);

	if (unlikely(done != ARBITER_DONE)) {
		if (done == ARBITER_OTHER_LCORE)
			return refuse_packet(r, LEDGER_frames_other_lcore, &packet);
		if (done == ARBITER_LET_GO)
			let_go(r, channel->decode.index, true);
		r->hand = done == ARBITER_BEGUN  ? HAND_ADMITS
			  : done == ARBITER_HELD ? HAND_TAKEN
						 : HAND_WAITS;
		r->admit_channel = channel->decode.index;
		LEDGER_ADD(r->ledger, surplus_packets, r->surplus && done == ARBITER_HELD);
		return to.n;
	}
	LEDGER_ADD(r->ledger, surplus_packets, r->surplus);
	LEDGER_ADD(r->ledger, frames_rx, !r->surplus);
	if (unlikely(!r->walking))
		look_at_held(r, channel);
	if (likely(how == CHANNEL_KNOWN))
		r->last_channel = channel;
	return to.n;
}

// parse finds the frame's payload. Returns FRAME_OK, or what the frame is refused as.
static inline enum ledger_id parse(struct receiver *r, const struct frame_in *in)
{
	enum ledger_id why;

	if (unlikely(in->segmented || in->checksum_bad))
		return in->segmented ? LEDGER_frames_segmented : LEDGER_frames_bad_checksum;
	if (likely(in->link == FRAME_ETHERNET))
		why = frame_parse(in->data, in->bytes, in->wire_bytes, r->conf.verify_checksum, &r->view);
	else
		why = frame_peel(in->link, in->data, in->bytes, in->wire_bytes, r->conf.verify_checksum,
				 &r->view);
	if (unlikely(why == LEDGER_frames_ipv6 && r->conf.n_only)) // groups are of IPv4
		return LEDGER_frames_bystander_udp;
	return why;
}

// begin_other takes up what is not simply a frame with a datagram: a further packet of the one in hand, a
// packet that recovery brought, and a frame that is refused (why).
static __attribute__((noinline)) unsigned begin_other(struct receiver *r, const struct frame_in *in,
						      uint16_t frame, enum ledger_id why, struct event *out)
{
	struct emitter to = { .out = out, .frame = frame, .rx_ns = in->rx_ns };

	if (r->surplus)
		return packet(r, in, frame, out);
	r->rest = r->view.payload = NULL;
	r->view.bytes = 0;
	if (!in->recovered)
		return refuse(r, why);
	arbiter_recovered(r, in, &to);
	return to.n;
}

// begin takes up a frame, or the next packet of its datagram (r->surplus).
static inline __attribute__((always_inline)) unsigned begin(struct receiver *r, const struct frame_in *in,
							    uint16_t frame, struct event *out)
{
	struct emitter to = { .out = out, .frame = frame, .rx_ns = in->rx_ns };
	enum ledger_id why = FRAME_OK;

	if (unlikely(in->rx_ns >= r->expiry_ns) && !r->surplus && expire(r, in->rx_ns))
		return 0;
	r->hand = HAND_TAKEN;
	if (likely(!r->surplus && !in->recovered))
		why = parse(r, in);
	if (unlikely(why != FRAME_OK || r->surplus || in->recovered))
		return begin_other(r, in, frame, why, out);
	if (likely(straight(r, in, &to)))
		return to.n;
	r->rest = r->view.payload + r->view.bytes;
	return packet(r, in, frame, out);
}

// further goes on to the next packet of the datagram in hand, if there is one.
static bool further(struct receiver *r)
{
	const uint8_t *end = r->view.payload + r->view.bytes;

	r->surplus = r->rest < end;
	r->view.bytes = (uint32_t)(end - r->rest);
	r->view.payload = r->rest;
	return r->surplus;
}

// walk decodes messages of the packet in hand into at most max events, TAIL_MAX of them for its own use. When
// the packet holds fewer messages than it announced, the missing ones are lost, since the numbering has gone
// past them.
static inline __attribute__((always_inline)) unsigned walk(struct receiver *r, struct event *out,
							   unsigned max)
{
	struct receiver_channel *channel = r->walk_channel;
	unsigned n = channel->feed->decode(&channel->decode, &r->walk, out, max - TAIL_MAX);

	if (unlikely(r->walk_flags))
		for (unsigned i = 0; i < n; i++) {
			out[i].flags |= r->walk_flags;
			if (channel->waiting) // outside the numbered stream, whose clock stands still
				out[i].flags &= (uint16_t)~EVF_CLOCK;
		}
	channel->pos = r->walk.pos;
	if (likely(n)) {
		out[0].flags |= r->walk_first;
		r->walk_first = 0;
		channel->newest_ns = out[n - 1].ts_ns;
	}
	if (r->walk.left)
		return n;
	uint8_t was = r->walking;

	r->walking = WALK_NONE;
	if (unlikely(r->walk.pos != r->walk_end_pos) &&
	    ledger_holds(r->ledger, r->walk.pos < r->walk_end_pos)) {
		uint64_t lost = r->walk_end_pos - r->walk.pos;
		struct emitter to = { .out = out + n,
				      .frame = r->walk.frame,
				      .send_ns = channel->last_send_ns,
				      .rx_ns = r->walk_rx_ns };

		arbiter_lose(r, channel, r->walk_flags ? 0 : channel->next_seq - lost, lost, r->walk_rx_ns,
			     &to);
		n += to.n;
	} else if (unlikely(r->walk.p != r->walk.end)) {
		if (!(channel->feed->flags & FEED_OPEN_END))
			LEDGER_ADD(r->ledger, surplus_bytes, (uint64_t)(r->walk.end - r->walk.p));
		else if (was == WALK_FRAME)
			r->rest = r->walk.p;
	}
	if (unlikely(channel->hold.n)) {
		if (was == WALK_HELD)
			hold_drop(&channel->hold);
		else
			let_go(r, channel->decode.index, false);
	}
	return n;
}

// more_beats takes what follows the heartbeat at frame and says the same.
static __attribute__((noinline)) unsigned more_beats(struct receiver *r, const struct frame_in *frame,
						     unsigned n, struct event *ev)
{
	struct receiver_line *line = r->beat_line;

	r->beat_line = NULL;
	return repeat_run(r, r->last_channel, line, frame, n, ev);
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
			if (max - n_out < ROOM_MIN)
				break;
			if (unlikely(r->conf.stops_at_expiry && !r->release && r->hand != HAND_ADMITS &&
				     !r->surplus && frame[done].rx_ns >= r->expiry_ns))
				break;
			n_out += unlikely(r->release) ? release(r, (uint16_t)done, out + n_out)
				 : unlikely(r->hand == HAND_ADMITS)
					 ? admit(r, (uint16_t)done, out + n_out)
					 : begin(r, &frame[done], (uint16_t)done, out + n_out);
		}
		if (r->walking)
			n_out += walk(r, out + n_out, max - n_out);
		if (r->walking)
			break;
		if (r->hand == HAND_TAKEN && !r->release) {
			r->hand = HAND_WAITS;
			if (unlikely(r->rest && r->rest != r->view.payload + r->view.bytes) && further(r))
				continue;
			r->surplus = false;
			if (unlikely(r->beat_line))
				done += more_beats(r, frame + done, n - done, &out[n_out - 1]);
			done++;
		}
	}
	*used = done;
	return n_out;
}

unsigned receiver_flush(struct receiver *r, uint64_t now_ns, struct event *out, unsigned max)
{
	unsigned n_out = 0;

	if (r->hand != HAND_WAITS || r->surplus)
		return 0;
	r->walk.frame = 0;
	while (max - n_out >= ROOM_MIN) {
		if (!r->walking) {
			if (!r->release && ((n_out && r->conf.stops_at_expiry) || !expire(r, now_ns)))
				break;
			n_out += release(r, 0, out + n_out);
		}
		if (r->walking)
			n_out += walk(r, out + n_out, max - n_out);
	}
	return n_out;
}

bool receiver_wanted(const struct receiver *r, uint8_t channel, uint64_t *first_seq, uint64_t *last_seq)
{
	const struct receiver_channel *c = &r->channel[channel];

	if (channel >= r->n_channels || !c->waiting || c->settling)
		return false;
	*first_seq = c->next_seq;
	*last_seq = hold_data_seq(&c->hold) - 1;
	return true;
}

void receiver_patience(struct receiver *r, uint8_t channel, uint64_t hold_ns)
{
	if (channel >= r->n_channels)
		return;
	r->channel[channel].patience_ns = hold_ns;
	uint64_t expiry_ns = arbiter_expiry_ns(&r->channel[channel]);

	if (r->channel[channel].waiting && expiry_ns < r->expiry_ns)
		r->expiry_ns = expiry_ns;
}

void receiver_give_up(struct receiver *r, uint8_t channel, uint64_t last_seq, uint64_t now_ns)
{
	uint64_t first, last;

	if (!receiver_wanted(r, channel, &first, &last) || last > last_seq)
		return;
	r->channel[channel].given_up_seq = last_seq;
	r->channel[channel].given_up_ns = now_ns;
	r->expiry_ns = now_ns < r->expiry_ns ? now_ns : r->expiry_ns;
}

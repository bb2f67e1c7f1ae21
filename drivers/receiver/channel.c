/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/channel.h"

#include <string.h>

#include "drivers/receiver/line.h"
#include "drivers/receiver/numbering.h"
#include "drivers/receiver/sibling.h"
#include "lcore/base/calendar.h"

#define LOCATES 65536

static bool on_line(const struct receiver_channel *channel, const struct frame_view *view)
{
	for (unsigned i = 0; i < channel->n_lines; i++)
		if (channel->line[i].dst_ip == view->dst_ip && channel->line[i].dst_port == view->dst_port)
			return true;
	return false;
}

static bool same_session(const uint64_t *a, const uint64_t *b) { return a[0] == b[0] && a[1] == b[1]; }

static bool speaks(const struct receiver_channel *channel, const struct frame_view *view,
		   struct packet *packet)
{
	if (channel->feed->flags & FEED_BY_LINE)
		return on_line(channel, view) && channel->feed->header(view->payload, view->bytes, packet);
	return channel->feed->header(view->payload, view->bytes, packet) &&
	       packet->stream == channel->stream && same_session(packet->session, channel->session);
}

bool channel_speaks(const struct receiver_channel *channel, const uint8_t *payload, size_t bytes,
		    struct packet *packet)
{
	if (!channel->feed->header(payload, bytes, packet))
		return false;
	if (channel->feed->flags & FEED_BY_LINE)
		return !packet->reset_ns;
	return packet->stream == channel->stream && same_session(packet->session, channel->session);
}

// known finds the channel without probing: the last one first, then those that this line belongs to.
static struct receiver_channel *known(struct receiver *r, const struct frame_view *view,
				      struct packet *packet)
{
	if (r->n_channels && speaks(r->last_channel, view, packet))
		return r->last_channel;
	for (uint32_t i = 0; i < r->n_channels; i++)
		if (on_line(&r->channel[i], view) && speaks(&r->channel[i], view, packet))
			return &r->channel[i];
	return NULL;
}

static bool any_line(const struct receiver *r, const struct frame_view *view)
{
	for (uint32_t i = 0; i < r->n_channels; i++)
		if (on_line(&r->channel[i], view))
			return true;
	return false;
}

// A feed that names its streams is found by the name; one that does not is found by the address.
static struct receiver_channel *predecessor(struct receiver *r, const struct feed *feed,
					    const struct frame_view *view, const struct packet *packet)
{
	for (uint32_t i = 0; i < r->n_channels; i++) {
		struct receiver_channel *c = &r->channel[i];

		if (c->feed == feed && c->stream == packet->stream && (packet->stream || on_line(c, view)))
			return c;
	}
	return NULL;
}

static bool claims(const struct receiver *r, const struct feed *feed, const struct packet *packet)
{
	return !r->conf.claim || r->conf.claim(r->conf.claim_ctx, feed, packet->session, packet->stream);
}

// renew_date sets the trade date of a new numbering. Codes are given anew each day: one of the same day keeps
// them.
static void renew_date(struct receiver *r, struct receiver_channel *channel, uint64_t rx_ns)
{
	uint64_t old_midnight_ns = channel->decode.midnight_ns;
	struct calendar_day day;

	if (channel->feed->flags & FEED_TIME_OF_DAY) {
		if (r->conf.trade_day != INT32_MIN)
			calendar_day_by_date(r->conf.trade_day, &day);
		else if (rx_ns)
			calendar_day_of(rx_ns, &day);
		else
			calendar_day_by_date(0, &day);
		channel->decode.midnight_ns = day.midnight_ns;
	}
	bool same_day = channel->counts->packets && channel->decode.midnight_ns == old_midnight_ns;

	if (channel->decode.locate && !same_day)
		memset(channel->decode.locate, 0xff, LOCATES * sizeof *channel->decode.locate); // INSTR_NONE
}

bool channel_begin(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
		   uint64_t first_seq, uint64_t next_ns, uint64_t rx_ns)
{
	bool session = !same_session(packet->session, channel->session);
	struct receiver_past *back = session ? numbering_past(channel, packet->session) : NULL;
	uint64_t resume_seq = back ? back->end_seq : 1; // it was listened to: a later start is a loss

	if (session && !claims(r, channel->feed, packet))
		return false;
	if (!ledger_holds(r->ledger, channel->hold.n == 0))
		hold_clear(&channel->hold);
	if (back)
		*back = (struct receiver_past){ 0 };
	numbering_end(channel, session ? 0 : next_ns);
	memcpy(channel->session, packet->session, sizeof channel->session);
	channel->state = CHANNEL_OPEN;
	channel->first_seq = first_seq;
	channel->next_seq = packet->reset_ns ? first_seq : first_seq ? resume_seq : 0;
	channel->step = (struct step){ 0 };
	if (session) {
		channel->last_send_ns = 0;
		channel->decode.horizon_ns = 0;
	}
	renew_date(r, channel, rx_ns);
	return true;
}

// share_symbols gives the channel the lcore's one table of symbol indices; the first of the feed's channels
// finds it empty.
static void share_symbols(struct receiver *r, struct receiver_channel *channel)
{
	bool first = true;

	for (uint32_t i = 0; i < r->n_channels; i++)
		first = first && !r->channel[i].decode.symbols;
	if (first)
		memset(r->symbols, 0, FEED_SYMBOLS * sizeof *r->symbols);
	channel->decode.symbols = r->symbols;
	channel->decode.n_symbols = FEED_SYMBOLS;
	channel->decode.source = &channel->source;
}

// join opens a channel; NULL, and *why, when there is no place for it here.
static struct receiver_channel *join(struct receiver *r, const struct feed *feed, const struct packet *packet,
				     uint64_t rx_ns, enum ledger_id *why)
{
	*why = LEDGER_frames_other_lcore;
	if (!claims(r, feed, packet))
		return NULL;
	*why = LEDGER_frames_no_channel;
	if (r->n_channels == (r->conf.channels_max ? r->conf.channels_max : RECEIVER_CHANNELS))
		return NULL;
	struct receiver_channel *channel = &r->channel[r->n_channels];

	memset(channel, 0, sizeof *channel);
	channel->counts = &r->counts->channel[r->n_channels];
	memset(channel->counts, 0, offsetof(struct channel_counts, line));
	channel->feed = feed;
	channel->stream = packet->stream;
	channel->patience_ns = channel->settle_ns = r->conf.hold_ns;
	hold_init(&channel->hold, r->conf.hold_packets,
		  r->hold_mem + r->n_channels * hold_bytes(r->conf.hold_packets));
	channel->decode = (struct feed_channel){
		.symtab = r->symtab,
		.ledger = r->ledger,
		.by_type = channel->counts->by_type,
		.locate = feed->flags & FEED_LOCATE ? r->locate_mem + (size_t)r->n_channels * LOCATES : NULL,
		.index = (uint8_t)r->n_channels,
	};
	if (feed->flags & FEED_SYMBOL_INDEX)
		share_symbols(r, channel);
	memcpy(channel->session, packet->session, sizeof channel->session);
	channel->state = CHANNEL_OPEN;
	channel->numbering = 1;
	hold_init(&channel->strange, STRANGER_PACKETS,
		  r->strange_mem + r->n_channels * hold_bytes(STRANGER_PACKETS));
	renew_date(r, channel, rx_ns);
	r->n_channels++;
	return channel;
}

// past tells whether a packet is of a session that is over. A line may lag behind any distance. But one that
// has gone on with the new session already, and brings the old one again with numbers that nobody knows, is a
// stranger like others.
static bool past(struct receiver_channel *channel, const struct frame_view *view, uint8_t source,
		 const struct packet *packet)
{
	const struct receiver_past *over = numbering_past(channel, packet->session);
	const struct receiver_line *line = line_find(channel, view->dst_ip, view->dst_port, source);

	return over && (!line || line->numbering != channel->numbering ||
			packet->first_seq + packet->count <= over->end_seq);
}

// recognise finds the feed by content. Even a configured feed's packet must hold the messages that it
// announces: a stray datagram must not open a channel.
static const struct feed *recognise(const struct receiver *r, const struct frame_view *view)
{
	if (!r->conf.feed)
		return feed_probe(view->payload, view->bytes);
	return feed_fits(r->conf.feed, view->payload, view->bytes, false) ? r->conf.feed : NULL;
}

static bool is_declared(const struct receiver *r, const struct frame_view *view)
{
	for (uint32_t i = 0; i < r->conf.n_groups; i++)
		if (r->conf.group[i].dst_ip == view->dst_ip && r->conf.group[i].dst_port == view->dst_port)
			return true;
	return false;
}

// declared finds the channel of which another line is declared to carry the same.
static struct receiver_channel *declared(struct receiver *r, const struct feed *feed,
					 const struct frame_view *view)
{
	const struct receiver_group *group = r->conf.group;
	uint32_t n = r->conf.n_groups, own = 0;

	while (own < n && (group[own].dst_ip != view->dst_ip || group[own].dst_port != view->dst_port))
		own++;
	for (uint32_t g = 0; own < n && g < n; g++) {
		struct frame_view other = { .dst_ip = group[g].dst_ip, .dst_port = group[g].dst_port };

		for (uint32_t i = 0; group[g].channel == group[own].channel && i < r->n_channels; i++)
			if (r->channel[i].feed == feed && on_line(&r->channel[i], &other))
				return &r->channel[i];
	}
	return NULL;
}

// leave takes a line off a channel without a name: it has told another channel's.
static void leave(struct receiver_channel *channel, const struct frame_view *view)
{
	for (unsigned i = 0; i < channel->n_lines; i++)
		if (channel->line[i].dst_ip == view->dst_ip && channel->line[i].dst_port == view->dst_port)
			channel->line[i].dst_ip = channel->line[i].dst_port = 0;
}

static struct receiver_channel *named(struct receiver *r, const struct feed *feed, uint32_t stream)
{
	for (uint32_t i = 0; stream && i < r->n_channels; i++)
		if (r->channel[i].feed == feed && r->channel[i].stream == stream)
			return &r->channel[i];
	return NULL;
}

// name gives a channel the name that its packet tells. Where another lcore carries that already, it ends
// here.
static void name(struct receiver *r, struct receiver_channel *channel, const struct packet *packet)
{
	if (!packet->stream || channel->stream)
		return;
	if (claims(r, channel->feed, packet))
		channel->stream = packet->stream;
	else
		channel->state = CHANNEL_ELSEWHERE;
}

// by_line places a packet of a feed whose packets name no stream, except a few (resets) that do: by them a
// new line finds its channel. What is sent again, or is a snapshot, opens no channel; what is sent again on a
// group that is declared to be the channel's is sorted in by number.
static enum channel_how by_line(struct receiver *r, const struct feed *feed, const struct frame_view *view,
				const struct packet *packet, uint64_t rx_ns,
				struct receiver_channel **channel, enum ledger_id *why)
{
	*why = LEDGER_frames_out_of_band;
	if (packet->kind == PACKET_REFRESH)
		return CHANNEL_REFUSED;
	*channel = declared(r, feed, view);
	if (!*channel && packet->kind == PACKET_RESENT)
		return CHANNEL_REFUSED;
	if (!*channel)
		*channel = named(r, feed, packet->stream);
	if (!*channel && !is_declared(r, view)) // a declaration decides, also before its channel is heard
		*channel = sibling_of(r, feed, NULL, packet, NULL);
	if (*channel) {
		name(r, *channel, packet);
		return CHANNEL_KNOWN;
	}
	*channel = join(r, feed, packet, rx_ns, why);
	return *channel ? CHANNEL_NEW : CHANNEL_REFUSED;
}

enum channel_how channel_find(struct receiver *r, const struct frame_view *view, uint8_t source,
			      uint64_t rx_ns, struct packet *packet, struct receiver_channel **channel,
			      enum ledger_id *why)
{
	*channel = known(r, view, packet);
	if (likely(*channel)) {
		if (unlikely(packet->stream && !(*channel)->stream)) { // joined before it told its name
			struct receiver_channel *other = named(r, (*channel)->feed, packet->stream);

			if (other && (*channel)->settling) // what it holds goes there
				(*channel)->sibling = other->decode.index + 1;
			if (other)
				leave(*channel, view);
			else
				name(r, *channel, packet);
			*channel = other ? other : *channel;
		}
		*why = LEDGER_frames_out_of_band;
		return packet->kind == PACKET_REFRESH ? CHANNEL_REFUSED : CHANNEL_KNOWN;
	}
	const struct feed *feed = recognise(r, view);

	if (!feed || !feed->header(view->payload, view->bytes, packet)) {
		*why = any_line(r, view) ? LEDGER_frames_bad_transport : LEDGER_frames_unknown_feed;
		return CHANNEL_REFUSED;
	}
	if (feed->flags & FEED_BY_LINE)
		return by_line(r, feed, view, packet, rx_ns, channel, why);
	for (uint32_t i = 0; i < r->n_channels; i++) // known stream on a new line
		if (r->channel[i].feed == feed && speaks(&r->channel[i], view, packet)) {
			*channel = &r->channel[i];
			return CHANNEL_KNOWN;
		}
	*channel = predecessor(r, feed, view, packet);
	if (*channel)
		return past(*channel, view, source, packet) ? CHANNEL_PAST : CHANNEL_STRANGE;
	for (uint32_t i = 0; i < r->n_channels; i++) // a new line that has not come to the session yet
		if (r->channel[i].feed == feed && r->channel[i].stream == packet->stream &&
		    numbering_past(&r->channel[i], packet->session)) {
			*channel = &r->channel[i];
			return CHANNEL_PAST;
		}
	*channel = join(r, feed, packet, rx_ns, why);
	return *channel ? CHANNEL_NEW : CHANNEL_REFUSED;
}

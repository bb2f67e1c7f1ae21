/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/channel.h"

#include <string.h>

#include "drivers/feed/line.h"
#include "lcore/base/calendar.h"

#define LOCATES 65536

static bool on_line(const struct receiver_channel *channel, const struct frame_view *view)
{
	for (unsigned i = 0; i < channel->n_lines; i++)
		if (channel->line[i].dst_ip == view->dst_ip && channel->line[i].dst_port == view->dst_port)
			return true;
	return false;
}

static bool same_session(const uint64_t *a, const uint64_t *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

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
	if (r->n_channels && speaks(&r->channel[r->last_channel], view, packet))
		return &r->channel[r->last_channel];
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

void channel_renumber(struct receiver_channel *channel, bool named)
{
	channel->last_gap_first = channel->last_gap_last = 0;
	channel->missing.n = 0;
	hold_clear(&channel->hold);
	channel->waiting = false;
	channel->given_up_seq = 0;
	line_restart(channel, named);
}

// begin_session sets what is valid for one session only: numbering, trade date and locate codes. Codes are
// given anew each day, so a session of the same day (a damaged header may fake one) keeps them.
static void begin_session(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
			  uint64_t rx_ns)
{
	uint64_t old_midnight_ns = channel->decode.midnight_ns;
	struct calendar_day day;

	memcpy(channel->session, packet->session, sizeof channel->session);
	channel->state = CHANNEL_OPEN;
	channel->first_seq = packet->first_seq;
	channel->next_seq = packet->first_seq;
	channel->last_send_ns = 0;
	channel_renumber(channel, true);
	channel->decode.horizon_ns = 0;
	if (channel->feed->flags & FEED_TIME_OF_DAY) {
		if (r->conf.trade_day != INT32_MIN)
			calendar_day_by_date(r->conf.trade_day, &day);
		else if (rx_ns)
			calendar_day_of(rx_ns, &day);
		else
			calendar_day_by_date(0, &day);
		channel->decode.midnight_ns = day.midnight_ns;
	}
	bool same_day = channel->packets && channel->decode.midnight_ns == old_midnight_ns;

	if (channel->decode.locate && !same_day)
		memset(channel->decode.locate, 0xff, LOCATES * sizeof *channel->decode.locate); // INSTR_NONE
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

static bool claims(const struct receiver *r, const struct feed *feed, const struct packet *packet)
{
	return !r->conf.claim || r->conf.claim(r->conf.claim_ctx, feed, packet->session, packet->stream);
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
	channel->feed = feed;
	channel->stream = packet->stream;
	channel->patience_ns = r->conf.hold_ns;
	hold_init(&channel->hold, r->conf.hold_packets,
		  r->hold_mem + r->n_channels * hold_bytes(r->conf.hold_packets));
	channel->decode = (struct feed_channel){
		.symtab = r->symtab,
		.ledger = r->ledger,
		.by_type = channel->by_type,
		.locate = feed->flags & FEED_LOCATE ? r->locate_mem + (size_t)r->n_channels * LOCATES : NULL,
		.index = (uint8_t)r->n_channels,
	};
	if (feed->flags & FEED_SYMBOL_INDEX)
		share_symbols(r, channel);
	begin_session(r, channel, packet, rx_ns);
	r->n_channels++;
	return channel;
}

// stale tells whether a packet of the session before holds nothing that was not heard then. If it does hold
// something new, that session is alive after all (the one that replaced it came from a damaged header, or
// ended).
static bool stale(const struct receiver_channel *channel, const struct packet *packet)
{
	return channel->old_next_seq && same_session(packet->session, channel->old_session) &&
	       packet->first_seq + packet->count <= channel->old_next_seq;
}

static void change_session(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
			   uint64_t rx_ns)
{
	bool back = channel->old_next_seq && same_session(packet->session, channel->old_session);
	uint64_t resume_seq = channel->old_next_seq;

	memcpy(channel->old_session, channel->session, sizeof channel->session);
	channel->old_next_seq = channel->next_seq;
	begin_session(r, channel, packet, rx_ns);
	if (back && packet->first_seq)
		channel->next_seq = resume_seq;
	else if (packet->first_seq)
		channel->next_seq = 1; // this channel was being listened to: a later start is a loss
}

// recognise finds the feed by content. Even a configured feed must recognise the first packet of a channel or
// session: a stray datagram must not open one.
static const struct feed *recognise(const struct receiver *r, const struct frame_view *view)
{
	if (!r->conf.feed)
		return feed_probe(view->payload, view->bytes);
	return r->conf.feed->probe(view->payload, view->bytes) ? r->conf.feed : NULL;
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

// by_line places a packet of a feed whose packets name no stream, except a few (resets) that do: by them a
// new line finds its channel. What is sent again, or is a snapshot, opens no channel; what is sent again on a group
// that is declared to be the channel's is sorted in by number.
static enum channel_how by_line(struct receiver *r, const struct feed *feed, const struct frame_view *view,
				const struct packet *packet, uint64_t rx_ns,
				struct receiver_channel **channel, enum ledger_id *why)
{
	*why = LEDGER_frames_aside;
	if (packet->kind == PACKET_REFRESH)
		return CHANNEL_REFUSED;
	*channel = declared(r, feed, view);
	if (!*channel && packet->kind == PACKET_RESENT)
		return CHANNEL_REFUSED;
	for (uint32_t i = 0; !*channel && packet->stream && i < r->n_channels; i++)
		if (r->channel[i].feed == feed && r->channel[i].stream == packet->stream)
			*channel = &r->channel[i];
	if (*channel)
		return CHANNEL_KNOWN;
	*channel = join(r, feed, packet, rx_ns, why);
	return *channel ? CHANNEL_NEW : CHANNEL_REFUSED;
}

enum channel_how channel_find(struct receiver *r, const struct frame_view *view, uint64_t rx_ns,
			      struct packet *packet, struct receiver_channel **channel, enum ledger_id *why)
{
	*channel = known(r, view, packet);
	if (likely(*channel)) {
		if (unlikely(packet->stream && !(*channel)->stream))
			(*channel)->stream = packet->stream; // joined before it told its name
		*why = LEDGER_frames_aside;
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
	if (*channel) {
		if (stale(*channel, packet))
			return CHANNEL_STALE;
		if ((*channel)->hold.n)
			return CHANNEL_HOLDING;
		*why = LEDGER_frames_other_lcore;
		if (!claims(r, feed, packet))
			return CHANNEL_REFUSED;
		change_session(r, *channel, packet, rx_ns);
		return CHANNEL_SESSION;
	}
	*channel = join(r, feed, packet, rx_ns, why);
	return *channel ? CHANNEL_NEW : CHANNEL_REFUSED;
}

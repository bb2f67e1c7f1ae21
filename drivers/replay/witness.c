/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/witness.h"

#include "drivers/feed/feed.h"
#include "drivers/receiver/frame.h"
#include "lcore/base/bytes.h"
#include "lcore/base/calendar.h"

enum { TIME_AT = 5, TIME_END = 11 }; // in an ITCH 5.0 message, behind its length

// The first message's time, where a feed's transport tells none.
static bool message_time(const struct packet *packet, int64_t *ns)
{
	const uint8_t *p = packet->body;

	if (packet->count == 0 || packet->end - p < 2 + TIME_END || be16(p) < TIME_END)
		return false;
	*ns = (int64_t)be48(p + 2 + TIME_AT);
	return *ns < (int64_t)NS_PER_DAY;
}

bool witness_of(const struct capture_record *record, int64_t rx_ns, struct witness *out)
{
	struct frame_view view;
	struct packet packet;
	const struct feed *feed;

	// frame_peel reads plain Ethernet as well.
	if (frame_peel(record->link, record->data, record->bytes, record->wire_bytes, false, &view) !=
	    FRAME_OK)
		return false;
	feed = feed_probe(view.payload, view.bytes);
	if (!feed || !feed->header(view.payload, view.bytes, &packet) || packet.kind == PACKET_RESENT ||
	    packet.kind == PACKET_REFRESH)
		return false;
	*out = (struct witness){ .rx_ns = rx_ns,
				 .exchange_ns = (int64_t)packet.send_ns,
				 .feed = feed,
				 .session = { packet.session[0], packet.session[1] } };
	if (!(feed->flags & FEED_TIME_OF_DAY))
		return packet.send_ns != 0;
	out->of_day = true;
	return message_time(&packet, &out->exchange_ns);
}

// Within half a day either way.
static int64_t within_a_day(int64_t ns)
{
	int64_t day = (int64_t)NS_PER_DAY, rest = ns % day;

	return rest > day / 2 ? rest - day : rest < -day / 2 ? rest + day : rest;
}

int64_t witness_strain(const struct witness *a, const struct witness *b)
{
	int64_t strain = (b->rx_ns - a->rx_ns) - (b->exchange_ns - a->exchange_ns);
	bool same_session = a->session[0] == b->session[0] && a->session[1] == b->session[1];

	return a->of_day && !same_session ? within_a_day(strain) : strain; // a session is of one day
}

int64_t witness_offset(const struct witness *w)
{
	struct calendar_day day;

	if (!w->of_day)
		return w->rx_ns - w->exchange_ns;
	calendar_day_of((uint64_t)w->rx_ns, &day);
	return within_a_day(w->rx_ns - (int64_t)day.midnight_ns - w->exchange_ns);
}

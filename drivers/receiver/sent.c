/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/sent.h"

#include "lcore/base/calendar.h"

#define HALF_DAY_NS (NS_PER_DAY / 2)
// 1990-01-01. Receive times before it are no dates (captures whose times count from zero).
#define DATED_NS    (UINT64_C(7305) * NS_PER_DAY)

// dated puts a time of day on the day that brings it nearest to a receive time.
static uint64_t dated(uint64_t rx_ns, uint64_t time_of_day_ns)
{
	struct calendar_day day;

	if (rx_ns < DATED_NS)
		return DATED_NS + time_of_day_ns;
	calendar_day_of(rx_ns, &day);
	uint64_t ns = day.midnight_ns + time_of_day_ns;

	if (ns > rx_ns + HALF_DAY_NS)
		return ns - NS_PER_DAY;
	return ns + HALF_DAY_NS < rx_ns ? ns + NS_PER_DAY : ns;
}

uint64_t sent_ns(const struct receiver_channel *channel, const struct packet *packet, uint64_t rx_ns)
{
	uint64_t ns;

	if (!channel->feed->time_of_day)
		return packet->send_ns;
	return channel->feed->time_of_day(packet, &ns) ? dated(rx_ns, ns) : 0;
}

// held_time_ns tells the time of the last message that a held packet brings: what others cut differently is
// not later.
static uint64_t held_time_ns(const struct receiver_channel *channel, unsigned at)
{
	struct packet packet = { 0 };
	const struct held *held = hold_at(&channel->hold, at, &packet.body);

	packet.end = packet.body + held->bytes;
	packet.count = held->count > 0;
	if (channel->feed->time_of_day && held->count > 1) {
		const uint8_t *last = channel->feed->past(packet.body, packet.end, held->count - 1);

		packet.body = last ? last : packet.body;
	}
	packet.send_ns = held->kind == PACKET_RESENT ? 0 : held->send_ns;
	return sent_ns(channel, &packet, held->rx_ns);
}

uint64_t sent_newest_ns(const struct receiver_channel *channel)
{
	uint64_t newest_ns = channel->decode.send_ns;

	if (channel->feed->time_of_day)
		newest_ns = channel->newest_ns ? dated(channel->fresh_rx_ns,
						       channel->newest_ns - channel->decode.midnight_ns)
					       : 0;
	for (unsigned i = 0; i < channel->hold.n; i++) {
		uint64_t ns = held_time_ns(channel, i);

		newest_ns = ns > newest_ns ? ns : newest_ns;
	}
	return newest_ns;
}

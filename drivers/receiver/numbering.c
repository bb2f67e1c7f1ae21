/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/numbering.h"

#include "drivers/receiver/sent.h"
#include "drivers/receiver/stranger.h"

static struct receiver_past *past_of(struct receiver_channel *channel, uint32_t numbering)
{
	if (numbering == 0 || numbering >= channel->numbering ||
	    channel->numbering - numbering > PAST_NUMBERINGS)
		return NULL;
	return &channel->past[numbering % PAST_NUMBERINGS];
}

static bool same_session(const uint64_t *a, const uint64_t *b) { return a[0] == b[0] && a[1] == b[1]; }

struct receiver_past *numbering_past(struct receiver_channel *channel, const uint64_t session[2])
{
	for (uint32_t back = 1; back <= PAST_NUMBERINGS; back++) {
		struct receiver_past *past = past_of(channel, channel->numbering - back);

		if (channel->numbering > back && past && same_session(past->session, session))
			return past;
	}
	return NULL;
}

struct receiver_past *numbering_past_at(struct receiver_channel *channel, const struct packet *packet,
					uint64_t rx_ns)
{
	uint64_t time_ns = sent_ns(channel, packet, rx_ns);
	struct receiver_past *found = NULL;

	for (uint32_t back = 1; back <= PAST_NUMBERINGS && channel->numbering > back; back++) {
		struct receiver_past *past = past_of(channel, channel->numbering - back);

		if (past && same_session(past->session, packet->session) &&
		    (!found || (time_ns && time_ns < past->next_ns)))
			found = past;
	}
	return found;
}

// Numbers that were known before the next numbering began, sent after it: they are of the next one. So are
// numbers that fall back on their own line.
static bool moved_on(const struct receiver_past *past, uint64_t next_seq, const struct packet *packet,
		     uint64_t time_ns)
{
	if (time_ns == 0 || past->next_ns == 0 || time_ns < past->next_ns)
		return false;
	return packet->first_seq < next_seq || (packet->count && packet->first_seq < past->end_seq);
}

// known_past returns the past numbering of the channel's session that a line is in; NULL: its line is to be
// placed anew.
static struct receiver_past *known_past(struct receiver_channel *channel, uint32_t numbering)
{
	struct receiver_past *past = past_of(channel, numbering);

	return past && same_session(past->session, channel->session) ? past : NULL;
}

// later tells the numbering of a packet whose line has not come to the current one: the line's own, or one
// after it.
static uint32_t later(struct receiver_channel *channel, const struct receiver_line *line,
		      const struct packet *packet, uint64_t time_ns)
{
	const struct receiver_past *past;
	uint64_t next_seq = line->old_next_seq;
	uint32_t numbering = line->numbering;

	while ((past = known_past(channel, numbering)) && moved_on(past, next_seq, packet, time_ns)) {
		numbering++;
		next_seq = 0;
	}
	return past ? numbering : channel->numbering;
}

void numbering_catch_up(struct receiver_channel *channel, struct receiver_line *line,
			const struct packet *packet, uint64_t rx_ns)
{
	line->numbering = later(channel, line, packet, sent_ns(channel, packet, rx_ns));
	line->old_next_seq = 0;
}

// by_time tells the numbering that a packet's time tells, whatever its numbers: of a line that is new, or of
// a packet that was overtaken by a restart.
static uint32_t by_time(struct receiver_channel *channel, uint64_t time_ns, struct receiver_past **past)
{
	uint32_t numbering = channel->numbering;

	for (uint32_t back = 1; back <= PAST_NUMBERINGS && channel->numbering > back; back++) {
		struct receiver_past *p = past_of(channel, channel->numbering - back);

		if (!p || !same_session(p->session, channel->session) || !time_ns || time_ns >= p->next_ns)
			break;
		numbering = channel->numbering - back;
		*past = p;
	}
	return numbering;
}

static bool restarted(struct receiver_channel *channel)
{
	const struct receiver_past *past = past_of(channel, channel->numbering - 1);

	return past && past->next_ns && same_session(past->session, channel->session);
}

// known_end tells the number behind the last message that was applied or is held.
static uint64_t known_end(const struct receiver_channel *channel)
{
	const struct channel_counts *counts = channel->counts;
	bool given_up = counts->last_gap_last && counts->last_gap_last + 1 == channel->next_seq;
	uint64_t end = given_up ? counts->last_gap_first : channel->next_seq;

	for (unsigned i = 0; i < channel->hold.n; i++) {
		const uint8_t *body;
		const struct held *held = hold_at(&channel->hold, i, &body);

		if (held->count && held->first_seq + held->count > end)
			end = held->first_seq + held->count;
	}
	return end;
}

enum numbering_of numbering_judge(struct receiver_channel *channel, struct receiver_line *line,
				  const struct packet *packet, uint64_t rx_ns, struct receiver_past **past)
{
	uint64_t last = packet->first_seq + (packet->count ? packet->count - 1 : 0);

	bool reset = packet->reset_ns &&
		     packet->reset_ns >= channel->reset_ns; // else a past one's: its line lags

	if (packet->first_seq == 0 || packet->kind == PACKET_RESENT || reset)
		return NUMBERING_CURRENT;
	bool current = line->numbering == channel->numbering;

	if (line->shared ||
	    (!current && !known_past(channel, line->numbering))) // in no numbering that says anything
		line->numbering = 0;
	if (line->numbering == 0) {
		line->numbering = by_time(channel, sent_ns(channel, packet, rx_ns), past);
		line->old_next_seq = 0;
		return line->numbering == channel->numbering ? NUMBERING_CURRENT : NUMBERING_PAST;
	}
	if (current && line->old_next_seq) { // on trial
		// A number that goes on with the old as well proves nothing.
		if (packet->first_seq != line->old_next_seq &&
		    stranger_expects(channel, line, packet->first_seq, sent_ns(channel, packet, rx_ns)))
			return NUMBERING_TRIAL;
		line->next_seq = line->old_next_seq;
		line->old_next_seq = 0;
	}
	if (!current) {
		uint64_t time_ns = sent_ns(channel, packet, rx_ns);

		*past = known_past(channel, line->numbering);
		if (packet->first_seq != line->old_next_seq &&
		    stranger_expects(channel, line, packet->first_seq, time_ns))
			return NUMBERING_FOLLOWS;
		return later(channel, line, packet, time_ns) == line->numbering ? NUMBERING_PAST
										: NUMBERING_FOLLOWS;
	}
	if (restarted(channel) &&
	    by_time(channel, sent_ns(channel, packet, rx_ns), past) != channel->numbering)
		return NUMBERING_PAST;
	if (packet->first_seq >= line->next_seq || packet->first_seq + packet->count > line->next_seq)
		return NUMBERING_CURRENT;
	// What the line passed over may come late. Not later than what was sent after it; but where restarts
	// are told (FEED_BY_LINE), it may be stamped anew by who sends it.
	if (missing_has(&line->missing, packet->first_seq, last) &&
	    (channel->feed->flags & FEED_BY_LINE || packet->first_seq >= known_end(channel)))
		return NUMBERING_CURRENT;
	uint64_t time_ns = sent_ns(channel, packet, rx_ns);

	return time_ns > sent_newest_ns(channel) ? NUMBERING_TRIAL : NUMBERING_CURRENT;
}

void numbering_end(struct receiver_channel *channel, uint64_t next_ns)
{
	struct receiver_past *past = &channel->past[channel->numbering % PAST_NUMBERINGS];

	*past = (struct receiver_past){ .session = { channel->session[0], channel->session[1] },
					.end_seq = channel->next_seq,
					.next_ns = next_ns };
	for (unsigned i = 0; i < channel->n_lines; i++) {
		struct receiver_line *line = &channel->line[i];

		if (line->numbering != channel->numbering)
			continue;
		line->old_next_seq = line->next_seq ? line->next_seq : line->old_next_seq;
		line->next_seq = 0;
		line->missing.n = 0;
	}
	channel->numbering++;
	channel->n_arrivals = channel->n_marks = 0;
	channel->counts->last_gap_first = channel->counts->last_gap_last = 0;
	channel->missing.n = 0;
	hold_clear(&channel->hold);
	channel->waiting = channel->settling = false;
	channel->given_up_seq = 0;
	channel->join_seq = 0;
	channel->newest_ns = 0;
}

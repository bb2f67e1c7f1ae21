/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/take.h"

// 1990-01-01. Receive times before it are no dates (captures whose times count from zero).
#define PLAUSIBLE_NS (UINT64_C(7305) * NS_PER_DAY)

void arbiter_lose(struct receiver *r, struct receiver_channel *channel, uint64_t first_seq, uint64_t lost,
		  uint64_t from_rx_ns, struct emitter *to)
{
	take_emit(to, channel, EV_GAP)->ref = lost;
	LEDGER_INC(r->ledger, gaps);
	LEDGER_ADD(r->ledger, gap_messages, lost);
	channel->counts->gaps++;
	channel->counts->gap_messages += lost;
	channel->pos += lost;
	if (first_seq == 0) // of an unnumbered packet: there is no name for them
		return;
	channel->counts->last_gap_first = first_seq;
	channel->counts->last_gap_last = first_seq + lost - 1;
	missing_add(&channel->missing, first_seq, first_seq + lost - 1);
	if (r->counts->n_holes < RECEIVER_HOLES)
		r->counts->hole[r->counts->n_holes++] = (struct receiver_hole){
			.channel = channel->decode.index,
			.first_seq = first_seq,
			.last_seq = first_seq + lost - 1,
			.from_rx_ns = from_rx_ns,
			.to_rx_ns = to->rx_ns,
		};
}

bool take_anew(struct receiver *r, struct receiver_channel *channel, const struct packet *packet,
	       uint64_t first_seq, uint64_t next_ns, struct emitter *to)
{
	uint64_t session[2] = { channel->session[0], channel->session[1] };
	struct event *e;

	if (!channel_begin(r, channel, packet, first_seq, next_ns, to->rx_ns))
		return false;
	e = take_emit(to, channel, EV_RESET);
	e->ref = first_seq;
	e->ref2 = channel->feed->venue;
	e->flags = (uint16_t)((first_seq == 1 ? 0 : EVF_MIDSTREAM) | (first_seq == 0 ? EVF_UNSEQUENCED : 0));
	if (session[0] != channel->session[0] || session[1] != channel->session[1]) {
		LEDGER_INC(r->ledger, session_changes);
	} else {
		LEDGER_INC(r->ledger, sequence_restarts);
		channel->counts->restarts++;
	}
	return true;
}

bool take_leap(struct receiver *r, struct receiver_channel *channel, uint64_t *send_ns, uint64_t rx_ns)
{
	uint64_t heard_ns = channel->last_send_ns ? channel->fresh_rx_ns : 0;
	uint64_t moved_ns = rx_ns > heard_ns ? rx_ns - heard_ns : 0;

	if (channel->last_send_ns == 0 && rx_ns < PLAUSIBLE_NS)
		return true; // receive times that are no dates say nothing of it
	enum step_verdict verdict =
		step_judge(&channel->step, channel->last_send_ns, send_ns, moved_ns, true);

	LEDGER_ADD(r->ledger, clock_steps, verdict == STEP_REFUSED);
	return verdict != STEP_HELD;
}

void take_announce(struct receiver *r, struct receiver_channel *channel, uint64_t first_seq,
		   struct emitter *to)
{
	struct event *e;

	channel->settling = false;
	channel->first_seq = channel->next_seq = first_seq;
	channel->join_seq = first_seq > 1 ? first_seq : 0;
	if (channel->announced)
		return;
	channel->announced = true;
	e = take_emit(to, channel, EV_JOIN);
	e->ref = first_seq;
	e->ref2 = channel->feed->venue;
	e->flags = (uint16_t)((first_seq == 1 ? 0 : EVF_MIDSTREAM) | (first_seq == 0 ? EVF_UNSEQUENCED : 0));
	LEDGER_INC(r->ledger, channel_joins);
	LEDGER_ADD(r->ledger, midstream_joins, first_seq != 1);
}

void take_settle(struct receiver_channel *channel, struct emitter *to)
{
	channel->settling = true;
	channel->next_seq = 0;
	if (!channel->announced)
		take_emit(to, channel, EV_OPEN)->ref2 = channel->feed->venue;
}

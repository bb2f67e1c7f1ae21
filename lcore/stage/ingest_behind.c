/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_behind.c: an ingest lcore that begins with what its journal holds. The journal's frames come from a
// port that replays them; no clock of the present decides anything until the lcore is live. Its own ports are
// polled with each tick meanwhile, and what they bring goes to the journal and to a backlog in memory, which
// is taken next. Full links are waited for, as by any replay flat out. Several lcores keep the order in which
// frames were received, as in a replay, until the owner of the bars is live.
#include <errno.h>
#include <string.h>

#include <rte_mbuf.h>

#include "lcore/base/bytes.h"
#include "lcore/base/clock.h"
#include "lcore/stage/ingest_parts.h"

enum {
	BURSTS = 64, // of a queue with one tick, so that a replay flat out ends, too
	WAITS = 4,
};

size_t ingest_behind_bytes(const struct lcore *l)
{
	return l->catch_up && !l->plant->snapshot ? line_bytes(sizeof(struct ingest_behind)) : 0;
}

int ingest_behind_init(struct ingest *in, void *mem)
{
	struct lcore *l = in->lcore;
	struct ingest_behind *b = mem;
	int rc = tap_init(&b->backlog, l->plant->conf->capture.backlog_bytes, TAP_INTERFACES, false);

	if (rc)
		return rc;
	in->behind = in->began = b;
	in->shared->behind = true;
	memcpy(b->queue, l->queue, sizeof b->queue);
	b->n_queues = l->n_queues;
	l->queue[0].port = l->catch_up;
	l->queue[0].queue = 0;
	l->n_queues = 1;
	b->keeps = in->journal != NULL;
	in->journal = NULL;
	in->aside = false;
	in->relays.exact = true;
	in->past = !l->plant->replay && l->plant->conf->orders.enabled && !in->relay;
	in->wants.longer_ns = NS_PER_DAY; // frames that come while it waits are as much later
	for (int i = 0; i < l->n_out; i++)
		if (!l->out[i]->back)
			b->waits[i] = link_wait(l->out[i], true);
	return 0;
}

// What servers brought before a kill is not in the journal, and what the feed sent while nobody listened
// shows with the backlog: both are asked for. Frames wait meanwhile where they are, not in the hold of a
// channel: as long as a live lcore would hold a hole, anew with each answer, and in all WAITS times as long.
// Lcores that relay to one another do not wait: each would keep the other from its ports.
static bool may_wait(const struct ingest *in)
{
	return in->wants.open && !in->relay && !in->relays.n &&
	       in->behind->waited_ns < WAITS * in->lcore->plant->conf->recovery.wait_ns;
}

bool ingest_behind_waits(struct ingest *in)
{
	struct ingest_behind *b = in->behind;
	uint64_t now_ns = clock_monotonic_ns(), since_ns = b->waits_ns, mark = wants_mark(&in->wants);
	bool same = mark == b->waited_for;

	if (in->wants.open && since_ns && same &&
	    now_ns - since_ns < in->lcore->plant->conf->recovery.wait_ns)
		return !in->lcore->plant->stop;
	if (since_ns)
		b->waited_ns += now_ns - since_ns;
	if (since_ns && same && in->wants.open)
		wants_in_vain(&in->wants, &in->receiver, in->last_rx_ns);
	b->waits_ns = !same && may_wait(in) ? now_ns : 0;
	b->waited_for = mark;
	if (in->wants.open && !may_wait(in) && in->wants.longer_ns) // from now on time is that of frames
		wants_longer(&in->wants, &in->receiver, 0);
	return b->waits_ns && !in->lcore->plant->stop;
}

static void keep(struct ingest *in, unsigned n)
{
	struct ledger *ledger = &in->shared->ledger;

	for (unsigned i = 0; i < n; i++) {
		const struct frame_in *f = &in->frame[i];

		if (f->link != FRAME_ETHERNET ||
		    !tap_frame(&in->behind->backlog, f->source, f->rx_ns, f->data, f->bytes, f->wire_bytes,
			       f->checksum_bad))
			LEDGER_INC(ledger, restart_dropped);
	}
}

void ingest_behind_drain(struct ingest *in)
{
	struct ingest_behind *b = in->behind;
	const struct port *port = in->port;
	uint64_t last_rx_ns = in->last_rx_ns;

	if (in->n_frames || in->flushed || in->lcore->plant->stop)
		return;
	in->journal = b->keeps ? in->lcore->tap : NULL;
	in->aside = in->hardware_time || in->journal;
	for (unsigned q = 0; q < b->n_queues; q++)
		for (unsigned i = 0; i < BURSTS; i++) {
			in->port = b->queue[q].port;
			unsigned n = port_rx(b->queue[q].port, b->queue[q].queue, in->mbuf, BURST_MAX);

			if (!n)
				break;
			ingest_take(in, n);
			keep(in, n);
			rte_pktmbuf_free_bulk(in->mbuf, n);
		}
	tap_publish(&b->backlog);
	in->journal = NULL;
	in->aside = false;
	in->port = port;
	in->last_rx_ns = last_rx_ns;
}

// One frame from a block of the backlog.
static void frame_of(const uint8_t *block, uint32_t bytes, struct frame_in *out)
{
	uint32_t at = PCAPNG_PACKET_HEAD_BYTES + ((le32(block + 20) + 3) & ~3u);
	uint16_t len;

	*out = (struct frame_in){ .data = block + PCAPNG_PACKET_HEAD_BYTES,
				  .bytes = le32(block + 20),
				  .wire_bytes = le32(block + 24),
				  .rx_ns = (uint64_t)le32(block + 12) << 32 | le32(block + 16),
				  .checksum_bad = pcapng_option(block + at, bytes - at - 4,
								PCAPNG_PACKET_FLAGS, &len) != NULL,
				  .source = (uint8_t)le32(block + 8) };
}

static unsigned take(struct ingest *in)
{
	struct tap *tap = &in->behind->backlog;
	struct pcapng_block block;
	uint64_t at = tap->tail;
	unsigned n = 0;

	for (; n < BURST_MAX && at < tap->head; at += block.bytes) {
		if (!ledger_holds(&in->shared->ledger,
				  pcapng_block_at(tap_at(tap, at), tap->head - at, &block))) {
			at = tap->head;
			break;
		}
		if (block.type != PCAPNG_PACKET) // what was dropped is counted already
			continue;
		frame_of(tap_at(tap, at), block.bytes, &in->frame[n]);
		in->rx_ns[n] = in->frame[n].rx_ns;
		n++;
	}
	in->behind->taken_bytes = at - tap->tail;
	return n;
}

void ingest_behind_done(struct ingest *in)
{
	in->behind->backlog.tail += in->behind->taken_bytes;
	in->behind->taken_bytes = 0;
}

static void go_live(struct ingest *in)
{
	struct ingest_behind *b = in->behind;
	struct lcore *l = in->lcore;

	memcpy(l->queue, b->queue, sizeof l->queue);
	l->n_queues = b->n_queues;
	in->port = l->queue[0].port;
	in->last_frame_tsc = rte_rdtsc(); // run.stop_idle begins now
	wants_longer(&in->wants, &in->receiver, 0);
	in->journal = b->keeps ? l->tap : NULL;
	in->aside = in->hardware_time || in->journal;
	in->relays.exact = l->plant->replay;
	for (int i = 0; i < l->n_out; i++)
		if (!l->out[i]->back)
			link_wait(l->out[i], b->waits[i]);
	in->behind = NULL;
	in->shared->behind = false;
}

// What others received before this one had nothing left comes first. In a replay all stay in step.
static bool others_there(struct ingest *in, uint64_t now_ns)
{
	struct ingest_behind *b = in->behind;

	if (in->lcore->plant->replay)
		return true;
	b->till_ns = b->till_ns ? b->till_ns : now_ns;
	return relays_ready(&in->relays, b->till_ns);
}

bool ingest_behind_take(struct ingest *in)
{
	struct ingest_behind *b = in->behind;
	uint64_t now_ns = b->queue[0].port->ops->now_ns(b->queue[0].port);

	if (b->backlog.tail == b->backlog.head)
		ingest_behind_drain(in);
	if (!b->begun) {
		in->shared->ledger.v[LEDGER_restart_frames] = in->shared->ledger.v[LEDGER_frames_rx];
		ingest_state(in, LCORE_STATE_RESTART);
		if (in->past)
			ingest_newer(in);
	}
	b->begun = true;
	if (ingest_behind_waits(in))
		return true;
	unsigned n = take(in);

	if (in->lcore->plant->stop) { // what waits here is not taken any more
		for (; n; n = take(in)) {
			LEDGER_ADD(&in->shared->ledger, restart_dropped, n);
			ingest_behind_done(in);
		}
		return false;
	}
	if (!n) {
		ingest_behind_done(in); // of blocks that are no frames
		// What is missing at the end may be old for the present: it is asked for before that decides.
		if (wants_busy(&in->wants, &in->receiver))
			wants_tell(&in->wants, &in->receiver, UINT64_MAX);
		if (!ingest_behind_waits(in) && others_there(in, now_ns))
			go_live(in);
		return true;
	}
	in->port = b->queue[0].port;
	in->last_rx_ns = in->rx_ns[n - 1];
	in->n_frames = n;
	in->from = INGEST_FROM_BACKLOG;
	return true;
}

void ingest_behind_fini(struct lcore *l)
{
	const struct ingest *in = l->state;

	if (in->began)
		tap_fini(&in->began->backlog);
}

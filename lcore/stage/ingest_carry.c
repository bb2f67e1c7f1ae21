/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_carry.c: an ingest lcore for another process: what a snapshot holds of it (carry.h).
#include <string.h>

#include "drivers/receiver/receiver_carry.h"
#include "lcore/model/engine_carry.h"
#include "lcore/stage/carry.h"
#include "lcore/stage/ingest_parts.h"

// What the paper exchange has heard of channels: a live run that begins has no order of ours in it.
struct paper_head {
	struct paper_channel channel[ENGINE_CHANNELS];
	uint64_t newest_ns[ENGINE_CHANNELS], message_ns[ENGINE_CHANNELS];
	uint64_t holes;
};

struct head {
	struct engine engine;
	struct paper_head paper;
	struct receiver receiver;
	struct ledger ledger;
	uint64_t rows, data_ns, last_rx_ns;
	uint32_t symbols;
	uint32_t anchored;
	int64_t anchor_ns;
};

static void freeze_paper(const struct ingest_paper *p, struct paper_head *h)
{
	memcpy(h->channel, p->paper.channel, sizeof h->channel);
	memcpy(h->newest_ns, p->newest_ns, sizeof h->newest_ns);
	memcpy(h->message_ns, p->message_ns, sizeof h->message_ns);
	h->holes = p->holes;
}

static void thaw_paper(struct ingest_paper *p, const struct paper_head *h)
{
	memcpy(p->paper.channel, h->channel, sizeof h->channel);
	memcpy(p->newest_ns, h->newest_ns, sizeof h->newest_ns);
	memcpy(p->message_ns, h->message_ns, sizeof h->message_ns);
	p->holes = (uint32_t)h->holes;
}

static bool freeze(const struct lcore *l, void *mem)
{
	const struct ingest *in = l->state;
	struct head *h = mem;

	if (in->paper && (!plant_live(l->plant) || in->paper->paper.n_legs))
		return false;
	if (in->paper)
		freeze_paper(in->paper, &h->paper);
	if (in->n_frames || in->flushed || !receiver_freeze(&in->receiver, &h->receiver))
		return false;
	engine_freeze(&in->engine, &h->engine);
	h->ledger = l->shared->ledger;
	h->ledger.v[LEDGER_lag_clamped] = 0; // is about this host's clock, as lags are
	h->ledger.v[LEDGER_restart_snapshot_frames] = h->ledger.v[LEDGER_restart_snapshots_refused] = 0;
	h->rows = l->shared->rows;
	h->data_ns = l->shared->data_ns;
	h->last_rx_ns = in->last_rx_ns;
	h->symbols = in->symtab.n;
	h->anchored = in->anchored;
	h->anchor_ns = in->anchor_ns;
	return true;
}

static bool thaw(struct lcore *l, const void *mem)
{
	struct ingest *in = l->state;
	const struct head *h = mem;

	if (h->symbols > in->symtab.max || !receiver_thaw(&in->receiver, &h->receiver))
		return false;
	engine_thaw(&in->engine, &h->engine);
	l->shared->ledger = h->ledger;
	for (; in->known_channels < in->receiver.n_channels; in->known_channels++) {
		engine_join_feed(&in->engine, (uint8_t)in->known_channels,
				 in->receiver.channel[in->known_channels].feed);
		wants_join(&in->wants, &in->receiver, (uint8_t)in->known_channels);
	}
	l->shared->ledger.v[LEDGER_restart_snapshot_frames] = h->ledger.v[LEDGER_frames_rx];
	l->shared->rows = h->rows;
	l->shared->data_ns = h->data_ns;
	in->last_rx_ns = h->last_rx_ns;
	in->symtab.n = h->symbols;
	if (in->paper)
		thaw_paper(in->paper, &h->paper);
	in->anchored = h->anchored;
	in->anchor_ns = l->plant->replay ? 0 : h->anchor_ns;
	in->igmp_handed = h->ledger.v[LEDGER_frames_igmp];
	return true;
}

// Symbols, receiver and engine lie one after the other (ingest_init).
static unsigned areas(const struct lcore *l, struct carry_area *out)
{
	const struct ingest *in = l->state;
	char *from = (char *)l->state + line_bytes(sizeof *in);
	size_t behind = ingest_behind_bytes(l) + ingest_paper_bytes(l);

	out[0] = (struct carry_area){ "engine", from, ingest_bytes(l) - behind - line_bytes(sizeof *in) };
	out[1] = (struct carry_area){ "counts", &l->shared->counts, sizeof l->shared->counts };
	out[2] = (struct carry_area){ "tables", l->plant->tables, l->plant->tables->bytes };
	return l->shared->owner ? 3 : 2;
}

static uint64_t hash(const struct lcore *l) { return ingest_hash(l->state); }

const struct stage_carry ingest_carry = { sizeof(struct head), freeze, thaw, areas, hash };

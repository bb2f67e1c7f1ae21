/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_state.c: a hash of what an ingest lcore knows, so that a restart can be held against a run that
// nobody disturbed.
#include "lcore/model/engine_hash.h"
#include "lcore/stage/ingest_parts.h"

// The numbers and sessions that channels expect: what is old, and what is missing, follows from them.
static uint64_t of_receiver(const struct receiver *r, uint64_t hash)
{
	for (uint32_t i = 0; i < r->n_channels; i++) {
		const struct receiver_channel *c = &r->channel[i];
		const uint64_t words[] = { c->state,      c->stream,    c->session[0],
					   c->session[1], c->numbering, c->join_seq,
					   c->next_seq,   c->pos,       c->newest_ns };

		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			hash = engine_hash_word(hash, words[k]);
	}
	return hash;
}

uint64_t ingest_hash(struct ingest *in) { return of_receiver(&in->receiver, engine_hash(&in->engine)); }

bool ingest_state(struct ingest *in, enum lcore_state_at at)
{
	struct lcore_state *s = &in->shared->state[at];

	if (!in->lcore->plant->conf->run.state_hash || s->frames)
		return true;
	s->hash = ingest_hash(in);
	__atomic_store_n(&s->frames, in->shared->ledger.v[LEDGER_frames_rx], __ATOMIC_RELEASE);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/relays.h"

#include <errno.h>

static void forward(const struct lcore *l, const struct link_elem *e)
{
	bool desk = l->plant->paper && l->plant->paper->desk;

	for (int i = 0; i < l->n_out; i++)
		if (!desk || l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_SIGNAL)
			link_push(l->out[i], e);
}

// Reports, progress and the end are no records: they are taken as they come.
static const struct relay *head(const struct lcore *l, struct relays_in *in)
{
	for (;;) {
		if (in->at == in->n) {
			in->at = 0;
			in->n = link_pop(in->link, in->elem, RELAYS_BURST);
			if (in->n == 0)
				return NULL;
		}
		const struct link_elem *e = &in->elem[in->at];

		if (e->stream == LINK_ORDER || e->stream == LINK_FILL) {
			forward(l, e);
			in->at++;
			continue;
		}
		if (e->stream != LINK_END && e->relay.kind != RELAY_PROGRESS)
			return &e->relay;
		in->ended = in->ended || e->stream == LINK_END;
		in->progress_ns = in->ended ? UINT64_MAX : e->relay.rx_ns;
		in->at++;
	}
}

// The next record of an lcore was not received before this.
static uint64_t bound(const struct relays_in *in)
{
	return in->at < in->n ? in->elem[in->at].relay.rx_ns : in->progress_ns;
}

int relays_init(struct relays *m, struct lcore *l, unsigned channels)
{
	m->lcore = l;
	m->exact = l->plant->replay;
	for (int i = 0; i < l->n_in; i++) {
		const struct lcore *from = l->plant->lcore[l->in[i]->from];

		if (from->conf->stage != CONF_STAGE_INGEST)
			continue;
		if (m->n == RELAYS_MAX)
			return -E2BIG;
		m->in[m->n].link = l->in[i];
		m->in[m->n].channel_base = (uint8_t)((m->n + 1) * channels);
		m->n++;
	}
	return 0;
}

unsigned relays_apply(struct relays *m, struct engine *e, uint64_t before_ns)
{
	unsigned applied = 0;

	for (;;) {
		struct relays_in *next = NULL;

		for (unsigned i = 0; i < m->n; i++)
			if (head(m->lcore, &m->in[i]) && (!next || bound(&m->in[i]) < bound(next)))
				next = &m->in[i];
		if (!next || bound(next) >= before_ns)
			return applied;
		for (unsigned i = 0; i < m->n && m->exact; i++) {
			struct relays_in *other = &m->in[i];

			// Among the relaying lcores, too, the earlier comes first; at the same time the one
			// declared first.
			if (other != next && bound(other) < bound(next) + (other < next))
				return applied;
		}
		relay_apply(e, &next->elem[next->at].relay, next->channel_base);
		next->at++;
		applied++;
	}
}

bool relays_ready(const struct relays *m, uint64_t ns)
{
	for (unsigned i = 0; i < m->n && m->exact; i++)
		if (bound(&m->in[i]) < ns)
			return false;
	return true;
}

uint64_t relays_limit_ns(const struct relays *m)
{
	uint64_t limit = UINT64_MAX;

	for (unsigned i = 0; i < m->n && m->exact; i++)
		if (bound(&m->in[i]) < limit)
			limit = bound(&m->in[i]);
	return limit;
}

bool relays_ended(const struct relays *m)
{
	for (unsigned i = 0; i < m->n; i++)
		if (!m->in[i].ended || m->in[i].at < m->in[i].n)
			return false;
	return true;
}

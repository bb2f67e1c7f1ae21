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

// Progress and the end are no records: they are taken as they come.
const struct link_elem *relays_head(struct relays_in *in)
{
	for (;;) {
		if (in->at == in->n) {
			in->at = 0;
			in->n = link_pop(in->link, in->elem, RELAYS_BURST);
			if (in->n == 0)
				return NULL;
		}
		const struct link_elem *e = &in->elem[in->at];

		if (e->stream != LINK_END && (e->stream != LINK_RELAY || e->relay.kind != RELAY_PROGRESS))
			return e;
		in->ended = in->ended || e->stream == LINK_END;
		in->progress_ns = in->ended ? UINT64_MAX : e->relay.rx_ns;
		if (e->stream == LINK_RELAY && e->relay.ts_ns)
			in->token = e->relay.ts_ns;
		in->at++;
	}
}

// A report or touch is of the position that was told before it.
uint64_t relays_bound(const struct relays_in *in)
{
	return in->at < in->n && in->elem[in->at].stream == LINK_RELAY ? in->elem[in->at].relay.rx_ns
								       : in->progress_ns;
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

struct relays_in *relays_next(struct relays *m, uint64_t before_ns)
{
	struct relays_in *next = NULL;

	for (unsigned i = 0; i < m->n; i++)
		if (relays_head(&m->in[i]) && (!next || relays_bound(&m->in[i]) < relays_bound(next)))
			next = &m->in[i];
	if (!next || relays_bound(next) >= before_ns)
		return NULL;
	for (unsigned i = 0; i < m->n && m->exact; i++) {
		struct relays_in *other = &m->in[i];

		// Among the relaying lcores, too, the earlier comes first; at the same time the one declared
		// first.
		if (other != next && relays_bound(other) < relays_bound(next) + (other < next))
			return NULL;
	}
	return next;
}

unsigned relays_apply(struct relays *m, struct engine *e, uint64_t before_ns)
{
	unsigned applied = 0;
	struct relays_in *next;

	for (; (next = relays_next(m, before_ns)) != NULL; applied++) {
		const struct link_elem *elem = &next->elem[next->at++];

		if (likely(elem->stream == LINK_RELAY))
			relay_apply(e, &elem->relay, next->channel_base);
		else
			forward(m->lcore, elem);
	}
	return applied;
}

struct relays_in *relays_asks(struct relays *m, uint64_t own_ns, uint64_t *horizon_ns)
{
	for (unsigned i = 0; i < m->n; i++) {
		struct relays_in *in = &m->in[i];
		uint64_t to_ns = own_ns ? own_ns - 1 : 0;

		if (relays_head(in) || !in->token || in->progress_ns == UINT64_MAX)
			continue;
		for (unsigned k = 0; k < m->n; k++) {
			struct relays_in *other = &m->in[k];

			if (other == in)
				continue;
			relays_head(other);
			uint64_t ns = relays_bound(other);

			ns -= ns && other < in;
			to_ns = ns < to_ns ? ns : to_ns;
		}
		if (to_ns >= in->progress_ns) {
			*horizon_ns = to_ns;
			return in;
		}
	}
	return NULL;
}

bool relays_through(struct relays *m)
{
	for (unsigned i = 0; i < m->n; i++)
		if (relays_head(&m->in[i]) || m->in[i].progress_ns != UINT64_MAX)
			return false;
	return true;
}

bool relays_ready(const struct relays *m, uint64_t ns)
{
	for (unsigned i = 0; i < m->n && m->exact; i++)
		if (relays_bound(&m->in[i]) < ns)
			return false;
	return true;
}

uint64_t relays_limit_ns(const struct relays *m)
{
	uint64_t limit = UINT64_MAX;

	for (unsigned i = 0; i < m->n && m->exact; i++)
		if (relays_bound(&m->in[i]) < limit)
			limit = relays_bound(&m->in[i]);
	return limit;
}

bool relays_ended(const struct relays *m)
{
	for (unsigned i = 0; i < m->n; i++)
		if (!m->in[i].ended || m->in[i].at < m->in[i].n)
			return false;
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_boot.c: an ingest lcore's memory and parts, from the configuration. Before launch, on the control
// thread.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lcore/base/symtab.h"
#include "lcore/model/engine.h"
#include "lcore/stage/ingest_parts.h"

// The link to the ingest lcore that owns the bars; NULL when this one does.
static struct link *relay_link(const struct lcore *l)
{
	for (int i = 0; i < l->n_out; i++)
		if (l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_INGEST)
			return l->out[i];
	return NULL;
}

// Channels are numbered through over all ingest lcores.
static unsigned channels_max(const struct plant *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n_lcores; i++)
		n += p->lcore[i]->conf->stage == CONF_STAGE_INGEST;
	return ENGINE_CHANNELS / (n ? n : 1);
}

static struct ingest_conf ingest_of(const struct lcore *l)
{
	const struct plant *p = l->plant;

	return (struct ingest_conf){ .conf = p->conf,
				     .capture_bytes = p->capture_bytes,
				     .trade_day = p->trade_day,
				     .channels_max = channels_max(p),
				     .sweep_grow = p->gates && p->gates->sweeps,
				     .relays = relay_link(l) != NULL,
				     .fill = p->fill };
}

static bool claim(void *ctx, const struct feed *feed, const uint64_t session[2], uint32_t stream)
{
	const struct lcore *l = ctx;

	return claims_take(&l->plant->claims, l->index, feed, session, stream);
}

static uint64_t lateness_min(const struct engine_conf *ec)
{
	uint64_t min = UINT64_MAX;

	for (uint32_t i = 0; i < ec->n_paces; i++)
		min = ec->pace[i].lateness_ns < min ? ec->pace[i].lateness_ns : min;
	return min;
}

// The soonest that anything of ours can reach a venue.
static uint64_t latency_min(const struct lcore *l)
{
	uint64_t min = UINT64_MAX;

	for (int v = 0; v < VENUE_COUNT && l->plant->paper; v++) {
		const struct conf_paper_venue *p = &l->plant->paper->venue[v];

		min = p->entry_ns < min ? p->entry_ns : min;
		min = p->cancel_ns < min ? p->cancel_ns : min;
	}
	return l->plant->paper ? min : 0;
}

static struct receiver_conf receiver_conf(const struct lcore *l, const struct ingest_conf *of)
{
	struct receiver_conf rc = ingest_conf_receiver(of);

	rc.claim = of->channels_max < ENGINE_CHANNELS ? claim : NULL;
	rc.claim_ctx = (void *)(uintptr_t)l;
	// Those beside it, and who decides of orders, are told of each one by itself.
	rc.merges_beats = of->channels_max == ENGINE_CHANNELS && !l->plant->conf->orders.enabled &&
			  !ingest_paper_bytes(l);
	return rc;
}

size_t ingest_bytes(const struct lcore *l)
{
	struct engine_conf ec;
	char err[sizeof(struct conf_error)];
	struct ingest_conf of = ingest_of(l);
	struct receiver_conf rc = receiver_conf(l, &of);

	if (ingest_conf_engine(&of, &ec, err, sizeof err))
		return sizeof(struct ingest);
	return line_bytes(sizeof(struct ingest)) + line_bytes(symtab_bytes(ec.instruments)) +
	       line_bytes(receiver_bytes(&rc)) + line_bytes(engine_bytes(&ec)) + ingest_behind_bytes(l) +
	       ingest_paper_bytes(l);
}

int ingest_init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	const struct conf *conf = l->plant->conf;
	struct ingest *in = mem;
	char *at = (char *)mem + line_bytes(sizeof *in);
	struct engine_conf ec;
	struct ingest_conf of = ingest_of(l);
	struct receiver_conf rc = receiver_conf(l, &of);
	struct engine_sink sink;
	int rc_conf = ingest_conf_engine(&of, &ec, err, err_len);

	rc_conf = rc_conf ? rc_conf : ingest_conf_groups(conf, &in->groups, &rc, err, err_len);
	if (rc_conf)
		return rc_conf;
	in->lcore = l;
	in->shared = l->shared;
	in->hardware_time = !l->plant->replay && (conf->feed.trailer || conf->feed.header_time);
	in->aside = in->hardware_time;
	if (l->tap && conf->capture.enabled)
		ingest_keep(in, true);
	if (ingest_paper_bytes(l))
		ingest_paper_init(in, (char *)mem + ingest_bytes(l) - ingest_paper_bytes(l));
	ingest_sink(in, &sink);
	symtab_init(&in->symtab, ec.instruments, at);
	at += line_bytes(symtab_bytes(ec.instruments));
	receiver_init(&in->receiver, &rc, &in->symtab, &l->shared->ledger, &l->shared->counts, at);
	at += line_bytes(receiver_bytes(&rc));
	in->relay = relay_link(l);
	in->shared->owner = !in->relay;
	engine_init(&in->engine, &ec, &in->symtab, &l->shared->ledger, in->relay ? NULL : l->plant->tables,
		    &sink, at);
	if (relays_init(&in->relays, l, rc.channels_max)) {
		snprintf(err, err_len, "lcore %s: found more than %d ingest lcores that relay to it", l->name,
			 RELAYS_MAX);
		return -E2BIG;
	}
	echo_init(&in->echo, l, lateness_min(&ec), latency_min(l));
	in->turn.on = in->relay && in->echo.n_back && !plant_live(l->plant) && conf->orders.enabled;
	in->ordered = in->echo.on || in->turn.on;
	wants_init(&in->wants, l->recovery, conf, &l->shared->ledger);
	in->stop_frames = conf->run.stop_frames;
	if (ingest_behind_bytes(l) &&
	    (rc_conf = ingest_behind_init(in, (char *)mem + ingest_bytes(l) - ingest_paper_bytes(l) -
						      ingest_behind_bytes(l)))) {
		snprintf(err, err_len, "[capture] backlog: no memory for %llu bytes: %s",
			 (unsigned long long)conf->capture.backlog_bytes, strerror(-rc_conf));
		return rc_conf;
	}
	rc_conf = ingest_conf_watch(conf, &in->engine, err, err_len);
	if (rc_conf)
		return rc_conf;
	ingest_publish_watch(in);
	return 0;
}

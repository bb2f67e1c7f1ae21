/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_boot.c: an ingest lcore's memory and parts, from the configuration. Before launch, on the control
// thread.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lcore/base/symtab.h"
#include "lcore/model/engine.h"
#include "lcore/stage/ingest_parts.h"

// Of a venue's feeds, the first one named in feed.prints_from prints; the engine knows feeds as opaque
// pointers.
static int prints_rank(const void *ctx, enum venue venue, const void *feed)
{
	const struct conf *conf = ctx;
	const char *cursor = conf->feed.prints_from;
	struct conf_item item;

	while (conf_list_next(&cursor, ',', &item)) {
		const struct feed *f = feed_by_name(item.text);

		if (f && f->venue == venue)
			return f == feed ? 1 : -1;
	}
	return 0;
}

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

// Each feed's own allowance and interval, unless bars.lateness says otherwise for its venue.
static int paces(const struct conf *conf, struct engine_conf *out, char *err, size_t err_len)
{
	for (const struct feed *const *f = feeds; *f && out->n_paces < ENGINE_PACES; f++) {
		struct engine_pace *p = &out->pace[out->n_paces++];
		struct conf_error ce;

		*p = (struct engine_pace){ *f, (*f)->venue, 0, (*f)->heartbeat_ns };
		if (conf_lateness(conf, (enum venue)p->venue, (*f)->lateness_ns, &p->lateness_ns, &ce)) {
			snprintf(err, err_len, "%s", ce.text);
			return -EINVAL;
		}
	}
	return 0;
}

// An order that rests was added by a message of some 30 bytes, so a capture says how many there can be at
// most. Their table is used all over, however few they are.
static uint32_t orders_max(const struct plant *p)
{
	enum { ADD_BYTES = 24, LEAST = 4096 };
	uint64_t most = p->capture_bytes / ADD_BYTES + LEAST;

	return (uint32_t)(p->capture_bytes && most < p->conf->bars.orders ? most : p->conf->bars.orders);
}

static int engine_conf(const struct lcore *l, struct engine_conf *out, char *err, size_t err_len)
{
	const struct conf_bars *b = &l->plant->conf->bars;

	*out = (struct engine_conf){
		.instruments = (uint32_t)b->instruments,
		.orders = orders_max(l->plant),
		.levels = (uint32_t)b->levels,
		.prints = (uint32_t)b->prints,
		.odd_lots = (enum engine_odd_lots)b->odd_lots,
		.silence_ns = b->silence_ns,
		.grace_ns = b->grace_ns,
		.sweep_gap_ns = b->sweep_gap_ns,
		.sweep_levels = (uint32_t)b->sweep_levels,
		.sweep_shares = b->sweep_shares,
		.sweep_grow = l->plant->gates && l->plant->gates->sweeps,
		.watch_max = (uint32_t)b->watch_max,
		.prints_rank = prints_rank,
		.prints_ctx = l->plant->conf,
		.relays = relay_link(l) != NULL,
		.fill = l->plant->fill,
	};
	return paces(l->plant->conf, out, err, err_len);
}

// The groups that are declared to carry the same channel.
static int declare(struct ingest *in, const struct conf *conf, struct receiver_conf *out, char *err,
		   size_t err_len)
{
	struct conf_channel_group group[CONF_CHANNEL_GROUPS];
	struct conf_error ce;
	int n = conf_channels(conf, group, CONF_CHANNEL_GROUPS, &ce);

	if (n < 0)
		snprintf(err, err_len, "%s", ce.text);
	for (int i = 0; i < n; i++)
		in->group[i] =
			(struct receiver_group){ group[i].dst_ip, group[i].dst_port, group[i].channel };
	out->group = in->group;
	out->n_groups = n < 0 ? 0 : (uint32_t)n;
	return n < 0 ? n : 0;
}

// The groups that the ports accept. A port without any may bring feeds to any address.
static void listen_only(struct ingest *in, const struct conf *conf, struct receiver_conf *out)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < conf->n_port; i++) {
		const char *cursor = conf->port[i].groups;
		struct conf_item item;

		if (!*cursor)
			return;
		while (conf_list_next(&cursor, ',', &item))
			if (n == ONLY_MAX || conf_group(item.text, &in->only[n++]))
				return;
	}
	out->only = in->only;
	out->n_only = n;
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

static struct receiver_conf receiver_conf(const struct lcore *l)
{
	const struct conf *conf = l->plant->conf;

	return (struct receiver_conf){
		.verify_checksum = conf->feed.checksum == CONF_CHECKSUM_VERIFY,
		.restart_window = conf->feed.restart_window,
		.claim = channels_max(l->plant) < ENGINE_CHANNELS ? claim : NULL,
		.claim_ctx = (void *)(uintptr_t)l,
		.trade_day = l->plant->trade_day,
		.hold_packets = (uint32_t)conf->feed.hold_packets,
		.hold_ns = conf->feed.hold_ns,
		.channels_max = channels_max(l->plant),
		.stops_at_expiry = true,
	};
}

size_t ingest_bytes(const struct lcore *l)
{
	struct engine_conf ec;
	char err[sizeof(struct conf_error)];
	struct receiver_conf rc = receiver_conf(l);

	if (engine_conf(l, &ec, err, sizeof err))
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
	struct receiver_conf rc = receiver_conf(l);
	struct engine_sink sink;
	int rc_conf = engine_conf(l, &ec, err, err_len);

	if (rc_conf || (rc_conf = declare(in, conf, &rc, err, err_len)))
		return rc_conf;
	listen_only(in, conf, &rc);
	if (conf->feed.feed[0] && !(rc.feed = feed_by_name(conf->feed.feed))) {
		int n = snprintf(err, err_len, "feed: found \"%s\", allowed:", conf->feed.feed);

		for (int i = 0; feeds[i] && n > 0 && (size_t)n < err_len; i++)
			n += snprintf(err + n, err_len - (size_t)n, " %s", feeds[i]->name);
		return -EINVAL;
	}
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
	in->turn.on = in->relay && in->echo.n_back && l->plant->replay && conf->orders.enabled;
	in->ordered = in->echo.on || in->turn.on;
	wants_init(&in->wants, l->recovery, conf, &l->shared->ledger);
	in->stop_frames = conf->run.stop_frames;
	if (l->catch_up &&
	    (rc_conf = ingest_behind_init(in, (char *)mem + ingest_bytes(l) - ingest_paper_bytes(l) -
						      ingest_behind_bytes(l)))) {
		snprintf(err, err_len, "[capture] backlog: no memory for %llu bytes: %s",
			 (unsigned long long)conf->capture.backlog_bytes, strerror(-rc_conf));
		return rc_conf;
	}
	const char *cursor = conf->bars.watch;
	struct conf_item item;

	while (conf_list_next(&cursor, ',', &item)) {
		uint32_t id = symtab_intern(&in->symtab, symtab_key(item.text, strlen(item.text)));

		if (id == INSTR_NONE || engine_watch(&in->engine, id, true)) {
			snprintf(err, err_len,
				 "bars.watch: no room for \"%s\", allowed: %u instruments (bars.watch_max)",
				 item.text, ec.watch_max);
			return -ENOSPC;
		}
	}
	ingest_publish_watch(in);
	return 0;
}

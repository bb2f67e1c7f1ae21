/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/ingest_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

// An order that rests was added by a message of some 30 bytes, and a print is one: a capture says how many
// there can be at most. Tables that are found by hash are used all over, however little is in them.
static uint32_t at_most(const struct ingest_conf *of, uint64_t given)
{
	enum { MESSAGE_BYTES = 24, LEAST = 4096 };
	uint64_t most = of->capture_bytes / MESSAGE_BYTES + LEAST;

	return (uint32_t)(of->capture_bytes && most < given ? most : given);
}

int ingest_conf_engine(const struct ingest_conf *of, struct engine_conf *out, char *err, size_t err_len)
{
	const struct conf_bars *b = &of->conf->bars;

	*out = (struct engine_conf){
		.instruments = (uint32_t)b->instruments,
		.orders = at_most(of, b->orders),
		.levels = (uint32_t)b->levels,
		.prints = at_most(of, b->prints),
		.odd_lots = (enum engine_odd_lots)b->odd_lots,
		.silence_ns = b->silence_ns,
		.grace_ns = b->grace_ns,
		.sweep_gap_ns = b->sweep_gap_ns,
		.sweep_levels = (uint32_t)b->sweep_levels,
		.sweep_shares = b->sweep_shares,
		.sweep_grow = of->sweep_grow,
		.watch_max = (uint32_t)b->watch_max,
		.prints_rank = prints_rank,
		.prints_ctx = of->conf,
		.relays = of->relays,
		.fill = of->fill,
	};
	return paces(of->conf, out, err, err_len);
}

struct receiver_conf ingest_conf_receiver(const struct ingest_conf *of)
{
	const struct conf *conf = of->conf;

	return (struct receiver_conf){
		.verify_checksum = conf->feed.checksum == CONF_CHECKSUM_VERIFY,
		.restart_window = conf->feed.restart_window,
		.trade_day = of->trade_day,
		.hold_packets = (uint32_t)conf->feed.hold_packets,
		.hold_ns = conf->feed.hold_ns,
		.channels_max = of->channels_max,
		.stops_at_expiry = true,
	};
}

// The groups that are declared to carry the same channel.
static int declare(const struct conf *conf, struct ingest_conf_groups *room, struct receiver_conf *out,
		   char *err, size_t err_len)
{
	struct conf_channel_group group[CONF_CHANNEL_GROUPS];
	struct conf_error ce;
	int n = conf_channels(conf, group, CONF_CHANNEL_GROUPS, &ce);

	if (n < 0)
		snprintf(err, err_len, "%s", ce.text);
	for (int i = 0; i < n; i++)
		room->group[i] =
			(struct receiver_group){ group[i].dst_ip, group[i].dst_port, group[i].channel };
	out->group = room->group;
	out->n_groups = n < 0 ? 0 : (uint32_t)n;
	return n < 0 ? n : 0;
}

// The groups that the ports accept. A port without any may bring feeds to any address.
static void listen_only(const struct conf *conf, struct ingest_conf_groups *room, struct receiver_conf *out)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < conf->n_port; i++) {
		const char *cursor = conf->port[i].groups;
		struct conf_item item;

		if (!*cursor)
			return;
		while (conf_list_next(&cursor, ',', &item))
			if (n == INGEST_CONF_ONLY_MAX || conf_group(item.text, &room->only[n++]))
				return;
	}
	out->only = room->only;
	out->n_only = n;
}

int ingest_conf_groups(const struct conf *conf, struct ingest_conf_groups *room, struct receiver_conf *out,
		       char *err, size_t err_len)
{
	int rc = declare(conf, room, out, err, err_len);

	if (rc)
		return rc;
	listen_only(conf, room, out);
	if (!conf->feed.feed[0] || (out->feed = feed_by_name(conf->feed.feed)))
		return 0;
	int n = snprintf(err, err_len, "feed: found \"%s\", allowed:", conf->feed.feed);

	for (int i = 0; feeds[i] && n > 0 && (size_t)n < err_len; i++)
		n += snprintf(err + n, err_len - (size_t)n, " %s", feeds[i]->name);
	return -EINVAL;
}

int ingest_conf_watch(const struct conf *conf, struct engine *engine, char *err, size_t err_len)
{
	const char *cursor = conf->bars.watch;
	struct conf_item item;

	while (conf_list_next(&cursor, ',', &item)) {
		uint32_t id = symtab_intern(engine->symtab, symtab_key(item.text, strlen(item.text)));

		if (id == INSTR_NONE || engine_watch(engine, id, true)) {
			snprintf(err, err_len,
				 "bars.watch: no room for \"%s\", allowed: %u instruments (bars.watch_max)",
				 item.text, engine->conf.watch_max);
			return -ENOSPC;
		}
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// ingest.c: receive, decode, keep books, seal bars, hand them on: one burst at a time, to completion. The work is on
// floor 1 (receiver, engine); here it meets ports, links, shared tables and the clock that lag is measured with.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "drivers/feed/receiver.h"
#include "drivers/nic/rxtime.h"
#include "lcore/stage/stage.h"

enum { BURST_MAX = 256, EVENTS_MAX = 512 };

struct ingest {
	struct lcore *lcore;
	struct receiver receiver;
	struct engine engine;
	struct symtab symtab;
	struct event event[EVENTS_MAX];
	struct rte_mbuf *mbuf[BURST_MAX];
	struct frame_in frame[BURST_MAX];
	uint64_t rx_ns[BURST_MAX];
	uint32_t known_channels;
	unsigned next_queue;
	bool drained;
	struct receiver_group group[CONF_CHANNEL_GROUPS];
	// the burst in hand
	uint64_t burst_tsc;
	const struct port *port;
	uint64_t last_rx_ns;
	// live clock: exchange time minus host time, for clock_anchor = first_packet
	bool anchored;
	int64_t anchor_ns;
	uint64_t last_frame_tsc;
	struct link_elem elem; // scratch for one push
};

static size_t line(size_t n) { return (n + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1); }

// The present in exchange time, as far as this lcore's port lets it be known (see enum port_clock).
static uint64_t now_exchange_ns(const struct ingest *in, uint64_t rx_ns, uint64_t tsc)
{
	const struct plant *p = in->lcore->plant;

	if (in->port->clock == PORT_CLOCK_FLAT)
		return rx_ns + clock_ns(&p->clock, tsc - in->burst_tsc);
	return in->port->ops->now_ns(in->port) + (uint64_t)in->anchor_ns;
}

static void record(struct lcore *l, enum lcore_hist which, uint64_t now_ns, uint64_t then_ns)
{
	if (now_ns < then_ns)
		LEDGER_INC(&l->ledger, lag_clamped);
	hist_record(&l->hist[which], now_ns > then_ns ? now_ns - then_ns : 0);
}

static void push_all(struct ingest *in, uint32_t stream)
{
	struct lcore *l = in->lcore;

	in->elem.stream = stream;
	in->elem.pushed_tsc = rte_rdtsc();
	for (int i = 0; i < l->n_out; i++)
		link_push(l->out[i], &in->elem);
}

static void sink_bar(void *ctx, const struct bar *bar)
{
	struct ingest *in = ctx;
	struct lcore *l = in->lcore;

	tables_put(l->plant->tables, bar);
	in->elem.bar = *bar;
	push_all(in, LINK_NEW_BAR);
	l->rows++;
	if (bar->flags & BAR_PARTIAL_LAST || !in->port)
		return;
	record(l, HIST_SEAL_DELAY, now_exchange_ns(in, in->rx_ns[0], in->elem.pushed_tsc), bar->close_ts);
}

static void sink_sweep(void *ctx, const struct sweep *sweep)
{
	struct ingest *in = ctx;

	in->elem.sweep = *sweep;
	push_all(in, LINK_SWEEP);
}

static void sink_revision(void *ctx, const struct revision *revision)
{
	struct ingest *in = ctx;

	in->elem.revision = *revision;
	push_all(in, LINK_REVISION);
}

static void sink_mark(void *ctx, uint64_t close_ts)
{
	struct ingest *in = ctx;

	in->elem.mark_ns = close_ts;
	push_all(in, LINK_MARK);
}

// Of a venue's feeds, the first one named in feed.prints_from prints; the engine knows feeds as opaque pointers.
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

static int engine_conf(const struct lcore *l, struct engine_conf *out, char *err, size_t err_len)
{
	static const struct { const char *name; enum venue venue; uint64_t lateness_ns; } venues[] = {
		{ "NASDAQ", VENUE_NASDAQ, 0 }, { "IEX", VENUE_IEX, 5 * NS_PER_MS }, { "ARCA", VENUE_ARCA, NS_PER_MS },
	};
	const struct conf_bars *b = &l->plant->conf->bars;

	*out = (struct engine_conf){
		.instruments = (uint32_t)b->instruments, .orders = (uint32_t)b->orders, .levels = (uint32_t)b->levels,
		.prints = (uint32_t)b->prints, .odd_lots = (enum engine_odd_lots)b->odd_lots,
		.silence_ns = b->silence_ns, .grace_ns = b->grace_ns, .sweep_gap_ns = b->sweep_gap_ns,
		.sweep_levels = (uint32_t)b->sweep_levels, .sweep_shares = b->sweep_shares,
		.watch_max = (uint32_t)b->watch_max, .prints_rank = prints_rank, .prints_ctx = l->plant->conf,
	};
	for (size_t i = 0; i < sizeof venues / sizeof *venues; i++) {
		struct conf_error ce;
		uint64_t default_ns = venues[i].lateness_ns;

		if (conf_lateness(l->plant->conf, venues[i].name, default_ns, &out->lateness_ns[venues[i].venue], &ce)) {
			snprintf(err, err_len, "%s", ce.text);
			return -EINVAL;
		}
	}
	return 0;
}

// The groups that are declared to carry the same channel.
static int declare(struct ingest *in, const struct conf *conf, struct receiver_conf *out, char *err, size_t err_len)
{
	struct conf_channel_group group[CONF_CHANNEL_GROUPS];
	struct conf_error ce;
	int n = conf_channels(conf, group, CONF_CHANNEL_GROUPS, &ce);

	if (n < 0)
		snprintf(err, err_len, "%s", ce.text);
	for (int i = 0; i < n; i++)
		in->group[i] = (struct receiver_group){ group[i].dst_ip, group[i].dst_port, group[i].channel };
	out->group = in->group;
	out->n_groups = n < 0 ? 0 : (uint32_t)n;
	return n < 0 ? n : 0;
}

static struct receiver_conf receiver_conf(const struct lcore *l)
{
	const struct conf *conf = l->plant->conf;

	return (struct receiver_conf){
		.verify_checksum = conf->feed.checksum == CONF_CHECKSUM_VERIFY, .restart_window = conf->feed.restart_window,
		.trade_day = l->plant->trade_day, .hold_packets = (uint32_t)conf->feed.hold_packets, .hold_ns = conf->feed.hold_ns,
	};
}

static size_t bytes(const struct lcore *l)
{
	struct engine_conf ec;
	char err[sizeof(struct conf_error)];
	struct receiver_conf rc = receiver_conf(l);

	if (engine_conf(l, &ec, err, sizeof err))
		return sizeof(struct ingest);
	return line(sizeof(struct ingest)) + line(symtab_bytes(ec.instruments)) + line(receiver_bytes(&rc)) + engine_bytes(&ec);
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	const struct conf *conf = l->plant->conf;
	struct ingest *in = mem;
	char *at = (char *)mem + line(sizeof *in);
	struct engine_conf ec;
	struct receiver_conf rc = receiver_conf(l);
	struct engine_sink sink = { in, sink_bar, sink_sweep, sink_revision, sink_mark };
	int rc_conf = engine_conf(l, &ec, err, err_len);

	if (rc_conf || (rc_conf = declare(in, conf, &rc, err, err_len)))
		return rc_conf;
	if (conf->feed.feed[0] && !(rc.feed = feed_by_name(conf->feed.feed))) {
		int n = snprintf(err, err_len, "feed: found \"%s\", allowed:", conf->feed.feed);

		for (int i = 0; feeds[i] && n > 0 && (size_t)n < err_len; i++)
			n += snprintf(err + n, err_len - (size_t)n, " %s", feeds[i]->name);
		return -EINVAL;
	}
	in->lcore = l;
	symtab_init(&in->symtab, ec.instruments, at);
	at += line(symtab_bytes(ec.instruments));
	receiver_init(&in->receiver, &rc, &in->symtab, &l->ledger, at);
	at += line(receiver_bytes(&rc));
	engine_init(&in->engine, &ec, &in->symtab, &l->ledger, l->plant->tables, &sink, at);
	const char *cursor = conf->bars.watch;
	struct conf_item item;

	while (conf_list_next(&cursor, ',', &item)) {
		uint32_t id = symtab_intern(&in->symtab, symtab_key(item.text, strlen(item.text)));

		if (id == INSTR_NONE || engine_watch(&in->engine, id, true)) {
			snprintf(err, err_len, "bars.watch: no room for \"%s\", allowed: %u instruments (bars.watch_max)",
				 item.text, ec.watch_max);
			return -ENOSPC;
		}
	}
	return 0;
}

static void take_frames(struct ingest *in, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(in->mbuf[i], void *));
	for (unsigned i = 0; i < n; i++) {
		const struct rte_mbuf *m = in->mbuf[i];

		in->rx_ns[i] = rxtime_ns(m);
		in->frame[i] = (struct frame_in){
			.data = rte_pktmbuf_mtod(m, const uint8_t *), .bytes = m->data_len, .wire_bytes = port_wire_bytes(m),
			.rx_ns = in->rx_ns[i],
			.checksum_bad = (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD ||
					(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD,
			.segmented = m->nb_segs > 1, .source = (uint8_t)m->port,
		};
	}
	in->last_rx_ns = in->rx_ns[n - 1];
}

static void know_channels(struct ingest *in)
{
	for (; in->known_channels < in->receiver.n_channels; in->known_channels++)
		engine_join_feed(&in->engine, (uint8_t)in->known_channels, in->receiver.channel[in->known_channels].feed);
}

// clock_anchor = first_packet: the live clock starts at the first packet's exchange time.
static void anchor(struct ingest *in, const struct event *ev)
{
	const struct plant *p = in->lcore->plant;

	if (in->anchored || !ev->ts_ns)
		return;
	in->anchored = true;
	if (!p->replay && p->conf->run.clock_anchor == CONF_CLOCK_ANCHOR_FIRST_PACKET)
		in->anchor_ns = (int64_t)ev->ts_ns - (int64_t)in->port->ops->now_ns(in->port);
}

// One sample of each frame's last event: exchange time to handed on.
static void feed_lags(struct ingest *in, unsigned n, const uint64_t *rx_ns)
{
	uint64_t tsc = rte_rdtsc();

	for (unsigned i = 0; i < n; i++) {
		const struct event *e = &in->event[i];

		if (i + 1 < n && in->event[i + 1].frame == e->frame)
			continue;
		if (e->ts_ns)
			record(in->lcore, HIST_FEED_LAG, now_exchange_ns(in, rx_ns[e->frame], tsc), e->ts_ns);
	}
	in->lcore->data_ns = in->event[n - 1].ts_ns;
	in->lcore->data_tsc = tsc;
}

static void wire_lags(struct ingest *in, unsigned n)
{
	uint64_t tsc = rte_rdtsc();
	bool flat = in->port->clock == PORT_CLOCK_FLAT;
	uint64_t now = flat ? 0 : in->port->ops->now_ns(in->port);

	if (flat) {
		hist_record_n(&in->lcore->hist[HIST_WIRE_LAG], clock_ns(&in->lcore->plant->clock, tsc - in->burst_tsc), n);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		record(in->lcore, HIST_WIRE_LAG, now, in->rx_ns[i]);
}

static void apply(struct ingest *in, unsigned n_ev, const uint64_t *rx_ns)
{
	if (unlikely(!in->anchored))
		anchor(in, &in->event[n_ev - 1]);
	engine_apply(&in->engine, in->event, n_ev, rx_ns);
	feed_lags(in, n_ev, rx_ns);
	in->lcore->messages += n_ev;
}

// What waits behind holes whose time is up at now_ns (receive time) is applied without the messages that are missing.
static void flush(struct ingest *in, uint64_t now_ns)
{
	unsigned n;

	while ((n = receiver_flush(&in->receiver, now_ns, in->event, EVENTS_MAX)) > 0)
		apply(in, n, &in->last_rx_ns);
}

static void burst(struct ingest *in, unsigned n)
{
	unsigned done = 0;

	take_frames(in, n);
	while (done < n) {
		unsigned used;
		unsigned n_ev = receiver_push(&in->receiver, in->frame + done, n - done, in->event, EVENTS_MAX, &used);

		if (unlikely(in->known_channels < in->receiver.n_channels))
			know_channels(in);
		if (n_ev)
			apply(in, n_ev, in->rx_ns + done);
		done += used;
	}
	wire_lags(in, n);
	in->lcore->frames += n;
	rte_pktmbuf_free_bulk(in->mbuf, n);
}

static void finish(struct ingest *in)
{
	flush(in, UINT64_MAX);
	engine_drain(&in->engine);
	push_all(in, LINK_END);
	in->lcore->done = true;
}

static bool ports_ended(const struct lcore *l)
{
	for (int i = 0; i < l->n_queues; i++)
		if (!l->queue[i].port->ops->ended(l->queue[i].port))
			return false;
	return true;
}

static unsigned poll(struct lcore *l)
{
	struct ingest *in = l->state;
	unsigned want = (unsigned)l->plant->conf->run.burst;
	unsigned work = 0;

	want = want < BURST_MAX ? want : BURST_MAX;
	for (int i = 0; i < l->n_queues && !l->plant->stop; i++) {
		in->port = l->queue[i].port;
		unsigned n = port_rx(l->queue[i].port, l->queue[i].queue, in->mbuf, (uint16_t)want);

		if (!n)
			continue;
		in->burst_tsc = in->last_frame_tsc = rte_rdtsc();
		burst(in, n);
		work += n;
	}
	work += engine_seal(&in->engine, (unsigned)l->plant->conf->bars.seal_budget);
	if (!work && (l->plant->stop || ports_ended(l)))
		finish(in);
	return work;
}

// Live only: holes are declared though no frame comes that would tell the time; what silent channels hold up is
// sealed by timer; and a run may end when no frame comes any more.
static void tick(struct lcore *l, uint64_t now_tsc)
{
	struct ingest *in = l->state;
	struct plant *p = l->plant;

	if (p->replay || !in->anchored)
		return;
	flush(in, in->port->ops->now_ns(in->port));
	engine_timer(&in->engine, in->port->ops->now_ns(in->port) + (uint64_t)in->anchor_ns);
	if (p->conf->run.stop_idle_ns && clock_ns(&p->clock, now_tsc - in->last_frame_tsc) > p->conf->run.stop_idle_ns)
		p->stop = true;
}

static void book_of(const struct engine *e, const struct leg *leg, struct lcore_book *out, uint32_t n)
{
	*out = (struct lcore_book){ .venue = leg->venue, .channel = leg->channel, .status = leg->status,
				    .suspect = leg->clean_gen != e->chan[leg->channel].suspect_gen };
	out->n_bid = book_depth(&e->levels, &leg->book, SIDE_BUY, out->bid, n);
	out->n_ask = book_depth(&e->levels, &leg->book, SIDE_SELL, out->ask, n);
}

static int command(struct lcore *l, struct lcore_command *c)
{
	struct ingest *in = l->state;
	uint32_t id = symtab_find(&in->symtab, c->symbol);

	if (c->op == LCORE_OP_WATCH) {
		if (id == INSTR_NONE)
			id = symtab_intern(&in->symtab, c->symbol);
		int rc = id == INSTR_NONE ? -ENOSPC : engine_watch(&in->engine, id, c->arg != 0);

		if (rc)
			snprintf(c->text, sizeof c->text, "no room on the watch list (bars.watch_max)");
		return rc;
	}
	if (c->op == LCORE_OP_BOOK) {
		if (id == INSTR_NONE || id >= in->engine.n_instr) {
			snprintf(c->text, sizeof c->text, "no such instrument so far");
			return -ENOENT;
		}
		const struct instr *ins = &in->engine.instr[id];
		uint32_t n = c->arg < 1 ? 1 : c->arg > 16 ? 16 : (uint32_t)c->arg;

		c->n_book = ins->n_legs;
		for (int i = 0; i < ins->n_legs; i++)
			book_of(&in->engine, &in->engine.leg[ins->leg[i]], &c->book[i], n);
		return 0;
	}
	snprintf(c->text, sizeof c->text, "not a command for an ingest lcore");
	return -ENOTSUP;
}

const struct receiver *ingest_receiver(const struct lcore *l) { return &((const struct ingest *)l->state)->receiver; }
const struct engine *ingest_engine(const struct lcore *l) { return &((const struct ingest *)l->state)->engine; }

const struct stage stage_ingest = { "ingest", bytes, init, poll, tick, command, NULL };

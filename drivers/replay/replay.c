/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mempool.h>

#include "drivers/nic/rxtime.h"
#include "drivers/replay/merge.h"
#include "lcore/base/clock.h"

enum {
	CACHE_FRAMES = 512,     // the pool's cache of each lcore
	COPY_ROOM_BYTES = 2048, // synthesised frames are shorter (capture_raw.c)
	IN_FLIGHT_DEFAULT = 512,
};

struct replay {
	struct port port;
	struct rte_mempool *pool;
	struct merge merge;
	double speed;       // 0: flat out
	double ns_per_tsc;  // of the capture's clock
	uint64_t first_ns;  // the earliest capture time
	uint64_t round_ns;  // added to capture times in later rounds
	uint64_t last_ns;   // latest capture time handed out
	uint64_t start_tsc; // w: owner, r: any; 0: not begun
	uint64_t look_tsc;  // paced: when to look next whether the files are still whole
	unsigned rounds_left;
	// No frame is copied: mbufs have no room of their own, and what one points to is set anew each time,
	// so that nothing is to be attached and detached.
	bool points;
	bool ended;              // w: owner, r: any
	struct port_stats stats; // w: owner, r: any
	struct capture *capture;
	unsigned n_captures;
	uint8_t index[UINT8_MAX + 1]; // of a capture, by its number: files are numbered over all replay ports
};

static const struct port_ops replay_ops;

static inline struct replay *of(struct port *port) { return (struct replay *)port; }
static inline const struct replay *of_const(const struct port *port) { return (const struct replay *)port; }

// Counters are written by one lcore and read by others: plain adds, stored whole.
static inline void bump(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static uint64_t present_ns(const struct replay *replay)
{
	uint64_t start_tsc = __atomic_load_n(&replay->start_tsc, __ATOMIC_RELAXED);

	if (start_tsc == 0)
		return replay->first_ns;
	return replay->first_ns + (uint64_t)((double)(rte_rdtsc() - start_tsc) * replay->ns_per_tsc);
}

static uint64_t replay_now_ns(const struct port *port)
{
	return port->clock == PORT_CLOCK_PACED ? present_ns(of_const(port)) : clock_utc_ns();
}

// Fewer than asked is fine; the pool gives all or nothing.
static unsigned take_mbufs(struct replay *replay, struct rte_mbuf **out, unsigned n)
{
	for (; n; n /= 2)
		if (likely(rte_mempool_get_bulk(replay->pool, (void **)out, n) == 0))
			return n;
	bump(&replay->stats.no_mbuf, 1);
	return 0;
}

// mbufs come from the pool as frees leave them: direct, one segment, reference count 1.
static inline void fill(const struct replay *replay, struct rte_mbuf *m, const struct capture_record *record)
{
	uint32_t bytes = record->bytes;

	m->port = (uint8_t)(record->file + record->source);
	m->packet_type = 0;
	if (unlikely(record->synthesised)) {
		bytes = bytes < COPY_ROOM_BYTES ? bytes : COPY_ROOM_BYTES;
		m->ol_flags = port_rx_time_flag;
		m->data_off = RTE_PKTMBUF_HEADROOM;
		memcpy(rte_pktmbuf_mtod(m, void *), record->data, bytes);
	} else {
		bytes = bytes < UINT16_MAX ? bytes : UINT16_MAX; // no mbuf segment is longer
		if (likely(replay->points)) {
			m->buf_addr = (void *)(uintptr_t)record->data;
			m->data_off = 0;
			m->ol_flags = port_rx_time_flag;
		} else {
			struct rte_mbuf_ext_shared_info *shared = rte_mbuf_to_priv(m);

			rte_mbuf_ext_refcnt_set(shared, 1);
			rte_pktmbuf_attach_extbuf(m, (void *)(uintptr_t)record->data,
						  (rte_iova_t)(uintptr_t)record->data, (uint16_t)bytes,
						  shared);
			m->ol_flags = RTE_MBUF_F_EXTERNAL | port_rx_time_flag;
		}
	}
	m->data_len = (uint16_t)bytes;
	m->pkt_len = bytes;
	rxtime_set_ns(m, record->ts_ns);
	if (unlikely(record->wire_bytes > bytes))
		port_set_wire_bytes(m, record->wire_bytes);
	if (unlikely(record->link))
		port_set_link(m, record->link);
	if (unlikely(record->bad))
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

static void fill_burst(struct replay *replay, struct rte_mbuf **out, struct capture_record *record,
		       unsigned n)
{
	uint64_t bytes = 0, cut = 0;

	for (unsigned i = 0; i < n; i++) {
		record[i].ts_ns += replay->round_ns;
		fill(replay, out[i], &record[i]);
		bytes += out[i]->pkt_len;
		cut += record[i].wire_bytes > out[i]->pkt_len;
	}
	bump(&replay->stats.frames, n);
	bump(&replay->stats.bytes, bytes);
	if (unlikely(cut))
		bump(&replay->stats.cut_frames, cut);
}

// The next round plays on a second after the last frame.
static bool next_round(struct replay *replay)
{
	if (replay->rounds_left <= 1)
		return false;
	replay->rounds_left--;
	replay->round_ns += replay->last_ns + NS_PER_S - replay->first_ns;
	merge_rewind(&replay->merge);
	return true;
}

// Records wait for their time, and their files may be cut meanwhile: what is gone is left out, and counted as
// cut. A look is a system call for each file, so it is taken once a millisecond, not with each packet:
// records wait for longer than that.
static unsigned still_there(struct replay *replay, struct capture_record *record, unsigned n)
{
	unsigned whole = 0;
	uint64_t now_tsc = rte_rdtsc();

	if (n && now_tsc >= replay->look_tsc) {
		replay->look_tsc = now_tsc + rte_get_tsc_hz() / 1000;
		for (unsigned i = 0; i < replay->n_captures; i++)
			capture_look(&replay->capture[i]);
	}
	for (unsigned i = 0; i < n; i++)
		if (likely(capture_whole(&replay->capture[replay->index[record[i].file]], &record[i])))
			record[whole++] = record[i];
	return whole;
}

static uint16_t replay_rx(struct port *port, uint16_t queue, struct rte_mbuf **out, uint16_t n)
{
	struct replay *replay = of(port);
	struct capture_record record[REPLAY_BURST_MAX];
	uint64_t until_ns = UINT64_MAX;
	unsigned room, got;

	(void)queue;
	if (unlikely(replay->ended))
		return 0;
	if (port->clock == PORT_CLOCK_PACED) {
		if (unlikely(replay->start_tsc == 0))
			__atomic_store_n(&replay->start_tsc, rte_rdtsc(), __ATOMIC_RELAXED);
		until_ns = present_ns(replay);
		until_ns = until_ns < replay->round_ns ? 0 : until_ns - replay->round_ns;
		if (merge_key(&replay->merge) > until_ns && merge_key(&replay->merge) != UINT64_MAX)
			return 0;
	}
	room = take_mbufs(replay, out, n < REPLAY_BURST_MAX ? n : REPLAY_BURST_MAX);
	if (unlikely(room == 0))
		return 0;
	got = merge_read(&replay->merge, record, room, until_ns);
	if (port->clock == PORT_CLOCK_PACED)
		got = still_there(replay, record, got);
	if (got < room)
		rte_mempool_put_bulk(replay->pool, (void **)(out + got), room - got);
	if (likely(got)) {
		replay->last_ns = record[got - 1].ts_ns;
		fill_burst(replay, out, record, got);
	} else if (merge_key(&replay->merge) == UINT64_MAX && !next_round(replay)) {
		__atomic_store_n(&replay->ended, true, __ATOMIC_RELEASE);
	}
	return (uint16_t)got;
}

static bool replay_ended(const struct port *port)
{
	return __atomic_load_n(&of_const(port)->ended, __ATOMIC_ACQUIRE);
}

// By bytes of the files: what is read ahead for the merge counts as handed out.
static double replay_progress(const struct port *port)
{
	const struct replay *replay = of_const(port);
	uint64_t done = 0, all = 0;

	for (unsigned i = 0; i < replay->n_captures; i++) {
		done += __atomic_load_n(&replay->capture[i].at, __ATOMIC_RELAXED);
		all += replay->capture[i].map_bytes;
	}
	return all ? (double)done / (double)all : 1.0;
}

static void replay_stats(const struct port *port, struct port_stats *out)
{
	const struct replay *replay = of_const(port);

	*out = (struct port_stats){
		.frames = __atomic_load_n(&replay->stats.frames, __ATOMIC_RELAXED),
		.bytes = __atomic_load_n(&replay->stats.bytes, __ATOMIC_RELAXED),
		.no_mbuf = __atomic_load_n(&replay->stats.no_mbuf, __ATOMIC_RELAXED),
		.cut_frames = __atomic_load_n(&replay->stats.cut_frames, __ATOMIC_RELAXED),
	};
	merge_stats(&replay->merge, out);
	for (unsigned round = 1; round < replay->rounds_left; round++)
		for (unsigned i = 0; i < replay->n_captures; i++)
			out->left_bytes += replay->capture[i].map_bytes;
}

static int replay_start(struct port *port)
{
	(void)port;
	return 0;
}

static void replay_stop(struct port *port) { __atomic_store_n(&of(port)->ended, true, __ATOMIC_RELEASE); }

static void replay_destroy(struct port *port)
{
	struct replay *replay = of(port);

	if (!port)
		return;
	merge_fini(&replay->merge);
	// Frames still in flight point into the mapping and into the pool: rather keep both than pull them
	// away.
	if (!replay->pool || rte_mempool_in_use_count(replay->pool) == 0) {
		for (unsigned i = 0; i < replay->n_captures; i++)
			capture_close(&replay->capture[i]);
		free(replay->capture);
		rte_mempool_free(replay->pool);
	}
	free(replay);
}

static const struct port_ops replay_ops = {
	.kind = "replay",
	.rx = replay_rx,
	.ended = replay_ended,
	.now_ns = replay_now_ns,
	.progress = replay_progress,
	.stats = replay_stats,
	.start = replay_start,
	.stop = replay_stop,
	.destroy = replay_destroy,
};

const struct capture *replay_capture(const struct port *port, unsigned index)
{
	const struct replay *replay = of_const(port);

	return index < replay->n_captures ? &replay->capture[index] : NULL;
}

uint64_t replay_mended(const struct port *port, unsigned index)
{
	const struct replay *replay = of_const(port);

	return index < replay->n_captures ? merge_mended(&replay->merge, &replay->capture[index]) : 0;
}

// The file outlives every frame, so there is nothing to free with one.
static void external_free(void *buffer, void *unused)
{
	(void)buffer;
	(void)unused;
}

static void init_shared(struct rte_mempool *pool, void *unused, void *object, unsigned index)
{
	struct rte_mbuf_ext_shared_info *shared = rte_mbuf_to_priv(object);

	(void)pool;
	(void)unused;
	(void)index;
	shared->free_cb = external_free;
	shared->fcb_opaque = NULL;
	rte_mbuf_ext_refcnt_set(shared, 1);
}

static int create_pool(struct replay *replay, const struct replay_conf *conf, bool copies, char *err,
		       size_t err_len)
{
	static unsigned serial;
	char name[RTE_MEMPOOL_NAMESIZE];
	unsigned in_flight = conf->in_flight ? conf->in_flight : IN_FLIGHT_DEFAULT;
	unsigned frames = rte_align32pow2(in_flight + 2 * REPLAY_BURST_MAX + CACHE_FRAMES * 3 / 2 + 1) - 1;
	uint16_t private_bytes = RTE_ALIGN(sizeof(struct rte_mbuf_ext_shared_info), RTE_MBUF_PRIV_ALIGN);

	snprintf(name, sizeof name, "replay_%u", serial++);
	replay->pool = rte_pktmbuf_pool_create(name, frames, CACHE_FRAMES, private_bytes,
					       copies ? RTE_PKTMBUF_HEADROOM + COPY_ROOM_BYTES : 0,
					       conf->numa_node < 0 ? SOCKET_ID_ANY : conf->numa_node);
	if (!replay->pool) {
		snprintf(err, err_len, "%s: no memory for %u frames: %s", conf->name, frames,
			 rte_strerror(rte_errno));
		return -ENOMEM;
	}
	rte_mempool_obj_iter(replay->pool, init_shared, NULL);
	return 0;
}

static int open_captures(struct replay *replay, const struct replay_conf *conf, char *err, size_t err_len)
{
	static unsigned n_files;
	int rc;

	replay->capture = calloc(conf->n_paths + 1, sizeof *replay->capture);
	if (!replay->capture) {
		snprintf(err, err_len, "%s: out of memory", conf->name);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < conf->n_paths; i++) {
		if (conf->open) {
			replay->capture[replay->n_captures++] = *conf->open[i];
			*conf->open[i] = (struct capture){ 0 };
			continue;
		}
		rc = capture_open(&replay->capture[i], conf->paths[i], conf->trade_day, err, err_len);
		replay->capture[i].trailer = conf->trailer;
		replay->capture[i].number = (uint8_t)n_files++;
		if (rc < 0)
			return rc;
		replay->n_captures++;
	}
	rc = merge_init(&replay->merge, replay->capture, replay->n_captures);
	if (rc < 0)
		snprintf(err, err_len, "%s: cannot merge %u captures: %s", conf->name, conf->n_paths,
			 strerror(-rc));
	for (unsigned i = 0; i < replay->n_captures && !rc; i++)
		replay->index[replay->merge.input[i].file = replay->capture[i].number] = (uint8_t)i;
	return rc;
}

// Packets without times, or with those of a clock that nobody set: rows of feeds that tell the time of day
// only would be of 1970, which is said (capture_date_remark).
static void look_for_dates(struct replay *replay)
{
	for (unsigned i = 0; i < replay->n_captures; i++) {
		struct capture *c = &replay->capture[i];

		if (c->date_source == CAPTURE_DATE_FRAMES && !c->journal &&
		    replay->merge.input[i].key_ns < CAPTURE_DATED_DAY * NS_PER_DAY)
			c->date_source = CAPTURE_DATE_EPOCH;
	}
}

struct port *replay_create(const struct replay_conf *conf, char *err, size_t err_len)
{
	struct replay *replay;
	bool copies = false;

	if (conf->n_paths > MERGE_FILES) {
		snprintf(err, err_len, "%s: %u captures; allowed are up to %d", conf->name, conf->n_paths,
			 MERGE_FILES);
		return NULL;
	}
	if (!(conf->speed >= 0 && conf->speed <= 1e6)) {
		snprintf(err, err_len, "%s: speed %g; allowed are 0 (flat out) to 1e6", conf->name,
			 conf->speed);
		return NULL;
	}
	replay = calloc(1, sizeof *replay);
	if (!replay || rxtime_register() < 0) {
		snprintf(err, err_len, "%s: out of memory or mbuf fields", conf->name);
		free(replay);
		return NULL;
	}
	snprintf(replay->port.name, sizeof replay->port.name, "%s", conf->name);
	replay->port.ops = &replay_ops;
	replay->port.n_queues = 1;
	replay->port.numa_node = (int16_t)conf->numa_node;
	replay->port.clock = conf->speed > 0 ? PORT_CLOCK_PACED : PORT_CLOCK_FLAT;
	replay->speed = conf->speed;
	replay->ns_per_tsc = 1e9 / (double)rte_get_tsc_hz() * conf->speed;
	replay->rounds_left = conf->loops ? conf->loops : 1;
	if (open_captures(replay, conf, err, err_len) < 0)
		goto fail;
	for (unsigned i = 0; i < replay->n_captures; i++)
		copies |= replay->capture[i].synthesised;
	replay->points = !copies;
	if (create_pool(replay, conf, copies, err, err_len) < 0)
		goto fail;
	if (conf->trade_day == CAPTURE_NO_DAY)
		look_for_dates(replay);
	replay->first_ns = replay->n_captures ? merge_key(&replay->merge) : 0;
	return &replay->port;
fail:
	replay_destroy(&replay->port);
	return NULL;
}

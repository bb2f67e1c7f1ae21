/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/ingest_solo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "drivers/replay/files.h"
#include "lcore/stage/ingest_conf.h"

enum { BURST = 64, EVENTS = 512, SYNTHESISED_MAX = 2048 }; // as drivers/replay/replay.c cuts frames

struct ingest_solo {
	struct ingest_solo_conf conf;
	struct ingest_conf_groups groups;
	struct replay_files files;
	struct capture *capture; // [MERGE_FILES]
	unsigned n_captures;
	struct merge merge;
	struct ledger ledger;
	struct receiver_counts counts;
	struct receiver receiver;
	struct symtab symtab;
	struct engine engine;
	struct event event[EVENTS];
	struct frame_in frame[BURST];
	uint64_t rx_ns[BURST];
	uint64_t frames; // handed out
	uint32_t known_channels;
	char *mem; // of symbols, receiver and engine
	size_t mem_bytes;
};

static void sink_bar(void *ctx, const struct bar *bar)
{
	struct ingest_solo *s = ctx;

	if (!(bar->flags & BAR_IDLE) || s->conf.fill)
		s->conf.bar(s->conf.ctx, bar);
}

static void sink_sweep(void *ctx, const struct sweep *sweep)
{
	struct ingest_solo *s = ctx;

	s->conf.sweep(s->conf.ctx, sweep);
}

static void sink_revision(void *ctx, const struct revision *revision) { (void)ctx, (void)revision; }

static void sink_mark(void *ctx, uint64_t close_ts)
{
	struct ingest_solo *s = ctx;

	s->conf.mark(s->conf.ctx, close_ts);
}

// All files on one port: those of one stream next to each other.
static int open_files(struct ingest_solo *s, char *err, size_t err_len)
{
	const struct ingest_solo_conf *c = &s->conf;
	struct capture *open[MERGE_FILES];
	unsigned home = 0;

	if (!c->n_paths || c->n_paths > MERGE_FILES) {
		snprintf(err, err_len, "%u captures, allowed: 1 to %d", c->n_paths, MERGE_FILES);
		return -EDOM;
	}
	for (unsigned i = 0; i < c->n_paths; i++)
		s->files.file[s->files.n++] =
			(struct replay_file){ .path = c->paths[i], .port = FILES_ANY_PORT };
	int rc = files_open(&s->files, c->trade_day, (enum peel_trailer)c->conf->feed.trailer, false, err,
			    err_len);

	rc = rc ? rc : files_deal(&s->files, 1, &home, err, err_len);
	if (rc)
		return rc;
	s->capture = calloc(MERGE_FILES, sizeof *s->capture);
	if (!s->capture) {
		snprintf(err, err_len, "out of memory");
		return -ENOMEM;
	}
	s->n_captures = files_of(&s->files, 0, open);
	for (unsigned i = 0; i < s->n_captures; i++) { // taken over
		s->capture[i] = *open[i];
		*open[i] = (struct capture){ 0 };
	}
	rc = merge_init(&s->merge, s->capture, s->n_captures);
	if (rc)
		snprintf(err, err_len, "cannot merge %u captures: %s", s->n_captures, strerror(-rc));
	for (unsigned i = 0; i < s->n_captures && !rc; i++)
		s->merge.input[i].file = s->capture[i].number;
	return rc;
}

static uint64_t capture_bytes(const struct ingest_solo *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->n_captures; i++)
		sum += s->capture[i].mapped_bytes;
	return sum;
}

// Pages of it come as they are used.
static char *take(struct ingest_solo *s, size_t bytes)
{
	void *mem =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	(void)madvise(mem, bytes, MADV_HUGEPAGE); // a wish
	s->mem = mem;
	s->mem_bytes = bytes;
	return mem;
}

static int make(struct ingest_solo *s, char *err, size_t err_len)
{
	const struct ingest_conf of = { .conf = s->conf.conf,
					.capture_bytes = capture_bytes(s),
					.trade_day = s->conf.trade_day,
					.channels_max = ENGINE_CHANNELS,
					.sweep_grow = s->conf.sweep_grow,
					.fill = s->conf.fill };
	const struct engine_sink sink = {
		.ctx = s, .bar = sink_bar, .sweep = sink_sweep, .revision = sink_revision, .mark = sink_mark
	};
	struct receiver_conf rc = ingest_conf_receiver(&of);
	struct engine_conf ec;
	int bad = ingest_conf_engine(&of, &ec, err, err_len);

	bad = bad ? bad : ingest_conf_groups(of.conf, &s->groups, &rc, err, err_len);
	if (bad)
		return -EDOM;
	rc.merges_beats = true;
	size_t symbols = line_bytes(symtab_bytes(ec.instruments)), received = line_bytes(receiver_bytes(&rc));
	char *at = take(s, symbols + received + line_bytes(engine_bytes(&ec)));

	if (!at) {
		snprintf(err, err_len, "no memory for books of %u instruments", ec.instruments);
		return -ENOMEM;
	}
	symtab_init(&s->symtab, ec.instruments, at);
	receiver_init(&s->receiver, &rc, &s->symtab, &s->ledger, &s->counts, at + symbols);
	engine_init(&s->engine, &ec, &s->symtab, &s->ledger, NULL, &sink, at + symbols + received);
	return ingest_conf_watch(of.conf, &s->engine, err, err_len) ? -EDOM : 0;
}

int ingest_solo_open(struct ingest_solo **out, const struct ingest_solo_conf *conf, char *err, size_t err_len)
{
	struct ingest_solo *s = NULL;
	int rc = posix_memalign((void **)&s, CACHE_LINE, line_bytes(sizeof *s));

	if (rc) {
		snprintf(err, err_len, "out of memory");
		return -rc;
	}
	memset(s, 0, sizeof *s);
	s->conf = *conf;
	rc = open_files(s, err, err_len);
	rc = rc ? rc : make(s, err, err_len);
	if (rc) {
		ingest_solo_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

void ingest_solo_close(struct ingest_solo *s)
{
	if (!s)
		return;
	merge_fini(&s->merge);
	for (unsigned i = 0; i < s->n_captures; i++)
		capture_close(&s->capture[i]);
	files_close(&s->files);
	free(s->capture);
	if (s->mem)
		munmap(s->mem, s->mem_bytes);
	free(s);
}

static void know_channels(struct ingest_solo *s)
{
	for (; s->known_channels < s->receiver.n_channels; s->known_channels++)
		engine_join_feed(&s->engine, (uint8_t)s->known_channels,
				 s->receiver.channel[s->known_channels].feed);
}

// Declares the holes whose time is up at now_ns, and applies what was held after them.
static void flush(struct ingest_solo *s, uint64_t now_ns)
{
	while (s->receiver.expiry_ns <= now_ns || now_ns == UINT64_MAX) {
		unsigned n = receiver_flush(&s->receiver, now_ns, s->event, EVENTS);

		if (!n)
			break;
		engine_apply(&s->engine, s->event, n, &s->receiver.expired_ns);
	}
}

// The next frames, as drivers/replay/replay.c hands them out.
static unsigned receive(struct ingest_solo *s)
{
	struct capture_record record[BURST];
	unsigned n = merge_read(&s->merge, record, BURST, UINT64_MAX);

	for (unsigned i = 0; i < n; i++) {
		const struct capture_record *r = &record[i];
		uint32_t most = r->synthesised ? SYNTHESISED_MAX : UINT16_MAX;
		uint32_t bytes = r->bytes < most ? r->bytes : most;

		s->rx_ns[i] = r->ts_ns;
		s->frame[i] = (struct frame_in){ .data = r->data,
						 .bytes = bytes,
						 .wire_bytes = r->wire_bytes > bytes ? r->wire_bytes : bytes,
						 .rx_ns = r->ts_ns,
						 .checksum_bad = r->bad,
						 .source = (uint8_t)(r->file + r->source),
						 .link = r->link };
	}
	s->frames += n;
	return n;
}

static void burst(struct ingest_solo *s, unsigned n)
{
	for (unsigned done = 0, used; done < n; done += used) {
		flush(s, s->rx_ns[done]);
		unsigned events =
			receiver_push(&s->receiver, s->frame + done, n - done, s->event, EVENTS, &used);

		know_channels(s);
		if (events)
			engine_apply(&s->engine, s->event, events, s->rx_ns + done);
	}
}

bool ingest_solo_step(struct ingest_solo *s)
{
	unsigned n = receive(s);

	burst(s, n);
	unsigned sealed = engine_seal(&s->engine, (unsigned)s->conf.conf->bars.seal_budget);

	if (n || sealed || merge_key(&s->merge) != UINT64_MAX)
		return true;
	flush(s, UINT64_MAX);
	engine_drain(&s->engine);
	return false;
}

bool ingest_solo_ledger(const struct ingest_solo *s, struct ledger *out)
{
	struct ledger_identity identity[LEDGER_IDENTITIES];
	struct port_stats stats = { .frames = s->frames };

	merge_stats(&s->merge, &stats);
	*out = s->ledger;
	port_ledger(&stats, out);
	bool balanced = ledger_check(out, identity) && out->v[LEDGER_frames_rx] == s->frames;

	LEDGER_ADD(out, port_unplayed_bytes, stats.left_bytes);
	return balanced;
}

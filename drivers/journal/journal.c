/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/journal/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drivers/journal/journal_parts.h"
#include "lcore/base/calendar.h"
#include "lcore/base/clock.h"
#include "lcore/base/thread.h"

#define PIECE_BYTES (1u << 20)
#define LOOK_NS     NS_PER_S

enum { NAP_NS = 2000000, OFF_NAP_NS = 100000000, FIRST_DAY = 7305, LAST_DAY = 35793 }; // 1990 to 2067

bool journal_fails(const struct journal *j) { return __atomic_load_n(&j->retry_ns, __ATOMIC_RELAXED) != 0; }

// The New York date of a frame, kept within what names can say.
static int32_t day_of(struct writer *w, uint64_t ts_ns)
{
	struct calendar_day day;

	if (ts_ns >= w->day_from_ns && ts_ns < w->day_to_ns)
		return w->day;
	calendar_day_of(ts_ns, &day);
	int32_t n = day.day < FIRST_DAY ? FIRST_DAY : day.day > LAST_DAY ? LAST_DAY : day.day;

	if (n == w->day) {
		w->day_from_ns = day.midnight_ns;
		w->day_to_ns = day.midnight_ns + 23 * 3600 * NS_PER_S; // the shortest day
	}
	return n;
}

// The next piece of the ring: whole blocks, of one file. fresh: it begins one.
static bool plan(struct journal *j, struct writer *w)
{
	const struct tap *tap = &w->tap;
	uint64_t head = __atomic_load_n(&tap->head, __ATOMIC_ACQUIRE), at = tap->tail;
	struct pcapng_block block;

	w->from = at;
	w->done = w->piece_frames = 0;
	w->fresh = w->fd < 0;
	for (; at < head && at - w->from < PIECE_BYTES; at += block.bytes) {
		if (!ledger_holds(&j->ledger, pcapng_block_at(tap_at(tap, at), head - at, &block))) {
			at = head; // nobody can say where the next block begins
			break;
		}
		int32_t day = block.ts_ns ? day_of(w, block.ts_ns) : w->day;
		bool turns = day > w->day || w->file_bytes + (at - w->from) >= j->conf.size_bytes;

		if (turns && at != w->from)
			break;
		w->fresh |= turns;
		if (day > w->day || (w->fresh && at == w->from && block.ts_ns)) {
			w->day = day;
			w->day_from_ns = w->day_to_ns = 0;
		}
		if (turns)
			w->file_bytes = 0;
		w->piece_frames += block.type == PCAPNG_PACKET;
	}
	w->bytes = at - w->from;
	return w->bytes != 0;
}

// Does a piece of work for one lcore. Returns whether there was any.
static bool step(struct journal *j, struct writer *w)
{
	if (!w->bytes && !plan(j, w)) {
		if (w->fd >= 0 && !__atomic_load_n(&j->on, __ATOMIC_ACQUIRE))
			journal_file_end(j, w);
		return false;
	}
	if (w->fresh && w->fd >= 0)
		journal_file_end(j, w);
	if (w->fd < 0 && journal_file_open(j, w))
		return false;
	w->fresh = false;
	if (journal_file_piece(j, w))
		return false;
	__atomic_store_n(&j->retry_ns, 0, __ATOMIC_RELAXED);
	return true;
}

static void *serve(void *arg)
{
	struct journal *j = arg;

	while (!__atomic_load_n(&j->stop, __ATOMIC_ACQUIRE)) {
		uint64_t now_ns = clock_monotonic_ns();
		bool any = false;

		if (now_ns - j->looked_ns >= LOOK_NS) {
			j->looked_ns = now_ns;
			for (unsigned i = 0; i < j->conf.n_taps; i++)
				journal_file_look(j, &j->writer[i], now_ns);
		}
		for (unsigned i = 0; i < j->conf.n_taps && now_ns >= j->retry_ns; i++)
			any |= step(j, &j->writer[i]);
		if (!any) {
			struct timespec nap = { 0, j->on ? NAP_NS : OFF_NAP_NS };

			nanosleep(&nap, NULL);
		}
	}
	return NULL;
}

int journal_start(struct journal *j)
{
	int rc = thread_start(&j->thread, "wb-journal", serve, j);

	j->started = rc == 0;
	return rc;
}

// Frames of whole blocks from the ring's tail on: they never got into a file.
static uint64_t left_frames(const struct tap *tap)
{
	struct pcapng_block block;
	uint64_t n = 0;

	for (uint64_t at = tap->tail; at < tap->head; at += block.bytes) {
		if (!pcapng_block_at(tap_at(tap, at), tap->head - at, &block))
			break;
		n += block.type == PCAPNG_PACKET;
	}
	return n;
}

void journal_stop(struct journal *j)
{
	if (!j->started)
		return;
	__atomic_store_n(&j->stop, true, __ATOMIC_RELEASE);
	pthread_join(j->thread, NULL);
	j->started = false;
	for (unsigned i = 0; i < j->conf.n_taps; i++) {
		struct writer *w = &j->writer[i];

		journal_file_look(j, w, 0);
		tap_owed(&w->tap);
		tap_publish(&w->tap);
		while (step(j, w))
			;
		LEDGER_ADD(&j->ledger, journal_unwritten, left_frames(&w->tap));
		journal_file_end(j, w);
	}
}

static int take_folder(struct journal *j, char *err, size_t err_len)
{
	int rc = j->lock >= 0 ? 0 : journal_file_folder(j);

	if (rc)
		snprintf(err, err_len, "[capture] dir: %s: %s%s", j->conf.dir, strerror(-rc),
			 rc == -EWOULDBLOCK
				 ? ": a living process keeps its journal there; give this one another"
				 : "");
	return rc;
}

int journal_switch(struct journal *j, bool on, char *err, size_t err_len)
{
	int rc = on ? take_folder(j, err, err_len) : 0;

	if (!rc)
		__atomic_store_n(&j->on, on, __ATOMIC_RELEASE);
	return rc;
}

static int make_header(struct journal *j)
{
	uint8_t *p = malloc((1 + (size_t)j->conf.n_interfaces) * PCAPNG_DESCRIPTION_BYTES);

	if (!p)
		return -ENOMEM;
	j->header = p;
	p += pcapng_section(p, PCAPNG_JOURNAL, "times are those of receipt, as the run used them");
	for (unsigned i = 0; i < j->conf.n_interfaces; i++)
		p += pcapng_interface(p, j->conf.interface[i]);
	j->header_bytes = (size_t)(p - j->header);
	return 0;
}

int journal_create(struct journal **out, const struct journal_conf *conf, char *err, size_t err_len)
{
	struct journal *j = aligned_alloc(CACHE_LINE, line_bytes(sizeof *j));
	int rc = j ? 0 : -ENOMEM;

	*out = NULL;
	snprintf(err, err_len, "no memory for the journal");
	if (rc)
		return rc;
	memset(j, 0, sizeof *j);
	j->conf = *conf;
	j->lock = -1;
	pthread_mutex_init(&j->texts, NULL);
	for (unsigned i = 0; i < JOURNAL_TAPS; i++)
		j->writer[i] = (struct writer){ .fd = -1, .name = j->conf.tap[i] };
	for (unsigned i = 0; i < conf->n_taps && !rc; i++) {
		rc = tap_init(&j->writer[i].tap, conf->ring_bytes, conf->n_interfaces,
			      conf->touch && conf->on);
		if (rc)
			snprintf(err, err_len, "no memory for the journal: %llu bytes ([capture] ring): %s",
				 (unsigned long long)conf->ring_bytes, strerror(-rc));
	}
	rc = rc ? rc : make_header(j);
	if (!rc && conf->on)
		rc = journal_switch(j, true, err, err_len);
	if (rc)
		journal_destroy(j);
	else
		*out = j;
	return rc;
}

void journal_destroy(struct journal *j)
{
	if (!j)
		return;
	journal_stop(j);
	for (unsigned i = 0; i < j->conf.n_taps; i++)
		tap_fini(&j->writer[i].tap);
	if (j->lock >= 0)
		close(j->lock);
	free(j->header);
	pthread_mutex_destroy(&j->texts);
	free(j);
}

struct tap *journal_tap(struct journal *j, unsigned i) { return &j->writer[i].tap; }

const struct ledger *journal_ledger(const struct journal *j) { return &j->ledger; }

void journal_look(struct journal *j, struct journal_view *out)
{
	*out = (struct journal_view){ .on = j->on,
				      .fails = journal_fails(j),
				      .files = j->files,
				      .written_bytes = __atomic_load_n(&j->written_bytes, __ATOMIC_RELAXED),
				      .removed_files = j->ledger.v[LEDGER_journal_files_removed] };
	for (unsigned i = 0; i < j->conf.n_taps; i++) {
		const struct tap *tap = &j->writer[i].tap;
		uint64_t tail = __atomic_load_n(&tap->tail, __ATOMIC_ACQUIRE);

		out->frames += tap->frames;
		out->dropped += tap->dropped;
		out->waiting_bytes += __atomic_load_n(&tap->head, __ATOMIC_ACQUIRE) - tail;
	}
	pthread_mutex_lock(&j->texts);
	memcpy(out->why, j->why, sizeof out->why);
	memcpy(out->file, j->newest, sizeof out->file);
	pthread_mutex_unlock(&j->texts);
}

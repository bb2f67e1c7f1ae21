/* SPDX-License-Identifier: BSD-3-Clause */
// run.c: captures through one engine on the caller's thread. Rows and fires wait for the engine's mark and
// leave in the canonical order, as the export lcore writes them.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/libwirebar/own.h"
#include "app/wirebar/plant_gates.h"
#include "drivers/journal/journal_name.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"
#include "lcore/stage/ingest_solo.h"

// Records that wait for their mark.
struct waiting {
	char *record;
	size_t n, room, bytes;
};

struct run {
	struct wirebar_run ask;
	struct wirebar_result result;
	struct conf conf;
	int32_t trade_day;
	struct gate_set set;
	struct gates gates;
	void *gate_mem;
	struct waiting rows, fires;
	bool stopped, no_memory;
	char *err;
	size_t err_bytes;
};

static bool running; // of this process: the calendar is one

static void keep(struct run *r, struct waiting *w, const void *record)
{
	if (w->n == w->room) {
		size_t room = w->room ? w->room * 2 : 1024;
		char *grown = realloc(w->record, room * w->bytes);

		r->no_memory = r->no_memory || !grown;
		if (!grown)
			return;
		w->record = grown;
		w->room = room;
	}
	memcpy(w->record + w->n++ * w->bytes, record, w->bytes);
}

static void tell_row(struct run *r, const void *record)
{
	struct wirebar_row row;

	own_row(record, &row, sizeof row);
	r->result.rows++;
	r->stopped = r->ask.row(r->ask.ctx, &row) != 0;
}

static void tell_fire(struct run *r, const void *record)
{
	const struct fire *f = record;
	struct wirebar_fire out = { .bytes = sizeof out,
				    .rules = f->rules,
				    .decided_ns = f->decided_ns,
				    .close_ts = f->close_ts,
				    .score = f->score,
				    .close_filled = f->close_filled,
				    .bid = f->bid,
				    .ask = f->ask,
				    .exit = f->stream == GATE_EXIT,
				    .is_short = f->side == GATE_SHORT,
				    .n_rules = f->n_rules,
				    .by_sweep = f->by_sweep };

	_Static_assert(sizeof out.gate == sizeof f->name, "a gate's name");
	symtab_text(f->symbol, out.symbol);
	memcpy(out.gate, f->name, sizeof out.gate);
	r->result.fires++;
	r->stopped = r->ask.fire(r->ask.ctx, &out) != 0;
}

static uint64_t row_mark(const void *record) { return ((const struct bar *)record)->close_ts; }
static uint64_t fire_mark(const void *record) { return gate_fire_mark(record); }

// Hands on all that closes at or before mark_ns.
static void flush(struct run *r, struct waiting *w, uint64_t mark_ns,
		  int (*order)(const void *, const void *), uint64_t (*mark)(const void *),
		  void (*tell)(struct run *, const void *))
{
	size_t i = 0;

	if (!w->n)
		return;
	qsort(w->record, w->n, w->bytes, order);
	for (; i < w->n && !r->stopped && mark(w->record + i * w->bytes) <= mark_ns; i++)
		tell(r, w->record + i * w->bytes);
	w->n -= i;
	memmove(w->record, w->record + i * w->bytes, w->n * w->bytes);
}

static void on_mark(void *ctx, uint64_t close_ts)
{
	struct run *r = ctx;

	flush(r, &r->rows, close_ts, bar_order, row_mark, tell_row);
	flush(r, &r->fires, close_ts, gate_fire_order, fire_mark, tell_fire);
}

static void on_fires(struct run *r, const struct fire *fire, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		keep(r, &r->fires, &fire[i]);
}

static void on_bar(void *ctx, const struct bar *bar)
{
	struct run *r = ctx;
	struct fire fire[GATE_MAX];

	if (r->ask.fire && !(bar->flags & BAR_IDLE))
		on_fires(r, fire, gate_set_row(&r->gates, bar, fire));
	if (r->ask.row && (bar->trades || r->ask.fill))
		keep(r, &r->rows, bar);
}

static void on_sweep(void *ctx, const struct sweep *s)
{
	struct run *r = ctx;
	struct fire fire[GATE_MAX];

	if (r->ask.fire)
		on_fires(r, fire, gate_set_sweep(&r->gates, s, fire));
	if (!r->ask.sweep || s->shares_before || r->stopped)
		return; // it has grown, which gates alone look at
	struct wirebar_sweep out = { .bytes = sizeof out,
				     .levels = s->levels,
				     .side = s->side,
				     .venue = s->venue,
				     .from_ns = s->from_ns,
				     .to_ns = s->to_ns,
				     .shares = s->shares,
				     .notional = s->notional,
				     .first_price = s->first_price,
				     .last_price = s->last_price };

	symtab_text(s->symbol, out.symbol);
	r->result.sweeps++;
	r->stopped = r->ask.sweep(r->ask.ctx, &out) != 0;
}

static void refused(void *ctx, const struct conf_error *err)
{
	struct run *r = ctx;

	own_say(0, r->err, r->err_bytes, "%s", err->text);
}

static int load_calendar(struct run *r)
{
	struct calendar_early early[CALENDAR_EARLY_MAX];
	struct conf_error ce;

	if (calendar_load())
		return own_say(WIREBAR_FAILED, r->err, r->err_bytes,
			       "no zone data for America/New_York on this system (Debian: tzdata)");
	calendar_weekends(r->conf.bars.weekends);
	for (int what = 0; what < 2; what++) {
		int n = (what ? conf_holidays : conf_early_closes)(&r->conf, early, CALENDAR_EARLY_MAX, &ce);

		if (n < 0)
			return own_say(WIREBAR_USAGE, r->err, r->err_bytes, "%s", ce.text);
		for (int i = 0; i < n; i++)
			if (calendar_early_close(early[i]))
				return own_say(WIREBAR_USAGE, r->err, r->err_bytes,
					       "bars.early_closes and bars.holidays: more than 256 days");
	}
	r->trade_day = INT32_MIN;
	if (r->conf.feed.date[0] &&
	    !calendar_parse_date(r->conf.feed.date, strlen(r->conf.feed.date), &r->trade_day))
		return own_say(WIREBAR_USAGE, r->err, r->err_bytes,
			       "[feed] date: found \"%s\", allowed: YYYY-MM-DD", r->conf.feed.date);
	return 0;
}

static int load_gates(struct run *r)
{
	if (plant_gates(&r->conf, &r->set, refused, r))
		return WIREBAR_USAGE;
	if (!r->ask.fire)
		return 0;
	if (r->conf.orders.enabled) // a desk may hold entries back, and there is none here
		return own_say(
			WIREBAR_USAGE, r->err, r->err_bytes,
			"[orders] enabled: found yes, allowed with fires: no (the library has no desk)");
	uint32_t n = (uint32_t)r->conf.bars.instruments;

	r->gate_mem = calloc(1, gate_set_bytes(&r->set, n) + 1);
	if (!r->gate_mem)
		return own_say(WIREBAR_FAILED, r->err, r->err_bytes, "out of memory: gates");
	gate_set_init(&r->gates, &r->set, n, r->gate_mem);
	return 0;
}

static int load_conf(struct run *r)
{
	struct conf_error ce;
	const char *text = r->ask.conf ? r->ask.conf : "include = " CONF_BUILTIN "bench\n";

	if (conf_parse(&r->conf, "conf", text, strlen(text), &ce))
		return own_say(WIREBAR_USAGE, r->err, r->err_bytes, "%s", ce.text);
	if (r->conf.run.stop_frames)
		return own_say(WIREBAR_USAGE, r->err, r->err_bytes,
			       "[run] stop_frames: allowed: 0 (a callback stops the run)");
	for (unsigned i = 0; i < r->conf.n_port; i++)
		if (r->conf.port[i].files[0])
			return own_say(WIREBAR_USAGE, r->err, r->err_bytes,
				       "[port %s] files: allowed: none (captures are arguments)",
				       r->conf.port[i].name);
	for (size_t i = 0; i < r->ask.n_files; i++) {
		struct journal_name name;

		if (!r->ask.files || !r->ask.files[i])
			return own_say(WIREBAR_USAGE, r->err, r->err_bytes, "files: allowed: n_files names");
		if (journal_name_read(r->ask.files[i], &name))
			return own_say(WIREBAR_USAGE, r->err, r->err_bytes,
				       "%s: of a packet journal, whose files are one capture together: "
				       "wirebar replay plays them",
				       r->ask.files[i]);
	}
	int rc = load_calendar(r);

	return rc ? rc : load_gates(r);
}

// Counts that say what was lost.
static void say_losses(const struct run *r, const struct ledger *l)
{
	size_t at = 0;

	for (int i = 0; i < LEDGER_COUNT && at < r->err_bytes; i++)
		if (l->v[i] && ledger_loses(&ledger_rows[i])) {
			int n = snprintf(r->err + at, r->err_bytes - at, "%s%s %llu",
					 at ? ", " : "lost: ", ledger_rows[i].name,
					 (unsigned long long)l->v[i]);

			at += n > 0 ? (size_t)n : r->err_bytes;
		}
}

// The exit code of a replay (summary.c).
static int verdict(struct run *r, const struct ingest_solo *solo)
{
	struct ledger l;
	bool balanced = ingest_solo_ledger(solo, &l);
	size_t n = r->result.n_counters < LEDGER_COUNT ? r->result.n_counters : LEDGER_COUNT;

	n = r->result.counter ? n : 0;
	for (size_t i = 0; i < n; i++)
		r->result.counter[i] = l.v[i];
	r->result.n_counters = n;
	r->result.stopped = r->stopped;
	if (r->no_memory)
		return own_say(WIREBAR_FAILED, r->err, r->err_bytes, "out of memory: rows that wait");
	if (!balanced)
		return own_say(WIREBAR_FAILED, r->err, r->err_bytes, "the ledger does not balance");
	if (!ledger_understood(&l) && !(r->stopped && !l.v[LEDGER_frames_rx]))
		return own_say(WIREBAR_LOSSY, r->err, r->err_bytes, "no packet of a feed in these captures");
	if (!ledger_damaged(&l))
		return WIREBAR_OK;
	say_losses(r, &l);
	return WIREBAR_LOSSY;
}

static int play(struct run *r)
{
	struct ingest_solo_conf sc = { .conf = &r->conf,
				       .paths = r->ask.files,
				       .n_paths = (unsigned)r->ask.n_files,
				       .trade_day = r->trade_day,
				       .sweep_grow = r->set.sweeps != 0,
				       .fill = r->ask.fill != 0,
				       .ctx = r,
				       .bar = on_bar,
				       .sweep = on_sweep,
				       .mark = on_mark };
	struct ingest_solo *solo;
	char why[512] = "";
	int rc = ingest_solo_open(&solo, &sc, why, sizeof why);

	if (rc)
		return own_say(rc == -EDOM ? WIREBAR_USAGE : WIREBAR_FAILED, r->err, r->err_bytes, "%s", why);
	while (ingest_solo_step(solo) && !r->stopped && !r->no_memory)
		;
	if (!r->stopped)
		on_mark(r, UINT64_MAX);
	rc = verdict(r, solo);
	ingest_solo_close(solo);
	return rc;
}

int wirebar_run(const struct wirebar_run *ask, struct wirebar_result *result, char *err, size_t err_bytes)
{
	static const struct wirebar_result none;

	if (!ask || ask->bytes < sizeof ask->bytes || (result && result->bytes < sizeof result->bytes))
		return own_say(WIREBAR_USAGE, err, err_bytes, "bytes: allowed: the size of the struct");
	if (__atomic_exchange_n(&running, true, __ATOMIC_ACQUIRE))
		return own_say(WIREBAR_FAILED, err, err_bytes, "another run of this process goes on");
	struct run *r = calloc(1, sizeof *r);
	int rc = r ? 0 : own_say(WIREBAR_FAILED, err, err_bytes, "out of memory");

	if (r) {
		size_t given = result ? result->bytes : 0, room = sizeof r->result;

		own_say(0, err, err_bytes, "%s", "");
		r->err = err;
		r->err_bytes = err ? err_bytes : 0;
		r->result = none;
		memcpy(&r->ask, ask, ask->bytes < sizeof r->ask ? ask->bytes : sizeof r->ask);
		if (result)
			memcpy(&r->result, result, given < room ? given : room);
		r->result.rows = r->result.fires = r->result.sweeps = r->result.stopped = 0;
		r->rows.bytes = sizeof(struct bar);
		r->fires.bytes = sizeof(struct fire);
		rc = load_conf(r);
		rc = rc ? rc : play(r);
		if (result)
			memcpy(result, &r->result, given < room ? given : room);
		free(r->rows.record);
		free(r->fires.record);
		free(r->gate_mem);
		free(r);
	}
	__atomic_store_n(&running, false, __ATOMIC_RELEASE);
	return rc;
}

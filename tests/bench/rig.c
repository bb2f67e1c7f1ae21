/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/calendar.h"
#include "tests/bench/machine.h"

uint64_t rig_ticks(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	return machine_ns();
#endif
}

double rig_tick_ns(void)
{
	static double tick_ns;

	if (tick_ns == 0) {
		uint64_t ns = machine_ns(), ticks = rig_ticks();

		while (machine_ns() - ns < 50 * NS_PER_MS)
			;
		uint64_t took = rig_ticks() - ticks;

		tick_ns = (double)(machine_ns() - ns) / (double)took;
	}
	return tick_ns;
}

static void take_bar(void *ctx, const struct bar *bar)
{
	struct rig *rig = ctx;

	rig->rows++;
	if (rig->conf.sink.bar)
		rig->conf.sink.bar(rig->conf.sink.ctx, bar);
	if (rig->tables)
		tables_put(rig->tables, bar);
}

static void take_sweep(void *ctx, const struct sweep *sweep) { (void)ctx, (void)sweep; }

static void take_revision(void *ctx, const struct revision *revision) { (void)ctx, (void)revision; }

static void take_mark(void *ctx, uint64_t close_ts) { (void)ctx, (void)close_ts; }

struct rig *rig_create(const struct rig_conf *conf)
{
	struct rig *rig = machine_memory(sizeof *rig);
	struct receiver_conf rc = { .restart_window = 10000,
				    .trade_day = conf->trade_day,
				    .hold_packets = conf->hold_packets ? conf->hold_packets : 64,
				    .hold_ns = NS_PER_MS,
				    .merges_beats = true };
	struct engine_conf ec = { .instruments = conf->instruments,
				  .orders = conf->orders,
				  .levels = conf->levels,
				  .prints = conf->prints,
				  .silence_ns = 10 * NS_PER_S,
				  .sweep_gap_ns = 5 * NS_PER_MS,
				  .sweep_levels = 3,
				  .sweep_shares = 10000,
				  .watch_max = conf->watch,
				  .prints_rank = conf->prints_rank,
				  .n_paces = 3,
				  .pace = { { NULL, VENUE_NASDAQ, 0, NS_PER_S },
					    { NULL, VENUE_IEX, 0, NS_PER_S },
					    { NULL, VENUE_ARCA, 0, NS_PER_S } } };
	struct engine_sink sink = {
		.ctx = rig, .bar = take_bar, .sweep = take_sweep, .revision = take_revision, .mark = take_mark
	};

	if (calendar_load() < 0) {
		fprintf(stderr, "no time zone data: apt-get install tzdata\n");
		exit(1);
	}
	rig->conf = *conf;
	rig->mem[0] = machine_memory(symtab_bytes(conf->instruments));
	rig->mem[1] = machine_memory(sizeof(struct receiver_counts) + receiver_bytes(&rc));
	rig->mem[2] = machine_memory(engine_bytes(&ec));
	if (conf->tables) {
		uint32_t quotes = conf->instruments * INSTR_STRANDS,
			 history = conf->history ? conf->history : 64;

		rig->mem[3] = machine_memory(tables_bytes(conf->instruments, quotes, conf->watch, history));
		rig->tables = tables_init(rig->mem[3], conf->instruments, quotes, conf->watch, history);
	}
	symtab_init(&rig->symtab, conf->instruments, rig->mem[0]);
	receiver_init(&rig->receiver, &rc, &rig->symtab, &rig->ledger, rig->mem[1],
		      (uint8_t *)rig->mem[1] + sizeof(struct receiver_counts));
	engine_init(&rig->engine, &ec, &rig->symtab, &rig->ledger, rig->tables, &sink, rig->mem[2]);
	return rig;
}

void rig_destroy(struct rig *rig)
{
	for (int i = 0; i < 4; i++)
		machine_free(rig->mem[i]);
	machine_free(rig);
}

static void push_burst(struct rig *rig, const struct frame_in *frame, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		rig->rx_ns[i] = frame[i].rx_ns;
	for (unsigned done = 0; done < n;) {
		uint64_t begun = rig_ticks();
		unsigned used, n_ev = receiver_push(&rig->receiver, frame + done, n - done, rig->event,
						    RIG_EVENTS, &used);
		uint64_t received = rig_ticks();

		for (uint32_t i = 0; i < rig->receiver.n_channels; i++)
			engine_join_feed(&rig->engine, (uint8_t)i, rig->receiver.channel[i].feed);
		engine_apply(&rig->engine, rig->event, n_ev, rig->rx_ns + done);
		rig->receive_ticks += received - begun;
		rig->apply_ticks += rig_ticks() - received;
		rig->messages += n_ev;
		done += used;
	}
}

void rig_push(struct rig *rig, const struct frame_in *frame, unsigned n)
{
	for (unsigned at = 0; at < n; at += RIG_BURST)
		push_burst(rig, frame + at, n - at < RIG_BURST ? n - at : RIG_BURST);
}

void rig_apply(struct rig *rig, const struct event *ev, unsigned n, uint64_t rx_ns)
{
	engine_apply(&rig->engine, ev, n, &rx_ns);
}

void rig_seal(struct rig *rig, unsigned budget)
{
	while (engine_seal(&rig->engine, budget))
		;
}

bool rig_balanced(const struct rig *rig)
{
	struct ledger_identity identities[LEDGER_IDENTITIES];

	return ledger_check(&rig->ledger, identities) && !ledger_damaged(&rig->ledger);
}

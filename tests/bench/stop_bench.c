/* SPDX-License-Identifier: BSD-3-Clause */
// stop_bench: from the touch that breaches a stop, told by ingest, to the order at the venue's driver: ingest
// -> signal -> telemetry -> signal -> ingest over links, with the stop, the desk and its checks at work;
// beside it an empty round of the same stages in the same run, turn by turn. Then a risk check alone. Two
// lcores: ingest and telemetry take turns on one, so that each of the four hops is between two cores.
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_memory.h>

#include "hwtest/lab/lab.h"
#include "lcore/base/calendar.h"
#include "lcore/stage/link.h"
#include "lcore/trade/desk.h"
#include "lcore/trade/stop.h"
#include "tests/bench/machine.h"
#include "tests/bench/opt.h"

static const char *const about = "stop_bench: from a breached stop to the order at the venue's driver.";

enum { SIGNAL = 1, CHECKS = 1000, DEPTH = 1024, SHARES = 100 };
#define START_NS UINT64_C(1773151200000000000) // 2026-03-10 10:00 in New York
#define BID      INT64_C(10000000)
#define TICK     INT64_C(10000)

static double rounds = 3, stops = 2000, apart_us = 20;
static struct link touches, handed_on, exits, requests;
static struct desk desk;
static struct desk_conf conf;
static struct risk_limits limits;
static struct stop *stop;
static const struct stop_rule rule = {
	.mode = STOP_TICKS, .offset = 5, .retries_per_s = 1, .quote_age_ns = NS_PER_S
};
static const uint32_t mode = LATCH_RUN;
static volatile bool done;
static bool give_up;

// The signal stage: hands touches on, and takes exits.

static bool send(void *ctx, const struct trade_request *rq)
{
	struct link_elem elem = { .stream = LINK_REQUEST, .request = *rq };

	(void)ctx;
	return link_push(&requests, &elem);
}

static uint32_t room(void *ctx, const struct trade_request *rq)
{
	(void)ctx, (void)rq;
	return link_room(&requests);
}

static void answer(const struct link_elem *e)
{
	const struct trade_exit *x = &e->exit;
	struct stop_fire f = { .position_id = x->position_id,
			       .ts_ns = x->ts_ns,
			       .qty = x->qty,
			       .trigger = x->trigger,
			       .watched = x->watched,
			       .side = x->side,
			       .path = x->path };

	if (e->note)
		desk_stop(&desk, x->instr, &f, x->ts_ns);
	else
		send(NULL, &(struct trade_request){ .instr = x->instr });
}

static int signal_stage(void *arg)
{
	(void)arg;
	while (!done) {
		unsigned n = 1;
		const struct link_elem *e = link_peek(&touches, &n);

		if (e) {
			link_push(&handed_on, e);
			link_taken(&touches, n);
		}
		n = 1;
		e = link_peek(&exits, &n);
		if (e) {
			answer(e);
			link_taken(&exits, n);
		}
	}
	return 0;
}

// The telemetry stage: looks whether the stop is hit.
static void protect(const struct link_elem *e)
{
	const struct trade_touch *t = &e->touch;
	struct link_elem out = { .stream = LINK_EXIT, .note = e->note, .exit = { .instr = t->instr } };
	struct stop_quote q = { t->ts_ns, t->bid, t->ask, t->last, false };
	struct stop_fire f;

	if (e->note) {
		if (stop_event(&stop[t->instr], &rule, risk_ticks_of, &q, t->ts_ns, &f) != STOP_FIRED)
			return;
		out.exit = (struct trade_exit){ .position_id = f.position_id,
						.ts_ns = f.ts_ns,
						.qty = f.qty,
						.trigger = f.trigger,
						.watched = f.watched,
						.instr = t->instr,
						.side = f.side,
						.path = f.path };
	}
	link_push(&exits, &out);
}

// Returns the way of one touch in ns; 0: no order came. stopped: the stages do their work; else they pass on.
static uint64_t turn(uint32_t instr, uint64_t ts_ns, int64_t bid, bool stopped)
{
	struct link_elem elem = {
		.stream = LINK_TOUCH,
		.note = stopped,
		.touch = { .ts_ns = ts_ns, .bid = bid, .ask = bid + TICK, .last = bid, .instr = instr }
	};
	uint64_t begun = lab_ns();
	unsigned n = 1;

	link_push(&touches, &elem);
	while (lab_ns() - begun < 5 * NS_PER_S) {
		const struct link_elem *e = link_peek(&handed_on, &n);

		if (e) {
			protect(e);
			link_taken(&handed_on, n);
		}
		n = 1;
		e = link_peek(&requests, &n);
		if (e) {
			uint64_t took = lab_ns() - begun;

			link_taken(&requests, n);
			return took;
		}
		n = 1;
	}
	return 0;
}

static void quiet(void)
{
	uint64_t from = lab_ns();

	while (lab_ns() - from < (uint64_t)(apart_us * 1e3))
		lab_relax();
}

static void set_up(void)
{
	uint32_t n = (uint32_t)stops;
	const struct desk_sink sink = { .send = send, .room = room };

#define RISK_LIMIT(name, unit, help) limits.name = RISK_UNLIMITED;
#include "lcore/trade/risk.def"
	limits.collar_bps = 500;
	limits.quote_age = (int64_t)NS_PER_S * 3600;
	limits.short_max = limits.duplicate_window = 0;
	conf = (struct desk_conf){
		.orders = { .instruments = n, .orders = 2 * n, .seen_lines = 64, .day = 20522 },
		.fills = 2 * n,
		.reports = 256,
		.limits = &limits,
		.ticks = risk_ticks_of,
		.timeouts = { 3600 * NS_PER_S, 3600 * NS_PER_S, 3 },
		.retries_per_s = 1,
		.mode = &mode
	};
	desk_init(&desk, &conf, &sink, machine_memory(desk_bytes(&conf)));
	stop = machine_memory(n * sizeof *stop);
	for (uint32_t i = 0; i < n; i++) {
		struct stop_quote q = { START_NS, BID, BID + TICK, BID, false };
		struct stop_fire f;

		desk_instrument(&desk, i, 1000 + i, 0, 0);
		desk_quote(&desk, i, BID, BID + TICK, START_NS, START_NS);
		desk_adopt(&desk, i, SHARES, BID, START_NS);
		stop_position(&stop[i], &rule, desk.positions.position[i].id, SHARES);
		stop_event(&stop[i], &rule, risk_ticks_of, &q, START_NS, &f);
	}
}

// One order, checked again and again: ns a check.
static double check_ns(void)
{
	static struct hist h;
	struct exposure *at = &desk.instr[0].exposure;
	struct risk_order order = { .who = RISK_ENTRY, .side = SIDE_BUY, .qty = SHARES, .price = BID };
	struct risk_input in = { .limits = &limits,
				 .ticks = risk_ticks_of,
				 .at = at,
				 .account = &desk.account,
				 .quote = desk.instr[0].quote,
				 .now_ns = START_NS,
				 .ids_left = 1,
				 .link_room = 1 };
	volatile unsigned passed = 0;

	for (int k = 0; k < 200; k++) {
		uint64_t begun = lab_ns();

		for (unsigned i = 0; i < CHECKS; i++) {
			order.qty = SHARES + (i & 1);
			passed += risk_check(&in, &order, 0) == RISK_PASS;
		}
		hist_record(&h, (lab_ns() - begun) * 10 / CHECKS);
	}
	return passed == 200 * CHECKS ? (double)hist_percentile(&h, 0.5) / 10 : -1;
}

static struct hist empty, breach;

// Returns p50 of the breaches over p50 of the empty rounds, of stops number from to to; -1: an order is
// missing.
static double round_of(uint32_t from, uint32_t to)
{
	memset(&empty, 0, sizeof empty);
	memset(&breach, 0, sizeof breach);
	for (uint32_t i = from; i < to; i++) {
		uint64_t ts_ns = START_NS + NS_PER_S + i * NS_PER_MS, took;

		quiet();
		if (!(took = turn(i, ts_ns, BID, false)))
			return -1;
		hist_record(&empty, took);
		quiet();
		if (!(took = turn(i, ts_ns, BID - 10 * TICK, true)))
			return -1;
		hist_record(&breach, took);
	}
	return (double)hist_percentile(&breach, 0.5) / (double)hist_percentile(&empty, 0.5);
}

static double middle(double *of, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = i + 1; k < n; k++)
			if (of[k] < of[i]) {
				double was = of[i];

				of[i] = of[k];
				of[k] = was;
			}
	return of[n / 2];
}

static int play(void)
{
	double ratio[64], there[64], back[64];
	unsigned n = (unsigned)rounds;
	uint32_t part = (uint32_t)stops / n;

	rte_eal_remote_launch(signal_stage, NULL, SIGNAL);
	for (unsigned r = 0; r < n; r++) {
		ratio[r] = round_of(r * part, (r + 1) * part);
		if (ratio[r] < 0) {
			for (unsigned i = 0; i < RISK_REASONS; i++)
				if (desk.denied[i])
					fprintf(stderr, "stop_bench: denied: %s\n", risk_name[i]);
			fprintf(stderr, "stop_bench: a breach made no order\n");
			done = true;
			return 1;
		}
		there[r] = (double)hist_percentile(&breach, 0.5);
		back[r] = (double)hist_percentile(&empty, 0.5);
		printf("round %u: empty %.2f us, breach to order %.2f us, %.2f times\n", r + 1, back[r] / 1e3,
		       there[r] / 1e3, ratio[r]);
	}
	done = true;
	rte_eal_wait_lcore(SIGNAL);
	double check = check_ns();

	printf("bench=stop n=%u rounds=%u empty_p50_ns=%.0f breach_p50_ns=%.0f ratio=%.2f check_ns=%.1f\n",
	       part * n, n, middle(back, n), middle(there, n), middle(ratio, n), check);
	return check > 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "rounds", &rounds, 1, 64, "rounds, of which the middle one counts" },
		{ "stops", &stops, 100, 100000, "stops that are breached, in all rounds together" },
		{ "apart-us", &apart_us, 0, 1e6, "us between two of them" },
	};
	static const unsigned cpu[] = { 0, 1 };
	struct {
		struct link *link;
		const char *name;
	} of[] = { { &touches, "touches" },
		   { &handed_on, "handed_on" },
		   { &exits, "exits" },
		   { &requests, "requests" } };
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, NULL);

	if (rc)
		return rc - 1;
	if (calendar_load() < 0 || lab_eal_up("stop_bench", cpu, 2) < 0)
		return 1;
	for (unsigned i = 0; i < sizeof of / sizeof *of; i++) {
		rc = link_create(of[i].link, of[i].name, "main", "signal", DEPTH, SOCKET_ID_ANY);
		if (rc < 0) {
			fprintf(stderr, "stop_bench: no memory for rings: %s\n", rte_strerror(-rc));
			return 1;
		}
		of[i].link->stop = &give_up;
	}
	set_up();
	rc = play();
	lab_eal_down();
	return rc;
}

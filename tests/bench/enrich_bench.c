/* SPDX-License-Identifier: BSD-3-Clause */
// enrich_bench: what enrichment costs: a row's indicators alone (ind_seal), and prints through the engine to
// rows of six spans, everything included that a print and a seal do, by how many prints there are to a row of
// 1 s.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/flow.h"
#include "tests/bench/machine.h"
#include "tests/bench/opt.h"
#include "tests/bench/rig.h"

static const char *const about = "enrich_bench: ns per enriched row, and ns per print at six spans.";

static uint64_t random_state = 1;

static uint32_t random32(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(random_state >> 33);
}

// ns of ind_seal for a row, going round all instruments and spans as a boundary does.
static double row_cost(uint32_t instruments, uint32_t rounds)
{
	size_t n = (size_t)instruments * SPAN_COUNT;
	struct ind *ind = machine_memory(n * sizeof *ind);
	uint64_t ticks = 0;
	struct bar bar[64];

	for (size_t i = 0; i < n; i++)
		ind_init(&ind[i]);
	for (uint32_t round = 0; round < rounds; round++)
		for (size_t at = 0; at < n;) {
			size_t part = n - at < 64 ? n - at : 64;

			for (size_t i = 0; i < part; i++)
				bar[i] = (struct bar){ .close = (100000 + random32() % 1000) * PX_PER_E4,
						       .delta = (int64_t)(random32() % 200) - 100,
						       .directional_pressure = 0.1,
						       .obi = 0.2,
						       .ofi = 5 };
			uint64_t begun = rig_ticks();

			for (size_t i = 0; i < part; i++)
				ind_seal(&ind[at + i], &bar[i], 1, 1000000, 100, 0);
			ticks += rig_ticks() - begun;
			at += part;
		}
	double last = ind[n - 1].ema9;

	machine_free(ind);
	if (!isfinite(last))
		exit(1);
	return (double)ticks * rig_tick_ns() / (double)n / rounds;
}

struct print_cost {
	double ns, rows_per_print;
};

// Prints of all instruments in turn, so many a second of market time each, over whole minutes.
static bool print_cost(uint32_t instruments, uint32_t per_second, uint32_t seconds, struct print_cost *out)
{
	struct rig_conf rc = { .instruments = instruments,
			       .orders = 1024,
			       .levels = 4096,
			       .prints = 1 << 20,
			       .trade_day = FLOW_DAY,
			       .tables = true };
	struct rig *rig = rig_create(&rc);
	struct event ev[RIG_EVENTS];
	uint64_t rx_ns = FLOW_OPEN_NS, ticks = 0, n_prints = 0, pos = 1,
		 per_sec = (uint64_t)instruments * per_second;
	struct event join = {
		.kind = EV_JOIN, .instr = INSTR_NONE, .ref = 1, .ref2 = VENUE_NASDAQ, .ts_ns = FLOW_OPEN_NS
	};

	for (uint32_t i = 0; i < instruments; i++) {
		char name[16];

		symtab_intern(&rig->symtab, symtab_key(name, (size_t)snprintf(name, sizeof name, "S%u", i)));
	}
	engine_apply(&rig->engine, &join, 1, &rx_ns);
	for (uint64_t at = 0; at < per_sec * seconds;) {
		unsigned n = 0;

		for (; n < RIG_EVENTS && at < per_sec * seconds; n++, at++, pos++)
			ev[n] = (struct event){ .kind = EV_TRADE,
						.ts_ns = FLOW_OPEN_NS + at * NS_PER_S / per_sec,
						.pos = pos,
						.ref2 = pos,
						.price = (100000 + random32() % 100) * PX_PER_E4,
						.qty = 100,
						.instr = (uint32_t)(at % instruments),
						.flags = EVF_CLOCK,
						.side = random32() % 3 };
		rx_ns = ev[n - 1].ts_ns;
		uint64_t begun = rig_ticks();

		engine_apply(&rig->engine, ev, n, &rx_ns);
		engine_seal(&rig->engine, 64);
		ticks += rig_ticks() - begun;
		n_prints += n;
	}
	*out = (struct print_cost){ .ns = (double)ticks * rig_tick_ns() / (double)n_prints,
				    .rows_per_print = (double)rig->rows / (double)n_prints };
	bool good = rig->ledger.v[LEDGER_prints] == n_prints && rig->rows > 0;

	rig_destroy(rig);
	return good;
}

int main(int argc, char **argv)
{
	static const uint32_t density[] = { 1, 10, 100, 1000 };
	double instruments = 1000, prints = 6e6;
	const struct opt options[] = {
		{ "instruments", &instruments, 1, 60000, "instruments" },
		{ "prints", &prints, 1e4, 1e9, "prints to measure, each density" },
	};
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, NULL);

	if (rc)
		return rc - 1;
	double row = row_cost(11000, 20), gbs = machine_scan_gbs();

	printf("indicators of a row, 11,000 instruments at six spans in turn: %.1f ns; reading its %zu bytes of state in order "
	       "would take %.1f ns (%.1f GB/s)\n",
	       row, sizeof(struct ind), sizeof(struct ind) / gbs, gbs);
	printf("bench=enrich row_ns=%.2f state_bytes=%zu scan_gbs=%.1f ratio=%.2f\n\n", row,
	       sizeof(struct ind), gbs, row / (sizeof(struct ind) / gbs));
	printf("%18s %12s %14s\n", "prints per 1s row", "ns a print", "rows a print");
	for (unsigned i = 0; i < sizeof density / sizeof *density; i++) {
		uint32_t seconds = (uint32_t)(prints / instruments / density[i]);
		struct print_cost c;

		seconds = seconds < 2 ? 2 : seconds > 3600 ? 3600 : seconds;
		if (!print_cost((uint32_t)instruments, density[i], seconds, &c)) {
			fprintf(stderr, "enrich_bench: prints or rows are missing\n");
			return 1;
		}
		printf("%18u %12.1f %14.4f\n", density[i], c.ns, c.rows_per_print);
		printf("bench=prints instruments=%.0f density=%u ns=%.2f rows_per_print=%.5f\n", instruments,
		       density[i], c.ns, c.rows_per_print);
	}
	return 0;
}

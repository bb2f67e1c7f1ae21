/* SPDX-License-Identifier: BSD-3-Clause */
// gate_fuzz.c: any lines as rules of gates, then rows and sweeps made from the same bytes. Invariants: what
// is refused says why and leaves the set as it was; what is accepted evaluates, and a reload of the same text
// keeps every decision. A line "[NAME" begins a gate; its next byte chooses stream and group.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/model/gate.h"

enum { INSTRUMENTS = 2, LINES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void add(struct gate_set *set, const char *name, char *const *rule, unsigned n)
{
	unsigned how = (unsigned char)name[0];
	struct gate_spec s = { .name = name,
			       .stream = (enum gate_stream)(how % 3),
			       .side = (enum gate_side)(how / 3 % 2),
			       .group = (enum gate_group)(how / 6 % 3),
			       .threshold = 0.5,
			       .release = 0.3,
			       .window = "",
			       .symbols = how == 'z' ? "A,B" : "",
			       .rule = (const char *const *)rule,
			       .n_rules = n };
	unsigned before = set->n, refs = set->n_refs, symbols = set->n_symbols;
	char err[GATE_ERR_BYTES] = "";

	if (!gate_compile(set, &s, err, sizeof err)) {
		must(set->n == before + 1 && set->gate[before].weight > 0);
		return;
	}
	must(*err && strlen(err) < sizeof err);
	must(set->n == before && set->n_refs == refs && set->n_symbols == symbols);
}

static void compile(struct gate_set *set, char *text)
{
	char *rule[LINES], *name = text;
	unsigned n = 0;

	memset(set, 0, sizeof *set);
	for (char *line = text, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (*line == '[') {
			add(set, name, rule, n);
			name = line + 1;
			n = 0;
		} else if (n < LINES) {
			rule[n++] = line;
		}
	}
	add(set, name, rule, n);
}

// The n-th word of the bytes, again from the start when they are used up.
static double number(const uint8_t *data, size_t size, size_t n)
{
	return data[n % size] > 240 ? __builtin_nan("") : data[n % size] % 16;
}

static void step(struct gates *g, const uint8_t *data, size_t size, size_t n)
{
	struct fire out[GATE_MAX];
	struct bar b = { .span = data[n % size] % SPAN_COUNT,
			 .instr = data[(n + 1) % size] % INSTRUMENTS,
			 .symbol = 65,
			 .close_ts = n * NS_PER_S,
			 .last_due = data[(n + 2) % size] & 1,
			 .flags = data[(n + 3) % size] & (BAR_FILL | BAR_GAP | BAR_STALE),
			 .ema9 = number(data, size, n + 4),
			 .ema21 = number(data, size, n + 5),
			 .volume = data[(n + 6) % size] };
	struct sweep s = { .instr = b.instr,
			   .symbol = 65,
			   .side = data[n % size] % 3,
			   .levels = data[(n + 1) % size],
			   .shares = data[(n + 2) % size] * 100,
			   .to_ns = n * NS_PER_S };

	must(gate_set_row(g, &b, out) <= g->set->n);
	must(gate_set_sweep(g, &s, out) <= g->set->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gate_set set, again;
	struct gate_fault fault = { 0 };
	struct gates g, other;

	if (!size || size > 4096)
		return 0;
	char *text = malloc(2 * (size + 1)), *copy = text + size + 1;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	memcpy(copy, text, size + 1);
	compile(&set, text);
	compile(&again, copy);
	if (set.n && gate_finish(&set, &fault)) {
		must(fault.gate < set.n && fault.rule < set.gate[fault.gate].n_rules && *fault.text);
	} else if (set.n) {
		size_t bytes = gate_set_bytes(&set, INSTRUMENTS);
		void *mem = calloc(2, bytes + CACHE_LINE);

		must(mem && !gate_finish(&again, &fault) && gate_set_bytes(&again, INSTRUMENTS) == bytes);
		gate_set_init(&g, &set, INSTRUMENTS, mem);
		gate_set_init(&other, &again, INSTRUMENTS, (char *)mem + (bytes + 63) / 64 * 64);
		for (size_t n = 1; n < 200; n++)
			step(&g, data, size, n);
		gate_carry(&other, &g);
		for (uint32_t i = 0; i < INSTRUMENTS; i++)
			must(gate_state_of(&g, i)->above == gate_state_of(&other, i)->above &&
			     gate_state_of(&g, i)->decided == gate_state_of(&other, i)->decided);
		for (size_t n = 200; n < 260; n++) {
			step(&g, data, size, n);
			step(&other, data, size, n);
		}
		for (uint32_t i = 0; i < INSTRUMENTS; i++)
			must(gate_state_of(&g, i)->above == gate_state_of(&other, i)->above);
		free(mem);
	}
	free(text);
	return 0;
}

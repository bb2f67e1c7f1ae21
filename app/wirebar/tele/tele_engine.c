/* SPDX-License-Identifier: BSD-3-Clause */
// tele_engine.c: what goes on with each symbol and side. With orders it is derived from them and from
// positions; without, a side is in from the fire of an entry to that of an exit.
#include "app/wirebar/tele/tele.h"
#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"
#include "lcore/trade/desk.h"

struct page {
	const struct tele_ask *ask;
	struct tele_reply *r;
	const struct gates *gates;
	const struct desk *desk;          // NULL: no orders
	uint32_t long_gates, short_gates; // a bit for each gate of entries
	uint64_t from, seen, shown;
	bool room;
};

static void add(struct page *p, uint32_t instr, int side, const char *state)
{
	const struct tables *t = p->ask->a->plant.tables;
	struct tele_reply sub;
	struct bar bar;
	char text[32];

	if (p->seen++ < p->from || !p->room || !tele_begin(&sub))
		return;
	symtab_text(tables_symbol(t, instr), text);
	tele_text(&sub, "symbol", text);
	tele_text(&sub, "side", side == GATE_LONG ? "long" : "short");
	tele_text(&sub, "engine_state", state);
	if (tables_latest(t, instr, SPAN_1S, &bar))
		tele_px(&sub, "close", bar.close_filled);
	snprintf(text, sizeof text, "%llu", (unsigned long long)(p->seen - 1));
	p->room = tele_end(p->r, text, &sub);
	p->shown += p->room;
}

static void add_side(struct page *p, uint32_t instr, int side)
{
	const struct gate_state *s = gate_state_of(p->gates, instr);
	const struct desk *d = p->desk;

	if (!d) {
		if (s->in[side])
			add(p, instr, side, "entered");
		return;
	}
	bool armed = s->above & (side == GATE_LONG ? p->long_gates : p->short_gates);
	uint8_t as = side == GATE_LONG ? SIDE_BUY : SIDE_SELL;
	enum order_engine e = order_engine_of(&d->orders, instr, as, d->instr[instr].exposure.position, armed,
					      d->instr[instr].cool_ns[side], d->now_ns);

	if (e != ENGINE_FLAT)
		add(p, instr, side, order_engine_name[e]);
}

static void find_entries(struct page *p)
{
	const struct gate_set *set = p->gates->set;

	p->long_gates = p->short_gates = 0;
	for (unsigned i = 0; i < set->n; i++)
		if (set->gate[i].stream == GATE_ENTRY)
			*(set->gate[i].side == GATE_LONG ? &p->long_gates : &p->short_gates) |= 1u << i;
}

void tele_engine_state(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	struct page p = { .ask = ask, .r = r, .room = true };
	uint64_t suppressed = 0, halted = 0;

	if (ask->n && !tele_uint(r, "from", ask->arg[0], 0, UINT32_MAX, &p.from))
		return;
	uint32_t n_instr = __atomic_load_n(&a->plant.tables->n_instr, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < a->n_lcore; i++) {
		if (a->lcore[i].stage != stages[CONF_STAGE_SIGNAL])
			continue;
		p.gates = signal_gates(&a->lcore[i]);
		p.desk = signal_desk(&a->lcore[i]);
		find_entries(&p);
		suppressed += p.gates->suppressed;
		halted += p.gates->entries_held;
		for (uint32_t k = 0; k < n_instr && k < p.gates->instruments; k++)
			for (int side = GATE_LONG; side <= GATE_SHORT; side++)
				add_side(&p, k, side);
	}
	tele_number(r, "sides", p.seen);
	tele_number(r, "halted", halted != 0);
	tele_number(r, "suppressed", suppressed);
	tele_number(r, "more", p.seen > p.from + p.shown ? p.seen - p.from - p.shown : 0);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_command.c: what operators want of the desk.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lcore/stage/dealer.h"

static bool has_order(const struct desk_instr *i)
{
	return (i->exit.side == SIDE_SELL ? i->exposure.open_sell : i->exposure.open_buy) > 0;
}

// What cannot leave yet is told: it is tried again each second, or goes when its instrument is introduced.
static void flatten(struct dealer *o, struct lcore_command *c, uint64_t now)
{
	uint32_t unmet = o->n_held, no_order = 0;

	desk_do(&o->desk, DESK_FLATTEN, now);
	for (uint32_t i = 0; i < o->conf.desk.orders.instruments; i++)
		no_order += o->desk.instr[i].exit.wanted && !has_order(&o->desk.instr[i]);
	o->flatten = unmet > 0;
	o->desk.count[DESK_unmet] += unmet;
	c->text[0] = '\0';
	if (no_order)
		snprintf(c->text, sizeof c->text, "; %u of them have no order out so far: tried each second",
			 no_order);
	if (unmet)
		snprintf(c->text + strlen(c->text), sizeof c->text - strlen(c->text),
			 "; %u of an earlier start wait for their first message%s", unmet,
			 o->hears ? ", and until the packet journal has been taken" : "");
}

static void adopt(struct dealer *o, uint32_t instr, int64_t qty, int64_t price, uint64_t now)
{
	dealer_settle(o, instr, now); // who says what is held has looked
	if (!qty)
		return;
	desk_adopt(&o->desk, instr, qty, price, now);
	dealer_without_fill(o, instr, qty);
}

int dealer_command(struct dealer *o, struct lcore_command *c)
{
	uint64_t now = dealer_now(o);

	switch (c->op) {
	case LCORE_OP_UNLATCH: desk_do(&o->desk, DESK_RESUME, now); return 0;
	case LCORE_OP_FLATTEN: flatten(o, c, now); return 0;
	case LCORE_OP_ADOPT: break;
	default: snprintf(c->text, sizeof c->text, "not a command for a signal lcore"); return -ENOTSUP;
	}
	if (o->hears) { // what is held so far is not known to the desk
		snprintf(c->text, sizeof c->text,
			 "catching up with the packet journal: try again when it is done");
		return -EAGAIN;
	}
	for (uint32_t i = 0; i < o->conf.desk.orders.instruments; i++)
		if (o->desk.instr[i].symbol == c->symbol && c->symbol) {
			if (!c->arg && !o->desk.instr[i].exposure.n_unknown) {
				snprintf(c->text, sizeof c->text, "0 shares, and no order of it is UNKNOWN");
				return -EINVAL;
			}
			adopt(o, i, c->arg, c->price, now);
			return 0;
		}
	snprintf(c->text, sizeof c->text, "no row of this instrument so far");
	return -ENOENT;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// print.h: what one print means.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_PRINT_H
#define WB_MODEL_PRINT_H

#include "lcore/model/engine.h"

struct print_in {
	int64_t price;
	uint64_t key;
	uint64_t ts_ns, pos;
	uint32_t qty;
	uint16_t flags;
	uint8_t side;
};
// print_apply judges a print (use, aggressor, trade-through) and takes it, or relays it. The lcore that has
// the channel.
void print_apply(struct engine *e, struct strand *strand, const struct print_in *in);
// print_take adds a judged print to its second, or as a late one. Owner.
void print_take(struct engine *e, struct strand *strand, const struct frag_print *print, uint64_t key);
// print_late_due applies late prints of the instrument that waited for the seal of second sec - 1. Owner.
void print_late_due(struct engine *e, uint32_t instr, uint32_t sec);

#endif

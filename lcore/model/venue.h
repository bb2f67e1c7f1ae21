/* SPDX-License-Identifier: BSD-3-Clause */
// venue.h: each venue's own rows, where they are asked for. Owner.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_VENUE_H
#define WB_MODEL_VENUE_H

#include "lcore/model/strand.h"

// What one venue brought to the interval in hand.
struct venue_part {
	const struct strand *strand;
	struct frag frag;
	struct strand_sample sample;
};
struct venue_parts {
	unsigned n;
	struct venue_part part[INSTR_STRANDS];
};
// venue_rows hands on a row for each venue's part of the interval of the consolidated row b.
void venue_rows(struct engine *e, const struct bar *b, const struct venue_parts *parts);

#endif

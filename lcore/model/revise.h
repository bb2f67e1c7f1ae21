/* SPDX-License-Identifier: BSD-3-Clause */
// revise.h: records of sealed rows that would be others now.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_REVISE_H
#define WB_MODEL_REVISE_H

#include "lcore/model/engine.h"

// revise_span hands on the REVISION of one sealed span: a new late print, or one whose shares become qty (0:
// broken). Assumes the span that holds the print is sealed. The print keeps its shares; it notes that the
// span was revised. Owner.
void revise_span(struct engine *e, struct print *r, int span, enum revision_cause cause, uint32_t qty);

#endif

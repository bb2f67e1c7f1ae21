/* SPDX-License-Identifier: BSD-3-Clause */
// update.h: what one event does to one strand.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_UPDATE_H
#define WB_MODEL_UPDATE_H

#include "lcore/model/engine.h"

// update_apply applies an event about an instrument. What is due of the instrument is sealed
// first where the event is news (pass_before).
void update_apply(struct engine *e, struct strand *strand, const struct event *ev);

#endif

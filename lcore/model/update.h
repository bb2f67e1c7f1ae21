/* SPDX-License-Identifier: BSD-3-Clause */
// update.h: what one event does to one leg.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_UPDATE_H
#define WB_MODEL_UPDATE_H

#include "lcore/model/engine.h"

// update_apply applies an event about an instrument. Assumes leg_advance has made the leg collect the event's
// second, and that what was due of the instrument is sealed.
void update_apply(struct engine *e, struct leg *leg, const struct event *ev);

#endif

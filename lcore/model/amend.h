/* SPDX-License-Identifier: BSD-3-Clause */
// amend.h: what comes after a print. Owner.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_AMEND_H
#define WB_MODEL_AMEND_H

#include "lcore/model/engine.h"

// amend_break applies an EV_BREAK: revises sealed spans, takes the print out of the open one. Counted if the
// print is not known.
void amend_break(struct engine *e, const struct event *ev);
// amend_correct applies an EV_CORRECT: a cross gets another volume (Pillar message 113).
void amend_correct(struct engine *e, const struct event *ev);

#endif

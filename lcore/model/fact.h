/* SPDX-License-Identifier: BSD-3-Clause */
// fact.h: what venues say of an instrument beside orders and prints: why it is halted, its auction, its short sale state. Kept in
// the shared tables only: no bar depends on it. Not for inclusion outside the engine's files.
#ifndef WB_MODEL_FACT_H
#define WB_MODEL_FACT_H

struct engine;
struct event;

// fact_take counts a status, an imbalance or a short sale state of this lcore's venues and publishes it (or tells the owner).
void fact_take(struct engine *e, const struct event *ev);
// fact_put publishes one, its channel and instrument being of this engine. Owner.
void fact_put(struct engine *e, const struct event *ev);

#endif

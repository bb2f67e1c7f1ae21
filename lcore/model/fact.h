/* SPDX-License-Identifier: BSD-3-Clause */
// fact.h: what venues say of an instrument apart from orders and prints: why it is halted, its auction, its
// short sale state. Kept in the shared tables only: no bar depends on it. For the engine's files; owner
// lcore.
#ifndef WB_MODEL_FACT_H
#define WB_MODEL_FACT_H

struct engine;
struct event;

// fact_take counts a status, an imbalance or a short sale state of this lcore's venues, then publishes it, or
// relays it to the owner.
void fact_take(struct engine *e, const struct event *ev);
// fact_put publishes one. Assumes channel and instrument are of this engine. Owner.
void fact_put(struct engine *e, const struct event *ev);

#endif

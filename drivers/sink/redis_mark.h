/* SPDX-License-Identifier: BSD-3-Clause */
// redis_mark.h: which keys of a Redis server a thing changes that is handed on. Pure. One thread.
#ifndef WB_SINK_REDIS_MARK_H
#define WB_SINK_REDIS_MARK_H

#include "drivers/sink/outbox.h"

// redis_mark marks the keys that an item changes. redis_mark_all marks all that there may be: of who was
// killed nobody knows which values it has set.
// redis_keys returns those that go before the entry of an item (struct sink_entry): of a row not those of
// another span's row, whose entry comes after it.
uint16_t redis_keys(const struct sink_item *it);
void redis_mark(struct outbox *box, const struct tables *t, const struct sink_item *it);
void redis_mark_all(struct outbox *box, const struct sink_world *world);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/redis_mark.h"

#include "lcore/model/bar.h"
#include "lcore/model/tables.h"

uint16_t redis_keys(const struct sink_item *it)
{
	if (it->stream != SINK_NEW_BAR)
		return 0;
	return (uint16_t)(1u << (KEY_BARS + ((const struct bar *)it->record)->span) | 1u << KEY_BUNDLE |
			  1u << KEY_QUOTE);
}

void redis_mark(struct outbox *box, const struct tables *t, const struct sink_item *it)
{
	if (it->stream == SINK_NEW_BAR && *tables_watch_slot(t, it->instr)) {
		unsigned span = (unsigned)((const struct bar *)it->record)->span;

		outbox_mark(box, it->instr, (enum outbox_key)(KEY_BARS + span));
		outbox_mark(box, it->instr, KEY_BUNDLE);
		if (span == SPAN_1S)
			outbox_mark(box, it->instr, KEY_QUOTE);
	}
	if (it->stream == SINK_ENTRY_FIRE || it->stream == SINK_EXIT_FIRE || it->stream == SINK_FILL) {
		outbox_mark(box, it->instr, KEY_ENGINE);
		outbox_mark(box, it->instr, (enum outbox_key)(KEY_ENGINE + 1));
	}
}

void redis_mark_all(struct outbox *box, const struct sink_world *world)
{
	const struct tables *t = world->tables;
	uint32_t n = __atomic_load_n(&t->n_instr, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++) {
		const struct sink_engine *e = &world->engine[2 * (size_t)i];

		for (unsigned key = KEY_BARS; key <= KEY_QUOTE && *tables_watch_slot(t, i); key++)
			outbox_mark(box, i, (enum outbox_key)key);
		for (unsigned key = KEY_ENGINE; key < OUTBOX_KEYS && (e[0].since_ns || e[1].since_ns); key++)
			outbox_mark(box, i, (enum outbox_key)key);
	}
}

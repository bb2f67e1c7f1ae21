/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/engine_carry.h"

#include <string.h>

#include "lcore/model/engine.h"

// All that is an address in struct engine, or is there by configuration. What is missing here would differ
// between two processes: tests/unit/model/engine_carry_test.cc and tests/smoke/snapshot_test.py look for it.
#define OWN(F) \
	F(conf) \
	F(sink) \
	F(symtab) \
	F(ledger) \
	F(tables) \
	F(control) \
	F(make_room) \
	F(orders.slot) \
	F(levels.rung) \
	F(levels.shelf) \
	F(levels.mem) \
	F(tape.ring) \
	F(tape.head) \
	F(tape.bucket) \
	F(instr) \
	F(strand) \
	F(part) \
	F(anchor) \
	F(owed) \
	F(wake) \
	F(strand_of) \
	F(pool) \
	F(duelog) \
	F(facts) \
	F(watch) \
	F(dirty)
#define OWN_CHAN(F) \
	F(feed) \
	F(strand_of) \
	F(log.at)

#define CLEAR(field) memset(&to->field, 0, sizeof to->field);
#define KEEP(field)  memcpy(&from->field, &e->field, sizeof from->field);

static void clear(struct engine *to) { OWN(CLEAR) }
static void clear_chan(struct chan *to) { OWN_CHAN(CLEAR) }
static void keep(struct engine *from, const struct engine *e) { OWN(KEEP) }
static void keep_chan(struct chan *from, const struct chan *e) { OWN_CHAN(KEEP) }

void engine_freeze(const struct engine *e, struct engine *out)
{
	memcpy(out, e, sizeof *out);
	clear(out);
	for (int i = 0; i < ENGINE_CHANNELS; i++)
		clear_chan(&out->chan[i]);
}

void engine_thaw(struct engine *e, const struct engine *from)
{
	static struct engine to; // large; boot only

	memcpy(&to, from, sizeof to);
	keep(&to, e);
	for (int i = 0; i < ENGINE_CHANNELS; i++)
		keep_chan(&to.chan[i], &e->chan[i]);
	memcpy(e, &to, sizeof *e);
}

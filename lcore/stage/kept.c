/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/kept.h"

void kept_open(struct kept *k, struct sink_engine *engine)
{
	if (k->undo_of == k->commits)
		while (k->undo_n) {
			engine[k->undo[k->undo_n - 1].at] = k->undo[k->undo_n - 1].was;
			sink_store(&k->undo_n, k->undo_n - 1);
		}
}

void kept_begin(struct kept *k)
{
	*kept_next(k) = *kept_now(k);
	sink_store(&k->undo_n, 0);
	sink_store(&k->undo_of, k->commits);
}

void kept_commit(struct kept *k) { sink_store(&k->commits, k->commits + 1); }

void kept_save(struct kept *k, const struct sink_engine *engine, uint64_t at)
{
	k->undo[k->undo_n].at = at;
	k->undo[k->undo_n].was = engine[at];
	sink_store(&k->undo_n, k->undo_n + 1);
}

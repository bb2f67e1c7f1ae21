/* SPDX-License-Identifier: BSD-3-Clause */
// spill.h: records that must wait for the end of the data to be put in order, and that memory shall not hold
// all of: sorted runs in an unlinked temporary file, merged at the end. One thread.
#ifndef WB_STAGE_SPILL_H
#define WB_STAGE_SPILL_H

#include <stddef.h>
#include <stdint.h>

enum { SPILL_RUNS = 4096 };

struct spill {
	int fd; // valid when n_runs is not 0
	unsigned n_runs;
	uint64_t end[SPILL_RUNS]; // of each run in the file, in bytes
};

// spill_add writes one run, sorted by its owner. Returns 0 or -errno; -EFBIG when there are SPILL_RUNS
// already.
int spill_add(struct spill *s, const void *records, size_t bytes);
// spill_merge hands all records of all runs to emit, in order, and closes the file. Equal records come by
// their runs. Returns 0 or -errno, in which case none was handed over. Without runs it does nothing.
int spill_merge(struct spill *s, size_t record_bytes, int (*order)(const void *, const void *),
		void (*emit)(void *ctx, const void *record), void *ctx);
// spill_drop closes the file. Accepts one that was never written, if zeroed.
void spill_drop(struct spill *s);

#endif

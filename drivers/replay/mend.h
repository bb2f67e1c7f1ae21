/* SPDX-License-Identifier: BSD-3-Clause */
// mend.h: the receive times of one file, made plausible before anything is decided by them. PURE; owned by
// one thread.
//
// A recorder's clock is evidence, not truth: single records an hour early or of time 0 occur, and clocks are
// set while they record. Where a record's time leaps by more than a second, the records after it and the
// exchange times in the packets decide. A lone leap, either way, gets the time that the file has reached;
// where the recorder's clock was set, what follows is shifted so that time goes on; a real night, on which
// all agree, is taken as it is.
#ifndef WB_REPLAY_MEND_H
#define WB_REPLAY_MEND_H

#include "drivers/replay/witness.h"

enum { MEND_AHEAD = 16 }; // how many records after one decide about it

struct mend {
	int64_t at_ns;    // the time that the file has reached: the latest one taken
	int64_t set_ns;   // added to the file's times from the start: its clock is known to be off by as much
	int64_t shift_ns; // added now
	uint64_t mended;  // w: owner, r: any. Records whose time was replaced
	bool begun;
	bool known[2];               // reference: UTC, time of day
	struct witness reference[2]; // the last packets whose times were in order
};

// mend_begin starts a file whose times are all to be shifted by set_ns.
void mend_begin(struct mend *mend, int64_t set_ns);
// mend_settle settles ts_ns of record[0 .. n); record[n .. n_all) are what follows, as captured. n_all - n
// must be MEND_AHEAD at least unless the file ends there.
void mend_settle(struct mend *mend, struct capture_record *record, unsigned n, unsigned n_all);

#endif

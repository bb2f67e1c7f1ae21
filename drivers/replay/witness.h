/* SPDX-License-Identifier: BSD-3-Clause */
// witness.h: the time that a captured packet itself carries: the exchange's clock, a second witness besides
// the recorder's. PURE and stateless: any thread after calendar_load.
#ifndef WB_REPLAY_WITNESS_H
#define WB_REPLAY_WITNESS_H

#include "drivers/replay/capture.h"

struct feed;

struct witness {
	int64_t rx_ns;       // the record's receive time, as the caller takes it
	int64_t exchange_ns; // UTC; of_day: since New York midnight
	uint64_t session[2];
	const struct feed *feed;
	bool of_day;
};

// witness_of reads the exchange time of a record's packet. False: the frame is of no feed known here, carries
// no time, or was sent again on request (its time is an old one).
bool witness_of(const struct capture_record *record, int64_t rx_ns, struct witness *out);

// witness_strain returns how much further receive time moved from a to b than exchange time did: near 0 when
// both clocks went on alike. Times of day of two sessions are compared without their days (within half a
// day).
int64_t witness_strain(const struct witness *a, const struct witness *b);

// witness_offset returns receive time minus exchange time. A time of day is dated by the receive time's own
// New York date or its neighbour: the result is within half a day, whatever the recorder's date.
int64_t witness_offset(const struct witness *w);

#endif

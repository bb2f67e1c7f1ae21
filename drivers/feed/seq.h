/* SPDX-License-Identifier: BSD-3-Clause */
// seq.h: what a packet's sequence numbers mean when another number was expected. Pure arithmetic: any thread.
#ifndef WB_FEED_SEQ_H
#define WB_FEED_SEQ_H

#include "lcore/base/num.h"

// A feed's header() refuses larger numbers as damaged: the busiest venue-day has under 2^34 messages, sums
// cannot wrap, and no single packet can claim a loss that drowns the counters.
#define SEQ_MAX (UINT64_C(1) << 40)

enum seq_verdict {
	SEQ_IN_ORDER,  // all new, nothing missing
	SEQ_DUPLICATE, // all known
	SEQ_OVERLAP,   // the first `skip` messages are known, the rest is new
	SEQ_GAP,       // `lost` messages are missing before this packet
	SEQ_RESTART,   // numbering begins anew: never by numbers alone, a packet said so itself
};

struct seq_result {
	enum seq_verdict verdict;
	uint64_t lost;
	uint32_t skip;
};

// seq_judge compares a packet (first message number, number of messages; 0 messages is a heartbeat, whose
// number is the next one to come) with the number expected next. Every number below
// the expected one is known, however old: numbering.h decides before whether a packet is of another
// numbering. Assumes first + count <= SEQ_MAX.
struct seq_result seq_judge(uint64_t expected, uint64_t first, uint32_t count);

#endif

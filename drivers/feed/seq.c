/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/seq.h"

struct seq_result seq_judge(uint64_t expected, uint64_t first, uint32_t count)
{
	if (likely(first == expected))
		return (struct seq_result){ .verdict = SEQ_IN_ORDER };
	if (first > expected)
		return (struct seq_result){ .verdict = SEQ_GAP, .lost = first - expected };
	uint64_t back = expected - first;

	if (back >= count)
		return (struct seq_result){ .verdict = SEQ_DUPLICATE, .skip = count };
	return (struct seq_result){ .verdict = SEQ_OVERLAP, .skip = (uint32_t)back };
}

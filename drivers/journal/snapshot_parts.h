/* SPDX-License-Identifier: BSD-3-Clause */
// snapshot_parts.h: the layout of a snapshot's directory, for those who write and read it.
#ifndef WB_JOURNAL_SNAPSHOT_PARTS_H
#define WB_JOURNAL_SNAPSHOT_PARTS_H

#include <string.h>

#include "drivers/journal/snapshot.h"

struct directory_part {
	char name[SNAPSHOT_NAME_BYTES];
	uint64_t bytes;
};

struct directory_block {
	uint64_t at; // in the part
	uint64_t file_at;
	uint32_t part, bytes;
	uint32_t crc, pad;
};

uint32_t snapshot_head_crc(const struct snapshot_head *head);

// snapshot_zero returns true if n bytes at p, at least one, are zero.
static inline bool snapshot_zero(const uint8_t *p, uint64_t n) { return !p[0] && !memcmp(p, p + 1, n - 1); }

#endif

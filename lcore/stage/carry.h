/* SPDX-License-Identifier: BSD-3-Clause */
// carry.h: what of an lcore a snapshot holds (docs/restart.md): a head, which is what it knows without
// addresses, and areas of memory that hold none and are carried as they are. A process that was initialised
// with the same program and configuration takes both, wherever its memory is.
#ifndef WB_STAGE_CARRY_H
#define WB_STAGE_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARRY_AREAS 4

struct lcore;

struct carry_area {
	const char *name;
	void *mem;
	size_t bytes;
};

struct stage_carry {
	size_t head_bytes;
	// freeze writes the head. False: the lcore has something in hand. After its end.
	bool (*freeze)(const struct lcore *lcore, void *head);
	// thaw takes it, once the areas are there. False: it is of no lcore like this, and the state is lost.
	// Boot, after init.
	bool (*thaw)(struct lcore *lcore, const void *head);
	// areas lists the memory, at most CARRY_AREAS, and returns how many.
	unsigned (*areas)(const struct lcore *lcore, struct carry_area *out);
	// hash returns a number for all that was carried; NULL: there is none. As freeze and thaw.
	uint64_t (*hash)(const struct lcore *lcore);
};

#endif

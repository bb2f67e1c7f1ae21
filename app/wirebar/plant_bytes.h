/* SPDX-License-Identifier: BSD-3-Clause */
// plant_bytes.h: what memory a configuration needs, by the one formula that the check and the start have.
#ifndef WB_APP_PLANT_BYTES_H
#define WB_APP_PLANT_BYTES_H

#include "conf/conf.h"

struct plant_size {
	uint64_t pools, recovery; // in EAL's memory
	uint64_t shared;          // what others may read of all lcores: the same
	uint64_t tables, links;   // in EAL's memory where it is hugepages
	uint64_t lcores;          // states of all lcores: the same
	uint64_t least;           // the sum of those that are in EAL's memory
	uint64_t eal;             // what EAL must be given, with its own zones and rounding
	uint64_t given;           // what it is given: eal.memory, or the same
	uint64_t total;           // of the process
};

// plant_bytes sizes what a run, or a replay, of c takes. Boot only; one thread. c need not have passed the
// checks.
void plant_bytes(const struct conf *c, bool replay, struct plant_size *out);
// plant_depth is the number of elements of a link: as configured, or so that a boundary of all spans over all
// instruments fits. A replay flat out has short ones: its producers wait for room, nobody waits for its rows,
// and a long ring is memory that each turn of it touches.
uint32_t plant_depth(const struct conf *c, const struct conf_link *link, bool replay);

#endif

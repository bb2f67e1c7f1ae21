/* SPDX-License-Identifier: BSD-3-Clause */
// protect.h: trailing stops (lcore/trade/stop.h) on the telemetry lcore: positions and quotes in, decisions
// to leave out. It sends nothing to a venue. Owner: the telemetry lcore.
#ifndef WB_STAGE_PROTECT_H
#define WB_STAGE_PROTECT_H

#include "lcore/stage/dealer_conf.h"
#include "lcore/stage/echo.h"

struct protect_instr;

struct protect {
	struct lcore *lcore;
	struct link *back;    // to the signal lcore; NULL: there are no stops
	struct echo_way echo; // by it, too
	struct stop_rule rule[CONF_STOP_MAX];
	struct protect_instr *instr; // [instruments]
	uint32_t n_held;
	uint32_t *held;           // instruments with a position
	uint64_t fires, restored; // restored: stops of earlier starts that go on
	bool keeps;               // stops are kept in the journal of orders
	uint64_t kept_seq;        // of the last one that was
	// Replay: exits that have found no room so far, oldest first, which answers wait for.
	struct trade_exit *owed; // [instruments]
	uint32_t owed_at, n_owed;
};

// protect_bytes returns what protect_init wants; 0: there are no stops. Boot only.
size_t protect_bytes(const struct lcore *lcore);
// protect_init lays it into mem (zeroed, 64-byte aligned). Boot only.
void protect_init(struct protect *p, struct lcore *lcore, void *mem);
// protect_element looks at what comes from the signal lcore: holdings, touches, ends of exits, marks. Each
// touch and mark is answered by an echo in a replay.
void protect_element(struct protect *p, const struct link_elem *elem);
// protect_poll sends exits and echoes that have found no room so far. Once a poll.
void protect_poll(struct protect *p);

#endif

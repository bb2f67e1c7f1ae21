/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_conf.h: the sections of orders as what the machines of lcore/trade take. Boot only.
#ifndef WB_STAGE_DEALER_CONF_H
#define WB_STAGE_DEALER_CONF_H

#include "lcore/stage/stage.h"
#include "lcore/trade/desk.h"
#include "lcore/trade/stop.h"

// What desk_conf points to.
struct dealer_conf {
	struct risk_limits limits;
	struct fee_schedule fees;
	struct desk_gate gate[GATE_MAX];
	struct desk_conf desk;
	uint64_t least_ns, greatest_ns; // lateness over all feeds
	bool extended;
};

// dealer_lateness finds the least and the greatest lateness over all feeds.
void dealer_lateness(const struct conf *conf, uint64_t *least_ns, uint64_t *greatest_ns);
// dealer_limits fills the limits of [risk].
void dealer_limits(const struct conf_risk *from, struct risk_limits *to);
// dealer_fees fills the schedule of fees. Assumes a checked configuration.
void dealer_fees(const struct conf *conf, struct fee_schedule *out);
// dealer_conf_fill fills *out from a checked configuration. Pointers in it are to *out itself.
void dealer_conf_fill(const struct plant *plant, struct dealer_conf *out);
// dealer_stop returns the stop of a symbol, or NULL: there is none.
const struct conf_stop *dealer_stop(const struct conf *conf, uint64_t symbol);
// dealer_stop_rule fills the rule of a [stop] section.
void dealer_stop_rule(const struct conf_stop *stop, struct stop_rule *out);
// dealer_tick_table returns which ticks a symbol has (enum risk_tick_table).
uint8_t dealer_tick_table(const struct conf *conf, uint64_t symbol);
// dealer_restricted returns true if the symbol may not be entered.
bool dealer_restricted(const struct conf *conf, uint64_t symbol);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/dealer_conf.h"

#include <string.h>

#include "drivers/feed/feed.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"

// A day's reports at one close, and what a burst of fills may bring before it.
enum { REPORTS_HELD = 1 << 16, SEEN_LINES = 1 << 12, CANCELS = 3 };

_Static_assert(RISK_ABSENT == CONF_ABSENT && RISK_UNLIMITED == CONF_UNLIMITED,
	       "a limit is handed on as it is");
_Static_assert((int)CONF_ORDER_PRICE_MARKET == (int)PRICE_MARKET,
	       "the words of [gate] price are in desk_price's order");

void dealer_lateness(const struct conf *conf, uint64_t *least_ns, uint64_t *greatest_ns)
{
	struct conf_error err;
	uint64_t ns;

	*least_ns = UINT64_MAX;
	*greatest_ns = 0;
	for (const struct feed *const *f = feeds; *f; f++) {
		if (conf_lateness(conf, (enum venue)(*f)->venue, (*f)->lateness_ns, &ns, &err))
			continue;
		*least_ns = ns < *least_ns ? ns : *least_ns;
		*greatest_ns = ns > *greatest_ns ? ns : *greatest_ns;
	}
}

void dealer_fees(const struct conf *conf, struct fee_schedule *out)
{
	struct conf_fee_rate rate[CONF_FEES_MAX];
	struct conf_fee_sell sell[CONF_FEE_SELLS_MAX];
	struct conf_error err;
	int n = conf_fee_rates(conf, rate, CONF_FEES_MAX, &err),
	    m = conf_fee_sells(conf, sell, CONF_FEE_SELLS_MAX, &err);

	memset(out, 0, sizeof *out);
	for (int i = 0; i < n; i++) {
		if (!rate[i].liquidity) {
			out->order_min[rate[i].venue] = rate[i].micro;
			continue;
		}
		out->rate[rate[i].venue][rate[i].liquidity] = (int32_t)rate[i].micro;
		out->known[rate[i].venue][rate[i].liquidity] = true;
	}
	for (int i = 0; i < m && i < FEE_SELLS_MAX; i++)
		out->sell[out->n_sells++] = (struct fee_sell){ sell[i].from_day, sell[i].per_share,
							       sell[i].per_share_max, sell[i].per_million };
}

void dealer_limits(const struct conf_risk *from, struct risk_limits *to)
{
#define RISK_LIMIT(name, unit, help) to->name = from->name;
#include "conf/limits.def"
}

static uint8_t venue_of(const struct conf *conf, const char *name)
{
	int venue = venue_find(name[0] ? name : conf->orders.venue);

	return (uint8_t)(venue < 0 ? 0 : venue);
}

static struct desk_gate gate(const struct conf *conf, const struct conf_gate *g)
{
	struct desk_gate out = { .size = g->risk       ? SIZE_RISK
					 : g->notional ? SIZE_NOTIONAL
						       : SIZE_SHARES,
				 .price = (enum desk_price)g->price,
				 .amount = g->risk       ? g->risk
					   : g->notional ? g->notional
							 : (int64_t)g->shares,
				 .risk_by = (int64_t)(g->risk_ranges * 1000 + 0.5),
				 .ticks = (int32_t)g->ticks,
				 .tif = (uint8_t)g->tif,
				 .venue = venue_of(conf, g->venue),
				 .ttl_ns = g->ttl_ns,
				 .cool_ns = g->pause_ns,
				 .reprice_ticks = (uint32_t)g->reprice_ticks,
				 .reprice_max = (uint8_t)g->reprice_max };

	return out;
}

void dealer_conf_fill(const struct plant *plant, struct dealer_conf *out)
{
	const struct conf *c = plant->conf;
	struct conf_error err;

	memset(out, 0, sizeof *out);
	dealer_limits(&c->risk, &out->limits);
	dealer_fees(c, &out->fees);
	dealer_lateness(c, &out->least_ns, &out->greatest_ns);
	out->extended = c->orders.extended;
	for (unsigned i = 0; i < c->n_gate; i++)
		out->gate[i] = gate(c, &c->gate[i]);
	out->desk = (struct desk_conf){
		.orders = { .instruments = (uint32_t)c->bars.instruments,
			    .orders = (uint32_t)c->orders.table,
			    .seen_lines = SEEN_LINES,
			    .boot = plant->boot },
		.fills = (uint32_t)c->orders.fills,
		.reports = REPORTS_HELD,
		.limits = &out->limits,
		.ticks = risk_ticks_of,
		.gates = out->gate,
		.n_gates = c->n_gate,
		.fees = c->fees.rates[0] || c->fees.order_min[0] || c->fees.sells[0] ? &out->fees : NULL,
		.timeouts = { c->orders.ack_timeout_ns, c->orders.cancel_timeout_ns, CANCELS },
		.retries_per_s = (uint32_t)c->orders.exit_retries,
		.exit_venue = venue_of(c, ""),
		.live = !plant->replay,
		.loss_halts = c->orders.loss_action == CONF_LOSS_ACTION_HALT,
		.mode = plant->mode,
	};
	for (unsigned v = 0; v < VENUE_COUNT; v++) {
		struct conf_paper_venue paper;

		if (!conf_paper_of(c, (enum venue)v, &paper, &err))
			out->desk.latency[v] =
				(struct desk_latency){ paper.entry_ns, paper.cancel_ns, paper.response_ns };
	}
}

static bool names(const char *list, uint64_t symbol)
{
	struct conf_item item;

	while (conf_list_next(&list, ',', &item))
		if (symtab_key(item.text, strlen(item.text)) == symbol)
			return true;
	return false;
}

const struct conf_stop *dealer_stop(const struct conf *conf, uint64_t symbol)
{
	const struct conf_stop *rest = NULL;

	for (unsigned i = 0; i < conf->n_stop; i++) {
		if (!conf->stop[i].symbols[0])
			rest = &conf->stop[i];
		else if (names(conf->stop[i].symbols, symbol))
			return &conf->stop[i];
	}
	return rest;
}

uint8_t dealer_tick_table(const struct conf *conf, uint64_t symbol)
{
	return names(conf->orders.half_cent, symbol) ? RISK_TICKS_HALF_CENT : RISK_TICKS_CENT;
}

bool dealer_restricted(const struct conf *conf, uint64_t symbol)
{
	return names(conf->orders.restricted, symbol);
}

void dealer_stop_rule(const struct conf_stop *s, struct stop_rule *out)
{
	static const double unit[] = {
		[STOP_PRICE] = 1e6, [STOP_TICKS] = 1, [STOP_BPS] = 1, [STOP_RANGE] = 1000
	};

	*out = (struct stop_rule){ .mode = (enum stop_mode)s->mode,
				   .watch = (enum stop_watch)s->watch,
				   .offset = (int64_t)(s->offset * unit[s->mode] + 0.5),
				   .activation = s->activation,
				   .trigger = s->trigger,
				   .limit_offset = s->limit_offset,
				   .follow = s->follow,
				   .retries_per_s = (uint32_t)s->retries,
				   .answer_ns = s->answer_ns,
				   .quote_age_ns = s->quote_age_ns };
}

/* SPDX-License-Identifier: BSD-3-Clause */
// conf_orders.c: what the sections of orders say beyond the types of their keys: venues, fees, sizes.
#include "conf/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/key.h"
#include "conf/topo_parts.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"

// Dollars with up to six decimals and a sign, to millionths. Returns the end, or NULL.
static const char *money(const char *text, int64_t *out)
{
	char number[32];
	size_t n = strcspn(text, ":");
	bool less = *text == '-';
	int64_t v;

	if (n - less == 0 || n - less >= sizeof number)
		return NULL;
	memcpy(number, text + less, n - less);
	number[n - less] = '\0';
	if (conf_money(number, &v))
		return NULL;
	*out = less ? -v : v;
	return text + n;
}

static int bad_fee(const struct conf *c, unsigned line, const char *key, const char *found,
		   const char *allowed, struct conf_error *err)
{
	char quoted[80];

	key_quote(found, quoted, sizeof quoted);
	return conf_fail(err, c, line, "[fees] %s: found %s, allowed: %s", key, quoted, allowed);
}

// VENUE:A=-0.002
static bool rate(char *text, struct conf_fee_rate *out)
{
	char *equals = strchr(text, '='), *colon = strchr(text, ':');

	if (!equals || !colon || equals != colon + 2 || !isgraph((unsigned char)colon[1]))
		return false;
	*colon = '\0';
	int venue = venue_find(text);
	const char *end = money(equals + 1, &out->micro);

	*colon = ':';
	out->venue = (uint8_t)venue;
	out->liquidity = (uint8_t)colon[1];
	return venue >= 0 && end && !*end;
}

static bool order_min(char *text, struct conf_fee_rate *out)
{
	char *equals = strchr(text, '=');

	if (!equals)
		return false;
	*equals = '\0';
	int venue = venue_find(text);
	const char *end = money(equals + 1, &out->micro);

	*equals = '=';
	out->venue = (uint8_t)venue;
	out->liquidity = 0;
	return venue >= 0 && end && !*end && out->micro >= 0;
}

// DATE:per_share:max:per_million
static bool sell(const char *text, struct conf_fee_sell *out)
{
	size_t n = strcspn(text, ":");
	const char *at = text + n;

	if (!calendar_parse_date(text, n, &out->from_day))
		return false;
	for (int i = 0; i < 3; i++) {
		int64_t *to = i == 0 ? &out->per_share : i == 1 ? &out->per_share_max : &out->per_million;

		if (*at != ':' || !(at = money(at + 1, to)) || *to < 0)
			return false;
	}
	return !*at;
}

int conf_fee_rates(const struct conf *c, struct conf_fee_rate *out, unsigned max, struct conf_error *err)
{
	const char *cursor = c->fees.rates;
	struct conf_item item;
	unsigned n = 0;

	for (; conf_list_next(&cursor, ',', &item); n++)
		if (n == max || !rate(item.text, &out[n]))
			return bad_fee(c, c->fees.rates_line, "rates", item.text,
				       "VENUE:L=dollars a share, L the liquidity byte, as in NASDAQ:A=-0.002",
				       err);
	cursor = c->fees.order_min;
	for (; conf_list_next(&cursor, ',', &item); n++)
		if (n == max || !order_min(item.text, &out[n]))
			return bad_fee(c, c->fees.order_min_line, "order_min", item.text, "VENUE=dollars",
				       err);
	return (int)n;
}

int conf_fee_sells(const struct conf *c, struct conf_fee_sell *out, unsigned max, struct conf_error *err)
{
	const char *cursor = c->fees.sells;
	struct conf_item item;
	unsigned n = 0;

	for (; conf_list_next(&cursor, ',', &item); n++)
		if (n == max || !sell(item.text, &out[n]) || (n && out[n].from_day <= out[n - 1].from_day))
			return bad_fee(c, c->fees.sells_line, "sells", item.text,
				       "YYYY-MM-DD:per_share:max:per_million, in dollars, in order of dates",
				       err);
	return (int)n;
}

static int check_fees(const struct conf *c, struct conf_error *err)
{
	struct conf_fee_rate rate_of[CONF_FEES_MAX];
	struct conf_fee_sell sells[CONF_FEE_SELLS_MAX];

	if (conf_fee_rates(c, rate_of, CONF_FEES_MAX, err) < 0)
		return -EINVAL;
	return conf_fee_sells(c, sells, CONF_FEE_SELLS_MAX, err) < 0 ? -EINVAL : 0;
}

static int check_symbols(const struct conf *c, unsigned line, const char *what, const char *list,
			 struct conf_error *err)
{
	struct conf_item item;
	char quoted[80];

	while (conf_list_next(&list, ',', &item))
		if (strlen(item.text) > SYMBOL_BYTES || strpbrk(item.text, " \t")) {
			key_quote(item.text, quoted, sizeof quoted);
			return conf_fail(err, c, line, "%s: found %s, allowed: symbols of 1 to %d bytes",
					 what, quoted, SYMBOL_BYTES);
		}
	return 0;
}

static int check_gate(const struct conf *c, const struct conf_gate *g, struct conf_error *err)
{
	unsigned sizes = (g->shares > 0) + (g->notional > 0) + (g->risk > 0);

	if (g->venue[0] && venue_find(g->venue) < 0)
		return conf_fail(err, c, LINE(g, venue), "[gate %s] venue: found \"%.40s\", allowed: %s",
				 g->name, g->venue, venue_names());
	if (sizes > 1 || (!sizes && c->orders.enabled && g->stream == CONF_GATE_STREAM_ENTRY_FIRE))
		return conf_fail(
			err, c, LINE(g, shares),
			"[gate %s] shares: found %u sizes, allowed: one of shares, notional and risk",
			g->name, sizes);
	return 0;
}

int conf_orders_check(const struct conf *c, struct conf_error *err)
{
	const char *id = c->orders.instance;
	char what[64];

	if (venue_find(c->orders.venue) < 0)
		return conf_fail(err, c, LINE(&c->orders, venue),
				 "[orders] venue: found \"%.40s\", allowed: %s", c->orders.venue,
				 venue_names());
	if (strlen(id) != 2 || strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != 2)
		return conf_fail(err, c, LINE(&c->orders, instance),
				 "[orders] instance: found \"%.40s\", allowed: two capitals or digits", id);
	if (check_symbols(c, c->orders.half_cent_line, "[orders] half_cent", c->orders.half_cent, err) ||
	    check_symbols(c, c->orders.restricted_line, "[orders] restricted", c->orders.restricted, err) ||
	    check_fees(c, err))
		return -EINVAL;
	for (unsigned i = 0; i < c->n_gate; i++)
		if (check_gate(c, &c->gate[i], err))
			return -EINVAL;
	for (unsigned i = 0; i < c->n_stop; i++) {
		snprintf(what, sizeof what, "[stop %s] symbols", c->stop[i].name);
		if (check_symbols(c, c->stop[i].symbols_line, what, c->stop[i].symbols, err))
			return -EINVAL;
	}
	return 0;
}

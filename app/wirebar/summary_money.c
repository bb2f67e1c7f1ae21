/* SPDX-License-Identifier: BSD-3-Clause */
// summary_money.c: what orders of ours have earned and risked, at the end of a run.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <jansson.h>

#include "app/wirebar/summary.h"
#include "lcore/base/calendar.h"
#include "lcore/base/decimal.h"
#include "lcore/trade/outcome.h"

enum { DOLLARS = 32 };

static const char *dollars(int64_t v, char out[DOLLARS])
{
	decimal_millionths(v, out);
	return out;
}

static const char *number(double v, const char *format, char out[DOLLARS])
{
	if (isnan(v))
		return "none";
	snprintf(out, DOLLARS, format, v);
	return out;
}

static double seconds(uint64_t ns) { return (double)ns / 1e9; }

static void trips(const struct outcome *o, FILE *out)
{
	char a[DOLLARS], b[DOLLARS], c[DOLLARS];

	fprintf(out, "round trips %" PRIu64 ": won %" PRIu64 ", lost %" PRIu64 "\n", o->trips, o->wins,
		o->losses);
	if (!o->trips)
		return;
	fprintf(out, "  win rate %s, profit factor %s, expectancy %s\n",
		number(100 * outcome_win_rate(o), "%.1f %%", a), number(outcome_profit_factor(o), "%.3f", b),
		number(outcome_expectancy(o), "%.6f", c));
	fprintf(out, "  best %s, worst %s\n", dollars(o->best, a), dollars(o->worst, b));
	fprintf(out, "  held %.3f s on average, %.3f s at most; %" PRId64 " shares at most\n",
		seconds(o->held_ns) / (double)o->trips, seconds(o->longest_ns), o->peak_qty);
}

void summary_money_text(const struct outcome *o, FILE *out)
{
	char a[DOLLARS], b[DOLLARS], c[DOLLARS], when[CALENDAR_ISO_BYTES];

	if (!o || !o->fills)
		return;
	fprintf(out, "net %s = gross %s - fees %s%s\n", dollars(o->last.net, a), dollars(o->last.gross, b),
		dollars(o->last.fees, c), o->fees ? "" : " (none configured)");
	fprintf(out, "  gross: realized %s, unrealized %s\n", dollars(o->last.realized, a),
		dollars(o->last.unrealized, b));
	trips(o, out);
	fprintf(out, "exposure at most %s, return on it %s\n", dollars(o->peak_exposure, a),
		number(100 * outcome_return_on_peak(o), "%.4f %%", b));
	fprintf(out, "  a position in %s of %" PRIu64 " minutes; notional %s\n",
		number(100 * outcome_exposure_time(o), "%.1f %%", a), o->minutes, dollars(o->notional, b));
	if (!o->drawdown)
		return;
	calendar_iso(o->drawdown_from_ns, when);
	fprintf(out, "max drawdown %s from %.19sZ for %.0f min\n", dollars(o->drawdown, a), when,
		seconds(o->drawdown_ns) / 60);
}

static void set_money(json_t *to, const char *name, int64_t v)
{
	char text[DOLLARS];

	json_object_set_new(to, name, json_string(dollars(v, text)));
}

static void set_ratio(json_t *to, const char *name, double v)
{
	json_object_set_new(to, name, isnan(v) ? json_null() : json_real(v));
}

static void set_count(json_t *to, const char *name, uint64_t v)
{
	json_object_set_new(to, name, json_integer((json_int_t)v));
}

void summary_money_json(const struct outcome *o, void *to)
{
	json_t *m;

	if (!o || !o->fills)
		return;
	m = json_object();
	set_money(m, "net", o->last.net);
	set_money(m, "gross", o->last.gross);
	set_money(m, "realized", o->last.realized);
	set_money(m, "unrealized", o->last.unrealized);
	set_money(m, "fees", o->last.fees);
	json_object_set_new(m, "fees_configured", json_boolean(o->fees));
	set_money(m, "notional", o->notional);
	set_count(m, "trips", o->trips);
	set_count(m, "wins", o->wins);
	set_count(m, "losses", o->losses);
	set_ratio(m, "win_rate", outcome_win_rate(o));
	set_ratio(m, "profit_factor", outcome_profit_factor(o));
	set_ratio(m, "expectancy", outcome_expectancy(o));
	set_money(m, "won", o->won);
	set_money(m, "lost", o->lost);
	set_money(m, "best", o->best);
	set_money(m, "worst", o->worst);
	set_count(m, "held_ns", o->held_ns);
	set_count(m, "longest_ns", o->longest_ns);
	set_count(m, "peak_shares", (uint64_t)o->peak_qty);
	set_money(m, "peak_exposure", o->peak_exposure);
	set_ratio(m, "return_on_peak", outcome_return_on_peak(o));
	set_ratio(m, "exposure_time", outcome_exposure_time(o));
	set_money(m, "max_drawdown", o->drawdown);
	set_count(m, "max_drawdown_ns", o->drawdown_ns);
	json_object_set_new(to, "trading", m);
}

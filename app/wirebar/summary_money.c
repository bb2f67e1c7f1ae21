/* SPDX-License-Identifier: BSD-3-Clause */
// summary_money.c: what orders of ours have earned and risked, at the end of a run.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "app/wirebar/summary.h"
#include "lcore/base/calendar.h"
#include "lcore/base/decimal.h"
#include "lcore/trade/outcome.h"

enum { DOLLARS = 32, COLUMNS = 80, HASH_BYTES = 65 };

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
	fprintf(out, "  average win %s, average loss %s\n", number(outcome_average_win(o), "%.6f", a),
		number(outcome_average_loss(o), "%.6f", b));
	fprintf(out, "  best %s, worst %s\n", dollars(o->best, a), dollars(o->worst, b));
	fprintf(out, "  held %.3f s on average, %.3f s at most; %" PRId64 " shares at most\n",
		seconds(o->held_ns) / (double)o->trips, seconds(o->longest_ns), o->peak_qty);
}

// By the gates that entered, in the order of the configuration; then what no gate did.
static void gates(const struct outcome *o, const struct plant *p, FILE *out)
{
	char a[DOLLARS], b[DOLLARS], c[DOLLARS];

	for (unsigned i = 0; i <= EARNED_GATES && p->gates; i++) {
		const struct earned *e = &o->by_gate.gate[i];

		if (!e->trips)
			continue;
		fprintf(out, "  %s: %" PRIu64 ", won %" PRIu64 ", lost %" PRIu64 "\n",
			i < EARNED_GATES ? p->gate_name[i] : "entered by no gate", e->trips, e->wins,
			e->losses);
		fprintf(out, "    net %s = realized %s - fees %s\n", dollars(e->net, a),
			dollars(e->realized, b), dollars(e->fees, c));
	}
}

static uint64_t sum(const uint64_t *of, unsigned n)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < n; i++)
		all += of[i];
	return all;
}

static void reasons(const char *what, const uint64_t *of, const char *const *name, unsigned n, FILE *out)
{
	const char *between = ": ";
	int at;

	if (!sum(of, n))
		return;
	at = fprintf(out, "%s %" PRIu64, what, sum(of, n));
	for (unsigned i = 0; i < n; i++) {
		char text[64];

		if (!of[i])
			continue;
		int length = snprintf(text, sizeof text, "%s %" PRIu64, name[i], of[i]);

		if (at + length + 3 > COLUMNS) {
			between = ",\n  ";
			at = 0;
		}
		at += fprintf(out, "%s%s", between, text);
		between = ", ";
	}
	fprintf(out, "\n");
}

// How well orders were executed.
static void execution(const struct outcome *o, FILE *out)
{
	char a[DOLLARS], b[DOLLARS];

	if (o->rested + o->unfilled)
		fprintf(out, "resting orders got %" PRIu64 " of %" PRIu64 " shares (%s)\n", o->rested,
			o->rested + o->unfilled, number(100 * outcome_passive_ratio(o), "%.1f %%", a));
	if (o->entry.shares + o->exit.shares)
		fprintf(out,
			"slippage against the mid at the decision, dollars a share: entry %s,\n  exit %s\n",
			number(outcome_slippage(&o->entry), "%.6f", a),
			number(outcome_slippage(&o->exit), "%.6f", b));
}

static void daily(const struct outcome *o, FILE *out)
{
	char a[DOLLARS], b[DOLLARS];
	struct outcome_daily d = outcome_days(o);

	if (d.n < OUTCOME_DAYS)
		fprintf(out, "Sharpe and Sortino: none, they need %d daily results, here %s %" PRIu64 "\n",
			OUTCOME_DAYS, d.n == 1 ? "is" : "are", d.n);
	else
		fprintf(out,
			"Sharpe %s, Sortino %s: mean / sd * sqrt(252) of %" PRIu64
			" daily\n  results, sd with n - 1; Sortino: root of the mean square below 0 as sd\n",
			number(outcome_sharpe(o), "%.4f", a), number(outcome_sortino(o), "%.4f", b), d.n);
}

// Users compare runs by it: the SHA-256 of what sha256sum would print of both files.
static void hash(const struct summary *s, char out[HASH_BYTES])
{
	char text[256];
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int n = snprintf(text, sizeof text, "%s  orders\n%s  fills\n", s->digest.of[OUTPUT_ORDERS],
			 s->digest.of[OUTPUT_FILLS]);

	out[0] = 0;
	EVP_Digest(text, (size_t)n, md, &len, EVP_sha256(), NULL);
	for (unsigned i = 0; i < len && 2 * i + 2 < HASH_BYTES; i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
}

void summary_money_text(const struct outcome *o, const struct plant *p, const struct summary *s, FILE *out)
{
	char a[DOLLARS], b[DOLLARS], c[DOLLARS], when[CALENDAR_ISO_BYTES], sha256[HASH_BYTES];

	if (!o)
		return;
	reasons("denied", o->denied, risk_name, RISK_REASONS, out);
	reasons("rejected", o->rejected, paper_reason_text, PAPER_REASONS, out);
	if (!o->fills)
		return;
	execution(o, out);
	fprintf(out, "net %s = gross %s - fees %s%s\n", dollars(o->last.net, a), dollars(o->last.gross, b),
		dollars(o->last.fees, c), o->fees ? "" : " (none configured)");
	fprintf(out, "  gross: realized %s, unrealized %s\n", dollars(o->last.realized, a),
		dollars(o->last.unrealized, b));
	trips(o, out);
	gates(o, p, out);
	fprintf(out, "exposure at most %s, return on it %s\n", dollars(o->peak_exposure, a),
		number(100 * outcome_return_on_peak(o), "%.4f %%", b));
	fprintf(out, "  a position in %s of %" PRIu64 " minutes\n",
		number(100 * outcome_exposure_time(o), "%.1f %%", a), o->minutes);
	fprintf(out, "  notional %s, turnover %s times that exposure\n", dollars(o->notional, a),
		number(outcome_turnover(o), "%.2f", b));
	if (o->drawdown) {
		calendar_iso(o->drawdown_from_ns, when);
		fprintf(out, "max drawdown %s from %.19sZ for %.0f min\n", dollars(o->drawdown, a), when,
			seconds(o->drawdown_ns) / 60);
	}
	daily(o, out);
	hash(s, sha256);
	fprintf(out, "orders and fills\n  sha256 %s\n", sha256);
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

static void set_reasons(json_t *to, const char *name, const uint64_t *of, const char *const *reason,
			unsigned n)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < n; i++)
		if (of[i])
			set_count(all, reason[i], of[i]);
	json_object_set_new(to, name, all);
}

static void set_execution(json_t *m, const struct outcome *o, const struct summary *s)
{
	char sha256[HASH_BYTES];

	hash(s, sha256);
	json_object_set_new(m, "sha256", json_string(sha256));
	set_count(m, "sent", o->sent);
	set_reasons(m, "denied", o->denied, risk_name, RISK_REASONS);
	set_reasons(m, "rejected", o->rejected, paper_reason_text, PAPER_REASONS);
	set_count(m, "resting_filled", o->rested);
	set_count(m, "resting_unfilled", o->unfilled);
	set_ratio(m, "passive_fill_ratio", outcome_passive_ratio(o));
	set_count(m, "slippage_entry_shares", o->entry.shares);
	set_ratio(m, "slippage_entry", outcome_slippage(&o->entry));
	set_count(m, "slippage_exit_shares", o->exit.shares);
	set_ratio(m, "slippage_exit", outcome_slippage(&o->exit));
}

static void set_gates(json_t *m, const struct outcome *o, const struct plant *p)
{
	json_t *all = json_object();

	for (unsigned i = 0; i <= EARNED_GATES; i++) {
		const struct earned *e = &o->by_gate.gate[i];
		json_t *one;

		if (!e->trips)
			continue;
		one = json_object();
		set_count(one, "trips", e->trips);
		set_count(one, "wins", e->wins);
		set_count(one, "losses", e->losses);
		set_ratio(one, "win_rate", (double)e->wins / (double)e->trips);
		set_money(one, "realized", e->realized);
		set_money(one, "fees", e->fees);
		set_money(one, "net", e->net);
		json_object_set_new(all, i < EARNED_GATES ? p->gate_name[i] : "none", one);
	}
	json_object_set_new(m, "gates", all);
}

void summary_money_json(const struct outcome *o, const struct plant *p, const struct summary *s, void *to)
{
	json_t *m;

	if (!o || (!o->fills && !sum(o->denied, RISK_REASONS) && !sum(o->rejected, PAPER_REASONS)))
		return;
	m = json_object();
	set_execution(m, o, s);
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
	set_gates(m, o, p);
	set_ratio(m, "win_rate", outcome_win_rate(o));
	set_ratio(m, "profit_factor", outcome_profit_factor(o));
	set_ratio(m, "expectancy", outcome_expectancy(o));
	set_ratio(m, "average_win", outcome_average_win(o));
	set_ratio(m, "average_loss", outcome_average_loss(o));
	set_money(m, "won", o->won);
	set_money(m, "lost", o->lost);
	set_money(m, "best", o->best);
	set_money(m, "worst", o->worst);
	set_count(m, "held_ns", o->held_ns);
	set_count(m, "longest_ns", o->longest_ns);
	set_count(m, "peak_shares", (uint64_t)o->peak_qty);
	set_money(m, "peak_exposure", o->peak_exposure);
	set_ratio(m, "return_on_peak", outcome_return_on_peak(o));
	set_ratio(m, "turnover", outcome_turnover(o));
	set_ratio(m, "exposure_time", outcome_exposure_time(o));
	set_money(m, "max_drawdown", o->drawdown);
	set_count(m, "max_drawdown_from", o->drawdown_from_ns);
	set_count(m, "max_drawdown_low", o->drawdown_low_ns);
	set_count(m, "max_drawdown_ns", o->drawdown_ns);
	set_count(m, "daily_results", outcome_days(o).n);
	set_ratio(m, "sharpe", outcome_sharpe(o));
	set_ratio(m, "sortino", outcome_sortino(o));
	json_object_set_new(to, "trading", m);
}

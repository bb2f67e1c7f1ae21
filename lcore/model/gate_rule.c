/* SPDX-License-Identifier: BSD-3-Clause */
// gate_rule.c: the text of one rule to a row of the set. docs/gates.md has the grammar.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/event.h"
#include "lcore/model/gate_set.h"

static const char *const op_name[GATE_SWEEP] = { ">",           "<",           ">=",  "<=",
						 "cross_above", "cross_below", "has", "lacks" };

enum { WORDS = 12 };

struct words {
	char w[WORDS][128]; // as long as a rule
	unsigned n;
};

// What a rule's text is read with: where it goes, and where errors go.
struct parse {
	struct gate_set *set;
	const char *text;
	struct words w;
	enum bar_span span; // of the left side
	char *err;
	size_t err_len;
};

// Blanks separate words, but within brackets; * is a word of its own.
static void split(const char *text, struct words *out)
{
	out->n = 0;
	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		size_t n = 0;
		bool inside = false;

		if (out->n == WORDS) {
			out->n++; // more words than any rule has
			return;
		}
		char *w = out->w[out->n++];

		do {
			if (*text != ' ' && *text != '\t' && n + 1 < sizeof out->w[0])
				w[n++] = *text;
			inside = *text == '(' || (inside && *text != ')');
			text++;
		} while (*text && text[-1] != '*' && *text != '*' &&
			 (inside || (*text != ' ' && *text != '\t')));
		w[n] = '\0';
	}
}

static bool number(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && isfinite(*out);
}

// A whole number from min to max.
static bool whole(const char *text, double min, double max, double *out)
{
	return number(text, out) && *out == floor(*out) && *out >= min && *out <= max;
}

// Times and flags are no quantities: a threshold on them would mean nothing.
static bool gateable(enum bar_col col) { return col != COL_COUNT && bar_columns[col].type >= BAR_TYPE_PX; }

static int bad_column(const struct parse *p, const char *found, const char *also)
{
	int n = snprintf(p->err, p->err_len, "found \"%s\", allowed: %sthe numeric columns", found, also);

	for (int i = 0; i < COL_COUNT && n > 0 && (size_t)n < p->err_len; i++)
		if (gateable((enum bar_col)i))
			n += snprintf(p->err + n, p->err_len - (size_t)n, " %s", bar_columns[i].name);
	return -EINVAL;
}

static int bad_rule(const struct parse *p)
{
	snprintf(
		p->err, p->err_len,
		"found \"%s\", allowed: SPAN COLUMN OP VALUE|[FACTOR *] [SPAN] COLUMN [weight W], SPAN flags "
		"has|lacks BIT|BIT, sweep buy|sell|any [levels >= N] [shares >= N] [weight W], gate NAME "
		"[weight W]; for COLUMN also slope(COLUMN,ROWS), pct(COLUMN,ROWS)",
		p->text);
	return -EINVAL;
}

// The ring that keeps the last rows of a column; it grows to the most that anybody wants.
static int ring(struct parse *p, enum bar_span span, enum bar_col col, uint16_t rows)
{
	struct gate_set *set = p->set;
	unsigned i = 0, all = 0;

	while (i < set->n_rings && !(set->ring[i].span == span && set->ring[i].col == col))
		i++;
	for (unsigned k = 0; k < set->n_rings; k++)
		all += k == i ? 0 : set->ring[k].rows;
	if (i < set->n_rings && set->ring[i].rows >= rows)
		return (int)i;
	if (i == GATE_RINGS || all + rows > GATE_RING_ROWS) {
		snprintf(p->err, p->err_len,
			 "found \"%s\", allowed: slope and pct over up to %d columns and %d rows together",
			 p->text, GATE_RINGS, GATE_RING_ROWS);
		return -ENOSPC;
	}
	if (i == set->n_rings)
		set->ring[set->n_rings++] = (struct gate_ring){ .span = (uint8_t)span, .col = (uint8_t)col };
	set->ring[i].rows = rows;
	return (int)i;
}

static int tap(struct parse *p, const struct gate_tap *t)
{
	struct gate_set *set = p->set;
	unsigned i = 0;

	while (i < set->n_taps && memcmp(&set->tap[i], t, sizeof *t))
		i++;
	if (i == GATE_TAPS) {
		snprintf(p->err, p->err_len, "more than %d different columns over all gates", GATE_TAPS);
		return -ENOSPC;
	}
	if (i == set->n_taps)
		set->tap[set->n_taps++] = *t;
	return (int)i;
}

static int function(struct parse *p, enum bar_span span, const char *word, struct gate_tap *t)
{
	bool slope = !strncmp(word, "slope(", 6);
	const char *inner = word + (slope ? 6 : 4), *comma = strchr(inner, ',');
	size_t len = comma ? (size_t)(comma - inner) : strcspn(inner, ")");
	char rows[16] = "", name[64];
	double n;

	if (comma)
		snprintf(rows, sizeof rows, "%.*s", (int)strcspn(comma + 1, ")"), comma + 1);
	if (!comma || word[strlen(word) - 1] != ')' || strchr(word, ')') != word + strlen(word) - 1 ||
	    !whole(rows, GATE_ROWS_MIN, GATE_ROWS_MAX, &n)) {
		snprintf(p->err, p->err_len, "found \"%s\", allowed: %s(COLUMN,ROWS) with %d to %d ROWS",
			 word, slope ? "slope" : "pct", GATE_ROWS_MIN, GATE_ROWS_MAX);
		return -EINVAL;
	}
	enum bar_col col = bar_column_by_name(inner, len);

	snprintf(name, sizeof name, "%.*s", (int)len, inner);
	if (!gateable(col))
		return bad_column(p, name, "");
	int r = ring(p, span, col, (uint16_t)n);

	if (r < 0)
		return r;
	*t = (struct gate_tap){ .span = (uint8_t)span,
				.col = (uint8_t)col,
				.fn = slope ? GATE_FN_SLOPE : GATE_FN_PCT,
				.ring = (uint8_t)r,
				.rows = (uint16_t)n };
	return 0;
}

// A column or a function of one: its tap, or -errno.
static int operand(struct parse *p, enum bar_span span, const char *word, const char *also)
{
	struct gate_tap t = { .span = (uint8_t)span };
	int rc;

	if (!strncmp(word, "slope(", 6) || !strncmp(word, "pct(", 4)) {
		rc = function(p, span, word, &t);
		if (rc)
			return rc;
	} else {
		enum bar_col col = bar_column_by_name(word, strlen(word));

		if (!gateable(col))
			return bad_column(p, word, also);
		t.col = (uint8_t)col;
	}
	return tap(p, &t);
}

// What comes after the rule proper, from word k on: nothing, or its weight.
static int tail(const struct parse *p, unsigned k, struct gate_rule *r)
{
	if (k == p->w.n)
		return 0;
	if (k + 2 != p->w.n)
		return bad_rule(p);
	if (strcmp(p->w.w[k], "weight") || !number(p->w.w[k + 1], &r->weight) || r->weight <= 0) {
		snprintf(p->err, p->err_len, "found \"%s %s\", allowed: weight W with W > 0", p->w.w[k],
			 p->w.w[k + 1]);
		return -EINVAL;
	}
	return 0;
}

// The bits of flags that rows can have.
static int bits(const struct parse *p, const char *text, struct gate_rule *r)
{
	const uint64_t never = BAR_LATE_SEEN | BAR_REVISED | BAR_BUSTED | BAR_TEST | BAR_IDLE |
			       BAR_PARTIAL_LAST;
	uint64_t mask = 0;
	int n;

	while (*text) {
		size_t len = strcspn(text, "|");
		int i = 0;

		while (i < BAR_FLAG_COUNT &&
		       !(strlen(bar_flag_names[i]) == len && !memcmp(bar_flag_names[i], text, len)))
			i++;
		if (i == BAR_FLAG_COUNT || never >> i & 1) {
			mask = 0;
			break;
		}
		mask |= UINT64_C(1) << i;
		text += len + (text[len] == '|' && text[len + 1]);
	}
	r->value = (double)mask;
	if (mask)
		return 0;
	n = snprintf(p->err, p->err_len, "found \"%.60s\", allowed: bits joined by |, of", text);
	for (int i = 0; i < BAR_FLAG_COUNT && n > 0 && (size_t)n < p->err_len; i++)
		if (!(never >> i & 1))
			n += snprintf(p->err + n, p->err_len - (size_t)n, " %s", bar_flag_names[i]);
	return -EINVAL;
}

static int quality(struct parse *p, struct gate_rule *r)
{
	struct gate_tap t = { .span = (uint8_t)p->span, .col = COL_flags };
	int rc = tap(p, &t);

	if (strcmp(p->w.w[1], "flags")) {
		snprintf(p->err, p->err_len, "found \"%s %s\", allowed before has and lacks: flags",
			 p->w.w[1], p->w.w[2]);
		return -EINVAL;
	}
	r->left = (uint8_t)rc;
	rc = rc < 0 ? rc : bits(p, p->w.w[3], r);
	return rc ? rc : tail(p, 4, r);
}

static int crossing(struct parse *p, struct gate_rule *r)
{
	struct gate_set *set = p->set;

	if (r->op != GATE_CROSS_ABOVE && r->op != GATE_CROSS_BELOW)
		return 0;
	set->cross[set->n_crosses] = (struct gate_cross){ r->left, r->right, r->value };
	r->cross = (uint16_t)set->n_crosses++;
	return 0;
}

// [FACTOR *] [SPAN] COLUMN, or a number.
static int right_side(struct parse *p, struct gate_rule *r)
{
	unsigned k = 3;
	bool is_number = number(p->w.w[k], &r->value);

	if (k + 2 < p->w.n && !strcmp(p->w.w[k + 1], "*")) {
		if (!is_number)
			return bad_rule(p);
		k += 2;
	} else if (is_number) {
		return tail(p, k + 1, r);
	} else {
		r->value = 1;
	}
	enum bar_span span = bar_span_by_name(p->w.w[k], strlen(p->w.w[k]));
	bool spanned = span != SPAN_COUNT && k + 1 < p->w.n;
	int rc = operand(p, spanned ? span : p->span, p->w.w[k + spanned], "a number, or ");

	if (rc < 0)
		return rc;
	r->right = (uint8_t)rc;
	return tail(p, k + spanned + 1, r);
}

static int compare(struct parse *p, struct gate_rule *r)
{
	int op = 0, rc;

	if (p->w.n < 4 || p->w.n > WORDS)
		return bad_rule(p);
	p->span = bar_span_by_name(p->w.w[0], strlen(p->w.w[0]));
	if (p->span == SPAN_COUNT)
		return snprintf(p->err, p->err_len, "found span \"%s\", allowed: 1s 5s 15s 30s 1m 5m",
				p->w.w[0]),
		       -EINVAL;
	while (op < GATE_SWEEP && strcmp(op_name[op], p->w.w[2]))
		op++;
	r->op = (uint8_t)op;
	r->right = GATE_TAPS;
	if (op == GATE_HAS || op == GATE_LACKS)
		return quality(p, r);
	rc = operand(p, p->span, p->w.w[1], "");
	if (rc < 0)
		return rc;
	if (op == GATE_SWEEP)
		return snprintf(p->err, p->err_len,
				"found operator \"%s\", allowed: > < >= <= cross_above cross_below, and has, "
				"lacks of flags",
				p->w.w[2]),
		       -EINVAL;
	r->left = (uint8_t)rc;
	rc = right_side(p, r);
	return rc ? rc : crossing(p, r);
}

static int sweep(struct parse *p, struct gate_rule *r)
{
	static const char *const side[] = { [SIDE_NONE] = "any", [SIDE_BUY] = "buy", [SIDE_SELL] = "sell" };
	unsigned k = 2, at = 0;
	double n;

	r->op = GATE_SWEEP;
	while (at < sizeof side / sizeof *side && (p->w.n < 2 || !side[at] || strcmp(side[at], p->w.w[1])))
		at++;
	if (at == sizeof side / sizeof *side || p->w.n > WORDS)
		return bad_rule(p);
	r->left = (uint8_t)at;
	for (; k + 2 < p->w.n && !strcmp(p->w.w[k + 1], ">="); k += 3) {
		if (!strcmp(p->w.w[k], "levels") && whole(p->w.w[k + 2], 1, UINT16_MAX, &n))
			r->levels = (uint16_t)n;
		else if (!strcmp(p->w.w[k], "shares") && whole(p->w.w[k + 2], 1, 1e9, &n))
			r->shares = (uint64_t)n;
		else
			return bad_rule(p);
	}
	return tail(p, k, r);
}

static int reference(struct parse *p, unsigned gate, unsigned nth, struct gate_rule *r)
{
	struct gate_set *set = p->set;

	if (p->w.n < 2 || p->w.n > WORDS)
		return bad_rule(p);
	if (set->n_refs == GATE_REFS) {
		snprintf(p->err, p->err_len, "more than %d rules on other gates", GATE_REFS);
		return -ENOSPC;
	}
	r->op = GATE_REF;
	struct gate_ref *ref = &set->ref[set->n_refs];

	*ref = (struct gate_ref){ .gate = (uint8_t)gate, .rule = (uint8_t)nth };
	snprintf(ref->name, sizeof ref->name, "%.*s", (int)sizeof ref->name - 1, p->w.w[1]);
	set->n_refs++;
	return tail(p, 2, r);
}

int gate_rule(struct gate_set *set, unsigned gate, unsigned nth, const char *text, struct gate_rule *r,
	      char *err, size_t err_len)
{
	struct parse p = { .set = set, .text = text, .err = err, .err_len = err_len };

	*r = (struct gate_rule){ .weight = 1, .right = GATE_TAPS };
	split(text, &p.w);
	if (p.w.n && !strcmp(p.w.w[0], "sweep"))
		return sweep(&p, r);
	if (p.w.n && !strcmp(p.w.w[0], "gate"))
		return reference(&p, gate, nth, r);
	return compare(&p, r);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// gate_set.c: gates one by one into a set, then what holds for all of them: who needs whom, in which order
// they are evaluated, what each span's rows touch.
#include "lcore/model/gate_set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lcore/base/fnv.h"
#include "lcore/base/symtab.h"

static bool two_digits(const char *p, unsigned max, unsigned *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
	return *out <= max;
}

// HH:MM at p, which holds five bytes.
static bool time_of_day(const char *p, uint64_t *out_ns)
{
	unsigned hour, minute;

	if (!two_digits(p, 23, &hour) || p[2] != ':' || !two_digits(p + 3, 59, &minute))
		return false;
	*out_ns = (hour * 60 + minute) * 60 * NS_PER_S;
	return true;
}

int gate_window(const char *text, uint64_t *from_ns, uint64_t *to_ns, char *err, size_t err_len)
{
	*from_ns = *to_ns = 0;
	if (!*text)
		return 0;
	if (strlen(text) == 11 && text[5] == '-' && time_of_day(text, from_ns) &&
	    time_of_day(text + 6, to_ns) && *from_ns < *to_ns)
		return 0;
	snprintf(err, err_len,
		 "found \"%.60s\", allowed: HH:MM-HH:MM of New York, the first before the second", text);
	return -EINVAL;
}

int gate_symbols(struct gate_set *set, uint32_t gate, const char *list, char *err, size_t err_len)
{
	for (list += strspn(list, ", \t"); *list; list += strspn(list, ", \t")) {
		size_t len = strcspn(list, ", \t");

		if (len > SYMBOL_BYTES)
			return snprintf(err, err_len, "found \"%.*s\", allowed: symbols of 1 to %d bytes",
					len > 40 ? 40 : (int)len, list, SYMBOL_BYTES),
			       -EINVAL;
		if (set->n_symbols == GATE_SYMBOLS)
			return snprintf(err, err_len, "more than %d symbols on the lists of all gates",
					GATE_SYMBOLS),
			       -ENOSPC;
		set->symbol[set->n_symbols++] = (struct gate_symbol){ symtab_key(list, len), gate };
		list += len;
	}
	return 0;
}

// Two gates with the same hash decide alike and keep the same state.
static uint64_t spec_hash(const struct gate_spec *s)
{
	const uint64_t word[] = {
		s->stream, s->side, s->group, s->cooldown_ns, s->quote_age_ns, s->max_fires
	};
	uint64_t hash = fnv_bytes(FNV_BASIS, word, sizeof word);

	hash = fnv_bytes(hash, &s->threshold, sizeof s->threshold);
	hash = fnv_bytes(hash, &s->release, sizeof s->release);
	hash = fnv_bytes(hash, s->window, strlen(s->window) + 1);
	hash = fnv_bytes(hash, s->symbols, strlen(s->symbols) + 1);
	for (unsigned i = 0; i < s->n_rules; i++)
		hash = fnv_bytes(hash, s->rule[i], strlen(s->rule[i]) + 1);
	return hash;
}

// A gate that never fires has nothing that could keep it from firing.
static int check_filters(const struct gate_spec *s, char *err, size_t err_len)
{
	const char *key = s->cooldown_ns    ? "cooldown"
			  : s->max_fires    ? "max_fires"
			  : s->quote_age_ns ? "quote_age"
			  : *s->window      ? "window"
					    : NULL;

	if (s->stream != GATE_NONE || !key)
		return 0;
	snprintf(err, err_len, "found %s on a gate of stream none, allowed: on gates that fire", key);
	return -EINVAL;
}

static void head(struct gate *g, const struct gate_spec *s)
{
	*g = (struct gate){ .stream = (uint8_t)s->stream,
			    .side = (uint8_t)s->side,
			    .group = (uint8_t)s->group,
			    .n_rules = (uint8_t)s->n_rules,
			    .threshold = s->group == GATE_ALL   ? 1
					 : s->group == GATE_ANY ? 0
								: s->threshold,
			    .cooldown_ns = s->cooldown_ns,
			    .quote_age_ns = s->quote_age_ns,
			    .max_fires = (uint32_t)s->max_fires,
			    .listed = *s->symbols != '\0',
			    .spec = spec_hash(s) };
	g->release = s->release < g->threshold ? s->release : g->threshold;
	snprintf(g->name, sizeof g->name, "%s", s->name);
}

int gate_compile(struct gate_set *set, const struct gate_spec *spec, char *err, size_t err_len)
{
	struct gate *g = &set->gate[set->n];
	unsigned refs = set->n_refs, symbols = set->n_symbols;
	int rc;

	if (set->n == GATE_MAX || spec->n_rules > GATE_RULES)
		return snprintf(err, err_len, "more than %d gates or %d rules", GATE_MAX, GATE_RULES),
		       -ENOSPC;
	if (spec->n_rules == 0)
		return snprintf(err, err_len, "a gate without rules"), -EINVAL;
	head(g, spec);
	rc = check_filters(spec, err, err_len);
	rc = rc ? rc : gate_window(spec->window, &g->window_from_ns, &g->window_to_ns, err, err_len);
	rc = rc ? rc : gate_symbols(set, set->n, spec->symbols, err, err_len);
	for (unsigned i = 0; i < spec->n_rules && !rc; i++) {
		rc = gate_rule(set, set->n, i, spec->rule[i], &g->rule[i], err, err_len);
		g->weight += g->rule[i].weight;
	}
	if (rc) {
		set->n_refs = refs;
		set->n_symbols = symbols;
		return rc;
	}
	set->n++;
	return 0;
}

static int find(const struct gate_set *set, const char *name)
{
	for (unsigned i = 0; i < set->n; i++)
		if (!strcmp(set->gate[i].name, name))
			return (int)i;
	return -1;
}

static int resolve(struct gate_set *set, struct gate_fault *fault)
{
	for (unsigned i = 0; i < set->n_refs; i++) {
		const struct gate_ref *ref = &set->ref[i];
		int found = find(set, ref->name);
		int n;

		if (found >= 0) {
			set->gate[ref->gate].rule[ref->rule].ref = (uint8_t)found;
			continue;
		}
		*fault = (struct gate_fault){ .gate = ref->gate, .rule = ref->rule };
		n = snprintf(fault->text, sizeof fault->text, "found gate \"%s\", allowed: the gates",
			     ref->name);
		for (unsigned k = 0; k < set->n && n > 0 && (size_t)n < sizeof fault->text; k++)
			n += snprintf(fault->text + n, sizeof fault->text - (size_t)n, " %s",
				      set->gate[k].name);
		return -EINVAL;
	}
	return 0;
}

// The way down from the gate that is being placed.
struct walk {
	struct gate_set *set;
	struct gate_fault *fault;
	uint8_t path[GATE_MAX];
	unsigned depth, placed;
	uint32_t done;
};

static int circle(struct walk *w, unsigned from, unsigned rule)
{
	const struct gate_set *set = w->set;
	int n;

	*w->fault = (struct gate_fault){ .gate = w->path[w->depth - 1], .rule = rule };
	n = snprintf(w->fault->text, sizeof w->fault->text, "found the circle");
	for (; from < w->depth; from++)
		n += snprintf(w->fault->text + n, sizeof w->fault->text - (size_t)n, " %s needs",
			      set->gate[w->path[from]].name);
	snprintf(w->fault->text + n, sizeof w->fault->text - (size_t)n, " %s, allowed: none",
		 set->gate[set->gate[w->path[w->depth - 1]].rule[rule].ref].name);
	return -EINVAL;
}

// Places a gate in the order after all that it needs. The depth is at most the number of gates.
static int place(struct walk *w, unsigned i)
{
	struct gate *g = &w->set->gate[i];

	if (w->done >> i & 1)
		return 0;
	w->path[w->depth++] = (uint8_t)i;
	for (unsigned k = 0; k < g->n_rules; k++) {
		const struct gate_rule *r = &g->rule[k];

		if (r->op == GATE_SWEEP)
			w->set->sweeps |= UINT32_C(1) << i;
		if (r->op != GATE_REF)
			continue;
		for (unsigned at = 0; at < w->depth; at++)
			if (w->path[at] == r->ref)
				return circle(w, at, k);
		int rc = place(w, r->ref);

		if (rc)
			return rc;
		if (w->set->sweeps >> r->ref & 1)
			w->set->sweeps |= UINT32_C(1) << i;
		g->spec = fnv_bytes(g->spec, &w->set->gate[r->ref].spec, sizeof g->spec);
	}
	w->depth--;
	w->done |= UINT32_C(1) << i;
	w->set->order[w->placed++] = (uint8_t)i;
	return 0;
}

static void by_span(struct gate_set *set)
{
	unsigned taps = 0, rings = 0, crosses = 0, at = 0;

	for (unsigned span = 0; span < SPAN_COUNT; span++) {
		set->tap_from[span] = (uint8_t)taps;
		set->ring_from[span] = (uint8_t)rings;
		set->cross_from[span] = (uint16_t)crosses;
		for (unsigned i = 0; i < set->n_taps; i++)
			if (set->tap[i].span == span)
				set->tap_of[taps++] = (uint8_t)i;
		for (unsigned i = 0; i < set->n_rings; i++)
			if (set->ring[i].span == span)
				set->ring_of[rings++] = (uint8_t)i;
		for (unsigned i = 0; i < set->n_crosses; i++)
			if (set->tap[set->cross[i].left].span == span)
				set->cross_of[crosses++] = (uint16_t)i;
		set->crossing |= (uint8_t)(crosses > set->cross_from[span] ? 1u << span : 0);
	}
	set->tap_from[SPAN_COUNT] = (uint8_t)taps;
	set->ring_from[SPAN_COUNT] = (uint8_t)rings;
	set->cross_from[SPAN_COUNT] = (uint16_t)crosses;
	for (unsigned i = 0; i < set->n_rings; i++) {
		set->ring[i].at = (uint16_t)at;
		at += set->ring[i].rows;
	}
	set->ring_rows = at;
}

int gate_finish(struct gate_set *set, struct gate_fault *fault)
{
	struct walk w = { .set = set, .fault = fault };
	int rc = resolve(set, fault);

	for (unsigned i = 0; i < set->n && !rc; i++)
		rc = place(&w, i);
	if (rc)
		return rc;
	by_span(set);
	set->quotes = set->sweeps != 0;
	for (unsigned i = 0; i < set->n; i++)
		set->quotes |= set->gate[i].quote_age_ns != 0;
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// summary_paper.c: orders of ours at the paper exchange, at the end of a run.
#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "app/wirebar/summary.h"

static const char *const biases[] = {
	"no impact: nobody reacts to our orders, our volume is not in later volume",
	"no adverse selection from our showing; hidden shares ahead are unknown",
	"no auctions; latency is constant",
};

static const enum ledger_id rows[] = {
	LEDGER_paper_orders,        LEDGER_paper_denied,       LEDGER_paper_rejected,
	LEDGER_paper_fills,         LEDGER_paper_shares,       LEDGER_paper_fills_broken,
	LEDGER_paper_ignored,       LEDGER_paper_not_reached,  LEDGER_paper_queue_breaks,
	LEDGER_paper_queue_unknown, LEDGER_paper_queue_approx,
};

enum { N_ROWS = sizeof rows / sizeof *rows };

static const char *const hidden_words[] = { "through", "at", "never" }, *const l2_words[] = { "worst",
											      "prop" };

// Venues that orders of ours are for.
static uint32_t venues(const struct appliance *a)
{
	uint32_t set = 0;

	for (uint32_t i = 0; i < a->plant.paper->script.n_legs; i++)
		set |= UINT32_C(1) << a->plant.paper->script.leg[i].venue;
	for (unsigned i = 0; i <= a->conf.n_gate && a->plant.paper->desk; i++) {
		const char *gate = i < a->conf.n_gate ? a->conf.gate[i].venue : "";
		int venue = venue_find(*gate ? gate : a->conf.orders.venue);

		set |= venue < 0 ? 0 : UINT32_C(1) << venue;
	}
	return set;
}

static void us(uint64_t ns, char out[32]) { snprintf(out, 32, "%.9g us", (double)ns / 1e3); }

void summary_paper_text(const struct appliance *a, const struct summary *s, FILE *out)
{
	if (!a->plant.paper)
		return;
	const uint64_t *v = s->ledger.v;
	uint32_t set = venues(a);

	fprintf(out,
		"\norders %" PRIu64 ", rejected %" PRIu64 ", not reached %" PRIu64 ", ignored rows %" PRIu64
		"\n",
		v[LEDGER_paper_orders], v[LEDGER_paper_rejected], v[LEDGER_paper_not_reached],
		v[LEDGER_paper_ignored]);
	if (a->plant.paper->risk)
		fprintf(out, "denied %" PRIu64 "\n", v[LEDGER_paper_denied]);
	fprintf(out, "fills %" PRIu64 ", shares %" PRIu64 ", broken %" PRIu64 "\n", v[LEDGER_paper_fills],
		v[LEDGER_paper_shares], v[LEDGER_paper_fills_broken]);
	fprintf(out, "queue: unknown %" PRIu64 ", out of turn %" PRIu64 ", not remembered %" PRIu64 "\n",
		v[LEDGER_paper_queue_unknown], v[LEDGER_paper_queue_breaks], v[LEDGER_paper_queue_approx]);
	for (unsigned i = 0; i < VENUE_COUNT; i++) {
		const struct conf_paper_venue *c = &a->plant.paper->venue[i];
		char name[VENUE_TEXT], entry[32], cancel[32], response[32];

		if (!(set >> i & 1))
			continue;
		us(c->entry_ns, entry);
		us(c->cancel_ns, cancel);
		us(c->response_ns, response);
		fprintf(out,
			"assumed of %s: entry %s, cancel %s, response %s;\n  hidden prints %s, levels %s\n",
			venue_lower(i, name), entry, cancel, response, hidden_words[c->hidden],
			l2_words[c->l2]);
	}
	for (size_t i = 0; i < sizeof biases / sizeof *biases; i++)
		fprintf(out, "%s%s%s\n", i ? "  " : "biases: ", biases[i],
			i + 1 < sizeof biases / sizeof *biases ? ";" : "");
}

void summary_paper_json(const struct appliance *a, const struct summary *s, void *to)
{
	json_t *o = json_object(), *assumed = json_object(), *leans = json_array();

	for (unsigned i = 0; i < VENUE_COUNT && a->plant.paper; i++) {
		const struct conf_paper_venue *c = &a->plant.paper->venue[i];
		char name[VENUE_TEXT];

		if (venues(a) >> i & 1)
			json_object_set_new(assumed, venue_lower(i, name),
					    json_pack("{s:I,s:I,s:I,s:s,s:s}", "entry_ns",
						      (json_int_t)c->entry_ns, "cancel_ns",
						      (json_int_t)c->cancel_ns, "response_ns",
						      (json_int_t)c->response_ns, "hidden",
						      hidden_words[c->hidden], "l2", l2_words[c->l2]));
	}
	for (size_t i = 0; i < sizeof biases / sizeof *biases; i++)
		json_array_append_new(leans, json_string(biases[i]));
	for (int i = 0; i < N_ROWS; i++) // paper_orders as orders, and so on
		json_object_set_new(o, ledger_rows[rows[i]].name + sizeof "paper_" - 1,
				    json_integer((json_int_t)s->ledger.v[rows[i]]));
	json_object_set_new(o, "assumed", assumed);
	json_object_set_new(o, "biases", leans);
	if (a->plant.paper)
		json_object_set(to, "paper", o);
	json_decref(o);
}

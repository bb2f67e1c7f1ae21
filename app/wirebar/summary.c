/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/outputs.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/summary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "lcore/base/symtab.h"
#include "lcore/model/engine_hash.h"
#include "lcore/stage/liveness.h"
#include "drivers/journal/journal.h"
#include "drivers/recovery/recovery.h"

void appliance_ports(const struct appliance *a, struct port_stats *sum)
{
	memset(sum, 0, sizeof *sum);
	for (unsigned i = 0; i < a->n_port; i++) {
		struct port_stats p = { 0 };

		a->port[i]->ops->stats(a->port[i], &p);
		port_stats_add(sum, &p);
	}
	for (unsigned i = 0; i < a->n_lcore; i++) { // the journal that the run began with
		const struct port *port = a->lcore[i].catch_up;
		struct port_stats p = { 0 };

		if (port) {
			port->ops->stats(port, &p);
			port_stats_add(sum, &p);
		}
	}
}

// What devices count themselves is read into the ledger here; all else the lcores have counted.
void appliance_ledger(const struct appliance *a, struct ledger *sum)
{
	struct port_stats p;

	memset(sum, 0, sizeof *sum);
	for (unsigned i = 0; i < a->n_lcore; i++)
		ledger_add(sum, &a->lcore[i].shared->ledger);
	if (a->plant.recovery)
		ledger_add(sum, recovery_ledger(a->plant.recovery));
	if (a->plant.journal)
		ledger_add(sum, journal_ledger(a->plant.journal));
	appliance_ports(a, &p);
	port_ledger(&p, sum);
	LEDGER_ADD(sum, groups_silent, liveness_groups(&a->plant, NULL, 0));
}

// Identities of the links, next to those of the ledger: pushes = pops + depth + refused.
static void check_links(const struct appliance *a, struct summary *s)
{
	for (unsigned i = 0; i < a->n_link; i++) {
		const struct link_shared *l = a->link[i].shared;
		struct ledger_identity *id = &s->identity[s->n_identities++];

		snprintf(s->link_text[i], sizeof s->link_text[i], "%s: pushes = pops + depth + refused",
			 l->name);
		*id = (struct ledger_identity){ s->link_text[i], l->pushes,
						l->pops + link_count(&a->link[i]) + l->refused, false };
		id->holds = id->left == id->right;
		s->balanced = s->balanced && id->holds;
	}
}

static bool no_symbol_seen(const struct appliance *a, const struct summary *s)
{
	return a->plant.n_symbols && s->never_seen == a->plant.n_symbols;
}

// What ingest lcores knew when the data ended, and gates after the rows that this made.
static void hash_states(const struct appliance *a, struct summary *s)
{
	uint64_t all = FNV_BASIS, restart = FNV_BASIS, frames = 0;

	for (unsigned i = 0; i < a->n_lcore && a->conf.run.state_hash; i++) {
		const struct lcore *l = &a->lcore[i];

		if (l->conf->stage == CONF_STAGE_SIGNAL)
			all = engine_hash_word(all, engine_hash_gates(signal_gates(l)));
		if (l->conf->stage != CONF_STAGE_INGEST)
			continue;
		all = engine_hash_word(all, l->shared->state[LCORE_STATE_END].hash);
		restart = engine_hash_word(restart, l->shared->state[LCORE_STATE_RESTART].hash);
		frames += l->shared->state[LCORE_STATE_RESTART].frames;
	}
	s->state_hash = a->conf.run.state_hash ? all : 0;
	s->restart_hash = frames ? restart : 0;
}

void summary_gather(const struct appliance *a, struct summary *s)
{
	uint64_t busy_tsc = 0, refused = 0;
	struct rusage ru;

	memset(s, 0, sizeof *s);
	appliance_ledger(a, &s->ledger);
	s->balanced = ledger_check(&s->ledger, s->identity);
	// While it runs this is what is to come; now it is what will never come.
	appliance_ports(a, &s->ports);
	LEDGER_ADD(&s->ledger, port_unplayed_bytes, s->ports.left_bytes);
	s->n_identities = LEDGER_IDENTITIES;
	check_links(a, s);
	struct ledger_identity *handed = &s->identity[s->n_identities++];

	*handed = (struct ledger_identity){
		"frames handed out by the ports, and those of a snapshot = frames_rx + restart_dropped",
		s->ports.frames + s->ledger.v[LEDGER_restart_snapshot_frames],
		s->ledger.v[LEDGER_frames_rx] + s->ledger.v[LEDGER_restart_dropped], false
	};
	handed->holds = handed->left == handed->right;
	s->balanced = s->balanced && handed->holds;
	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct lcore *l = &a->lcore[i];

		for (int h = 0; h < HIST_COUNT; h++)
			hist_add(&s->hist[h], &l->shared->hist[h]);
		if (l->conf->stage == CONF_STAGE_INGEST)
			busy_tsc += l->shared->busy_tsc;
		if (l->conf->stage == CONF_STAGE_EXPORT) {
			if (a->parts)
				parts_digest(a, &s->digest);
			else
				export_digest(l, &s->digest);
			s->exported = true;
		}
	}
	for (unsigned i = 0; i < a->n_link; i++) {
		refused += link_lost(&a->link[i]);
		if (a->lcore[a->link[i].from].conf->stage == CONF_STAGE_INGEST)
			busy_tsc -= a->link[i].shared->wait_tsc < busy_tsc ? a->link[i].shared->wait_tsc
									   : busy_tsc;
	}
	s->seconds = a->ended_s - a->launched_s;
	uint64_t messages = s->ledger.v[LEDGER_messages_rx];

	s->ns_per_message = messages ? (double)busy_tsc * a->plant.clock.ns_per_tsc / (double)messages : 0;
	getrusage(RUSAGE_SELF, &ru);
	s->peak_rss_bytes = (uint64_t)ru.ru_maxrss * 1024;
	s->interrupted = a->plant.abort;
	hash_states(a, s);
	// Stopped before the first frame is not the same as captures of something else.
	s->nothing = a->plant.replay && !ledger_understood(&s->ledger) &&
		     !(a->plant.stop && !s->ledger.v[LEDGER_frames_rx]);
	s->damaged = ledger_damaged(&s->ledger) || refused || s->interrupted || s->nothing;
	for (unsigned i = 0; i < a->plant.n_symbols; i++)
		s->never_seen += !symbols_seen(a->plant.tables, a->plant.symbol[i]);
	bool failed = !s->balanced || s->interrupted || outputs_failed(a) || no_symbol_seen(a, s);

	s->exit_code = failed ? 1 : s->damaged ? 3 : 0;
}

static void remark_symbols(const struct appliance *a)
{
	for (unsigned i = 0; i < a->plant.n_symbols; i++) {
		uint64_t key = a->plant.symbol[i];
		char text[SYMBOL_BYTES + 1], near[SYMBOL_BYTES + 1] = "";

		if (symbols_seen(a->plant.tables, key))
			continue;
		symtab_text(key, text);
		bool found = symbols_nearest(a->plant.tables, key, near);

		fprintf(stderr, "wirebar: --symbols: %s was never seen%s%s%s\n", text,
			found ? "; did you mean " : "", near, found ? "?" : "");
	}
}

int appliance_summary(struct appliance *a)
{
	const char *path = a->plant.output_path[OUTPUT_SUMMARY];
	static struct summary s;

	parts_collect(a);
	summary_gather(a, &s);
	bool keep = !s.interrupted && !no_symbol_seen(a, &s);

	s.kept = a->parts ? parts_settle(a, keep) : outputs_settle(a, keep);
	if (outputs_failed(a))
		s.exit_code = 1;
	remark_symbols(a);
	if (!a->quiet)
		summary_text(a, &s, outputs_report(a));
	else
		summary_reasons(a, &s, stderr);
	int rc = path ? summary_json(a, &s, path) : 0;

	if (rc)
		fprintf(stderr, "wirebar: summary: %s: not written whole: %s\n", path, strerror(-rc));
	return rc ? 1 : s.exit_code;
}

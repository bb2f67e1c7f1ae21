/* SPDX-License-Identifier: BSD-3-Clause */
// summary.h: the end of a run in figures: gathered once, then shown for people (summary_text.c) or written
// for programs (summary_json.c). Control thread, after the lcores have stopped.
#ifndef WB_APP_SUMMARY_H
#define WB_APP_SUMMARY_H

#include "app/wirebar/appliance.h"
#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"

struct summary {
	struct ledger ledger;
	struct ledger_identity identity[LEDGER_IDENTITIES + 1 + CONF_LINK_MAX];
	char link_text[CONF_LINK_MAX][96];
	unsigned n_identities;
	bool balanced;
	struct port_stats ports;
	struct hist hist[HIST_COUNT]; // over all lcores
	struct export_digest digest;
	bool exported;
	bool damaged;        // data was lost or could not be read
	bool interrupted;    // given up: what was on its way is lost
	bool kept;           // the streams have their names
	unsigned never_seen; // of --symbols
	bool nothing;        // a replay without one frame of a feed
	double seconds;
	double ns_per_message; // busy time of the ingest lcores per message
	uint64_t peak_rss_bytes;
	uint64_t state_hash,
		restart_hash; // run.state_hash: of all lcores; of ingest after its journal. 0: none
	int exit_code;
};

void summary_gather(const struct appliance *a, struct summary *s);
// summary_text prints the report.
void summary_text(const struct appliance *a, const struct summary *s, FILE *out);
// summary_reasons prints, one a line, why data is missing. Returns how many.
unsigned summary_reasons(const struct appliance *a, const struct summary *s, FILE *out);
// summary_nothing says what a replay without one frame of a feed met instead.
void summary_nothing(const struct summary *s, char *out, size_t out_len);
// summary_json writes the report for programs. Returns 0 or -errno.
int summary_json(const struct appliance *a, const struct summary *s, const char *path);
// summary_paper_text and summary_paper_json say what became of orders of ours at the paper exchange, what was
// assumed of venues, and which way the result leans. Without such orders they say nothing. to: jansson's
// json_t.
void summary_paper_text(const struct appliance *a, const struct summary *s, FILE *out);
void summary_paper_json(const struct appliance *a, const struct summary *s, void *to);
struct outcome;
// summary_money_text and summary_money_json say what they have earned and risked (lcore/trade/outcome.h);
// NULL, or without a fill: nothing. to: jansson's json_t.
void summary_money_text(const struct outcome *o, const struct plant *p, const struct summary *s, FILE *out);
void summary_money_json(const struct outcome *o, const struct plant *p, const struct summary *s, void *to);
// symbols_nearest finds the symbol seen whose spelling is nearest to key's. Returns false when none is near.
bool symbols_nearest(const struct tables *t, uint64_t key, char out[SYMBOL_BYTES + 1]);
// symbols_seen returns true if any channel has named the instrument.
static inline bool symbols_seen(const struct tables *t, uint64_t key)
{
	return tables_find(t, key) != INSTR_NONE;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// summary_text.c: the report that people read: what came in, what went out, how old it was, what was lost.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/parts.h"
#include "app/wirebar/summary.h"
#include "drivers/receiver/counts.h"
#include "drivers/replay/replay.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"
#include "drivers/recovery/recovery.h"

static void duration(uint64_t ns, char out[16])
{
	if (ns < 1000)
		snprintf(out, 16, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(out, 16, "%.1f us", (double)ns / 1e3);
	else if (ns < UINT64_C(1000000000))
		snprintf(out, 16, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(out, 16, "%.2f s", (double)ns / 1e9);
}

static void lag_table(const struct summary *s, FILE *out)
{
	fprintf(out, "\nlag                   count        p50        p99      p99.9        max\n");
	for (int h = 0; h < HIST_COUNT; h++) {
		const struct hist *x = &s->hist[h];
		char p50[16], p99[16], p999[16], max[16];

		if (!x->count)
			continue;
		duration(hist_percentile(x, 0.5), p50);
		duration(hist_percentile(x, 0.99), p99);
		duration(hist_percentile(x, 0.999), p999);
		duration(x->max, max);
		fprintf(out, "%-16s %10" PRIu64 " %10s %10s %10s %10s\n", lcore_hist_name[h], x->count, p50,
			p99, p999, max);
	}
}

static void ledger_table(const struct summary *s, FILE *out)
{
	const char *group = "";

	fprintf(out, "\nledger\n");
	for (int i = 0; i < LEDGER_COUNT; i++) {
		if (!s->ledger.v[i])
			continue;
		fprintf(out, "  %-8s %-24s %14" PRIu64 "\n",
			strcmp(group, ledger_rows[i].group) ? ledger_rows[i].group : "", ledger_rows[i].name,
			s->ledger.v[i]);
		group = ledger_rows[i].group;
	}
	for (unsigned i = 0; i < s->n_identities; i++) {
		const struct ledger_identity *id = &s->identity[i];

		if (id->left || id->right)
			fprintf(out, "  %-8s %s: %" PRIu64 " = %" PRIu64 "\n", id->holds ? "holds" : "BROKEN",
				id->text, id->left, id->right);
	}
}

struct busy {
	uint32_t instr;
	uint64_t volume;
};

static int by_volume(const void *a, const void *b)
{
	const struct busy *x = a, *y = b;

	return x->volume != y->volume ? (x->volume < y->volume ? 1 : -1)
				      : (x->instr > y->instr) - (x->instr < y->instr);
}

static unsigned busiest(const struct tables *t, struct busy out[3])
{
	struct busy *all = calloc(t->n_instr + 1, sizeof *all);
	unsigned n = 0;

	for (uint32_t i = 0; all && i < t->n_instr; i++) {
		struct bar b;

		if (tables_latest(t, i, SPAN_5M, &b) && b.volume)
			all[n++] = (struct busy){ i, b.volume };
	}
	if (all)
		qsort(all, n, sizeof *all, by_volume);
	n = n < 3 ? n : 3;
	for (unsigned i = 0; i < n; i++)
		out[i] = all[i];
	free(all);
	return n;
}

static void bar_table(const struct appliance *a, FILE *out)
{
	static const enum bar_col cols[] = { COL_open,   COL_high,  COL_low,   COL_close_filled, COL_volume,
					     COL_trades, COL_delta, COL_rsi14, COL_spread };
	struct busy top[3];
	unsigned n = busiest(a->plant.tables, top);
	char text[BAR_TEXT_BYTES];

	if (n)
		fprintf(out,
			"\nlatest bars of the busiest instruments\n  %-8s %-4s %-9s %10s %10s %10s %10s %10s %7s %9s %8s %7s  %s\n",
			"symbol", "span", "open_ts", "open", "high", "low", "close", "volume", "trades",
			"delta", "rsi14", "spread", "flags");
	for (unsigned i = 0; i < n; i++)
		for (int span = 0; span < SPAN_COUNT; span++) {
			struct bar b;

			if (!tables_latest(a->plant.tables, top[i].instr, (enum bar_span)span, &b))
				continue;
			bar_format(&b, COL_symbol, text);
			fprintf(out, "  %-8s %-4s", span ? "" : text, bar_span_name[span]);
			bar_format(&b, COL_open_ts, text);
			fprintf(out, " %.8s ", text + 11);
			for (size_t c = 0; c < sizeof cols / sizeof *cols; c++) {
				static const int width[] = { 10, 10, 10, 10, 10, 7, 9, 8, 7 };

				bar_format(&b, cols[c], text);
				if (bar_columns[cols[c]].type == BAR_TYPE_F64 && strlen(text) > 6)
					text[6] = '\0';
				fprintf(out, " %*s", width[c], text);
			}
			bar_format(&b, COL_flags, text);
			fprintf(out, "  %s\n", text);
		}
}

static void fire_table(const struct appliance *a, FILE *out)
{
	struct fire fire[TELEMETRY_FIRES];
	unsigned n = 0;
	uint64_t total = 0;

	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_TELEMETRY)
			n = telemetry_fires(&a->lcore[i], fire, &total);
	if (!n)
		return;
	fprintf(out, "\nlast fires (of %" PRIu64 ")\n", total);
	for (unsigned i = 0; i < n; i++) {
		char iso[CALENDAR_ISO_BYTES], symbol[SYMBOL_BYTES + 1], px[32];

		calendar_iso(fire[i].decided_ns, iso);
		symtab_text(fire[i].symbol, symbol);
		bar_px(fire[i].close_filled, px);
		fprintf(out, "  %.8s  %-8s %-10s %-16s %-5s score %.2f at %s\n", iso + 11, symbol,
			fire[i].stream == GATE_ENTRY ? "entry_fire" : "exit_fire", fire[i].name,
			fire[i].side == GATE_LONG ? "long" : "short", fire[i].score, px);
	}
}

static void channel_table(const struct appliance *a, FILE *out)
{
	fprintf(out, "\nchannel  feed      session             messages    duplicate   gap msgs  lines\n");
	for (unsigned i = 0; i < a->n_lcore; i++) {
		if (a->lcore[i].conf->stage != CONF_STAGE_INGEST)
			continue;
		const struct receiver_counts *r = &a->lcore[i].shared->counts;

		for (unsigned k = 0; k < counts_channels(r); k++) {
			const struct channel_counts *c = &r->channel[k];

			fprintf(out,
				"%7u  %-8s  %016" PRIx64 " %11" PRIu64 " %12" PRIu64 " %10" PRIu64 "  %u\n",
				k, counts_feed(c), c->session[0], c->messages, c->duplicates, c->gap_messages,
				c->n_lines);
		}
	}
}

static void line_rows(const struct channel_counts *c, unsigned channel, FILE *out)
{
	for (unsigned i = 0; i < counts_lines(c); i++) {
		const struct line_counts *l = &c->line[i];
		char group[32];

		snprintf(group, sizeof group, "%u.%u.%u.%u:%u", l->dst_ip >> 24, l->dst_ip >> 16 & 255,
			 l->dst_ip >> 8 & 255, l->dst_ip & 255, l->dst_port);
		fprintf(out,
			"%7u  %4u  %-21s %6u %11" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64 " %12" PRIu64
			" %12" PRIu64 " %12" PRIu64 "\n",
			channel, i, group, l->source, l->first, l->duplicate, l->late, l->lost,
			hist_percentile(&l->skew, 0.5), hist_percentile(&l->skew, 0.99), l->skew.max);
	}
}

// Only where there is something to compare: channels that came on more than one line.
static void line_table(const struct appliance *a, FILE *out)
{
	bool head = false;

	for (unsigned i = 0; i < a->n_lcore; i++) {
		if (a->lcore[i].conf->stage != CONF_STAGE_INGEST)
			continue;
		const struct receiver_counts *r = &a->lcore[i].shared->counts;

		for (unsigned k = 0; k < counts_channels(r); k++) {
			if (r->channel[k].n_lines < 2)
				continue;
			if (!head)
				fprintf(out,
					"\nchannel  line  group                 source       first   duplicate      "
					"late      lost  skew p50 ns       p99 ns       max ns\n");
			head = true;
			line_rows(&r->channel[k], k, out);
		}
	}
}

static void recovery_table(const struct appliance *a, FILE *out)
{
	struct recovery_view view[CONF_SERVER_MAX];
	unsigned n = a->plant.recovery ? recovery_look(a->plant.recovery, view) : 0;

	if (n)
		fprintf(out,
			"\nrecovery         protocol  requests    answers  recovered    in vain    refused   given up\n");
	for (unsigned i = 0; i < n; i++) {
		const struct recovery_stats *t = &view[i].stats;

		fprintf(out,
			"%-16s %-8s %9" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
			" %10" PRIu64 "%s%s%s\n",
			view[i].name, view[i].protocol, t->requests, t->answers, t->messages, t->timeouts,
			t->refusals, t->given_up, view[i].down == view[i].addresses ? "  down" : "",
			t->last_refusal[0] ? "  " : "", t->last_refusal);
	}
}

static unsigned reason(FILE *out, uint64_t n, const char *what, const char *help)
{
	if (!n)
		return 0;
	int columns = fprintf(out, "  data missing: %" PRIu64 " %s%s", n, what, *help ? ":" : "");

	// A line holds 132 columns; what does not fit goes below.
	fprintf(out, "%s%s\n",
		!*help                              ? ""
		: columns + (int)strlen(help) < 131 ? " "
						    : "\n                ",
		help);
	return 1;
}

void summary_nothing(const struct summary *s, char *out, size_t out_len)
{
	uint64_t frames = s->ledger.v[LEDGER_frames_rx], most = 0;
	int row = LEDGER_frames_unknown_feed;

	for (int i = 0; i < LEDGER_COUNT; i++)
		if (!strcmp(ledger_rows[i].group, "frame") && ledger_ends(&ledger_rows[i]) &&
		    s->ledger.v[i] > most)
			most = s->ledger.v[row = i];
	if (frames)
		snprintf(out, out_len, "no frame of a known feed among %" PRIu64 ", most are %s", frames,
			 ledger_rows[row].name);
	else
		snprintf(out, out_len, "no frame at all: the captures are empty");
}

unsigned summary_reasons(const struct appliance *a, const struct summary *s, FILE *out)
{
	unsigned n = 0;

	if (s->nothing) {
		char text[160];

		summary_nothing(s, text, sizeof text);
		fprintf(out, "  data missing: %s\n", text);
		n++;
	}
	for (int i = 0; i < LEDGER_COUNT; i++)
		if (ledger_loses(&ledger_rows[i]))
			n += reason(out, s->ledger.v[i], ledger_rows[i].name, ledger_rows[i].help);
	for (unsigned i = 0; i < a->n_link; i++)
		n += reason(out, link_lost(&a->link[i]), a->link[i].shared->name,
			    "refused, the link was full");
	n += reason(out, s->interrupted, "run given up before the links were empty", "");
	for (unsigned i = 0; i < a->n_lcore; i++) {
		if (a->lcore[i].conf->stage != CONF_STAGE_INGEST)
			continue;
		const struct receiver_counts *r = &a->lcore[i].shared->counts;

		for (unsigned k = 0; k < r->n_holes && k < 8; k++)
			fprintf(out, "  lost on channel %u: sequence %" PRIu64 " to %" PRIu64 "\n",
				r->hole[k].channel, r->hole[k].first_seq, r->hole[k].last_seq);
		if (r->n_holes > 8)
			fprintf(out, "  and %u more holes (--summary names them)\n", r->n_holes - 8);
	}
	return n;
}

// Captures of which the clock was set right, single receive times were replaced, or the trade date is in
// doubt.
static void clocks(const struct appliance *a, FILE *out)
{
	for (unsigned i = 0; i < a->n_port; i++) {
		const struct capture *c;

		for (unsigned n = 0; !a->conf.port[i].device[0] && (c = replay_capture(a->port[i], n)); n++) {
			uint64_t mended = replay_mended(a->port[i], n);
			char remark[160];

			if (capture_date_remark(c, remark, sizeof remark))
				fprintf(out, "trade date of %s: %s\n", c->path, remark);
			if (c->shift_ns)
				fprintf(out, "receive times of %s: %+.3f s\n", c->path,
					(double)c->shift_ns / 1e9);
			if (mended)
				fprintf(out,
					"receive times of %s: %" PRIu64
					" contradicted their neighbours, replaced\n",
					c->path, mended);
		}
	}
}

void summary_text(const struct appliance *a, const struct summary *s, FILE *out)
{
	uint64_t frames = s->ledger.v[LEDGER_frames_rx], messages = s->ledger.v[LEDGER_messages_rx];

	bar_table(a, out);
	fire_table(a, out);
	channel_table(a, out);
	recovery_table(a, out);
	line_table(a, out);
	lag_table(s, out);
	ledger_table(s, out);
	fprintf(out,
		"\n%" PRIu64 " frames, %" PRIu64 " messages, %" PRIu64 " bars sealed (%" PRIu64
		" with prints), %" PRIu64 " revisions, %" PRIu64 " gap messages\n",
		frames, messages, s->ledger.v[LEDGER_bars_sealed], s->ledger.v[LEDGER_bars_printed],
		s->ledger.v[LEDGER_revisions], s->ledger.v[LEDGER_gap_messages]);
	if (s->ledger.v[LEDGER_prints_outside_sessions])
		fprintf(out,
			"%" PRIu64
			" prints outside the calendar's sessions (bars.early_closes, holidays, weekends): in no row\n",
			s->ledger.v[LEDGER_prints_outside_sessions]);
	fprintf(out, "%.3f s, %.2f M messages/s, %.1f ns busy per message on ingest, peak memory %.0f MiB\n",
		s->seconds, s->seconds > 0 ? (double)messages / s->seconds / 1e6 : 0, s->ns_per_message,
		(double)s->peak_rss_bytes / 1048576);
	clocks(a, out);
	summary_paper_text(a, s, out);
	summary_money_text(s->exported ? parts_outcome(a) : NULL, &a->plant, s, out);
	if (s->exported)
		fprintf(out, "sha256 %s\n", s->digest.all);
	if (s->state_hash)
		fprintf(out, "state hash %016" PRIx64 "\n", s->state_hash);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		if (a->plant.output[i].error)
			fprintf(out,
				"%s: %s: NOT WRITTEN WHOLE: %s (%" PRIu64 " bytes written, %" PRIu64
				" not)\n",
				streams_output_name[i],
				a->plant.output_path[i] ? a->plant.output_path[i] : "-",
				strerror(a->plant.output[i].error), a->plant.output[i].bytes,
				a->plant.output[i].lost_bytes);
	if (s->exported && !s->kept)
		fprintf(out, "failed: files that were there before the run are as they were\n");
	if (s->never_seen)
		fprintf(out, "symbols never seen: %u of %u asked for\n", s->never_seen, a->plant.n_symbols);
	fprintf(out, "ledger %s; %s\n", s->balanced ? "balanced" : "NOT BALANCED",
		s->damaged          ? "data is missing:"
		: s->exit_code == 1 ? "no data is missing"
				    : "complete, nothing lost");
	summary_reasons(a, s, out);
}

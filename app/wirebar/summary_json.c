/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/wirebar/outputs.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/signals.h"
#include "app/wirebar/summary.h"
#include "drivers/receiver/counts.h"
#include "drivers/replay/replay.h"
#include "lcore/base/symtab.h"

static void put(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static json_t *ledger(const struct summary *s)
{
	json_t *o = json_object();

	for (int i = 0; i < LEDGER_COUNT; i++)
		put(o, ledger_rows[i].name, s->ledger.v[i]);
	return o;
}

static void add_reason(json_t *list, const char *name, uint64_t n, const char *text)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(name));
	put(o, "count", n);
	json_object_set_new(o, "text", json_string(text));
	json_array_append_new(list, o);
}

// Why data is missing, as the text report says it.
static json_t *reasons(const struct appliance *a, const struct summary *s)
{
	json_t *list = json_array();
	char text[160];

	if (s->nothing) {
		summary_nothing(s, text, sizeof text);
		add_reason(list, "nothing_understood", 1, text);
	}
	for (int i = 0; i < LEDGER_COUNT; i++)
		if (s->ledger.v[i] && ledger_loses(&ledger_rows[i]))
			add_reason(list, ledger_rows[i].name, s->ledger.v[i], ledger_rows[i].help);
	for (unsigned i = 0; i < a->n_link; i++)
		if (link_lost(&a->link[i]))
			add_reason(list, a->link[i].shared->name, link_lost(&a->link[i]),
				   "refused, the link was full");
	if (s->interrupted)
		add_reason(list, "interrupted", 1, "run given up before the links were empty");
	return list;
}

static json_t *identities(const struct summary *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->n_identities; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "identity", json_string(s->identity[i].text));
		put(o, "left", s->identity[i].left);
		put(o, "right", s->identity[i].right);
		json_object_set_new(o, "holds", json_boolean(s->identity[i].holds));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *lags(const struct summary *s)
{
	json_t *all = json_object();

	for (int h = 0; h < HIST_COUNT; h++) {
		json_t *o = json_object();

		put(o, "count", s->hist[h].count);
		put(o, "p50_ns", hist_percentile(&s->hist[h], 0.5));
		put(o, "p99_ns", hist_percentile(&s->hist[h], 0.99));
		put(o, "p999_ns", hist_percentile(&s->hist[h], 0.999));
		put(o, "max_ns", s->hist[h].max);
		json_object_set_new(all, lcore_hist_name[h], o);
	}
	return all;
}

static json_t *types(const struct channel_counts *c)
{
	json_t *o = json_object();

	for (int t = 0; t < 256; t++) {
		char key[8];

		if (!c->by_type[t])
			continue;
		if (t > ' ' && t < 127)
			snprintf(key, sizeof key, "%c", t);
		else
			snprintf(key, sizeof key, "0x%02x", t);
		put(o, key, c->by_type[t]);
	}
	return o;
}

static json_t *lines(const struct channel_counts *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < counts_lines(c); i++) {
		const struct line_counts *l = &c->line[i];
		json_t *o = json_object();
		char group[32];

		snprintf(group, sizeof group, "%u.%u.%u.%u:%u", l->dst_ip >> 24, l->dst_ip >> 16 & 255,
			 l->dst_ip >> 8 & 255, l->dst_ip & 255, l->dst_port);
		json_object_set_new(o, "group", json_string(group));
		put(o, "source", l->source);
		put(o, "packets", l->packets);
		put(o, "first", l->first);
		put(o, "duplicate", l->duplicate);
		put(o, "late", l->late);
		put(o, "lost", l->lost);
		put(o, "skew_count", l->skew.count);
		put(o, "skew_p50_ns", hist_percentile(&l->skew, 0.5));
		put(o, "skew_p99_ns", hist_percentile(&l->skew, 0.99));
		put(o, "skew_max_ns", l->skew.max);
		json_array_append_new(list, o);
	}
	return list;
}

static void channels(const struct appliance *a, json_t *list, json_t *holes)
{
	for (unsigned i = 0; i < a->n_lcore; i++) {
		if (a->lcore[i].conf->stage != CONF_STAGE_INGEST)
			continue;
		const struct receiver_counts *r = &a->lcore[i].shared->counts;

		for (unsigned k = 0; k < counts_channels(r); k++) {
			const struct channel_counts *c = &r->channel[k];
			json_t *o = json_object();

			put(o, "channel", k);
			json_object_set_new(o, "feed", json_string(counts_feed(c)));
			put(o, "first_seq", c->first_seq);
			put(o, "next_seq", c->next_seq);
			put(o, "messages", c->messages);
			put(o, "duplicates", c->duplicates);
			put(o, "gaps", c->gaps);
			put(o, "gap_messages", c->gap_messages);
			put(o, "restarts", c->restarts);
			json_object_set_new(o, "lines", lines(c));
			json_object_set_new(o, "message_types", types(c));
			json_array_append_new(list, o);
		}
		for (unsigned k = 0; k < r->n_holes; k++) {
			json_t *o = json_object();

			put(o, "channel", r->hole[k].channel);
			put(o, "first_seq", r->hole[k].first_seq);
			put(o, "last_seq", r->hole[k].last_seq);
			put(o, "from_rx_ns", r->hole[k].from_rx_ns);
			put(o, "to_rx_ns", r->hole[k].to_rx_ns);
			json_array_append_new(holes, o);
		}
	}
}

// As text: not every reader of JSON has whole numbers of 64 bits. 0: no hash.
static void put_hash(json_t *o, const char *key, uint64_t hash)
{
	char text[20] = "";

	if (hash)
		snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
	json_object_set_new(o, key, json_string(text));
}

// What each lcore did, on which cpu, and how long it took: busy_ns by the clock, waiting for full links and
// other threads' turns on the cpu included; cpu_ns on the cpu, idling included.
static json_t *lcores(const struct appliance *a)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct lcore *l = &a->lcore[i];
		json_t *o = json_object();

		json_object_set_new(o, "name", json_string(l->name));
		json_object_set_new(o, "stage", json_string(l->stage->name));
		put(o, "cpu", (uint64_t)l->cpu);
		put(o, "frames", lcore_frames(l->shared));
		put(o, "messages", lcore_messages(l->shared));
		put(o, "rows", l->shared->rows);
		put(o, "busy_ns", clock_ns(&a->plant.clock, l->shared->busy_tsc));
		put(o, "cpu_ns", l->shared->cpu_ns);
		if (l->conf->stage == CONF_STAGE_INGEST) {
			put_hash(o, "state_hash", l->shared->state[LCORE_STATE_END].hash);
			put_hash(o, "restart_hash", l->shared->state[LCORE_STATE_RESTART].hash);
		}
		json_array_append_new(list, o);
	}
	return list;
}

static const char *digest_of(const struct summary *s, unsigned which)
{
	return s->exported ? s->digest.of[which] : "";
}

static json_t *never_seen(const struct appliance *a)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < a->plant.n_symbols; i++) {
		char text[SYMBOL_BYTES + 1], near[SYMBOL_BYTES + 1];
		json_t *o;

		if (symbols_seen(a->plant.tables, a->plant.symbol[i]))
			continue;
		symtab_text(a->plant.symbol[i], text);
		json_array_append_new(list, o = json_object());
		json_object_set_new(o, "symbol", json_string(text));
		if (symbols_nearest(a->plant.tables, a->plant.symbol[i], near))
			json_object_set_new(o, "nearest", json_string(near));
	}
	return list;
}

static json_t *outputs(const struct appliance *a, const struct summary *s)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < OUTPUT_STREAMS && s->exported; i++) {
		const struct output *out = &a->plant.output[i];
		json_t *o = json_object();

		if (out->path)
			json_object_set_new(o, "path", json_string(out->path));
		put(o, "rows", s->digest.rows[i]);
		put(o, "bytes", out->bytes);
		put(o, "lost_bytes", out->lost_bytes);
		json_object_set_new(o, "sha256", json_string(out->digest));
		if (out->error)
			json_object_set_new(o, "error", json_string(strerror(out->error)));
		json_object_set_new(all, streams_output_name[i], o);
	}
	return all;
}

// Captures of which the clock was set right, or single receive times were replaced.
static json_t *clocks(const struct appliance *a)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < a->n_port; i++) {
		const struct capture *c;

		for (unsigned n = 0; !a->conf.port[i].device[0] && (c = replay_capture(a->port[i], n)); n++) {
			uint64_t mended = replay_mended(a->port[i], n);

			if (!c->shift_ns && !mended)
				continue;
			json_t *o = json_object();

			json_object_set_new(o, "file", json_string(c->path));
			json_object_set_new(o, "shift_ns", json_integer((json_int_t)c->shift_ns));
			put(o, "times_mended", mended);
			json_array_append_new(all, o);
		}
	}
	return all;
}

// Captures of which the trade date is in doubt: nothing tells it, or two witnesses differ.
static json_t *dates(const struct appliance *a)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < a->n_port; i++) {
		const struct capture *c;
		char remark[160];

		for (unsigned n = 0; !a->conf.port[i].device[0] && (c = replay_capture(a->port[i], n)); n++)
			if (capture_date_remark(c, remark, sizeof remark))
				json_array_append_new(all,
						      json_pack("{s:s,s:i,s:s}", "file", c->path, "name_days",
								(int)c->name_days, "remark", remark));
	}
	return all;
}

static int write_out(json_t *o, const char *path)
{
	char *text = json_dumps(o, JSON_INDENT(1));
	struct output out;
	int rc = text ? output_open(&out, path, 0, NULL) : -ENOMEM;

	if (!rc) {
		outputs_say_stale(&out);
		output_put(&out, text, strlen(text));
		output_put(&out, "\n", 1);
		rc = output_finish(&out);
		rc = rc ? rc : output_keep(&out);
		output_drop(&out);
	}
	free(text);
	return rc;
}

int summary_json(const struct appliance *a, const struct summary *s, const char *path)
{
	json_t *o = json_object(), *ch = json_array(), *holes = json_array();

	put(o, "frames", s->ledger.v[LEDGER_frames_rx]);
	put(o, "messages", s->ledger.v[LEDGER_messages_rx]);
	put(o, "bars", s->exported ? s->digest.rows[OUTPUT_BARS] : s->ledger.v[LEDGER_bars_printed]);
	put(o, "bars_sealed", s->ledger.v[LEDGER_bars_sealed]);
	put(o, "fires", s->digest.rows[OUTPUT_FIRES]);
	put(o, "revisions", s->ledger.v[LEDGER_revisions]);
	put(o, "gap_messages", s->ledger.v[LEDGER_gap_messages]);
	json_object_set_new(o, "seconds", json_real(s->seconds));
	json_object_set_new(o, "ns_per_message", json_real(s->ns_per_message));
	put(o, "peak_rss_bytes", s->peak_rss_bytes);
	json_object_set_new(o, "sha256", json_string(s->digest.all));
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		char key[64];

		snprintf(key, sizeof key, "sha256_%s", streams_output_name[i]);
		json_object_set_new(o, key, json_string(digest_of(s, i)));
	}
	put_hash(o, "state_hash", s->state_hash);
	put_hash(o, "restart_hash", s->restart_hash);
	json_object_set_new(o, "ledger_balanced", json_boolean(s->balanced));
	json_object_set_new(o, "data_missing", json_boolean(s->damaged));
	json_object_set_new(o, "reasons", reasons(a, s));
	json_object_set_new(o, "outputs", outputs(a, s));
	json_object_set_new(o, "outputs_kept", json_boolean(s->kept));
	json_object_set_new(o, "symbols_never_seen", never_seen(a));
	json_object_set_new(o, "capture_clocks", clocks(a));
	json_object_set_new(o, "capture_dates", dates(a));
	json_object_set_new(o, "stopped_by", signals_name() ? json_string(signals_name()) : json_null());
	put(o, "exit_code", (uint64_t)s->exit_code);
	put(o, "port_missed", s->ports.missed);
	put(o, "port_errors", s->ports.errors);
	put(o, "port_no_mbuf", s->ports.no_mbuf);
	put(o, "cut_tail_bytes", s->ports.cut_tail_bytes);
	json_object_set_new(o, "ledger", ledger(s));
	json_object_set_new(o, "identities", identities(s));
	json_object_set_new(o, "lag", lags(s));
	channels(a, ch, holes);
	json_object_set_new(o, "channels", ch);
	json_object_set_new(o, "lcores", lcores(a));
	json_object_set_new(o, "holes", holes);
	summary_paper_json(a, s, o);
	summary_money_json(s->exported ? parts_outcome(a) : NULL, &a->plant, s, o);
	int rc = write_out(o, path);

	json_decref(o);
	return rc;
}

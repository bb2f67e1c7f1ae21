/* SPDX-License-Identifier: BSD-3-Clause */
// tele_list.c: what is watched, the gates, and what fired last.
#include <string.h>

#include "app/wirebar/control.h"
#include "app/wirebar/tele/tele.h"
#include "conf/key.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"

static const char *stream_name(unsigned stream) { return conf_enum_gate_stream[stream]; }
static const char *side_name(unsigned side) { return side == GATE_LONG ? "long" : "short"; }

// The watch list of the ingest lcore that owns the bars.
static const struct lcore_shared *owner(const struct appliance *a)
{
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_INGEST && a->lcore[i].shared->owner)
			return a->lcore[i].shared;
	return NULL;
}

void tele_watched(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct lcore_shared *s = owner(ask->a);
	uint64_t from = 0;

	if (ask->n && !tele_uint(r, "from", ask->arg[0], 0, UINT32_MAX, &from))
		return;
	uint32_t n = s ? lcore_watched(s) : 0, shown = 0;

	tele_number(r, "watched", n);
	tele_number(r, "room", ask->a->conf.bars.watch_max);
	for (uint32_t i = (uint32_t)from; i < n && r->n < TELE_ENTRIES - 2; i++, shown++) {
		char key[16], symbol[SYMBOL_BYTES + 1];

		snprintf(key, sizeof key, "%u", i);
		symtab_text(s->watch[i], symbol);
		if (!tele_text(r, key, symbol))
			break;
	}
	tele_number(r, "more", n > from + shown ? n - from - shown : 0);
}

// What is not as it is by default, of keys that have no place of their own.
static void add_others(struct tele_reply *r, const struct conf_gate *g)
{
	for (unsigned i = 0; i < key_table_count; i++) {
		const struct key *k = &key_table[i];
		char value[CONF_LIST_BYTES];

		if (strcmp(k->section, "gate") || k->type == KEY_RULE || !strcmp(k->name, "stream") ||
		    !strcmp(k->name, "side") || !strcmp(k->name, "threshold"))
			continue;
		key_format(k, g, 0, value, sizeof value);
		if (strcmp(value, k->def))
			tele_text(r, k->name, value);
	}
}

void tele_gates(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	uint64_t halted = 0, suppressed = 0, left = 0;

	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_SIGNAL) {
			halted += signal_gates(&a->lcore[i])->entries_held;
			suppressed += signal_gates(&a->lcore[i])->suppressed;
		}
	tele_number(r, "halted", halted != 0);
	tele_number(r, "suppressed", suppressed);
	control_conf_lock();
	for (unsigned i = 0; i < a->conf.n_gate; i++) {
		const struct conf_gate *g = &a->conf.gate[i];
		struct tele_reply sub;
		char key[16], text[32];

		if (!tele_begin(&sub))
			break;
		tele_text(&sub, "stream", stream_name((unsigned)g->stream));
		tele_text(&sub, "side", side_name((unsigned)g->side));
		snprintf(text, sizeof text, "%.12g", g->threshold);
		tele_text(&sub, "threshold", text);
		add_others(&sub, g);
		for (unsigned k = 0; k < g->n_rule; k++) {
			snprintf(key, sizeof key, "rule%u", k);
			tele_text(&sub, key, g->rule[k]);
		}
		left += !tele_end(r, g->name, &sub);
	}
	control_conf_unlock();
	tele_number(r, "more", left);
}

void tele_fires(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	struct fire fire[TELEMETRY_FIRES];
	uint64_t total = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < a->n_lcore && !n; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_TELEMETRY)
			n = telemetry_fires(&a->lcore[i], fire, &total);
	tele_number(r, "fires", total);
	for (unsigned i = 0; i < n; i++) {
		const struct fire *f = &fire[n - 1 - i];
		char key[16], symbol[SYMBOL_BYTES + 1], iso[CALENDAR_ISO_BYTES], text[32];
		struct tele_reply sub;

		if (!tele_begin(&sub))
			return;
		symtab_text(f->symbol, symbol);
		calendar_iso(f->decided_ns, iso);
		snprintf(text, sizeof text, "%.12g", f->score);
		tele_text(&sub, "symbol", symbol);
		tele_text(&sub, "close_ts", iso);
		tele_text(&sub, "stream", stream_name(f->stream));
		tele_text(&sub, "side", side_name(f->side));
		tele_text(&sub, "gate", f->name);
		tele_text(&sub, "score", text);
		tele_px(&sub, "close", f->close_filled);
		snprintf(key, sizeof key, "%u", i);
		tele_end(r, key, &sub);
	}
	tele_number(r, "more", total > n ? total - n : 0);
}

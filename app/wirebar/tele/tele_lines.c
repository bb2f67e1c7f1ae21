/* SPDX-License-Identifier: BSD-3-Clause */
// tele_lines.c: channels and the lines they arrive on, as the ingest lcores publish them.
#include "app/wirebar/tele/tele.h"
#include "lcore/base/calendar.h"
#include "lcore/stage/liveness.h"

static uint64_t age(uint64_t now_ns, uint64_t then_ns)
{
	return then_ns && now_ns > then_ns ? now_ns - then_ns : 0;
}

static void add_line(struct tele_reply *r, const struct channel_counts *c, const struct line_counts *line,
		     unsigned i, uint64_t now_ns, uint64_t silence_ns)
{
	struct tele_reply sub;
	char text[32];

	if (!tele_begin(&sub))
		return;
	snprintf(text, sizeof text, "%u.%u.%u.%u:%u", line->dst_ip >> 24, line->dst_ip >> 16 & 255,
		 line->dst_ip >> 8 & 255, line->dst_ip & 255, line->dst_port);
	tele_text(&sub, "group", text);
	tele_text(&sub, "state", liveness_name[liveness_line(c, line, now_ns, silence_ns)]);
	tele_number(&sub, "source", line->source);
	tele_number(&sub, "packets", line->packets);
	tele_number(&sub, "first", line->first);
	tele_number(&sub, "duplicate", line->duplicate);
	tele_number(&sub, "late", line->late);
	tele_number(&sub, "lost", line->lost);
	tele_number(&sub, "skew_count", line->skew.count);
	tele_number(&sub, "skew_p50_ns", hist_percentile(&line->skew, 0.5));
	tele_number(&sub, "skew_p99_ns", hist_percentile(&line->skew, 0.99));
	tele_number(&sub, "skew_max_ns", line->skew.max);
	tele_number(&sub, "age_ns", age(now_ns, line->last_rx_ns));
	tele_number(&sub, "data_age_ns", age(now_ns, line->data_rx_ns));
	snprintf(text, sizeof text, "line%u", i);
	tele_end(r, text, &sub);
}

static void add_channel(struct tele_reply *r, const struct lcore *l, const struct channel_counts *c,
			uint64_t now_ns)
{
	uint64_t silence_ns = l->plant->conf->bars.silence_ns;

	tele_text(r, "lcore", l->name);
	tele_text(r, "feed", counts_feed(c));
	tele_text(r, "state", liveness_name[liveness_channel(c, now_ns, silence_ns)]);
	tele_number(r, "prints", c->prints);
	if (c->system) {
		char code[2] = { (char)c->system, '\0' }, iso[CALENDAR_ISO_BYTES];

		calendar_iso(c->system_ns, iso);
		tele_text(r, "system_event", code[0] > ' ' && code[0] < 0x7f ? code : "?");
		tele_text(r, "system_time", iso);
	}
	tele_number(r, "stream", c->stream);
	tele_number(r, "next_seq", c->next_seq);
	tele_number(r, "packets", c->packets);
	tele_number(r, "messages", c->messages);
	tele_number(r, "heartbeats", c->heartbeats);
	tele_number(r, "gaps", c->gaps);
	tele_number(r, "gap_messages", c->gap_messages);
	tele_number(r, "last_gap_first", c->last_gap_first);
	tele_number(r, "last_gap_last", c->last_gap_last);
	tele_number(r, "duplicates", c->duplicates);
	tele_number(r, "restarts", c->restarts);
	tele_number(r, "held", c->held);
	tele_number(r, "age_ns", age(now_ns, c->last_rx_ns));
	tele_number(r, "data_age_ns", age(now_ns, c->data_rx_ns));
	for (unsigned k = 0; k < counts_lines(c); k++)
		add_line(r, c, &c->line[k], k, now_ns, silence_ns);
}

static void add_silent_groups(const struct appliance *a, struct tele_reply *r)
{
	struct liveness_group group[8];
	unsigned n = liveness_groups(&a->plant, group, 8);

	tele_number(r, "groups_silent", n);
	for (unsigned i = 0; i < n && i < 8; i++) {
		char key[24], text[64];

		snprintf(key, sizeof key, "group_silent%u", i);
		snprintf(text, sizeof text, "%u.%u.%u.%u on port %s", group[i].address >> 24,
			 group[i].address >> 16 & 255, group[i].address >> 8 & 255, group[i].address & 255,
			 group[i].port);
		tele_text(r, key, text);
	}
}

void tele_lines(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	uint64_t from = 0, seen = 0, shown = 0;
	bool room = true;

	if (ask->n && !tele_uint(r, "from", ask->arg[0], 0, UINT32_MAX, &from))
		return;
	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct receiver_counts *rx =
			a->lcore[i].stage == stages[CONF_STAGE_INGEST] ? &a->lcore[i].shared->counts : NULL;

		for (unsigned k = 0; rx && k < counts_channels(rx); k++) {
			struct tele_reply sub;
			char key[16];

			if (seen++ < from || !room)
				continue;
			if (!tele_begin(&sub))
				break;
			add_channel(&sub, &a->lcore[i], &rx->channel[k], liveness_now_ns(&a->lcore[i]));
			snprintf(key, sizeof key, "%llu", (unsigned long long)(seen - 1));
			room = tele_end(r, key, &sub);
			shown += room;
		}
	}
	add_silent_groups(a, r);
	tele_number(r, "channels", seen);
	tele_number(r, "more", seen > from + shown ? seen - from - shown : 0);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/liveness.h"

#include <stdio.h>

#include <rte_cycles.h>

const char *const liveness_name[LIVENESS_STATES] = { "live", "quiet", "silent", "ended" };

uint64_t liveness_now_ns(const struct lcore *ingest)
{
	const struct receiver_counts *rx = &ingest->shared->counts;
	const struct port *p = ingest->n_queues ? ingest->queue[0].port : NULL;
	uint64_t newest_ns = 0;

	if (p && p->clock != PORT_CLOCK_FLAT)
		return p->ops->now_ns(p);
	uint64_t tsc = __atomic_load_n(&ingest->shared->rx_tsc, __ATOMIC_ACQUIRE);

	if (tsc) // another process has the port
		return ingest->shared->rx_now_ns + clock_ns(&ingest->plant->clock, rte_rdtsc() - tsc);
	for (unsigned i = 0; i < counts_channels(rx); i++)
		newest_ns = rx->channel[i].last_rx_ns > newest_ns ? rx->channel[i].last_rx_ns : newest_ns;
	return newest_ns;
}

static enum liveness judge(uint64_t last_ns, uint64_t data_ns, uint64_t now_ns, uint64_t silence_ns)
{
	if (now_ns > last_ns + silence_ns)
		return LIVENESS_SILENT;
	return now_ns > data_ns + silence_ns ? LIVENESS_QUIET : LIVENESS_LIVE;
}

enum liveness liveness_channel(const struct channel_counts *c, uint64_t now_ns, uint64_t silence_ns)
{
	return c->state == CHANNEL_ENDED ? LIVENESS_ENDED
					 : judge(c->last_rx_ns, c->data_rx_ns, now_ns, silence_ns);
}

enum liveness liveness_line(const struct channel_counts *c, const struct line_counts *line, uint64_t now_ns,
			    uint64_t silence_ns)
{
	return c->state == CHANNEL_ENDED ? LIVENESS_ENDED
					 : judge(line->last_rx_ns, line->data_rx_ns, now_ns, silence_ns);
}

static void older(struct liveness_count *out, uint64_t age_ns, const char *feed, unsigned channel, int line)
{
	if (age_ns <= out->age_ns)
		return;
	out->age_ns = age_ns;
	if (line < 0)
		snprintf(out->what, sizeof out->what, "channel %u (%s)", channel, feed);
	else
		snprintf(out->what, sizeof out->what, "line %d of channel %u (%s)", line, channel, feed);
}

void liveness_count(const struct plant *plant, struct liveness_count *out)
{
	uint64_t silence_ns = plant->conf->bars.silence_ns;
	unsigned number = 0;

	*out = (struct liveness_count){ 0 };
	for (unsigned i = 0; i < plant->n_lcores; i++) {
		const struct lcore *l = plant->lcore[i];

		if (l->conf->stage != CONF_STAGE_INGEST)
			continue;
		const struct receiver_counts *rx = &l->shared->counts;
		uint64_t now_ns = liveness_now_ns(l);

		for (unsigned k = 0; k < counts_channels(rx); k++, number++) {
			const struct channel_counts *c = &rx->channel[k];
			enum liveness state = liveness_channel(c, now_ns, silence_ns);

			out->channels[state]++;
			if (state == LIVENESS_SILENT) // a channel counts before a line of one that lives
				older(out, (UINT64_C(1) << 62) + (now_ns - c->last_rx_ns), counts_feed(c),
				      number, -1);
			for (unsigned n = 0; n < counts_lines(c); n++) {
				enum liveness line = liveness_line(c, &c->line[n], now_ns, silence_ns);

				out->lines[line]++;
				if (line == LIVENESS_SILENT)
					older(out, now_ns - c->line[n].last_rx_ns, counts_feed(c), number,
					      (int)n);
			}
		}
	}
	out->age_ns &= (UINT64_C(1) << 62) - 1;
}

static bool heard(const struct plant *plant, uint32_t group)
{
	for (unsigned i = 0; i < plant->n_lcores; i++) {
		const struct lcore *l = plant->lcore[i];
		const struct receiver_counts *rx = l->conf->stage == CONF_STAGE_INGEST ? &l->shared->counts
										       : NULL;

		for (unsigned k = 0; rx && k < counts_channels(rx); k++)
			for (unsigned n = 0; n < counts_lines(&rx->channel[k]); n++)
				if (rx->channel[k].line[n].dst_ip == group)
					return true;
	}
	return false;
}

unsigned liveness_groups(const struct plant *plant, struct liveness_group *out, unsigned max)
{
	const struct conf *c = plant->conf;
	unsigned n = 0;

	if (!plant->clock.base_tsc ||
	    clock_ns(&plant->clock, rte_rdtsc() - plant->clock.base_tsc) < c->bars.silence_ns)
		return 0;
	for (unsigned i = 0; i < c->n_port; i++) {
		const char *cursor = c->port[i].groups;
		struct conf_item item;
		uint32_t group;

		if (c->port[i].membership == CONF_MEMBERSHIP_NONE)
			continue;
		while (conf_list_next(&cursor, ',', &item)) {
			if (conf_group(item.text, &group) || heard(plant, group))
				continue;
			if (n < max)
				out[n] = (struct liveness_group){ group, c->port[i].name };
			n++;
		}
	}
	return n;
}

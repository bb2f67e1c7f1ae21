/* SPDX-License-Identifier: BSD-3-Clause */
// sim.c: the main loop: walks through the profile's slots, acts in runs on one instrument, and does what the agenda
// holds in between.
#include "app/marketgen/sim.h"

#include "app/marketgen/day.h"
#include "app/marketgen/venue_iex.h"
#include "app/marketgen/venue_itch.h"
#include "lcore/base/calendar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUN_MEAN 3.0	   // messages in a row on one instrument
#define WITHIN_RUN_NS 2000.0
#define IEX_SHARE 0.1	   // of actions, when both venues are simulated
#define PROGRESS_NS (2 * NS_PER_S)

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

// Each line with its own patience and room, so that A and B cut the stream differently.
static const struct packets_spec line_specs[2][STREAM_LINES_MAX] = {
	{ { .format = PACKETS_MOLD, .payload_max = 1472, .gap_ns = 10000, .latency_ns = 5000,
	    .address = { IP(206, 200, 251, 10), IP(233, 54, 12, 111), 26400, 26477 } },
	  { .format = PACKETS_MOLD, .payload_max = 1390, .gap_ns = 7000, .latency_ns = 9000,
	    .address = { IP(206, 200, 251, 138), IP(233, 49, 196, 111), 26400, 26477 } } },
	{ { .format = PACKETS_IEX_TP, .payload_max = 1472, .gap_ns = 10000, .latency_ns = 20000,
	    .address = { IP(23, 226, 155, 132), IP(233, 215, 21, 4), 10378, 10378 } },
	  { .format = PACKETS_IEX_TP, .payload_max = 1390, .gap_ns = 7000, .latency_ns = 26000,
	    .address = { IP(23, 226, 155, 196), IP(233, 215, 21, 132), 10378, 10378 } } },
};

static int fail(struct sim *s, int ret, const char *path)
{
	if (s->failed[0] == '\0')
		snprintf(s->failed, sizeof s->failed, "%s", path);
	return ret;
}

static int open_stream(struct sim *s, struct stream *stream, uint32_t venue)
{
	const struct args *args = s->args;

	stream->name = venue == 0 ? "itch" : "iex";
	for (uint32_t i = 0; i < args->n_lines; i++) {
		struct packets_spec spec = line_specs[venue][i];
		struct packets *line = calloc(1, sizeof *line);
		char path[OUTFILE_PATH_BYTES];
		int ret;

		if (line == NULL)
			return -ENOMEM;
		snprintf(spec.mold_session, sizeof spec.mold_session, "%04u%05uA", (unsigned int)(args->seed % 10000),
			 (unsigned int)(args->day % 100000 + 100000) % 100000);
		spec.iex_session = 0x42000000 | ((uint32_t)args->day & 0xffff) << 8 | (uint32_t)(args->seed & 0xff);
		spec.vlan = args->vlan;
		packets_init(line, &spec, args->seed, venue * STREAM_LINES_MAX + i);
		snprintf(path, sizeof path, "%s.%s.%c.pcap%s", args->prefix, stream->name, (char)('a' + i),
			 args->gzip ? ".gz" : "");
		ret = faults_open(&line->faults, path, args->gzip, args->nano, args->faults, args->seed,
				  venue * STREAM_LINES_MAX + i);
		if (ret != 0) {
			free(line);
			return fail(s, ret, path);
		}
		stream->lines[stream->n_lines++] = line;
	}
	return 0;
}

static int open_files(struct sim *s)
{
	const struct args *args = s->args;
	char path[OUTFILE_PATH_BYTES];
	int ret = 0;

	snprintf(path, sizeof path, "%s", args->truth ? args->truth : "");
	if (args->truth == NULL)
		snprintf(path, sizeof path, "%s.trades.csv", args->prefix);
	ret = outfile_open(&s->trades, path, false);
	if (ret != 0)
		return fail(s, ret, path);
	truth_begin(&s->trades);
	if (args->itch)
		ret = open_stream(s, &s->itch, 0);
	if (ret == 0 && args->iex)
		ret = open_stream(s, &s->iex, 1);
	if (ret == 0 && args->raw != NULL) {
		ret = outfile_open(&s->itch.raw, args->raw, false);
		if (ret != 0)
			return fail(s, ret, args->raw);
	}
	return ret;
}

int sim_init(struct sim *s, const struct args *args)
{
	struct calendar_day day;
	int ret;

	memset(s, 0, sizeof *s);
	s->args = args;
	s->now_ns = args->start_ns;
	s->end_ns = args->start_ns + args->duration_ns;
	s->next_ref = s->next_match = 1000;
	calendar_day_by_date(args->day, &day);
	s->midnight_ns = day.midnight_ns;
	rng_tables();
	rng_init(&s->rng, args->seed, 1);
	profile_init(&s->profile, s->now_ns, s->end_ns, (double)args->messages, args->seed);
	ret = market_init(&s->market, args->instruments, (double)args->messages, &s->rng);
	if (ret == 0)
		ret = resting_init(&s->resting, args->instruments);
	if (ret != 0)
		return ret;
	s->ladders = calloc(args->instruments, sizeof *s->ladders);
	s->iex_sent_ns = calloc(args->instruments, sizeof *s->iex_sent_ns);
	if (s->ladders == NULL || s->iex_sent_ns == NULL)
		return -ENOMEM;
	return open_files(s);
}

int sim_fini(struct sim *s)
{
	char failed[OUTFILE_PATH_BYTES] = "";
	int first = 0, ret;

	first = outfile_close(&s->trades);
	if (first != 0)
		fail(s, first, s->trades.path);
	ret = stream_fini(&s->itch, failed);
	if (ret != 0 && first == 0)
		first = fail(s, ret, failed);
	ret = stream_fini(&s->iex, failed);
	if (ret != 0 && first == 0)
		first = fail(s, ret, failed);
	market_fini(&s->market);
	resting_fini(&s->resting);
	agenda_fini(&s->agenda);
	free(s->ladders);
	free(s->iex_sent_ns);
	s->ladders = NULL;
	s->iex_sent_ns = NULL;
	return first;
}

void sim_later(struct sim *s, const struct agenda_entry *entry)
{
	bool last = entry->kind == AGENDA_SYSTEM; // no break, and nothing else, follows the end of messages

	if (entry->ns < s->end_ns && (last || entry->ns < PROFILE_LAST_NS + 240 * NS_PER_S))
		agenda_push(&s->agenda, entry);
}

// Does what is due up to ns, each thing at its own time, and goes there.
static void advance(struct sim *s, uint64_t ns)
{
	struct agenda_entry entry;

	while (agenda_due(&s->agenda, ns, &entry)) {
		if (entry.ns > s->now_ns)
			s->now_ns = entry.ns;
		switch ((enum agenda_kind)entry.kind) {
		case AGENDA_IEX_MESSAGE: venue_iex_leave(s, &entry); break;
		case AGENDA_ITCH_BREAK: venue_itch_break(s, &entry); break;
		case AGENDA_IEX_BREAK: venue_iex_break(s, &entry); break;
		default: day_event(s, &entry); break;
		}
	}
	if (ns > s->now_ns)
		s->now_ns = ns;
}

// One run of actions on one instrument.
static void run(struct sim *s, double spacing_ns)
{
	uint32_t instr = market_pick(&s->market, &s->rng);
	uint32_t n = 1 + rng_geometric(&s->rng, RUN_MEAN - 0.5);
	bool iex = !s->args->itch || (s->args->iex && rng_chance(&s->rng, IEX_SHARE));

	if (s->market.instrs[instr].halted)
		return;
	while (n-- > 0 && s->now_ns < s->end_ns) {
		market_move(&s->market.instrs[instr], &s->rng);
		if (iex)
			venue_iex_act(s, instr);
		else
			venue_itch_act(s, instr);
		advance(s, s->now_ns + (uint64_t)(rng_exponential(&s->rng) * spacing_ns));
		if (s->market.instrs[instr].halted)
			return;
	}
}

static void report(struct sim *s)
{
	struct timespec clock;
	uint64_t ns;

	if (!s->args->progress)
		return;
	clock_gettime(CLOCK_MONOTONIC, &clock);
	ns = (uint64_t)clock.tv_sec * NS_PER_S + (uint64_t)clock.tv_nsec;
	if (s->said_ns != 0 && ns - s->said_ns < PROGRESS_NS)
		return;
	s->said_ns = ns;
	fprintf(stderr, "marketgen: %02u:%02u:%02u  %.2f of about %.2f M messages, %u orders resting\n",
		(unsigned int)(s->now_ns / (3600 * NS_PER_S)), (unsigned int)(s->now_ns / (60 * NS_PER_S) % 60),
		(unsigned int)(s->now_ns / NS_PER_S % 60), (double)s->n_emitted * 1e-6, (double)s->args->messages * 1e-6,
		s->resting.n_alive);
}

// What is still on its way from IEX's engine arrives; nothing else happens after the end.
static void drain(struct sim *s)
{
	struct agenda_entry entry;

	while (agenda_due(&s->agenda, UINT64_MAX, &entry)) {
		if (entry.kind != AGENDA_IEX_MESSAGE)
			continue;
		if (entry.ns > s->now_ns)
			s->now_ns = entry.ns;
		venue_iex_leave(s, &entry);
	}
}

int sim_run(struct sim *s)
{
	double begun, share;
	uint64_t slot_end_ns;

	day_begin(s);
	begun = (double)s->n_emitted;
	while (profile_next(&s->profile, &slot_end_ns, &share)) {
		double target = begun + ((double)s->args->messages - begun) * share;

		while (s->now_ns < slot_end_ns && (double)s->n_emitted < target) {
			double left = (target - (double)s->n_emitted) / RUN_MEAN;
			double mean_ns = (double)(slot_end_ns - s->now_ns) / (left > 1 ? left : 1);
			double wait_ns = rng_exponential(&s->rng) * mean_ns * 0.5;
			double spacing_ns = mean_ns * 0.5 / RUN_MEAN;

			if (wait_ns >= (double)(slot_end_ns - s->now_ns))
				break;
			advance(s, s->now_ns + (uint64_t)wait_ns);
			run(s, spacing_ns < WITHIN_RUN_NS ? spacing_ns : WITHIN_RUN_NS);
		}
		advance(s, slot_end_ns);
		report(s);
		if (s->resting.out_of_memory || s->agenda.out_of_memory)
			return -ENOMEM;
	}
	drain(s);
	if (s->args->itch)
		stream_finish(&s->itch, s->midnight_ns + s->now_ns);
	if (s->args->iex)
		stream_finish(&s->iex, s->midnight_ns + s->now_ns);
	return 0;
}

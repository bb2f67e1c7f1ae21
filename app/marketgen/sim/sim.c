/* SPDX-License-Identifier: BSD-3-Clause */
// sim.c: the main loop: walks through the profile's slots, acts in runs on one instrument, and does what the
// agenda holds in between.
#include "app/marketgen/sim/sim.h"

#include "app/marketgen/outputs.h"

#include "app/marketgen/sim/day.h"
#include "lcore/base/calendar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUN_MEAN      3.0 // messages in a row on one instrument
#define WITHIN_RUN_NS 2000.0
#define FRUITLESS_MAX 1000 // runs in a row without a message, in a market where hardly anything may trade
#define PROGRESS_NS   (2 * NS_PER_S)

static int open_line(struct sim *s, struct exchange *x, uint32_t letter)
{
	const struct args *args = s->args;
	struct packets_spec spec = x->ops->lines[letter];
	struct packets *line = calloc(1, sizeof *line);
	uint32_t row = 0, seed;
	char path[PATH_MAX];

	if (line == NULL)
		return -ENOMEM;
	while (exchange_table[row] != x->ops)
		row++;
	seed = row * STREAM_LINES_MAX + letter;
	spec.session = (struct packets_session){ .seed = args->seed, .day = args->day };
	spec.vlan = args->vlan;
	packets_init(line, &spec, args->seed, seed);
	snprintf(path, sizeof path, "%s.%s.%c.pcap%s", args->prefix, x->ops->name, (char)('a' + letter),
		 args->gzip ? ".gz" : "");
	struct output *out = outputs_open(path, args->gzip);

	if (out == NULL) {
		free(line);
		return -EIO;
	}
	faults_open(&line->faults, out, args->nano, args->faults[letter], args->seed, seed);
	x->stream.lines[x->stream.n_lines++] = line;
	return 0;
}

static int open_exchange(struct sim *s, const struct exchange_ops *ops)
{
	struct exchange *x = &s->exchanges[s->n_exchanges];
	int ret;

	*x = (struct exchange){ .ops = ops, .sim = s, .index = (uint8_t)s->n_exchanges };
	s->n_exchanges++;
	s->share_sum += ops->share;
	x->stream.name = ops->name;
	x->stream.type_at = ops->lines[0].format->type_at;
	ret = ops->init(x);
	for (uint32_t i = 0; ret == 0 && i < s->args->n_lines; i++)
		ret = open_line(s, x, i);
	if (ret == 0 && ops->has_raw && s->args->raw != NULL) {
		x->stream.raw = outputs_open(s->args->raw, false);
		ret = x->stream.raw ? 0 : -EIO;
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
	calendar_day_by_date(args->day, &day);
	s->midnight_ns = day.midnight_ns;
	rng_tables();
	rng_init(&s->rng, args->seed, 1);
	profile_init(&s->profile, args->shape, s->now_ns, s->end_ns, (double)args->messages, args->seed);
	ret = market_init(&s->market, args->instruments, (double)args->messages, &s->rng);
	if (ret != 0)
		return ret;
	if (!truth_open(&s->truth, args))
		return -EIO;
	for (uint32_t row = 0; ret == 0 && exchange_table[row] != NULL; row++)
		if (args->venues >> row & 1)
			ret = open_exchange(s, exchange_table[row]);
	return ret;
}

int sim_fini(struct sim *s)
{
	int first = 0;

	for (uint32_t i = 0; i < s->n_exchanges; i++) {
		struct exchange *x = &s->exchanges[i];
		int ret = stream_fini(&x->stream);

		first = first ? first : ret;
		x->ops->fini(x);
		x->state = NULL;
		x->book = NULL;
	}
	market_fini(&s->market);
	agenda_fini(&s->agenda);
	return first;
}

// From when on a kind of happening has no place in the day. Prints may still be broken after the end of
// trading; nothing follows the end of messages.
static uint64_t last_of(uint8_t kind)
{
	switch ((enum agenda_kind)kind) {
	case AGENDA_SYSTEM: return UINT64_MAX;
	case AGENDA_BREAK:
	case AGENDA_MINUTE: return PROFILE_LAST_NS + 240 * NS_PER_S;
	default: return PROFILE_LAST_NS;
	}
}

void sim_later(struct sim *s, const struct agenda_entry *entry)
{
	if (entry->ns < s->end_ns && entry->ns < last_of(entry->kind))
		agenda_push(&s->agenda, entry);
}

bool sim_revises(struct sim *s, double share, uint64_t *ns)
{
	double delay_s;

	if (share <= 0 || !rng_chance(&s->rng, share))
		return false;
	delay_s = rng_lognormal(&s->rng, 60, 1.4);
	delay_s = delay_s < 0.3 ? 0.3 : delay_s > 400 ? 400 : delay_s;
	*ns = s->now_ns + (uint64_t)(delay_s * 1e9);
	return true;
}

uint64_t sim_late(struct sim *s)
{
	uint64_t ns;

	if (s->args->late <= 0 || !rng_chance(&s->rng, s->args->late))
		return 0;
	ns = 1 + (uint64_t)(rng_unit(&s->rng) * (double)s->args->late_by_ns);
	return ns > s->now_ns - s->args->start_ns ? 0 : ns;
}

void sim_print(struct sim *s, const struct truth_print *row) { truth_row(&s->truth, row); }

// In the shape of a day, crosses and halts come on top of what the profile spreads: or a market of few
// messages would be silent for minutes after the open's crosses.
static void on_the_day(struct sim *s, const struct agenda_entry *entry)
{
	uint64_t before = s->n_emitted;

	day_event(s, entry);
	if (s->profile.shape == PROFILE_SHAPE_DAY)
		s->n_on_top += s->n_emitted - before;
}

// Does what is due up to ns, each thing at its own time, and goes there.
static void advance(struct sim *s, uint64_t ns)
{
	struct agenda_entry entry;

	while (agenda_due(&s->agenda, ns, &entry)) {
		struct exchange *x = &s->exchanges[entry.exchange];

		if (entry.ns > s->now_ns)
			s->now_ns = entry.ns;
		switch ((enum agenda_kind)entry.kind) {
		case AGENDA_MESSAGE: x->ops->leave(x, &entry); break;
		case AGENDA_BREAK: x->ops->bust(x, &entry); break;
		case AGENDA_CORRECT: x->ops->correct(x, &entry); break;
		default: on_the_day(s, &entry); break;
		}
	}
	if (ns > s->now_ns)
		s->now_ns = ns;
}

// Draws a venue by its share of actions.
static struct exchange *pick_exchange(struct sim *s)
{
	uint32_t i = s->n_exchanges - 1;
	double u;

	if (i == 0)
		return &s->exchanges[0];
	u = rng_unit(&s->rng) * s->share_sum;
	for (; i > 0 && u >= s->exchanges[i].ops->share; i--)
		u -= s->exchanges[i].ops->share;
	return &s->exchanges[i];
}

// One run of actions on one instrument.
static void run(struct sim *s, double spacing_ns)
{
	uint32_t instr = market_pick(&s->market, &s->rng);
	uint32_t n = 1 + rng_geometric(&s->rng, RUN_MEAN - 0.5);
	struct exchange *x = pick_exchange(s);

	if (s->market.instrs[instr].halted)
		return;
	while (n-- > 0 && s->now_ns < s->end_ns && s->now_ns < PROFILE_LAST_NS) {
		market_move(&s->market.instrs[instr], &s->rng);
		x->ops->act(x, instr);
		advance(s, s->now_ns + (uint64_t)(rng_exponential(&s->rng) * spacing_ns));
		if (s->market.instrs[instr].halted)
			return;
	}
}

static uint32_t n_resting(const struct sim *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_exchanges; i++)
		n += s->exchanges[i].book ? s->exchanges[i].book->n_alive : 0;
	return n;
}

static bool out_of_memory(const struct sim *s)
{
	bool out = s->agenda.out_of_memory;

	for (uint32_t i = 0; i < s->n_exchanges; i++)
		out = out || (s->exchanges[i].book && s->exchanges[i].book->out_of_memory);
	return out;
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
		(unsigned int)(s->now_ns / (3600 * NS_PER_S)),
		(unsigned int)(s->now_ns / (60 * NS_PER_S) % 60), (unsigned int)(s->now_ns / NS_PER_S % 60),
		(double)s->n_emitted * 1e-6, (double)s->args->messages * 1e-6, n_resting(s));
}

// What is still on its way to a feed arrives; nothing else happens after the end.
static void drain(struct sim *s)
{
	struct agenda_entry entry;

	while (agenda_due(&s->agenda, UINT64_MAX, &entry)) {
		struct exchange *x = &s->exchanges[entry.exchange];

		if (entry.kind != AGENDA_MESSAGE)
			continue;
		if (entry.ns > s->now_ns)
			s->now_ns = entry.ns;
		x->ops->leave(x, &entry);
	}
}

static double n_spread(const struct sim *s) { return (double)(s->n_emitted - s->n_on_top); }

// What happens until slot_end_ns, for n_spread to come to target. What is missing comes in the next slot:
// where hardly anything may trade, waits shrink with the time that is left, and the slot would never end.
static void fill_slot(struct sim *s, uint64_t slot_end_ns, double target)
{
	uint32_t fruitless = 0;

	while (s->now_ns < slot_end_ns && n_spread(s) < target && s->now_ns < PROFILE_LAST_NS) {
		uint64_t before = s->n_emitted;
		double left = (target - n_spread(s)) / RUN_MEAN;
		double mean_ns = (double)(slot_end_ns - s->now_ns) / (left > 1 ? left : 1);
		double wait_ns = rng_exponential(&s->rng) * mean_ns * 0.5;
		double spacing_ns = mean_ns * 0.5 / RUN_MEAN;

		if (wait_ns >= (double)(slot_end_ns - s->now_ns) || fruitless > FRUITLESS_MAX)
			break;
		advance(s, s->now_ns + (uint64_t)wait_ns);
		run(s, spacing_ns < WITHIN_RUN_NS ? spacing_ns : WITHIN_RUN_NS);
		fruitless = s->n_emitted == before ? fruitless + 1 : 0;
	}
	advance(s, slot_end_ns);
}

int sim_run(struct sim *s)
{
	double begun, share;
	uint64_t slot_end_ns;

	day_begin(s);
	begun = (double)s->n_emitted;
	while (profile_next(&s->profile, &slot_end_ns, &share)) {
		fill_slot(s, slot_end_ns, begun + ((double)s->args->messages - begun) * share);
		report(s);
		if (out_of_memory(s))
			return -ENOMEM;
		if (outputs_stop || outputs_failed())
			return outputs_stop ? -EINTR : -EIO;
	}
	drain(s);
	for (uint32_t i = 0; i < s->n_exchanges; i++)
		stream_finish(&s->exchanges[i].stream, sim_utc(s));
	return 0;
}

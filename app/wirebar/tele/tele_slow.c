/* SPDX-License-Identifier: BSD-3-Clause */
// tele_slow.c: what the flight recorders of the lcores have kept (lcore/base/flight.h), the newest first.
#include "app/wirebar/tele/tele.h"
#include "lcore/base/calendar.h"

struct kept {
	const struct lcore *lcore;
	uint64_t at_tsc;
	unsigned record;
};

enum { KEPT_MAX = CONF_LCORE_MAX * FLIGHT_RECORDS };

// What is 0 is left out: a reply has room for a few records.
static void add_count(struct tele_reply *r, const char *key, uint64_t n)
{
	if (n)
		tele_number(r, key, n);
}

static void add_step(struct tele_reply *r, const struct lcore_clock *c, const struct flight_record *f,
		     unsigned i)
{
	const struct flight_step *s = &f->step[i];
	struct tele_reply sub;
	char key[16];

	if (!tele_begin(&sub))
		return;
	tele_text(&sub, "what", flight_kind_name[s->kind < FLIGHT_KINDS ? s->kind : FLIGHT_POLL]);
	tele_number(&sub, "took_ns", clock_ns(c, s->to_tsc - s->from_tsc));
	add_count(&sub, "slow", s->slow);
	add_count(&sub, "work", s->work);
	if (i)
		add_count(&sub, "since_ns", clock_ns(c, s->from_tsc - f->step[i - 1].to_tsc));
	for (int k = 0; k < FLIGHT_DID; k++)
		if (k == FLIGHT_wait_tsc)
			add_count(&sub, "wait_ns", clock_ns(c, s->did[k]));
		else
			add_count(&sub, flight_did_name[k], s->did[k]);
	snprintf(key, sizeof key, "step%u", i);
	tele_end(r, key, &sub);
}

static bool add_record(struct tele_reply *r, const struct kept *k, unsigned nth)
{
	const struct lcore_clock *c = &k->lcore->plant->clock;
	struct flight_record f;
	struct tele_reply sub;
	char text[CALENDAR_ISO_BYTES];

	// One that was replaced meanwhile is not the one that was sorted.
	if (!flight_read(&k->lcore->shared->flight, k->record, &f) || f.step[f.at].from_tsc != k->at_tsc)
		return true;
	if (!tele_begin(&sub))
		return false;
	calendar_iso(c->base_ns + clock_ns(c, k->at_tsc - c->base_tsc), text);
	tele_text(&sub, "lcore", k->lcore->name);
	tele_number(&sub, "number", f.number);
	tele_text(&sub, "at", text);
	for (unsigned i = 0; i < f.n_steps && i < FLIGHT_STEPS; i++)
		add_step(&sub, c, &f, i);
	snprintf(text, sizeof text, "%u", nth);
	return tele_end(r, text, &sub);
}

// The newest first.
static unsigned collect(const struct appliance *a, struct kept *kept)
{
	struct flight_record f;
	unsigned n = 0;

	for (unsigned i = 0; i < a->n_lcore; i++)
		for (unsigned k = 0; k < FLIGHT_RECORDS; k++) {
			unsigned at = n;

			if (!flight_read(&a->lcore[i].shared->flight, k, &f))
				continue;
			for (; at && kept[at - 1].at_tsc < f.step[f.at].from_tsc; at--)
				kept[at] = kept[at - 1];
			kept[at] = (struct kept){ &a->lcore[i], f.step[f.at].from_tsc, k };
			n++;
		}
	return n;
}

void tele_slow(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct appliance *a = ask->a;
	struct kept kept[KEPT_MAX];
	uint64_t from = 0, slow = 0;

	if (ask->n && !tele_uint(r, "from", ask->arg[0], 0, KEPT_MAX, &from))
		return;
	for (unsigned i = 0; i < a->n_lcore; i++)
		slow += a->lcore[i].shared->flight.slow;
	tele_number(r, "slow", slow);
	tele_number(r, "threshold_ns", a->conf.run.slow_poll_ns);
	unsigned n = collect(a, kept), i = (unsigned)from;

	while (i < n && add_record(r, &kept[i], i))
		i++;
	tele_number(r, "kept", n);
	tele_number(r, "more", n > i ? n - i : 0);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// tele_recovery.c: the recovery servers: what was asked of them, what came, and who is left alone.
#include "app/wirebar/tele/tele.h"
#include "drivers/recovery/recovery.h"

static void add_server(struct tele_reply *r, const struct recovery_view *v)
{
	tele_text(r, "protocol", v->protocol);
	tele_text(r, "state", v->down == v->addresses ? "down" : v->down ? "partly down" : "up");
	tele_number(r, "addresses", v->addresses);
	tele_number(r, "addresses_down", v->down);
	tele_number(r, "outstanding", v->outstanding);
	tele_number(r, "requests", v->stats.requests);
	tele_number(r, "answers", v->stats.answers);
	tele_number(r, "recovered", v->stats.messages);
	tele_number(r, "useless", v->stats.useless);
	tele_number(r, "timeouts", v->stats.timeouts);
	tele_number(r, "refused", v->stats.refusals);
	tele_number(r, "given_up", v->stats.given_up);
	tele_number(r, "connects", v->stats.connects);
	tele_number(r, "requests_per_day", v->per_day);
	tele_number(r, "quota_used", v->used);
	tele_number(r, "quota_left", v->per_day > v->used ? v->per_day - v->used : 0);
	tele_text(r, "last_refusal", v->stats.last_refusal);
}

void tele_recovery(const struct tele_ask *ask, struct tele_reply *r)
{
	struct recovery_view view[CONF_SERVER_MAX];
	const struct recovery *recovery = ask->a->plant.recovery;
	unsigned n = recovery ? recovery_look(recovery, view) : 0;
	const struct ledger *l = recovery ? recovery_ledger(recovery) : NULL;

	tele_number(r, "servers", n);
	tele_number(r, "given_up", l ? l->v[LEDGER_recovery_given_up] : 0);
	tele_number(r, "over_quota", l ? l->v[LEDGER_recovery_quota] : 0);
	for (unsigned i = 0; i < n; i++) {
		struct tele_reply sub;

		if (!tele_begin(&sub))
			break;
		add_server(&sub, &view[i]);
		tele_end(r, view[i].name, &sub);
	}
}

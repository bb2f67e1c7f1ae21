/* SPDX-License-Identifier: BSD-3-Clause */
// control_gates.c: gates that change while it runs. The whole set is compiled and checked first; then each
// signal lcore takes it over between two polls, and not within a close of an instrument.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/control.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/plant_gates.h"

enum { TIMEOUT_MS = 2000, AGAIN_US = 1000, AGAIN_MAX = 2000 };

struct reason {
	char *why;
	size_t bytes;
};

static void keep_first(void *ctx, const struct conf_error *err)
{
	const struct reason *r = ctx;

	if (!*r->why)
		snprintf(r->why, r->bytes, "%s", err->text);
}

static int compile(const struct conf *to, struct gate_set *next, char *why, size_t why_bytes)
{
	struct reason reason = { why, why_bytes };
	struct conf_error err;

	*why = '\0';
	for (unsigned i = 0; i < to->n_gate && !*why; i++)
		if (!to->gate[i].n_rule) {
			conf_fail(&err, to, to->gate[i].line, "[gate %s] rule: found none, allowed: 1 to %d",
				  to->gate[i].name, CONF_RULE_MAX);
			keep_first(&reason, &err);
		}
	return *why || plant_gates(to, next, keep_first, &reason) ? -EINVAL : 0;
}

static int check_room(const struct appliance *a, const struct gate_set *next, char *why, size_t why_bytes)
{
	size_t need = gate_set_bytes(next, (uint32_t)a->conf.bars.instruments);

	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_SIGNAL && need > signal_gate_room(&a->lcore[i])) {
			snprintf(
				why, why_bytes,
				"[run] gate_room: found %zu bytes an instrument, allowed: at least %zu at start "
				"for these gates",
				signal_gate_room(&a->lcore[i]) / a->conf.bars.instruments,
				need / a->conf.bars.instruments + 1);
			return -ENOSPC;
		}
	return 0;
}

// Every lcore of a stage applies the command, or the first refusal is returned.
static int tell(struct appliance *a, int stage, enum lcore_op op, int64_t arg, char *why, size_t why_bytes)
{
	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore_command c;
		int rc = -EAGAIN;

		if (a->lcore[i].conf->stage != stage)
			continue;
		for (unsigned n = 0; rc == -EAGAIN && n < AGAIN_MAX; n++) {
			c = (struct lcore_command){ .op = op, .arg = arg };
			rc = ctl_command(&a->lcore[i], &c, TIMEOUT_MS);
			if (rc == -EAGAIN)
				usleep(AGAIN_US);
		}
		if (rc) {
			snprintf(why, why_bytes, "lcore %s: %s", a->lcore[i].name,
				 c.text[0] ? c.text : strerror(-rc));
			return rc;
		}
	}
	return 0;
}

int control_gates(struct appliance *a, const struct conf *to, struct control_gates *out, char *why,
		  size_t why_bytes)
{
	const struct gate_set *old = a->plant.gates;
	struct gate_set *next = &a->gate_room[old == &a->gate_room[0]];
	int rc = compile(to, next, why, why_bytes);

	rc = rc ? rc : check_room(a, next, why, why_bytes);
	if (rc)
		return rc;
	*out = (struct control_gates){ .gates = next->n };
	for (unsigned i = 0; i < next->n; i++)
		out->kept += gate_carry_from(next, i, old) >= 0;
	__atomic_store_n(&a->plant.gates_next, next, __ATOMIC_RELEASE);
	if (next->sweeps)
		rc = tell(a, CONF_STAGE_INGEST, LCORE_OP_GROW, 0, why, why_bytes);
	rc = rc ? rc : tell(a, CONF_STAGE_SIGNAL, LCORE_OP_GATES, next - a->gate_room, why, why_bytes);
	if (rc)
		return rc;
	__atomic_store_n(&a->plant.gates, next, __ATOMIC_RELEASE);
	if (a->parts)
		a->parts->gates_at = (uint32_t)(next - a->gate_room);
	control_conf_lock();
	memcpy(a->conf.gate, to->gate, sizeof a->conf.gate);
	a->conf.n_gate = to->n_gate;
	control_conf_unlock();
	return 0;
}

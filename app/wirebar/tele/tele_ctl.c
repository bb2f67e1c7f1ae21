/* SPDX-License-Identifier: BSD-3-Clause */
// tele_ctl.c: commands over the telemetry socket. Each goes to every lcore of the stage that owns what it
// changes, and answers how many have applied it. The symbol and the command are echoed: 22.11 may mix up the
// parameters of two clients that ask in the same instant (its strtok is shared), and the asker must be able
// to notice.
#include <string.h>

#include "app/wirebar/control.h"
#include "app/wirebar/tele/tele.h"
#include "lcore/model/tables.h"

enum { TIMEOUT_MS = 2000, STAGE_ANY = -1 };

static bool concerns(const struct lcore *l, int stage)
{
	return stage == STAGE_ANY || l->stage == stages[stage];
}

static void command(const struct tele_ask *ask, struct tele_reply *r, const char *name, int stage,
		    const struct lcore_command *cmd)
{
	struct appliance *a = ask->a;
	unsigned n = 0;

	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore_command c = *cmd;

		if (!concerns(&a->lcore[i], stage))
			continue;
		int rc = ctl_command(&a->lcore[i], &c, TIMEOUT_MS);

		if (rc) {
			tele_error(r, "%s%s", c.text[0] ? c.text : strerror(-rc),
				   n ? "; applied on others before" : "");
			return;
		}
		n++;
	}
	if (!n) {
		tele_error(r, "this configuration has no lcore that could %s", name);
		return;
	}
	tele_text(r, "status", "ok");
	tele_text(r, "command", name);
	if (cmd->symbol)
		tele_text(r, "symbol", ask->arg[0]);
	tele_number(r, "lcores", n);
}

void tele_ctl_reset(const struct tele_ask *ask, struct tele_reply *r)
{
	command(ask, r, "reset", STAGE_ANY, &(struct lcore_command){ .op = LCORE_OP_RESET });
}

void tele_ctl_watch(const struct tele_ask *ask, struct tele_reply *r)
{
	struct lcore_command c = { .op = LCORE_OP_WATCH, .arg = 1 };
	uint32_t instr;

	if (ask->n == 2) {
		if (strcmp(ask->arg[1], "off")) {
			tele_error(r, "second parameter: found \"%.40s\", allowed: off", ask->arg[1]);
			return;
		}
		c.arg = 0;
	}
	// Only what the feed has named: a slip of the pen must not take room on the watch list.
	if (!tele_instr(ask, r, ask->arg[0], &instr))
		return;
	c.symbol = tables_symbol(ask->a->plant.tables, instr);
	command(ask, r, c.arg ? "watch" : "unwatch", CONF_STAGE_INGEST, &c);
}

void tele_ctl_over(const struct tele_ask *ask, struct tele_reply *r)
{
	(void)ask;
	if (control_path()[0])
		tele_error(r, "this goes over the control socket %.80s (wirebarctl set, kill, ...)",
			   control_path());
	else
		tele_error(
			r,
			"this goes over the control socket, and this process has none ([run] control = no)");
}

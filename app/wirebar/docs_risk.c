/* SPDX-License-Identifier: BSD-3-Clause */
// docs_risk.c: docs/risk.md: why an order does not leave, who is checked for what, what surprises, what is
// counted; from the lists that checks and tests are made from.
#include "app/wirebar/docs.h"

#include <stdbool.h>

#include "lcore/trade/desk.h"

static const char intro[] =
	"# Why an order does not leave\n\n"
	"Made by `wirebar docs risk` from `lcore/trade/risk.def`, `order.def`, `desk.def` and\n"
	"`conf/limits.def`; do not edit. [desk.md](desk.md) says what was decided, and why.\n\n"
	"The checks are made in this order, and the first that fails is the reason. `exit` is also a stop's;\n"
	"`reduce` is an operator's `flatten` or an order with `--reduce`. What equals a limit passes, but the\n"
	"day's loss, which only has to be reached.\n\n"
	"| reason | entry | exit | cancel | operator | reduce | when |\n|---|---|---|---|---|---|---|\n";

static const char limits[] =
	"\n## Limits\n\n"
	"Keys of `[risk]` ([conf.md](conf.md)). One that is absent refuses every order (`LIMITS_ABSENT`) and no\n"
	"cancel; 0 allows none; `unlimited` must be spelled. A rate of n is a bucket of n tokens that fills at n\n"
	"a second; entries, exits and cancels have their own, and what is over the rate is refused, never queued.\n\n"
	"| limit | what it bounds |\n|---|---|\n";

static const char surprises[] =
	"\n## What a venue may say unexpectedly\n\n"
	"A fill is booked whatever was believed of its order. *Halts*: somebody is wrong about what is held;\n"
	"nothing but cancels leaves until an operator resumes.\n\n"
	"| name | halts | what it is |\n|---|---|---|\n";

static const char counts[] = "\n## What the desk counts\n\n| counter | what it counts |\n|---|---|\n";

static const char *yes(bool is) { return is ? "yes" : "-"; }

void docs_risk(FILE *out)
{
	fputs(intro, out);
	for (int r = 1; r < RISK_REASONS; r++) {
		fprintf(out, "| `%s` |", risk_name[r]);
		for (int who = 0; who < RISK_WHOS; who++)
			fprintf(out, " %s |", yes(risk_checked((enum risk_reason)r, (enum risk_who)who)));
		fprintf(out, " %s |\n", risk_text[r]);
	}
	fputs(limits, out);
#define RISK_LIMIT(name, unit, help) fprintf(out, "| `%s` | %s |\n", #name, help);
#include "conf/limits.def"
	fputs(surprises, out);
	for (int s = 1; s < ORDER_SURPRISES; s++)
		fprintf(out, "| `%s` | %s | %s |\n", order_surprise_name[s], yes(order_surprise_halts[s]),
			order_surprise_text[s]);
	fputs(counts, out);
	for (int c = 0; c < DESK_COUNTS; c++)
		fprintf(out, "| `%s` | %s |\n", desk_count_name[c], desk_count_text[c]);
}

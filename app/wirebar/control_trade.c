/* SPDX-License-Identifier: BSD-3-Clause */
// control_trade.c: what operators do to positions, and what desks raise themselves. An operator's words go by
// the mailbox of the signal lcore and leave a line in the audit; what a desk raises is looked for, since an
// lcore writes no file.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "app/wirebar/behind.h"
#include "app/wirebar/control.h"
#include "app/wirebar/trading.h"
#include "conf/key.h"
#include "lcore/base/decimal.h"
#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"

enum { TIMEOUT_MS = 2000, QTY_MAX = 99999999 };

bool control_raises(const struct appliance *a) { return a->conf.orders.enabled && !a->plant.replay; }

// What full links have lost is looked for in the same place: their producers only count it.
// In a replay the desk obeys itself, at a moment of the data; a word from here would come at any.
void control_raised(struct appliance *a)
{
	for (unsigned i = 0; i < a->n_lcore && control_raises(a); i++) {
		struct lcore_raised *r = &a->lcore[i].shared->raised;
		uint32_t mode = __atomic_load_n(&r->mode, __ATOMIC_ACQUIRE);
		struct lcore_raised said = *r;

		if (!mode)
			continue;
		said.reason[sizeof said.reason - 1] = '\0';
		trading_raise(mode < LATCH_MODES ? (enum latch_mode)mode : LATCH_KILL,
			      said.cause < LATCH_CAUSES ? (enum latch_cause)said.cause : LATCH_UNREADABLE,
			      said.reason);
		// What was raised meanwhile stays for the next look.
		__atomic_compare_exchange_n(&r->mode, &mode, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	}
	char lost[LATCH_REASON_BYTES];

	if (control_raises(a) && behind_lost(a, lost, sizeof lost))
		trading_raise(LATCH_REDUCE, LATCH_LINK, lost);
}

// The desk's lcore applies it. Returns 0 or -errno with the reason in why.
static int tell(struct appliance *a, struct lcore_command *c, char *why, size_t why_bytes)
{
	for (unsigned i = 0; i < a->n_lcore && a->conf.orders.enabled; i++) {
		if (a->lcore[i].conf->stage != CONF_STAGE_SIGNAL)
			continue;
		int rc = ctl_command(&a->lcore[i], c, TIMEOUT_MS);

		if (rc)
			snprintf(why, why_bytes, "lcore %s: %s", a->lcore[i].name,
				 c->text[0] ? c->text : strerror(-rc));
		return rc;
	}
	snprintf(why, why_bytes, "orders are not enabled in this run ([orders] enabled = yes)");
	return -ENOTSUP;
}

int control_unlatch(struct appliance *a, char *why, size_t why_bytes)
{
	struct lcore_command c = { .op = LCORE_OP_UNLATCH };

	return a->conf.orders.enabled ? tell(a, &c, why, why_bytes) : 0;
}

int control_flatten(struct appliance *a, const struct ucred *who, const char *words, char *text,
		    size_t text_bytes)
{
	struct lcore_command c = { .op = LCORE_OP_FLATTEN };
	enum latch_mode mode = plant_mode(&a->plant);
	char why[400];

	words += strspn(words, " ");
	if (!*words)
		return snprintf(text, text_bytes, "found no reason, allowed: flatten REASON"), -EINVAL;
	if (mode >= LATCH_HALT)
		return snprintf(text, text_bytes,
				"the mode is %s, in which no order leaves, allowed: in mode reduce or run",
				latch_mode_name[mode]),
		       -EPERM;
	int rc = tell(a, &c, text, text_bytes), audited = 0;

	// What makes positions smaller is not held up by a disk, but its answer says so.
	if (!rc || rc == -EINPROGRESS)
		audited = trading_audit(who, "flatten", words, why, sizeof why);
	if (audited)
		snprintf(text, text_bytes, "all positions are to be closed%s, but %s",
			 rc ? " when the lcore runs on" : c.text, why);
	else if (!rc)
		snprintf(text, text_bytes, "all positions are to be closed%s", c.text);
	return rc ? rc : audited;
}

// What was held without a fill of ours.
struct adopted {
	char symbol[SYMBOL_BYTES + 1];
	int64_t qty, price; // price 0: that of the latest row
	const char *reason;
};

// The word at *at, cut to out_bytes - 1; *at moves on to the next one.
static void word(const char **at, char *out, size_t out_bytes)
{
	*at += strspn(*at, " ");
	size_t n = strcspn(*at, " ");

	snprintf(out, out_bytes, "%.*s", (int)n, *at);
	*at += n;
	*at += strspn(*at, " ");
}

// Returns what is wrong with SYM QTY [PRICE] REASON, or NULL. A third word that is a number is the price.
static const char *adopted_of(const char *words, struct adopted *out)
{
	char symbol[SYMBOL_BYTES + 2], qty[16], price[32], *end;

	memset(out, 0, sizeof *out);
	word(&words, symbol, sizeof symbol);
	if (!*symbol || strlen(symbol) > SYMBOL_BYTES)
		return "SYM: allowed: 1 to 8 characters, as on the wire";
	strcpy(out->symbol, symbol);
	word(&words, qty, sizeof qty);
	out->qty = strtoll(qty, &end, 10);
	if (!*qty || *end || llabs(out->qty) > QTY_MAX)
		return "QTY: allowed: shares above 0 bought, below 0 sold, up to 99999999; 0: UNKNOWN orders are "
		       "not out";
	out->reason = words;
	word(&words, price, sizeof price);
	if (!conf_money(price, &out->price) && out->price > 0)
		out->reason = words;
	else if (*price >= '0' && *price <= '9')
		return "PRICE: allowed: dollars above 0, with up to six decimals";
	else
		out->price = 0;
	return *out->reason ? NULL : "found no reason, allowed: adopt SYM QTY [PRICE] REASON";
}

static int64_t price_now(const struct appliance *a, uint64_t symbol)
{
	uint32_t instr = tables_find(a->plant.tables, symbol);
	struct bar bar;

	return instr != INSTR_NONE && tables_latest(a->plant.tables, instr, SPAN_1S, &bar) &&
			       bar.close_filled != PX_NULL
		       ? bar.close_filled
		       : 0;
}

int control_adopt(struct appliance *a, const struct ucred *who, const char *words, char *text,
		  size_t text_bytes)
{
	struct adopted of;
	char price[32] = "", said[LATCH_REASON_BYTES], why[400];
	const char *wrong = adopted_of(words, &of);

	if (wrong)
		return snprintf(text, text_bytes, "%s", wrong), -EINVAL;
	uint64_t symbol = symtab_key(of.symbol, strlen(of.symbol));
	struct lcore_command c = { .op = LCORE_OP_ADOPT, .symbol = symbol, .arg = of.qty };

	c.price = of.price ? of.price : price_now(a, symbol);
	if (!c.price && of.qty)
		return snprintf(text, text_bytes,
				"%s has no price so far, allowed: adopt SYM QTY PRICE REASON", of.symbol),
		       -ENOENT;
	price[decimal_millionths(c.price, price)] = '\0';
	snprintf(said, sizeof said, "%s %lld at %s: %s", of.symbol, (long long)of.qty, price, of.reason);
	// An adjustment that leaves no trace is none: what cannot be audited is not booked.
	if (trading_audit(who, "adopt", said, why, sizeof why))
		return snprintf(text, text_bytes, "%s: nothing is booked", why), -EIO;
	int rc = tell(a, &c, text, text_bytes);

	if (!rc)
		snprintf(text, text_bytes, "%s %lld at %s", of.symbol, (long long)of.qty, price);
	if (!rc || rc == -EINPROGRESS)
		return rc;
	snprintf(said, sizeof said, "%s %lld: %s", of.symbol, (long long)of.qty, text);
	if (trading_audit(who, "not adopted", said, why, sizeof why))
		snprintf(text + strlen(text), text_bytes - strlen(text),
			 "; and %s, where it stands as adopted", why);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/watchdog.h"

#include <stdio.h>
#include <string.h>

#include "lcore/base/symtab.h"
#include "lcore/trade/order.h"

const char *const watchdog_name[WATCHDOG_WHATS] = {
#define WATCH(NAME, text) #NAME,
#include "lcore/trade/watchdog.def"
#undef WATCH
};
const char *const watchdog_text_of[WATCHDOG_WHATS] = {
#define WATCH(NAME, text) text,
#include "lcore/trade/watchdog.def"
#undef WATCH
};
const char *const watchdog_state_name[WATCHDOG_STATES] = { "blind", "alike", "doubt", "mismatch" };

struct watchdog_adopted {
	int64_t seen; // shares adopted so far, as of the last pass
	int64_t base; // that we hold more than the venue says, and may
};

size_t watchdog_bytes(const struct watchdog_conf *c)
{
	return 2 * line_bytes(c->rows * sizeof(struct trade_row)) +
	       line_bytes(c->instruments * sizeof(struct watchdog_adopted));
}

void watchdog_init(struct watchdog *w, const struct watchdog_conf *c, void *mem)
{
	size_t rows = line_bytes(c->rows * sizeof(struct trade_row));

	*w = (struct watchdog){ .conf = *c, .done = true };
	w->ours = mem;
	w->theirs = (struct trade_row *)((char *)mem + rows);
	w->adopted = (struct watchdog_adopted *)((char *)mem + 2 * rows);
}

static bool before(const struct trade_row *a, const struct trade_row *b)
{
	return a->kind != b->kind ? a->kind < b->kind : a->key < b->key;
}

static void sift(struct trade_row *row, uint32_t at, uint32_t n)
{
	struct trade_row top = row[at];
	uint32_t k;

	for (; (k = 2 * at + 1) < n; at = k) {
		if (k + 1 < n && before(&row[k], &row[k + 1]))
			k++;
		if (!before(&top, &row[k]))
			break;
		row[at] = row[k];
	}
	row[at] = top;
}

static void sort(struct trade_row *row, uint32_t n)
{
	for (uint32_t i = n / 2; i > 0; i--)
		sift(row, i - 1, n);
	for (uint32_t i = n; i > 1; i--) {
		struct trade_row last = row[i - 1];

		row[i - 1] = row[0];
		row[0] = last;
		sift(row, 0, i - 1);
	}
}

// Several books of a venue's may hold a symbol: one row of it.
static uint32_t join(struct trade_row *row, uint32_t n)
{
	uint32_t out = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct trade_row *last = out ? &row[out - 1] : NULL;

		if (last && row[i].kind == TRADE_ROW_POSITION && last->kind == row[i].kind &&
		    last->key == row[i].key) {
			last->qty += row[i].qty;
			last->n += row[i].n;
		} else {
			row[out++] = row[i];
		}
	}
	return out;
}

// The findings of a pass, in place of those of the one before.
struct found {
	struct watchdog_finding at[WATCHDOG_FINDINGS];
	uint32_t n;
	uint64_t now_ns;
};

static void find(struct watchdog *w, struct found *f, enum watchdog_what what, const struct trade_row *of,
		 int64_t ours, int64_t theirs)
{
	struct watchdog_finding to = { of->key, of->symbol, ours, theirs, f->now_ns, (uint8_t)what };

	if (f->n == WATCHDOG_FINDINGS) {
		w->findings_lost++;
		return;
	}
	for (uint32_t i = 0; i < w->n_findings; i++) {
		const struct watchdog_finding *was = &w->finding[i];

		if (was->what == to.what && was->key == to.key && was->ours - was->theirs == ours - theirs)
			to.since_ns = was->since_ns;
	}
	f->at[f->n++] = to;
}

static bool is_open(const struct trade_row *r) { return r->state <= STATE_PART || r->state == STATE_UNKNOWN; }

static void order(struct watchdog *w, struct found *f, const struct trade_row *o, const struct trade_row *t)
{
	if (!o)
		find(w, f, WATCHDOG_ORDER_UNKNOWN, t, 0, (int64_t)t->n);
	else if (!t && is_open(o) && o->state > STATE_SENT) // what is on its way is not there yet
		find(w, f, WATCHDOG_ORDER_MISSING, o, (int64_t)o->n, 0);
	if (!o || !t)
		return;
	if (!is_open(o))
		find(w, f, WATCHDOG_ORDER_ENDED, t, 0, (int64_t)t->n);
	else if (o->qty != t->qty)
		find(w, f, WATCHDOG_ORDER_FILLED, t, o->qty, t->qty);
	else if (o->n != t->n)
		find(w, f, WATCHDOG_ORDER_LEAVES, t, (int64_t)o->n, (int64_t)t->n);
}

// What an operator adopted since the last pass is either there beside what the venue says, or what it said
// before.
static int64_t accepted(struct watchdog *w, const struct trade_row *o, int64_t differs)
{
	if (!o || o->instr >= w->conf.instruments)
		return 0;
	struct watchdog_adopted *a = &w->adopted[o->instr];
	int64_t since = o->adopted - a->seen;

	a->seen = o->adopted;
	if (since && differs == a->base + since)
		a->base += since;
	return a->base;
}

static void position(struct watchdog *w, struct found *f, const struct trade_row *o,
		     const struct trade_row *t)
{
	int64_t ours = o ? o->qty : 0, theirs = t ? t->qty : 0, base = accepted(w, o, ours - theirs);
	int64_t n = o ? (int64_t)o->n : 0, of_theirs = t ? (int64_t)t->n : 0;

	if (ours - theirs != base)
		find(w, f, WATCHDOG_POSITION, o ? o : t, ours, theirs + base);
	else if (n != of_theirs)
		find(w, f, WATCHDOG_EXECUTIONS, o ? o : t, n, of_theirs);
}

static void compare(struct watchdog *w, uint64_t now_ns)
{
	struct found f = { .now_ns = now_ns };
	uint32_t i = 0, k = 0, n, m;

	sort(w->ours, w->n_ours);
	sort(w->theirs, w->n_theirs);
	n = join(w->ours, w->n_ours);
	m = join(w->theirs, w->n_theirs);
	while (i < n || k < m) {
		const struct trade_row *o = i < n ? &w->ours[i] : NULL, *t = k < m ? &w->theirs[k] : NULL;

		if (o && t && before(o, t))
			t = NULL;
		else if (o && t && before(t, o))
			o = NULL;
		i += o != NULL;
		k += t != NULL;
		if ((o ? o : t)->kind == TRADE_ROW_ORDER)
			order(w, &f, o, t);
		else
			position(w, &f, o, t);
	}
	memcpy(w->finding, f.at, sizeof w->finding);
	w->n_findings = f.n;
	w->last = f.n ? WATCHDOG_DOUBT : WATCHDOG_ALIKE;
	for (uint32_t j = 0; j < f.n; j++)
		if (now_ns - f.at[j].since_ns >= w->conf.grace_ns)
			w->last = WATCHDOG_MISMATCH;
	w->passes++;
	w->alike += !f.n;
	w->whole_ns = now_ns;
	w->alike_ns = f.n ? w->alike_ns : now_ns;
}

static void begin(struct watchdog *w, uint64_t pass)
{
	w->partial += !w->done;
	w->pass = pass;
	w->n_ours = w->n_theirs = w->whole = 0;
	memset(w->got, 0, sizeof w->got);
	w->broken = w->done = false;
}

static uint32_t put(struct watchdog *w, const struct trade_view *v, struct trade_row *to, uint32_t at,
		    uint32_t got)
{
	if (v->at != got || v->n > TRADE_ROWS || at + v->n > w->conf.rows) {
		w->broken = true;
		return at;
	}
	memcpy(to + at, v->row, v->n * sizeof *to);
	return at + v->n;
}

bool watchdog_take(struct watchdog *w, const struct trade_view *v, uint64_t now_ns)
{
	uint32_t keepers = v->keepers < TRADE_KEEPERS ? v->keepers : TRADE_KEEPERS, all = (2u << keepers) - 1;

	if (v->pass < w->pass || (v->pass == w->pass && w->done) || (v->theirs && v->keeper >= keepers))
		return false;
	if (v->pass > w->pass)
		begin(w, v->pass);
	if (v->theirs) {
		w->n_theirs = put(w, v, w->theirs, w->n_theirs, w->got[v->keeper]);
		w->got[v->keeper] += v->n;
		w->whole |= (uint32_t)(w->got[v->keeper] == v->n_rows) << v->keeper;
	} else {
		w->n_ours = put(w, v, w->ours, w->n_ours, w->n_ours);
		w->whole |= (uint32_t)(w->n_ours == v->n_rows) << keepers;
	}
	if (w->whole != all || w->broken)
		return false;
	w->done = true;
	compare(w, now_ns);
	return true;
}

enum watchdog_state watchdog_judge(const struct watchdog *w, uint64_t now_ns)
{
	return w->passes && now_ns - w->whole_ns <= w->conf.blind_ns ? w->last : WATCHDOG_BLIND;
}

void watchdog_text(const struct watchdog *w, const char *instance, uint64_t now_ns,
		   char out[WATCHDOG_TEXT_BYTES])
{
	const struct watchdog_finding *f = w->finding;
	char symbol[32], id[ORDER_ID_BYTES + 1] = "";

	out[0] = '\0';
	for (uint32_t i = 1; i < w->n_findings; i++)
		f = w->finding[i].since_ns < f->since_ns ? &w->finding[i] : f;
	if (!w->n_findings)
		return;
	symtab_text(f->symbol, symbol);
	if (f->what < WATCHDOG_POSITION) {
		order_id_text(instance, f->key, id);
		id[ORDER_ID_BYTES - 1] = ' ';
	}
	snprintf(out, WATCHDOG_TEXT_BYTES, "%s %s%s: ours %lld, the venue's %lld, for %.1f s", symbol, id,
		 watchdog_text_of[f->what], (long long)f->ours, (long long)f->theirs,
		 (double)(now_ns - f->since_ns) / 1e9);
}

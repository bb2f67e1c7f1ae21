/* SPDX-License-Identifier: BSD-3-Clause */
// signal.c: sealed rows in, fires out. Keeps its own bundles (the columns that gates look at) from the rows
// on its link, in order, so that a verdict never depends on a table that another lcore may have moved on.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>

#include "lcore/model/engine_hash.h"
#include "lcore/stage/carry.h"
#include "lcore/stage/dealer.h"
#include "lcore/stage/echo.h"

enum { BURST = 32 };

struct signal {
	struct gates *gates; // in force: one of both; other threads read it
	struct gates both[2];
	char *room[2]; // of their state
	struct dealer dealer;
	bool ordering;                     // fires become orders
	bool guarded;                      // a telemetry lcore watches stops
	struct echo_way back[LCORE_LINKS]; // replay: to the keepers of the books
	int n_back;
	bool asked; // replay: it has not answered the last touch or mark, and nothing is decided before
	uint8_t ended[LCORE_LINKS];
	bool inside;         // between two rows of one close of an instrument
	uint64_t turned_tsc; // in steps: when time last passed for the desk, and when it looked at others
	uint64_t watched_tsc;
};

// Of one set: what the gates at start take, or what a reload is to have room for.
static size_t room(const struct lcore *l)
{
	uint32_t n = (uint32_t)l->plant->conf->bars.instruments;
	size_t need = gate_set_bytes(l->plant->gates, n), least = l->plant->conf->run.gate_room * n;

	return line_bytes(need > least ? need : least);
}

static size_t bytes(const struct lcore *l)
{
	return line_bytes(sizeof(struct signal)) + 2 * room(l) + dealer_bytes(l);
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	struct signal *s = mem;

	(void)err, (void)err_len;
	s->room[0] = (char *)mem + line_bytes(sizeof *s);
	s->room[1] = s->room[0] + room(l);
	s->gates = &s->both[0];
	gate_set_init(s->gates, l->plant->gates, (uint32_t)l->plant->conf->bars.instruments, s->room[0]);
	s->ordering = l->plant->conf->orders.enabled;
	s->guarded = s->ordering && l->plant->conf->n_stop;
	if (s->ordering)
		dealer_init(&s->dealer, l, s->room[1] + room(l));
	for (int i = 0; i < l->n_out && !plant_live(l->plant);
	     i++) // live nobody asks, and else only the owner
		if (l->out[i]->back && !lcore_relays(l->plant->lcore[l->out[i]->to]))
			s->back[s->n_back++] = (struct echo_way){ .lcore = l, .link = l->out[i] };
	return 0;
}

static void recall(struct lcore *l)
{
	struct signal *s = l->state;

	if (s->ordering)
		dealer_log_go_on(&s->dealer);
}

static void push_all(struct lcore *l, const struct link_elem *elem)
{
	for (int i = 0; i < l->n_out; i++)
		if (!l->out[i]->back)
			link_push(l->out[i], elem);
}

// sweep_tsc: when the sweep that made them was handed on; 0: rows did.
static void push_fires(struct lcore *l, struct signal *s, const struct fire *fire, unsigned n,
		       uint64_t sweep_tsc)
{
	for (unsigned i = 0; i < n; i++) {
		if (s->ordering)
			dealer_fire(&s->dealer, &fire[i], sweep_tsc);
		struct link_elem out = { .stream = LINK_FIRE, .pushed_tsc = rte_rdtsc(), .fire = fire[i] };

		push_all(l, &out);
	}
}

static void row(struct lcore *l, struct signal *s, const struct link_elem *in)
{
	struct fire fire[GATE_MAX];
	uint64_t t0 = rte_rdtsc();

	if (s->ordering)
		dealer_row(&s->dealer, &in->bar);
	unsigned n = gate_set_row(s->gates, &in->bar, fire);

	push_fires(l, s, fire, n, 0);
	s->inside = !in->bar.last_due;
	l->shared->rows++;
	if (in->bar.last_due)
		hist_record(&l->shared->hist[HIST_GATE_CYCLE], clock_ns(&l->plant->clock, rte_rdtsc() - t0));
}

// Ways back, to the keepers of the books: what this mark or sweep made fire has been sent.
static void echo(struct signal *s, uint32_t n, uint64_t ts_ns)
{
	for (int i = 0; i < s->n_back; i++)
		echo_tell(&s->back[i], n, ts_ns);
}

static void mark(struct lcore *l, struct signal *s, const struct link_elem *e)
{
	if (s->ordering)
		dealer_mark(&s->dealer, e->mark_ns, e->note);
	push_all(l, e);
	if (s->guarded)
		s->asked = !plant_live(l->plant);
	else
		echo(s, 1, e->mark_ns);
}

// The telemetry lcore looks whether a stop is hit.
static void touch(struct lcore *l, struct signal *s, const struct link_elem *e)
{
	push_all(l, e);
	if (s->guarded)
		s->asked = !plant_live(l->plant);
	else
		echo(s, 1, e->touch.ts_ns);
}

static void answered(struct signal *s, const struct link_elem *e)
{
	s->asked = false;
	echo(s, e->note, e->echo_ns);
}

static void sweep(struct lcore *l, struct signal *s, const struct link_elem *in)
{
	struct fire fire[GATE_MAX];

	push_fires(l, s, fire, gate_set_sweep(s->gates, &in->sweep, fire), in->pushed_tsc);
	if (in->note)
		echo(s, 1, in->sweep.to_ns);
}

// What a start takes from its journal is judged as by the run that wrote it, whatever the mode is now; what
// operators held then is not known any more.
static void hold_entries(const struct lcore *l, struct signal *s)
{
	s->gates->entries_held = lcore_mode(l) != LATCH_RUN && !(s->ordering && s->dealer.hears);
}

static void element(struct lcore *l, struct signal *s, const struct link_elem *e)
{
	switch (e->stream) {
	case LINK_NEW_BAR:
		if (!(e->bar.flags & BAR_IDLE))
			row(l, s, e);
		break;
	case LINK_SWEEP: sweep(l, s, e); break;
	case LINK_MARK: mark(l, s, e); break;
	case LINK_TOUCH: touch(l, s, e); break;
	case LINK_ECHO: answered(s, e); break;
	case LINK_ORDER:
		if (s->ordering)
			dealer_report(&s->dealer, &e->order);
		break;
	case LINK_KEEPER:
		if (s->ordering)
			dealer_keeper(&s->dealer, &e->keeper);
		break;
	case LINK_VIEW:
		if (s->ordering)
			dealer_view(&s->dealer, &e->view);
		break;
	case LINK_EXIT:
		if (s->ordering)
			dealer_exit(&s->dealer, &e->exit);
		break;
	case LINK_LIVE:
		if (s->ordering)
			dealer_live(&s->dealer, e->note, e->live_ns);
		hold_entries(l, s);
		break;
	default: break;
	}
}

static void turn(struct lcore *l)
{
	struct signal *s = l->state;

	for (int i = 0; i < s->n_back; i++)
		echo_catch_up(&s->back[i]);
	hold_entries(l, s);
}

// Until it has an answer it takes nothing but what comes over ways back.
static bool takes(const struct lcore *l, unsigned link)
{
	return !((const struct signal *)l->state)->asked || l->in[link]->back;
}

static unsigned poll(struct lcore *l)
{
	struct signal *s = l->state;
	unsigned work = 0;

	turn(l);
	for (int i = 0; i < l->n_in; i++) {
		unsigned n = BURST;
		// Gates read some columns of a row: read it in place, in the ring.
		const struct link_elem *elem = link_peek(l->in[i], &n);
		uint64_t now = elem ? rte_rdtsc() : 0;
		unsigned k = 0;

		for (; k < n && (!s->asked || l->in[i]->back); k++) {
			const struct link_elem *e = &elem[k];

			hist_record(
				&l->shared->hist[HIST_LINK_WAIT],
				clock_ns(&l->plant->clock, now > e->pushed_tsc ? now - e->pushed_tsc : 0));
			element(l, s, e);
			s->ended[i] |= e->stream == LINK_END;
		}
		if (elem)
			link_taken(l->in[i], k);
		work += k;
	}
	if (s->ordering && !l->plant->replay)
		dealer_poll(&s->dealer);
	if (!work && lcore_inputs_ended(l, s->ended)) {
		lcore_push_end(l);
		l->shared->done = true;
	}
	return work;
}

// The same in steps (twin.h). Live, time passes for the desk TURN_NS at a time; WATCH_NS as in ticks.
#define TURN_NS  20000
#define WATCH_NS 1000000

static void step_element(struct lcore *l, unsigned link, const struct link_elem *e)
{
	struct signal *s = l->state;

	hold_entries(l, s);
	element(l, s, e);
	s->ended[link] |= e->stream == LINK_END;
}

static bool step_wants(const struct lcore *l, uint64_t tsc)
{
	const struct signal *s = l->state;

	for (int i = 0; i < s->n_back; i++)
		if (echo_could(&s->back[i]))
			return true;
	return s->ordering && !l->plant->replay && clock_ns(&l->plant->clock, tsc - s->turned_tsc) >= TURN_NS;
}

static void step_turn(struct lcore *l)
{
	struct signal *s = l->state;

	s->turned_tsc = l->tsc;
	turn(l);
	if (!s->ordering || l->plant->replay)
		return;
	dealer_poll(&s->dealer);
	if (clock_ns(&l->plant->clock, l->tsc - s->watched_tsc) < WATCH_NS)
		return;
	s->watched_tsc = l->tsc;
	dealer_watch(&s->dealer, l->tsc);
}

static bool step_ended(const struct lcore *l)
{
	return lcore_inputs_ended(l, ((const struct signal *)l->state)->ended);
}

static const struct stage_steps steps = { takes, step_element, step_wants, step_turn, step_ended };

static void tick(struct lcore *l, uint64_t now_tsc)
{
	struct signal *s = l->state;

	// A twin's desk does nothing but what its steps say.
	if (s->ordering && !l->plant->replay && !l->plant->split)
		dealer_watch(&s->dealer, now_tsc);
}

static int why(const struct signal *s, struct lcore_command *c)
{
	uint32_t instr = (uint32_t)c->arg;

	if (instr >= s->gates->instruments) {
		snprintf(c->text, sizeof c->text, "no such instrument");
		return -ENOENT;
	}
	gate_why_fill(s->gates, instr, (unsigned)(c->arg >> 32), &c->why);
	return 0;
}

// Not within a close of an instrument: its rows are judged by one set.
static int swap(struct lcore *l, struct signal *s, struct lcore_command *c)
{
	const struct gate_set *set = l->plant->gate_room
					     ? &l->plant->gate_room[c->arg & 1]
					     : __atomic_load_n(&l->plant->gates_next, __ATOMIC_ACQUIRE);
	struct gates *to = s->gates == &s->both[0] ? &s->both[1] : &s->both[0];
	uint32_t n = s->gates->instruments;

	if (s->inside) {
		snprintf(c->text, sizeof c->text, "between two rows of a close");
		return -EAGAIN;
	}
	if (gate_set_bytes(set, n) > signal_gate_room(l)) {
		snprintf(c->text, sizeof c->text, "no room");
		return -ENOSPC;
	}
	memset(s->room[to - s->both], 0, gate_set_bytes(set, n));
	gate_set_init(to, set, n, s->room[to - s->both]);
	gate_carry(to, s->gates);
	__atomic_store_n(&s->gates, to, __ATOMIC_RELEASE);
	return 0;
}

static int command(struct lcore *l, struct lcore_command *c)
{
	struct signal *s = l->state;

	if (c->op == LCORE_OP_WHY)
		return why(s, c);
	if (c->op == LCORE_OP_GATES)
		return swap(l, s, c);
	if (s->ordering)
		return dealer_command(&s->dealer, c);
	snprintf(c->text, sizeof c->text, "not a command for a signal lcore");
	return -ENOTSUP;
}

const struct desk *signal_desk(const struct lcore *l)
{
	const struct signal *s = l->state;

	return s->ordering ? &s->dealer.desk : NULL;
}

const struct gates *signal_gates(const struct lcore *l)
{
	return __atomic_load_n(&((const struct signal *)l->state)->gates, __ATOMIC_ACQUIRE);
}

size_t signal_gate_room(const struct lcore *l)
{
	const struct signal *s = l->state;

	return (size_t)(s->room[1] - s->room[0]);
}

// What a snapshot holds of it (carry.h): gates as of the start, which nobody has reloaded meanwhile; and what
// a deaf desk has heard. What it has sent and holds has a journal of its own.
struct head {
	uint64_t rows, suppressed;
	uint64_t inside;
};

static bool freeze(const struct lcore *l, void *mem)
{
	const struct signal *s = l->state;

	*(struct head *)mem = (struct head){ l->shared->rows, s->gates->suppressed, s->inside };
	return (!s->ordering || s->dealer.hears == DEALER_PAST) && s->gates == &s->both[0];
}

static bool thaw(struct lcore *l, const void *mem)
{
	struct signal *s = l->state;
	const struct head *h = mem;

	l->shared->rows = h->rows;
	s->gates->suppressed = h->suppressed;
	s->inside = h->inside;
	return !s->ordering || dealer_thaw(&s->dealer);
}

static unsigned areas(const struct lcore *l, struct carry_area *out)
{
	const struct signal *s = l->state;

	out[0] = (struct carry_area){ "gates", s->room[0],
				      gate_set_bytes(s->gates->set, s->gates->instruments) };
	if (s->ordering)
		out[1] = dealer_area(&s->dealer);
	return s->ordering ? 2 : 1;
}

static uint64_t hash(const struct lcore *l)
{
	const struct signal *s = l->state;
	uint64_t hash = engine_hash_gates(signal_gates(l));

	return s->ordering ? dealer_hash(&s->dealer, hash) : hash;
}

static const struct stage_carry carry = { sizeof(struct head), freeze, thaw, areas, hash };

const struct stage stage_signal = { "signal", bytes,  init,   poll, tick,  command,
				    NULL,     &steps, &carry, NULL, recall };

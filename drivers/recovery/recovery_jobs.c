/* SPDX-License-Identifier: BSD-3-Clause */
// recovery_jobs.c: which server to ask for which hole, and what to do with its answers.
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "drivers/recovery/recovery_parts.h"

// A ring that is full, or a connection that is busy, is looked at again after this.
#define AGAIN_NS (200 * NS_PER_US)

static bool serves(const struct server *s, const struct feed *feed, uint32_t stream)
{
	return recover_carries(s->protocol, feed) &&
	       (!s->conf->feed[0] || feed_by_name(s->conf->feed) == feed) &&
	       (!s->conf->stream || s->conf->stream == stream);
}

static bool reply(struct recovery *r, struct job *j, struct recovery_reply *reply)
{
	reply->channel = j->channel;
	if (rte_ring_enqueue_elem(j->link->replies, reply, sizeof *reply) == 0)
		return true;
	LEDGER_INC(&r->ledger, recovery_replies_refused);
	return false;
}

// pick gives the job to the first server from index `from` on that recovers its stream; none: the hole is
// given up.
static void pick(struct recovery *r, struct job *j, unsigned from)
{
	static struct recovery_reply said = { .kind = RECOVERY_GAVE_UP };

	for (unsigned i = from; i < r->n_servers; i++) {
		struct server *s = &r->server[i];

		if (!serves(s, j->ask.feed, j->ask.stream))
			continue;
		j->server = s;
		j->next = s->good;
		j->hole.open = true;
		j->hole.tries = 0;
		j->hole.due_ns = r->now_ns;
		memset(j->ask.source_id, 0, sizeof j->ask.source_id);
		memcpy(j->ask.source_id, s->conf->source_id,
		       strnlen(s->conf->source_id, RECOVER_SOURCE_BYTES));
		j->ask.product = (uint8_t)s->conf->product;
		j->ask.channel = s->conf->channel ? (uint8_t)s->conf->channel : (uint8_t)j->ask.stream;
		return;
	}
	LEDGER_INC(&r->ledger, recovery_given_up);
	said.last_seq = j->hole.last_seq;
	reply(r, j, &said);
	j->hole.open = false;
	j->server = NULL;
}

// give_up ends the attempt at this server, and goes on to the next.
static void give_up(struct recovery *r, struct job *j)
{
	j->server->stats.given_up++;
	j->asked = NULL;
	pick(r, j, (unsigned)(j->server - r->server) + 1);
}

void recovery_jobs_want(struct recovery *r, unsigned link, const struct recovery_want *want)
{
	if (want->channel >= RECEIVER_CHANNELS)
		return;
	struct job *j = &r->job[(size_t)link * RECEIVER_CHANNELS + want->channel];
	bool other = memcmp(j->ask.session, want->session, sizeof want->session) != 0;

	if (other)
		j->hole = (struct recover_job){ 0 };
	j->link = &r->link[link];
	j->channel = want->channel;
	j->ask.feed = feeds[want->feed];
	j->ask.stream = want->stream;
	memcpy(j->ask.session, want->session, sizeof want->session);
	if (recover_job_want(&j->hole, want->first_seq, want->last_seq, r->now_ns) && j->told && j->server) {
		recover_job_progress(&j->hole, &j->server->policy, r->now_ns);
		j->asked = NULL;
	}
	if (!j->hole.open)
		j->asked = NULL;                    // whoever was asked may have answered by multicast
	else if (!j->server || !j->hole.asked_last) // another hole
		pick(r, j, 0);
}

// failed notes that a request brought nothing in time.
static void failed(struct recovery *r, struct job *j)
{
	if (!j->asked)
		return;
	j->server->stats.timeouts++;
	LEDGER_INC(&r->ledger, recovery_timeouts);
	if (!j->told)
		recover_server_failed(&j->asked->health, j->server->policy.tries, false, r->now_ns);
	if (j->asked->state == CONN_CONNECTING)
		recovery_net_drop(r, j->asked);
	j->next = (unsigned)(j->asked - j->server->conn) + 1;
	j->asked = NULL;
}

// usable finds an address to ask, from j->next on. NULL: none is up; *busy: but one is, and serves another
// channel now.
static struct conn *usable(struct recovery *r, struct job *j, bool *busy)
{
	struct server *s = j->server;

	*busy = false;
	for (unsigned i = 0; i < s->n_conns; i++) {
		struct conn *c = &s->conn[(j->next + i) % s->n_conns];

		if (!recover_server_up(&c->health, r->now_ns))
			continue;
		if ((c->job && c->job != j && c->job->hole.open && c->job->server == s) ||
		    (c->n_out && c->state == CONN_CONNECTING)) {
			*busy = true;
			continue;
		}
		return c;
	}
	return NULL;
}

static bool budget(struct recovery *r, struct job *j)
{
	struct server *s = j->server;
	enum recover_leave leave =
		recover_budget_ask(&s->budget, recovery_quota_today(&j->ask.now_ns), r->now_ns);

	if (leave == RECOVER_LATER) {
		j->hole.due_ns = s->budget.next_ns;
		return false;
	}
	if (leave == RECOVER_NOW && recover_budget_reserve(&s->budget) && recovery_quota_save(r)) {
		s->budget.reserved = s->budget.used; // what cannot be remembered is not asked
		r->quota_broken = true;
		leave = RECOVER_NOT_TODAY;
	}
	if (leave == RECOVER_NOW)
		return true;
	LEDGER_INC(&r->ledger, recovery_quota);
	give_up(r, j);
	return false;
}

static void ask(struct recovery *r, struct job *j)
{
	uint8_t bytes[RECOVER_REQUEST_MAX];
	struct server *s = j->server;
	struct conn *c;
	bool busy;

	failed(r, j);
	while ((c = usable(r, j, &busy)) != NULL) {
		if (!budget(r, j))
			return;
		if (s->protocol->connection && !s->protocol->persistent && c->fd >= 0)
			recovery_net_drop(r, c); // what it was made for is over
		j->ask.first_seq = j->hole.first_seq;
		j->ask.last_seq = recover_job_last(&j->hole, &s->policy);
		j->ask.own_seq = c->own_seq + 1;
		j->told = false;
		if (recovery_net_send(r, c, bytes, s->protocol->request(&j->ask, bytes)))
			break;
		j->next = (unsigned)(c - s->conn) + 1;
	}
	if (!c && busy) {
		j->hole.due_ns = r->now_ns + AGAIN_NS;
		return;
	}
	if (!c) {
		give_up(r, j);
		return;
	}
	c->own_seq++;
	c->job = s->protocol->connection && !s->protocol->persistent ? j : NULL;
	j->asked = c;
	s->stats.requests++;
	LEDGER_INC(&r->ledger, recovery_requests);
	recover_budget_spend(&s->budget, r->now_ns);
	recover_job_asked(&j->hole, &s->policy, r->now_ns);
}

uint64_t recovery_jobs_step(struct recovery *r)
{
	uint64_t due_ns = UINT64_MAX;

	for (unsigned i = 0; i < r->n_links * RECEIVER_CHANNELS; i++) {
		struct job *j = &r->job[i];

		if (!j->hole.open)
			continue;
		enum recover_step step = recover_job_step(&j->hole, &j->server->policy, r->now_ns);

		if (step == RECOVER_ASK)
			ask(r, j);
		if (step == RECOVER_GIVE_UP) {
			failed(r, j);
			give_up(r, j);
		}
		if (j->hole.open && j->hole.due_ns < due_ns)
			due_ns = j->hole.due_ns;
	}
	for (unsigned i = 0; i < r->n_servers; i++)
		for (unsigned k = 0; k < r->server[i].n_conns; k++)
			if (r->server[i].conn[k].stalled) {
				recovery_net_ready(r, &r->server[i].conn[k], EPOLLIN);
				due_ns = r->now_ns + AGAIN_NS < due_ns ? r->now_ns + AGAIN_NS : due_ns;
			}
	return due_ns;
}

// hand_on gives one packet to the ingest lcore. False: there is no room.
static bool hand_on(struct recovery *r, struct job *j, const uint8_t *bytes, size_t n, uint64_t first_seq,
		    uint32_t count)
{
	static struct recovery_reply packet = { .kind = RECOVERY_PACKET };

	if (!recover_job_covers(&j->hole, first_seq, count))
		return true;
	memcpy(packet.data, bytes, n);
	packet.bytes = (uint16_t)n;
	if (!reply(r, j, &packet))
		return false;
	j->server->stats.messages +=
		recover_job_got(&j->hole, &j->server->policy, first_seq, count, r->now_ns);
	return true;
}

// cut hands on a segment that may be larger than a packet, piece by piece. False: there is no room for all of
// it.
static bool cut(struct recovery *r, struct job *j, const uint8_t *segment)
{
	uint8_t piece[RECOVER_PACKET_MAX];
	struct recover_cut at;
	size_t n;

	recover_cut_begin(&at, segment);
	for (uint64_t first = at.seq; (n = recover_cut_next(&at, segment, piece)) > 0; first = at.seq)
		if (!hand_on(r, j, piece, n, first, (uint32_t)(at.seq - first)))
			return false;
	return true;
}

static bool messages(struct recovery *r, struct conn *c, struct job *j, const uint8_t *bytes,
		     const struct recover_answer *a)
{
	struct server *s = c->server;

	recover_server_answered(&c->health);
	s->good = (unsigned)(c - s->conn);
	if (j->asked == c)
		j->asked = NULL;
	if (!recover_job_covers(&j->hole, a->first_seq, a->count)) {
		s->stats.useless++;
		LEDGER_INC(&r->ledger, recovery_useless);
		return true;
	}
	if (a->bytes > RECOVER_PACKET_MAX ? !cut(r, j, bytes)
					  : !hand_on(r, j, bytes, a->bytes, a->first_seq, a->count))
		return false;
	s->stats.answers++;
	LEDGER_INC(&r->ledger, recovery_answers);
	return true;
}

static void refused(struct recovery *r, struct job *j, const struct recover_answer *a)
{
	struct server *s = j->server;

	s->stats.refusals++;
	LEDGER_INC(&r->ledger, recovery_refusals);
	snprintf(s->stats.last_refusal, sizeof s->stats.last_refusal, "%c: %s", a->status, a->why);
	if (a->daily && s->budget.per_day) {
		recover_budget_spent_out(&s->budget);
		recovery_quota_save(r);
	}
	if (j->hole.open)
		give_up(r, j);
}

static void keep_alive(struct recovery *r, struct conn *c)
{
	struct recover_ask me = { .own_seq = c->own_seq + 1 };
	uint8_t bytes[RECOVER_REQUEST_MAX];

	memcpy(me.source_id, c->server->conf->source_id,
	       strnlen(c->server->conf->source_id, RECOVER_SOURCE_BYTES));
	recovery_quota_today(&me.now_ns);
	if (c->server->protocol->alive &&
	    recovery_net_send(r, c, bytes, c->server->protocol->alive(&me, bytes)))
		c->own_seq++;
}

// mine finds the job that a packet answers; a gets what it says to that job.
static struct job *mine(struct recovery *r, struct conn *c, const uint8_t *bytes, size_t len,
			struct recover_answer *a)
{
	static const struct recover_ask nobody = { .feed = NULL };

	for (unsigned i = 0; i < r->n_links * RECEIVER_CHANNELS; i++) {
		struct job *j = &r->job[i];

		if (j->server != c->server || (c->job && c->job != j))
			continue;
		c->server->protocol->answer(&j->ask, bytes, len, a);
		if (a->kind != RECOVER_ALIEN)
			return j;
	}
	c->server->protocol->answer(&nobody, bytes, len, a);
	if (a->kind >= RECOVER_MESSAGES && a->kind != RECOVER_ALIVE)
		a->kind = RECOVER_ALIEN;
	return NULL;
}

int recovery_jobs_take(struct recovery *r, struct conn *c, const uint8_t *bytes, size_t len)
{
	struct recover_answer a;
	struct job *j = mine(r, c, bytes, len, &a);

	switch (a.kind) {
	case RECOVER_PART: return 0;
	case RECOVER_BROKEN:
		LEDGER_INC(&r->ledger, recovery_useless);
		c->server->stats.useless++;
		return -1;
	case RECOVER_MESSAGES:
		if (!messages(r, c, j, bytes, &a)) {
			c->stalled = true;
			return 0;
		}
		break;
	case RECOVER_ALIVE: keep_alive(r, c); break;
	case RECOVER_ACCEPTED:
		recover_server_answered(&c->health);
		j->told = true;
		break;
	case RECOVER_REFUSED:
		recover_server_answered(&c->health);
		refused(r, j, &a);
		break;
	case RECOVER_ALIEN:
		LEDGER_INC(&r->ledger, recovery_useless);
		c->server->stats.useless++;
		break;
	default: break;
	}
	return (int)a.bytes;
}

void recovery_jobs_lost(struct recovery *r, struct conn *c, bool not_there)
{
	bool asked = false;

	for (unsigned i = 0; i < r->n_links * RECEIVER_CHANNELS; i++) {
		struct job *j = &r->job[i];

		// It closed before everything had come, though the answer came from there.
		if (c->job == j && j->hole.open && j->server == c->server && !j->asked)
			j->hole.due_ns = r->now_ns;
		if (j->server != c->server || j->asked != c)
			continue;
		asked = true;
		j->hole.due_ns = r->now_ns;
		j->next = (unsigned)(c - c->server->conn) + 1;
		j->asked = NULL;
	}
	if (c->server->protocol->connection)
		recovery_net_drop(r, c);
	if (asked || not_there) {
		recover_server_failed(&c->health, c->server->policy.tries, not_there, r->now_ns);
		c->server->stats.timeouts += asked;
		LEDGER_ADD(&r->ledger, recovery_timeouts, asked);
	}
}

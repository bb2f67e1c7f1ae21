/* SPDX-License-Identifier: BSD-3-Clause */
// recovery.c: the service's thread and the rings between it and the ingest lcores.
#include "drivers/recovery/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include "lcore/base/clock.h"
#include "lcore/base/thread.h"
#include "drivers/recovery/recovery_parts.h"

_Static_assert(sizeof(struct recovery_want) % 4 == 0 && sizeof(struct recovery_reply) % 4 == 0,
	       "rte_ring copies words");
_Static_assert(CONF_RECOVERY_PILLAR == 3,
	       "recover_protocols are in the order of enum conf_recovery_protocol");

enum { EVENTS = 16 };

bool recovery_tell(struct recovery_link *link, const struct recovery_want *want)
{
	uint64_t one = 1;

	if (rte_ring_enqueue_elem(link->wants, (void *)(uintptr_t)want, sizeof *want))
		return false;
	// Either the service sees the want before it sleeps, or this sees that it sleeps.
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&link->asleep, 0, __ATOMIC_ACQ_REL) &&
	    write(link->doorbell, &one, sizeof one) < 0)
		__atomic_store_n(&link->asleep, 1, __ATOMIC_RELEASE); // the next want tries again
	return true;
}

unsigned recovery_replies(struct recovery_link *link, const struct recovery_reply **out, unsigned n)
{
	struct rte_ring_zc_data at;
	unsigned got = rte_ring_dequeue_zc_burst_elem_start(link->replies, sizeof(struct recovery_reply), n,
							    &at, NULL);

	for (unsigned i = 0; i < got; i++)
		out[i] = i < at.n1 ? (const struct recovery_reply *)at.ptr1 + i
				   : (const struct recovery_reply *)at.ptr2 + (i - at.n1);
	return got;
}

void recovery_replies_done(struct recovery_link *link, unsigned n)
{
	rte_ring_dequeue_zc_elem_finish(link->replies, n);
}

bool recovery_serves(const struct conf *conf, const struct feed *feed, uint32_t stream)
{
	for (unsigned i = 0; i < conf->n_server; i++) {
		const struct conf_server *s = &conf->server[i];

		if (recover_carries(recover_protocols[s->protocol], feed) &&
		    (!s->feed[0] || feed_by_name(s->feed) == feed) && (!s->stream || s->stream == stream))
			return true;
	}
	return false;
}

size_t recovery_bytes(void)
{
	return (size_t)rte_ring_get_memsize_elem(sizeof(struct recovery_want), RECOVERY_WANTS) +
	       (size_t)rte_ring_get_memsize_elem(sizeof(struct recovery_reply), RECOVERY_REPLIES);
}

static int make_links(struct recovery *r, char *err, size_t err_len)
{
	for (unsigned i = 0; i < r->n_links; i++) {
		struct recovery_link *link = &r->link[i];
		char name[RTE_RING_NAMESIZE];

		snprintf(name, sizeof name, "wb_w_recovery%u", i);
		link->wants = rte_ring_create_elem(name, sizeof(struct recovery_want), RECOVERY_WANTS,
						   SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		snprintf(name, sizeof name, "wb_p_recovery%u", i);
		link->replies = rte_ring_create_elem(name, sizeof(struct recovery_reply), RECOVERY_REPLIES,
						     SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		link->doorbell = r->doorbell;
		if (!link->wants || !link->replies) {
			snprintf(err, err_len, "recovery: no memory for the links to %u ingest lcores",
				 r->n_links);
			return rte_errno ? -rte_errno : -ENOMEM;
		}
	}
	return 0;
}

static int make_servers(struct recovery *r, char *err, size_t err_len)
{
	struct conf_error ce;

	for (unsigned i = 0; i < r->conf->n_server; i++) {
		struct server *s = &r->server[i];
		struct conf_address address[CONF_ADDRESS_MAX];
		const struct conf_server *c = s->conf = &r->conf->server[i];
		int n = conf_server_addresses(r->conf, c, address, CONF_ADDRESS_MAX, &ce);

		if (n < 0 || (c->feed[0] && !feed_by_name(c->feed))) {
			snprintf(err, err_len, n < 0 ? "%s" : "[server %s] feed: found one that is not known",
				 n < 0 ? ce.text : c->name);
			return -EINVAL;
		}
		s->protocol = recover_protocols[c->protocol];
		s->policy = (struct recover_policy){ c->timeout_ns, c->timeout_max_ns, (uint32_t)c->tries,
						     s->protocol->max_messages, s->protocol->one_packet };
		s->budget.per_s = (uint32_t)c->requests_per_s;
		s->budget.per_day = c->requests_per_day;
		for (int k = 0; k < n; k++)
			s->conn[s->n_conns++] = (struct conn){ .server = s, .address = address[k], .fd = -1 };
		r->n_servers++;
		int rc = recovery_net_open(r, s, err, err_len);

		if (rc)
			return rc;
	}
	return 0;
}

static int watch(struct recovery *r, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	return fd < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

int recovery_create(struct recovery **out, const struct conf *conf, unsigned n_lcores, char *err,
		    size_t err_len)
{
	struct recovery *r = calloc(1, sizeof *r);
	int rc;

	*out = r;
	if (!r || n_lcores > RECOVERY_LCORES ||
	    !(r->job = calloc((size_t)n_lcores * RECEIVER_CHANNELS, sizeof *r->job))) {
		snprintf(err, err_len, "recovery: no memory");
		return -ENOMEM;
	}
	r->conf = conf;
	r->n_links = n_lcores;
	r->take = recovery_jobs_take;
	r->lost = recovery_jobs_lost;
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	r->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rc = watch(r, r->timer);
	rc = rc ? rc : watch(r, r->doorbell);
	if (rc) {
		snprintf(err, err_len, "recovery: no descriptors: %s", strerror(-rc));
		return rc;
	}
	rc = make_links(r, err, err_len);
	rc = rc ? rc : make_servers(r, err, err_len);
	return rc ? rc : recovery_quota_load(r, err, err_len);
}

void recovery_destroy(struct recovery *r)
{
	if (!r)
		return;
	recovery_stop(r);
	for (unsigned i = 0; i < r->n_servers; i++)
		recovery_net_close(&r->server[i]);
	for (unsigned i = 0; i < r->n_links; i++) {
		rte_ring_free(r->link[i].wants);
		rte_ring_free(r->link[i].replies);
	}
	close(r->epoll);
	close(r->timer);
	close(r->doorbell);
	free(r->job);
	free(r);
}

struct recovery_link *recovery_link_of(struct recovery *r, unsigned i) { return &r->link[i]; }
const struct ledger *recovery_ledger(const struct recovery *r) { return &r->ledger; }

// Wants that are there are taken over. Returns whether there were any.
static bool take_wants(struct recovery *r)
{
	struct recovery_want want;
	bool any = false;

	for (unsigned i = 0; i < r->n_links; i++)
		while (rte_ring_dequeue_elem(r->link[i].wants, &want, sizeof want) == 0) {
			recovery_jobs_want(r, i, &want);
			any = true;
		}
	return any;
}

static void set_asleep(struct recovery *r, uint32_t asleep)
{
	for (unsigned i = 0; i < r->n_links; i++)
		__atomic_store_n(&r->link[i].asleep, asleep, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void wait_until(struct recovery *r, uint64_t due_ns)
{
	struct itimerspec at = { 0 };
	struct epoll_event ev[EVENTS];
	uint64_t count;

	if (due_ns != UINT64_MAX) // 0 would disarm it
		at.it_value = (struct timespec){ (time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S) };
	timerfd_settime(r->timer, TFD_TIMER_ABSTIME, &at, NULL);
	int n = epoll_wait(r->epoll, ev, EVENTS, -1);

	set_asleep(r, 0);
	r->now_ns = clock_monotonic_ns();
	for (int i = 0; i < n; i++)
		if (ev[i].data.ptr)
			recovery_net_ready(r, ev[i].data.ptr, ev[i].events);
	// Timer and doorbell only wake.
	while (read(r->timer, &count, sizeof count) > 0 || read(r->doorbell, &count, sizeof count) > 0)
		;
}

static void *serve(void *arg)
{
	struct recovery *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
		r->now_ns = clock_monotonic_ns();
		take_wants(r);
		uint64_t due_ns = recovery_jobs_step(r);

		if (due_ns <= r->now_ns)
			due_ns = r->now_ns + 1;
		set_asleep(r, 1);
		if (take_wants(r))
			set_asleep(r, 0);
		else
			wait_until(r, due_ns);
	}
	return NULL;
}

int recovery_start(struct recovery *r)
{
	int rc = thread_start(&r->thread, "wb-recovery", serve, r);

	r->started = rc == 0;
	return rc;
}

void recovery_stop(struct recovery *r)
{
	uint64_t one = 1;

	if (!r->started)
		return;
	__atomic_store_n(&r->stop, 1, __ATOMIC_RELEASE);
	if (write(r->doorbell, &one, sizeof one) == sizeof one)
		pthread_join(r->thread, NULL);
	r->started = false;
}

unsigned recovery_look(const struct recovery *r, struct recovery_view *out)
{
	for (unsigned i = 0; i < r->n_servers; i++) {
		const struct server *s = &r->server[i];

		out[i] = (struct recovery_view){ .name = s->conf->name,
						 .protocol = s->protocol->name,
						 .stats = s->stats,
						 .addresses = s->n_conns,
						 .per_day = s->budget.per_day,
						 .used = s->budget.used };
		for (unsigned k = 0; k < s->n_conns; k++)
			out[i].down += s->conn[k].health.down_ns != 0;
		for (unsigned k = 0; k < r->n_links * RECEIVER_CHANNELS; k++)
			out[i].outstanding += r->job[k].hole.open && r->job[k].server == s;
	}
	return r->n_servers;
}

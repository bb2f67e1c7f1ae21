/* SPDX-License-Identifier: BSD-3-Clause */
// recovery.h: the recovery service: one kernel thread, asleep in epoll, that asks servers over kernel sockets
// for what the ingest lcores miss (drivers/feed/recover.h says how), and hands them the answers.
//
// Between an ingest lcore and the service are two rings by value, one each way; neither side ever waits for
// the other. An ingest lcore sends the first hole of a channel each time that it changes (wants.h does it),
// and takes packets, or the answer that nobody can help. A full ring refuses, counted. The service sleeps:
// the first want that finds it asleep rings a doorbell (an eventfd), the only system call of an ingest lcore,
// made while that channel waits anyway.
#ifndef WB_STAGE_RECOVERY_H
#define WB_STAGE_RECOVERY_H

#include "conf/conf.h"
#include "drivers/feed/recover.h"
#include "drivers/feed/recover_job.h"

struct rte_ring;
struct recovery;

#define RECOVERY_WANTS   1024
#define RECOVERY_REPLIES 512
#define RECOVERY_LCORES  16

struct recovery_want {
	uint64_t session[2];
	uint64_t first_seq, last_seq; // first_seq 0: nothing any more
	uint32_t stream;
	uint8_t feed; // index in feeds
	uint8_t channel;
	uint8_t pad[2];
};

enum recovery_reply_kind { RECOVERY_PACKET, RECOVERY_GAVE_UP };

struct recovery_reply {
	uint64_t last_seq; // GAVE_UP: where the hole ends
	uint16_t bytes;    // PACKET
	uint8_t channel;
	uint8_t kind; // enum recovery_reply_kind
	uint32_t pad;
	uint8_t data[RECOVER_PACKET_MAX];
};

// The two rings of one ingest lcore.
struct recovery_link {
	struct rte_ring *wants, *replies;
	int doorbell;
	uint32_t asleep; // w: both, atomically: the service sleeps, or is about to
};

// recovery_tell sends a want to the service. False: no room. Ingest lcore only.
bool recovery_tell(struct recovery_link *link, const struct recovery_want *want);
// recovery_replies returns how many replies, up to n, it put into out; they stay valid until
// recovery_replies_done. Ingest lcore only.
unsigned recovery_replies(struct recovery_link *link, const struct recovery_reply **out, unsigned n);
void recovery_replies_done(struct recovery_link *link, unsigned n);

// recovery_serves returns true if some server recovers that stream of that feed.
bool recovery_serves(const struct conf *conf, const struct feed *feed, uint32_t stream);
// recovery_bytes returns the memory that recovery_create takes from EAL for each ingest lcore.
size_t recovery_bytes(void);
// recovery_create opens what the [server] sections say, reads the quota file and makes a link for each of n
// ingest lcores. Returns 0 or -errno with a text in err. Boot only. recovery_destroy accepts NULL.
int recovery_create(struct recovery **out, const struct conf *conf, unsigned n_lcores, char *err,
		    size_t err_len);
void recovery_destroy(struct recovery *r);
// recovery_link_of returns the i-th ingest lcore's link.
struct recovery_link *recovery_link_of(struct recovery *r, unsigned i);
// recovery_start starts the thread, recovery_stop ends it. Returns 0 or -errno. Control thread.
int recovery_start(struct recovery *r);
void recovery_stop(struct recovery *r);

// What a server did so far, and how it is. w: service, r: telemetry
struct recovery_stats {
	uint64_t requests, answers, messages, useless, refusals, timeouts, connects, given_up;
	char last_refusal[64];
};

struct recovery_view {
	const char *name, *protocol;
	struct recovery_stats stats;
	unsigned addresses, down; // how many, and how many were left alone and have not answered since
	uint64_t outstanding;     // holes with a request under way
	uint64_t per_day, used;   // requests of today
};

// recovery_look fills out[CONF_SERVER_MAX] and returns how many; any thread.
unsigned recovery_look(const struct recovery *r, struct recovery_view *out);
// recovery_ledger returns the service's own part of the ledger. Any thread.
const struct ledger *recovery_ledger(const struct recovery *r);

#endif

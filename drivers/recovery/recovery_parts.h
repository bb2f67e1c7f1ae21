/* SPDX-License-Identifier: BSD-3-Clause */
// recovery_parts.h: what the files of the recovery service share: recovery.c (thread and links),
// recovery_jobs.c (what to ask of whom), recovery_net.c (sockets), recovery_quota.c (the file). All on the
// service's thread after boot.
#ifndef WB_STAGE_RECOVERY_PARTS_H
#define WB_STAGE_RECOVERY_PARTS_H

#include <pthread.h>

#include "drivers/receiver/counts.h"
#include "drivers/recovery/recovery.h"

enum conn_state { CONN_CLOSED, CONN_CONNECTING, CONN_OPEN };

struct server;
struct job;

// One address of a server.
struct conn {
	struct server *server;
	struct conf_address address;
	int fd; // -1: none
	enum conn_state state;
	struct recover_server health;
	struct job *job;  // whose answer a connection brings that is made for each request
	uint32_t own_seq; // of the packets sent on this connection
	uint8_t *in;      // connections: [2 * RECOVER_ANSWER_MAX] read and not yet taken
	size_t n_in;
	bool stalled;                     // what is read cannot be handed on now
	uint8_t out[RECOVER_REQUEST_MAX]; // to be sent when connected
	size_t n_out;
};

struct server {
	const struct conf_server *conf;
	const struct recover_protocol *protocol;
	struct recover_policy policy;
	struct recover_budget budget;
	struct recovery_stats stats;
	struct conn conn[CONF_ADDRESS_MAX];
	unsigned n_conns;
	unsigned good; // the address that answered last
};

// The first hole of one channel of one ingest lcore.
struct job {
	struct recover_job hole;
	struct recover_ask ask;
	struct recovery_link *link;
	struct server *server; // that is asked now; NULL: none
	struct conn *asked;    // where the last request went, which nothing has come of yet; NULL: none
	unsigned next;         // address to ask next
	uint8_t channel;
	bool told; // the server said that it will send
};

struct recovery {
	const struct conf *conf;
	unsigned n_links, n_servers;
	struct recovery_link link[RECOVERY_LCORES];
	struct server server[CONF_SERVER_MAX];
	struct job *job; // [n_links][RECEIVER_CHANNELS]
	struct ledger ledger;
	int epoll, timer, doorbell;
	uint64_t now_ns; // CLOCK_MONOTONIC, as of the last look
	bool quota_broken;
	// What the net below hands up: recovery_jobs_take and recovery_jobs_lost.
	int (*take)(struct recovery *r, struct conn *c, const uint8_t *bytes, size_t len);
	void (*lost)(struct recovery *r, struct conn *c, bool refused);
	bool started;
	uint32_t stop; // w: control
	pthread_t thread;
};

// recovery_jobs.c
// recovery_jobs_want takes a want of an ingest lcore.
void recovery_jobs_want(struct recovery *r, unsigned link, const struct recovery_want *want);
// recovery_jobs_step does what is due and returns when the next thing is due (CLOCK_MONOTONIC, ns).
uint64_t recovery_jobs_step(struct recovery *r);
// recovery_jobs_take handles one packet of bytes[0 .. len) from a conn. Returns how many bytes were used; 0:
// it is not whole yet, or cannot be handed on now (conn->stalled); -1: the connection is of no use any more.
int recovery_jobs_take(struct recovery *r, struct conn *c, const uint8_t *bytes, size_t len);
// recovery_jobs_lost reports that nobody listens at a conn (refused), or that its connection broke: what was
// asked there is asked elsewhere.
void recovery_jobs_lost(struct recovery *r, struct conn *c, bool refused);

// recovery_net.c
// recovery_net_open opens a server's sockets (UDP) or takes memory for them (TCP). Returns 0 or -errno.
int recovery_net_open(struct recovery *r, struct server *s, char *err, size_t err_len);
void recovery_net_close(struct server *s);
// recovery_net_send sends bytes, connecting first where that is needed. False: it did not leave, and the conn
// failed.
bool recovery_net_send(struct recovery *r, struct conn *c, const uint8_t *bytes, size_t n);
// recovery_net_ready handles the epoll events of a conn.
void recovery_net_ready(struct recovery *r, struct conn *c, uint32_t events);
// recovery_net_drop closes a connection.
void recovery_net_drop(struct recovery *r, struct conn *c);
// recovery_net_take hands on what was read.
void recovery_net_take(struct recovery *r, struct conn *c);

// recovery_quota.c
// recovery_quota_load reads today's numbers. Returns 0, also without a file, or -errno.
int recovery_quota_load(struct recovery *r, char *err, size_t err_len);
// recovery_quota_save writes them, on the disk when it returns. Returns 0 or -errno.
int recovery_quota_save(const struct recovery *r);
// recovery_quota_today returns the New York date, and the present in *utc_ns.
int32_t recovery_quota_today(uint64_t *utc_ns);

#endif

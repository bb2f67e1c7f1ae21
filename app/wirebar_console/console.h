/* SPDX-License-Identifier: BSD-3-Clause */
// console.h: the console and its threads: one asks the appliance for what all see (main), one serves
// (libmicrohttpd's), one gives pages their snapshots and ends who is too slow, one puts questions and
// commands of single requests (job.h). None of them waits for another one's client.
#ifndef WB_CONSOLE_CONSOLE_H
#define WB_CONSOLE_CONSOLE_H

#include "app/wirebar_console/door.h"
#include "app/wirebar_console/guests.h"
#include "app/wirebar_console/job.h"
#include "app/wirebar_console/stream.h"
#include "app/wirebar_console/token.h"
#include "app/wirebar_console/view.h"
#include "conf/conf.h"

enum { CONSOLE_REQUEST_BYTES = 8192 };

struct console {
	struct conf conf;
	struct view view;
	struct view_asker asker;
	struct door door;
	struct guests guests;
	pthread_mutex_t guests_lock;
	struct jobs jobs;
	struct streams streams;
	char token[TOKEN_BYTES]; // empty: nothing is controlled
	unsigned port;           // as bound
	uint64_t told_ns; // when a command without the token was last told of, and how many were not since
	uint64_t untold;
	pthread_t ticker;
	bool ends;
	void *daemon;
};

// serve_start binds console.listen and begins to answer. Returns 0, or -errno having said why; -EINVAL: as it
// is configured.
int serve_start(struct console *c);
// serve_stop ends it. Main thread.
void serve_stop(struct console *c);
// serve_turn puts a connection's guest into another state; serve_fd is its descriptor. The server's thread.
struct MHD_Connection;
void serve_turn(struct console *c, struct MHD_Connection *of, enum guest_state state);
int serve_fd(struct MHD_Connection *of);
// listen_at binds ADDRESS:PORT or [ADDRESS]:PORT (names are not looked up). Returns the descriptor with host
// and port as bound, or -errno having said why; -EINVAL: it is no address.
int listen_at(const char *at, char host[CONF_STR_BYTES], unsigned *port);

#endif

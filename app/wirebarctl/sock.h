/* SPDX-License-Identifier: BSD-3-Clause */
// sock.h: DPDK's telemetry socket (v2: AF_UNIX, SOCK_SEQPACKET, one JSON document a packet) from the asking
// side. Errors are texts for people: what was tried, what came back.
// Any thread, each with a struct sock of its own.
#ifndef WB_CTL_SOCK_H
#define WB_CTL_SOCK_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum { SOCK_ERROR_BYTES = 1024, SOCK_PATH_BYTES = 256 };

// Why nothing can be asked: exit codes of wirebarctl, beside 0 to 3 of the health verdict.
enum sock_end { SOCK_FAILED = 1, SOCK_ABSENT = 4, SOCK_GONE, SOCK_DENIED, SOCK_BUSY, SOCK_STOPPED };

struct sock {
	int fd;
	bool control;    // wirebar's control socket, not DPDK's telemetry socket
	bool supervisor; // that of a supervisor (wirebar up), as it says when it is opened
	unsigned timeout_ms;
	json_t *box;       // a black box answers (box.h), no socket; NULL: none
	enum sock_end end; // of the last call that failed
	char path[SOCK_PATH_BYTES];
	char error[SOCK_ERROR_BYTES]; // why the last call failed
};

// sock_find looks where EAL puts sockets ($RUNTIME_DIRECTORY, or else /var/run, /run/wirebar of
// the service, $XDG_RUNTIME_DIR and /tmp; then dpdk/PREFIX) for one that answers. prefix NULL: the only one
// that knows wirebar's paths. On true s->path names it.
bool sock_find(struct sock *s, const char *prefix, unsigned timeout_ms);
// sock_beside takes a path as it is given; where the control socket is asked, and path is the telemetry
// socket's, the one in the same folder.
void sock_beside(struct sock *s, const char *path);
// sock_open connects to s->path and reads the greeting.
bool sock_open(struct sock *s, unsigned timeout_ms);
void sock_close(struct sock *s);
// sock_ask sends a request and returns its answer (the value beside the path; the caller's), or NULL: no
// answer in time, not JSON, null, or of another path. An answer of status "error" is returned as it is.
json_t *sock_ask(struct sock *s, const char *request);
// sock_command sends a request over the control socket and returns its answer, or NULL.
json_t *sock_command(struct sock *s, const char *request);
// sock_refusal returns the text of an answer that is an error, or NULL.
const char *sock_refusal(const json_t *answer);

#endif

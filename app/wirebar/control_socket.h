/* SPDX-License-Identifier: BSD-3-Clause */
// control_socket.h: what the control socket of a process and that of its supervisor have in common: where it
// is, how it is made, how an answer quotes, the line that each command leaves. No DPDK. Any thread.
#ifndef WB_APP_CONTROL_SOCKET_H
#define WB_APP_CONTROL_SOCKET_H

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#define CONTROL_SOCKET_NAME "wirebar_control"
// A supervisor passes on what it is asked as "as UID GID PID REQUEST": the part believes that of its parent.
#define CONTROL_SOCKET_AS   "as "
// In the environment of a part: where its own control socket is, since the supervisor has the one of all.
#define CONTROL_SOCKET_ENV  "WIREBAR_CONTROL"

enum {
	CONTROL_SOCKET_PLACES = 8,
	CONTROL_SOCKET_REQUEST_BYTES = 1400,
	CONTROL_SOCKET_ANSWER_BYTES = 2048,
	CONTROL_SOCKET_GARBAGE = 8, // requests without sense end a connection
	CONTROL_SOCKET_IDLE_S = 60
};

// control_socket_path writes the path: as configured, or beside the telemetry socket.
void control_socket_path(char *out, size_t out_bytes, const char *configured, const char *telemetry_path);
// control_socket_place returns 0 if a socket can be at path: its folder is there, and nothing else than a
// socket has the name. Else -ENOTSOCK (a file of somebody's, which is never removed), -ENAMETOOLONG or
// -errno.
int control_socket_place(const char *path);
// control_socket_open makes the socket, mode 0600, in the place of one that a dead process left. Returns it,
// or -errno (-EADDRINUSE: a living process answers there).
int control_socket_open(const char *path);
// control_socket_json makes text fit for JSON: what does not print is shown, quotes and backslashes escaped.
void control_socket_json(const char *text, char *out, size_t out_bytes);
// control_socket_audit writes the line of a command: time, uid, pid, command, verdict.
void control_socket_audit(FILE *to, const struct ucred *who, const char *command, const char *verdict);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// up.h: the supervisor: one thread, one epoll. What it decides is in lcore/super; here are processes, pipes
// and sockets. No DPDK. Nothing here waits for a part, a client or a reader of the log: what cannot be done
// at once is done later, or dropped and counted.
#ifndef WB_APP_UP_H
#define WB_APP_UP_H

#include <sys/socket.h>
#include <sys/types.h>

#include "app/wirebar/control_peer.h"
#include "app/wirebar/control_socket.h"
#include "app/wirebar/privilege/drop.h"
#include "conf/conf.h"
#include "lcore/super/super.h"

enum { UP_ARGS = 128, UP_PATH_BYTES = 256, UP_LINE_BYTES = 1024, UP_CLIENTS = CONTROL_SOCKET_PLACES };

struct latch_file;

// A pipe of a part, and the line that is not whole so far.
struct up_pipe {
	int fd; // -1: none
	size_t n;
	char line[UP_LINE_BYTES];
};

struct up_part {
	const char *argv[UP_ARGS];
	pid_t pid; // 0: there is none
	int pidfd;
	struct up_pipe pipe[2]; // stdout, stderr
	char control[UP_PATH_BYTES];
	char title[BEAT_NAME_BYTES + 4]; // P1-Ingest
	unsigned long long shown;        // of the table: what it last said of it
};

// What a client of the control socket has asked of a part.
struct up_forward {
	int fd; // -1: none
	bool greeted, answered;
	uint64_t since_ns;
	char request[CONTROL_SOCKET_REQUEST_BYTES + 1];
};

struct up_client {
	int fd; // -1: none
	struct ucred who;
	unsigned garbage;
	uint64_t heard_ns;
	struct up_forward forward;
};

struct up {
	struct conf conf;
	const char *conf_path; // NULL: builtin:bench, of a replay
	bool replay;
	struct super super;
	struct up_part part[SUPER_PARTS];
	// The last client is the supervisor itself: a SIGHUP is a reload.
	struct up_client client[UP_CLIENTS + 1];
	char program[UP_PATH_BYTES]; // wirebar
	char dir[UP_PATH_BYTES];     // of the prefix, in the runtime directory
	char control[UP_PATH_BYTES], telemetry[UP_PATH_BYTES], notify_path[UP_PATH_BYTES],
		lock[UP_PATH_BYTES];
	FILE *audit;
	struct drop_user user; // who parts become
	struct control_peers peers;
	int epoll, signals, listener, notify;
	struct up_pipe own; // its own standard error: into the log, so that it waits for no reader either
	int stderr_fd;      // what it was before; -1: it still is
	bool said_ready, said_stopping;
	uint64_t reload_ns; // of a reload that has not been said yet; 0: none
	char said[BEAT_STATUS_BYTES];
	uint64_t alive_ns; // last word to systemd
};

// What an event of the epoll is about: what << 32 | which.
enum up_event { UP_SIGNALS, UP_LISTENER, UP_NOTIFY, UP_EXIT, UP_PIPE, UP_CLIENT, UP_FORWARD };

// up.c
// up_run supervises until all parts have ended. rest: further arguments of parts, NULL-ended. Returns the
// exit code.
int up_run(struct up *u, const char **rest);
uint64_t up_now(void); // CLOCK_MONOTONIC, ns
// up_watch adds fd to the epoll for reading. Returns false if it cannot be.
bool up_watch(struct up *u, int fd, enum up_event what, unsigned which);
void up_unwatch(struct up *u, int fd);

// plan.c: plan_parts names the parts and what they are started with; rest: further arguments, NULL-ended.
// Returns how many.
unsigned plan_parts(struct up *u, const char **rest, const char *name[SUPER_PARTS]);
// plan_super takes the supervisor's numbers from the configuration.
void plan_super(const struct up *u, struct super_conf *out);

// part.c: processes. part_start starts one; false: not started, errno says why.
bool part_start(struct up *u, unsigned i);
void part_signal(struct up *u, unsigned i, int sig);
// part_reap takes the end of a process that is gone. False: it is there.
bool part_reap(struct up *u, unsigned i, int *sig, int *code);
// part_hear reads what is in a pipe; which: 2 * part + 0 or 1, or 2 * SUPER_PARTS: the supervisor's own.
void part_hear(struct up *u, unsigned which);

// part_own puts the supervisor's own standard error into the log, part_own_end where it was. Returns 0 or
// -errno.
int part_own(struct up *u);
void part_own_end(struct up *u);

// beats.c: what parts say of themselves. Returns 0 or -errno.
int beats_open(struct up *u);
void beats_hear(struct up *u);
void beats_close(struct up *u);

// clients.c: the control socket. Returns 0 or -errno, having said why.
int clients_open(struct up *u);
void clients_welcome(struct up *u);
void clients_serve(struct up *u, unsigned client);
// clients_answer sends an answer to a client, writes its line, and reads on.
void clients_answer(struct up *u, unsigned client, const char *verdict, const char *answer);
void clients_refuse(struct up *u, unsigned client, const char *why);
void clients_leave(struct up *u, unsigned client);
void clients_close(struct up *u);

// forward.c: what is asked of a part. forward_begin; forward_go when its socket has something; forward_late
// when the time is over. Each ends by a clients_answer.
void forward_begin(struct up *u, unsigned client, const char *request);
void forward_go(struct up *u, unsigned client);
void forward_late(struct up *u, unsigned client);
void forward_end(struct up *u, unsigned client);
// mode.c: what is said of trading while the part is down, or does not answer: written in its name. Returns
// false if the request is none of these words, or there are no files.
bool mode_write(struct up *u, unsigned client, const char *request);

// guard.c: guard_find looks up run.user and run.group. Returns 0, or -errno having said why.
int guard_find(struct up *u);
// guard_folder lets run.group pass the folder of the sockets. Returns 0 or -errno.
int guard_folder(const struct up *u);
// guard_give makes run.user the owner of files of state that the supervisor has written. Returns 0 or -errno.
int guard_give(const struct up *u, const struct latch_file *f);
// guard_audit makes run.user the owner of run.control_audit, which parts write, too. Returns 0 or -errno.
int guard_audit(const struct up *u);
// guard_filter puts the supervisor's filter of system calls on its threads and on the parts to come, and says
// so in the log. Returns 0 or -errno.
int guard_filter(const struct up *u);

// status.c
// status_row writes the row of a part as in the table.
void status_row(const struct up *u, unsigned i, char *out, size_t out_bytes);
// status_table says all rows in the log if one of them has another state than when they were said last.
void status_table(struct up *u);
// status_json writes the answer to `parts`.
void status_json(const struct up *u, char *out, size_t out_bytes);
// status_systemd tells who started the supervisor how it is.
void status_systemd(struct up *u);

// clean.c: clean_up removes what dead parts left: hugepage files of the prefix that nobody holds, EAL's names
// in the runtime directory. last: and what is the supervisor's. Never the files of state.
void clean_up(struct up *u, bool last);

#endif

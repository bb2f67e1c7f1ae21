/* SPDX-License-Identifier: BSD-3-Clause */
// up.c: the loop.
#include "app/wirebar_up/up.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/name.h"
#include "app/wirebar/notify.h"
#include "app/wirebar_up/log.h"
#include "lcore/base/clock.h"

enum { EVENTS = 32, LOOK_MS = 100, LOG_LEFT_MS = 500 };

uint64_t up_now(void) { return clock_monotonic_ns(); }

bool up_watch(struct up *u, int fd, enum up_event what, unsigned which)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = (uint64_t)what << 32 | which };

	return epoll_ctl(u->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

void up_unwatch(struct up *u, int fd) { epoll_ctl(u->epoll, EPOLL_CTL_DEL, fd, NULL); }

static void reload(struct up *u)
{
	u->reload_ns = up_now();
	u->said_ready = false; // said again when the next look finds all well
	if (u->client[UP_CLIENTS].forward.fd < 0)
		forward_begin(u, UP_CLIENTS, "reload");
}

static void on_signal(struct up *u)
{
	struct signalfd_siginfo s;

	while (read(u->signals, &s, sizeof s) == (ssize_t)sizeof s) {
		log_say(LOG_NOTE, 4, "up", "signal %u from pid %u", s.ssi_signo, s.ssi_pid);
		if (s.ssi_signo == SIGHUP)
			reload(u);
		else
			super_stop(&u->super, up_now());
	}
}

static void on_event(struct up *u, enum up_event what, unsigned which)
{
	int sig, code;

	switch (what) {
	case UP_SIGNALS: on_signal(u); break;
	case UP_LISTENER: clients_welcome(u); break;
	case UP_NOTIFY: beats_hear(u); break;
	case UP_PIPE: part_hear(u, which); break;
	case UP_CLIENT: clients_serve(u, which); break;
	case UP_FORWARD: forward_go(u, which); break;
	case UP_EXIT:
		if (part_reap(u, which, &sig, &code))
			super_exited(&u->super, which, sig, code, up_now());
		break;
	}
}

static void act(struct up *u, const struct super_action *a)
{
	switch (a->act) {
	case SUPER_START:
		if (!part_start(u, a->part))
			super_unstarted(&u->super, a->part, strerror(errno), up_now());
		else
			log_say(LOG_NOTE, a->part, u->part[a->part].title, "started, pid %d",
				(int)u->part[a->part].pid);
		break;
	case SUPER_ASK: part_signal(u, a->part, SIGTERM); break;
	case SUPER_KILL: part_signal(u, a->part, SIGKILL); break;
	case SUPER_CLEAN: clean_up(u, false); break;
	default:
		log_line(a->act == SUPER_ALERT ? LOG_ALERT : LOG_NOTE, a->part, u->part[a->part].title,
			 a->text);
	}
}

static void look(struct up *u)
{
	struct super_action a;

	super_tick(&u->super, up_now());
	while (super_next(&u->super, &a))
		act(u, &a);
	for (unsigned i = 0; i <= UP_CLIENTS; i++) {
		forward_late(u, i);
		if (u->client[i].fd >= 0 && u->client[i].forward.fd < 0 &&
		    up_now() - u->client[i].heard_ns > CONTROL_SOCKET_IDLE_S * NS_PER_S)
			clients_leave(u, i);
	}
	status_table(u);
	status_systemd(u);
}

static void loop(struct up *u)
{
	struct epoll_event e[EVENTS];

	while (!u->super.over || u->super.n_actions) {
		int n = epoll_wait(u->epoll, e, EVENTS, LOOK_MS);

		for (int i = 0; i < n; i++)
			on_event(u, (enum up_event)(e[i].data.u64 >> 32), (unsigned)e[i].data.u64);
		look(u);
	}
}

// As EAL makes them. One supervisor at a time: a lock that ends with the process, on a file of its own, since
// EAL locks the folder itself.
static int make_dir(struct up *u)
{
	snprintf(u->dir, sizeof u->dir, "%.100s/dpdk", name_dir());
	if (mkdir(u->dir, 0700) && errno != EEXIST)
		return -errno;
	snprintf(u->dir, sizeof u->dir, "%.100s/dpdk/%.100s", name_dir(), u->conf.eal.file_prefix);
	if (mkdir(u->dir, 0700) && errno != EEXIST)
		return -errno;
	snprintf(u->lock, sizeof u->lock, "%.220s/wirebar_up", u->dir);
	int fd = open(u->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	return fd < 0                         ? -errno
	       : flock(fd, LOCK_EX | LOCK_NB) ? errno == EWOULDBLOCK ? -EADDRINUSE : -errno
					      : 0;
}

static int open_signals(struct up *u)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	u->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	u->epoll = epoll_create1(EPOLL_CLOEXEC);
	return u->signals < 0 || u->epoll < 0 || !up_watch(u, u->signals, UP_SIGNALS, 0) ? -errno : 0;
}

static int begin(struct up *u)
{
	struct name_finding found;
	const char *what = "signals";
	int rc = open_signals(u);

	u->notify = -1;
	if (!rc && guard_find(u) != 0)
		return 2; // of the configuration
	name_look("", u->conf.eal.file_prefix, &found);
	if (!rc && (found.state == NAME_IN_USE || found.state == NAME_NO_PLACE)) {
		fprintf(stderr, "wirebar up: %s\n  mend: %s\n", found.found, found.mend);
		return -EADDRINUSE;
	}
	if (!rc)
		what = u->dir, rc = make_dir(u);
	rc = rc ? rc : guard_folder(u);
	snprintf(u->telemetry, sizeof u->telemetry, "%.220s/dpdk_telemetry.v2", u->dir);
	snprintf(u->notify_path, sizeof u->notify_path, "%.220s/wirebar_notify", u->dir);
	control_socket_path(u->control, sizeof u->control, u->conf.run.control_path, u->telemetry);
	if (!rc && (rc = clients_open(u)) != 0)
		return rc;
	if (!rc)
		what = u->notify_path, rc = beats_open(u);
	if (!rc)
		what = "the log", rc = log_open(u->conf.supervise.log_bytes);
	if (!rc)
		what = "its own standard error", rc = part_own(u);
	if (!rc)
		what = "the filter of system calls", rc = guard_filter(u);
	if (rc)
		fprintf(stderr, "wirebar up: %s: %s\n", what, strerror(-rc));
	return rc;
}

int up_run(struct up *u, const char **rest)
{
	const char *name[SUPER_PARTS];
	struct super_conf conf;
	int rc = begin(u);

	if (rc)
		return rc > 0 ? rc : 1;
	notify_open();
	plan_super(u, &conf);
	super_init(&u->super, &conf, name, plan_parts(u, rest, name), up_now());
	look(u);
	loop(u);
	int code = super_code(&u->super);

	clients_close(u);
	beats_close(u);
	clean_up(u, true);
	part_own_end(u);
	log_say(code == 0 || code == 3 ? LOG_NOTE : LOG_ALERT, 4, "up", "all parts have ended: exit code %d",
		code);
	log_close(LOG_LEFT_MS);
	return code;
}

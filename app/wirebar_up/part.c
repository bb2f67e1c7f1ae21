/* SPDX-License-Identifier: BSD-3-Clause */
// part.c: the processes: started with pipes as their standard streams, in a session of their own (a Ctrl-C at
// the terminal is the supervisor's to pass on, in its order), to end when the supervisor does.
#include "app/wirebar_up/up.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/wirebar/notify.h"
#include "app/wirebar_up/log.h"

// PIPE_BYTES: what a part may write while the supervisor does something else. CHUNKS: of 16 KiB, from one
// pipe before the others have their turn.
enum { PIPE_BYTES = 1 << 20, CHUNK_BYTES = 1 << 14, CHUNKS = 8 };

static void environment(const struct up *u, unsigned i)
{
	char pid[16];

	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("NOTIFY_SOCKET", u->notify_path, 1);
	setenv(NOTIFY_SUPERVISOR_ENV, pid, 1);
	setenv(CONTROL_SOCKET_ENV, u->part[i].control, 1);
}

// In the child. Only calls that are safe after a fork.
static void become(const struct up *u, unsigned i, pid_t parent, const int to[2])
{
	static const int reset[] = { SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD };
	static const char no[] = "wirebar up: the program cannot be started\n";
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || null < 0 || dup2(null, 0) < 0 || dup2(to[0], 1) < 0 || dup2(to[1], 2) < 0)
		_exit(1);
	for (size_t k = 0; k < sizeof reset / sizeof *reset; k++)
		signal(reset[k], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(u->program, (char *const *)(uintptr_t)u->part[i].argv);
	if (write(2, no, sizeof no - 1) < 0)
		_exit(127);
	_exit(127);
}

static void close_pipe(struct up *u, struct up_pipe *p)
{
	if (p->fd >= 0) {
		up_unwatch(u, p->fd);
		close(p->fd);
	}
	p->fd = -1;
	p->n = 0;
}

static bool make_pipes(struct up *u, unsigned i, int to[2])
{
	struct up_part *p = &u->part[i];

	to[0] = to[1] = -1;
	for (int k = 0; k < 2; k++) {
		int end[2];

		close_pipe(u, &p->pipe[k]);
		if (pipe2(end, O_CLOEXEC))
			return false;
		fcntl(end[0], F_SETPIPE_SZ, PIPE_BYTES);
		fcntl(end[0], F_SETFL, O_NONBLOCK); // of our end only
		p->pipe[k].fd = end[0];
		to[k] = end[1];
		if (!up_watch(u, end[0], UP_PIPE, 2 * i + (unsigned)k))
			return false;
	}
	return true;
}

bool part_start(struct up *u, unsigned i)
{
	struct up_part *p = &u->part[i];
	pid_t parent = getpid();
	int to[2];
	bool good = make_pipes(u, i, to);

	if (good) {
		environment(u, i);
		p->pid = fork();
		if (!p->pid)
			become(u, i, parent, to);
		good = p->pid > 0;
	}
	int why = errno;

	for (int k = 0; k < 2; k++)
		if (to[k] >= 0)
			close(to[k]);
	p->pidfd = good ? (int)syscall(SYS_pidfd_open, p->pid, 0) : -1;
	if (good && (p->pidfd < 0 || !up_watch(u, p->pidfd, UP_EXIT, i))) {
		why = errno; // a process whose end nobody would notice
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
		good = false;
	}
	if (!good)
		p->pid = 0;
	errno = why;
	return good;
}

void part_signal(struct up *u, unsigned i, int sig)
{
	if (u->part[i].pid > 0)
		kill(u->part[i].pid, sig); // not reaped so far: the number is its
}

static void say_line(struct up *u, unsigned i, struct up_pipe *p)
{
	p->line[p->n] = '\0';
	log_line(LOG_PART, i, i < SUPER_PARTS ? u->part[i].title : "up", p->line);
	p->n = 0;
}

static void take(struct up *u, unsigned i, struct up_pipe *p, const char *text, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		if (text[k] == '\n') {
			say_line(u, i, p);
			continue;
		}
		if (p->n + 1 == sizeof p->line)
			say_line(u, i, p);
		p->line[p->n++] = text[k] ? text[k] : ' ';
	}
}

void part_hear(struct up *u, unsigned which)
{
	static char chunk[CHUNK_BYTES];
	struct up_pipe *p = which < 2 * SUPER_PARTS ? &u->part[which / 2].pipe[which % 2] : &u->own;
	ssize_t n = 1;

	for (int k = 0; k < CHUNKS && p->fd >= 0; k++) {
		n = read(p->fd, chunk, sizeof chunk);
		if (n <= 0)
			break;
		take(u, which / 2, p, chunk, (size_t)n);
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		if (p->n)
			say_line(u, which / 2, p);
		close_pipe(u, p);
	}
}

bool part_reap(struct up *u, unsigned i, int *sig, int *code)
{
	struct up_part *p = &u->part[i];
	int status;

	if (p->pid <= 0 || waitpid(p->pid, &status, WNOHANG) != p->pid)
		return false;
	*sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	up_unwatch(u, p->pidfd);
	close(p->pidfd);
	p->pidfd = -1;
	p->pid = 0;
	// Its last words before the word of its death. A grandchild may still hold a pipe: it is not waited
	// for.
	for (unsigned k = 0; k < 2; k++) {
		part_hear(u, 2 * i + k);
		if (p->pipe[k].n)
			say_line(u, i, &p->pipe[k]);
		close_pipe(u, &p->pipe[k]);
	}
	return true;
}

int part_own(struct up *u)
{
	int end[2];

	u->stderr_fd = -1;
	if (pipe2(end, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	fcntl(end[0], F_SETPIPE_SZ, PIPE_BYTES);
	u->own.fd = end[0];
	u->stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	bool good = u->stderr_fd >= 0 && up_watch(u, end[0], UP_PIPE, 2 * SUPER_PARTS) &&
		    dup2(end[1], STDERR_FILENO) >= 0;
	int why = errno;

	close(end[1]);
	return good ? 0 : -why;
}

void part_own_end(struct up *u)
{
	fflush(stderr);
	part_hear(u, 2 * SUPER_PARTS);
	if (u->stderr_fd >= 0) {
		dup2(u->stderr_fd, STDERR_FILENO);
		close(u->stderr_fd);
	}
	u->stderr_fd = -1;
}

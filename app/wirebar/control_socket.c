/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/control_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lcore/base/text.h"

void control_socket_path(char *out, size_t out_bytes, const char *configured, const char *telemetry_path)
{
	const char *slash = strrchr(telemetry_path, '/');

	if (*configured)
		snprintf(out, out_bytes, "%s", configured);
	else
		snprintf(out, out_bytes, "%.*s/" CONTROL_SOCKET_NAME,
			 slash ? (int)(slash - telemetry_path) : 0, telemetry_path);
}

void control_socket_json(const char *text, char *out, size_t out_bytes)
{
	char shown[900];
	size_t n = 0;

	text_visible(text, shown, sizeof shown);
	for (const char *p = shown; *p && n + 3 < out_bytes; p++) {
		if (*p == '"' || *p == '\\')
			out[n++] = '\\';
		out[n++] = *p;
	}
	out[n] = '\0';
}

void control_socket_audit(FILE *to, const struct ucred *who, const char *command, const char *verdict)
{
	char shown[400], when[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm);
	text_visible(command, shown, sizeof shown);
	fprintf(to, "wirebar: control: %s uid %u pid %d \"%s\": %s\n", when, (unsigned)who->uid,
		(int)who->pid, shown, verdict);
	fflush(to);
}

int control_socket_place(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
		return -ENAMETOOLONG;
	if (lstat(path, &st) == 0)
		return S_ISSOCK(st.st_mode) ? 0 : -ENOTSOCK;
	snprintf(folder, sizeof folder, "%.*s/", slash ? (int)(slash - path) : 1, slash ? path : ".");
	return stat(folder, &st) ? -errno : 0;
}

// 0: nobody listens there. A socket of another kind has an owner, too (EPROTOTYPE).
static int living(int fd, const struct sockaddr_un *addr)
{
	if (connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0)
		return -EADDRINUSE;
	switch (errno) {
	case ECONNREFUSED:
	case ENOENT: return 0;
	case EAGAIN:
	case EPROTOTYPE: return -EADDRINUSE;
	default: return -errno;
	}
}

// A socket of a dead process is taken away; one that answers is not ours to replace.
int control_socket_open(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;

	if (fd < 0)
		return -errno;
	rc = control_socket_place(path);
	if (!rc) {
		memcpy(addr.sun_path, path, strlen(path) + 1);
		rc = living(fd, &addr);
	}
	if (rc) {
		close(fd);
		return rc;
	}
	unlink(path);
	mode_t before = umask(0177);

	rc = bind(fd, (struct sockaddr *)&addr, sizeof addr) || listen(fd, CONTROL_SOCKET_PLACES * 2) ? -errno
												      : 0;
	umask(before);
	if (rc)
		close(fd);
	return rc ? rc : fd;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int to = -1;

bool notify_open(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	size_t len = name ? strlen(name) : 0;

	// One letter is no path and no name.
	if (len > 1 && len < sizeof at.sun_path && (*name == '/' || *name == '@')) {
		memcpy(at.sun_path, name, len);
		if (*name == '@')
			at.sun_path[0] = '\0';
		to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (to >= 0 && connect(to, (struct sockaddr *)&at,
				       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len))) {
			close(to);
			to = -1;
		}
	}
	unsetenv("NOTIFY_SOCKET");
	return to >= 0;
}

bool notify_wanted(void) { return to >= 0; }

bool notify_text(const char *lines)
{
	size_t n = strlen(lines);

	return to >= 0 && n && send(to, lines, n, MSG_NOSIGNAL) == (ssize_t)n;
}

bool notify_send(const struct beat *b)
{
	char text[BEAT_BYTES];

	beat_print(b, text);
	return notify_text(text);
}

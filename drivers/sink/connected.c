/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "drivers/sink/sink.h"

bool sink_connected(int fd, const char **why)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t n = sizeof error;

	*why = NULL;
	if (poll(&p, 1, 0) <= 0)
		return false;
	if (!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) && !error)
		return true;
	*why = strerror(error ? error : errno);
	return false;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// listen.c: the socket that the server listens at.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/wirebar_console/console.h"

static int fail(const char *listen, const char *why)
{
	fprintf(stderr, "wirebar console: console.listen = %s: %s\n", listen, why);
	return -1;
}

// ADDRESS:PORT or [ADDRESS]:PORT; names are not looked up.
static int address_of(const char *listen, char host[CONF_STR_BYTES], struct addrinfo **out)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	const char *colon = strrchr(listen, ':');
	size_t n = colon ? (size_t)(colon - listen) : 0;

	// The library would cut a port that is too large.
	if (!n || !colon[1] || strlen(colon + 1) > 5 || colon[1 + strspn(colon + 1, "0123456789")] ||
	    strtoul(colon + 1, NULL, 10) > UINT16_MAX)
		return fail(listen, "allowed: ADDRESS:PORT, a port of 0 to 65535");
	if (listen[0] == '[' && listen[n - 1] == ']')
		snprintf(host, CONF_STR_BYTES, "%.*s", (int)n - 2, listen + 1);
	else
		snprintf(host, CONF_STR_BYTES, "%.*s", (int)n, listen);
	int rc = getaddrinfo(host, colon + 1, &hints, out);

	return rc ? fail(listen, gai_strerror(rc)) : 0;
}

int listen_at(const char *at, char host[CONF_STR_BYTES], unsigned *port)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof bound;
	struct addrinfo *a;
	char service[16];
	int one = 1;

	if (address_of(at, host, &a))
		return -EINVAL;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, GUESTS) ||
	    getsockname(fd, (struct sockaddr *)&bound, &len) ||
	    getnameinfo((struct sockaddr *)&bound, len, NULL, 0, service, sizeof service, NI_NUMERICSERV)) {
		fail(at, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -EIO;
	} else {
		*port = (unsigned)strtoul(service, NULL, 10);
	}
	freeaddrinfo(a);
	return fd;
}

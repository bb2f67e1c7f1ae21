/* SPDX-License-Identifier: BSD-3-Clause */
// serve.c: the HTTP server: who may come in, and what answers which path.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/wirebar_console/become.h"
#include "app/wirebar_console/console.h"
#include "app/wirebar_console/render.h"
#include "app/wirebar_console/reply.h"

static enum MHD_Result metrics(struct console *c, struct MHD_Connection *to)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	if (!out)
		return MHD_NO;
	pthread_mutex_lock(&c->view.lock);
	render_metrics(out, &c->view, view_now_ns());
	pthread_mutex_unlock(&c->view.lock);
	if (fclose(out)) {
		free(text);
		return MHD_NO;
	}
	return reply_own(to, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, bytes);
}

static const char *header(struct MHD_Connection *from, const char *name)
{
	return MHD_lookup_connection_value(from, MHD_HEADER_KIND, name);
}

static enum MHD_Result route(struct console *c, struct MHD_Connection *to, const char *url,
			     const char *method)
{
	if (!strcmp(url, "/metrics"))
		return strcmp(method, "GET") && strcmp(method, "HEAD")
			       ? reply_text(to, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n")
			       : metrics(c, to);
	return reply_text(to, MHD_HTTP_NOT_FOUND, "no such page\n");
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *to, const char *url, const char *method,
			      const char *version, const char *data, size_t *data_bytes, void **state)
{
	static char seen;
	struct console *c = cls;

	(void)version, (void)data;
	// The first call comes before the body: what is refused is refused without reading it.
	if (!door_host(&c->door, header(to, "Host")))
		return reply_text(to, MHD_HTTP_MISDIRECTED_REQUEST,
				  "this server does not go by that name (console.hosts)\n");
	if (!door_origin(&c->door, header(to, "Origin")))
		return reply_text(to, MHD_HTTP_FORBIDDEN, "asked by a page of another origin\n");
	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*data_bytes) { // no page takes any
		*data_bytes = 0;
		return MHD_YES;
	}
	return route(c, to, url, method);
}

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

static int listener(const char *listen_at, char host[CONF_STR_BYTES], unsigned *port)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	struct addrinfo *a;
	char service[16];
	int one = 1;

	if (address_of(listen_at, host, &a))
		return -EINVAL;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, CONSOLE_CLIENTS) ||
	    getsockname(fd, (struct sockaddr *)&at, &len) ||
	    getnameinfo((struct sockaddr *)&at, len, NULL, 0, service, sizeof service, NI_NUMERICSERV)) {
		fail(listen_at, strerror(errno));
		if (fd >= 0)
			close(fd);
		fd = -EIO;
	} else {
		*port = (unsigned)strtoul(service, NULL, 10);
	}
	freeaddrinfo(a);
	return fd;
}

int serve_start(struct console *c)
{
	char host[CONF_STR_BYTES];
	int fd = listener(c->conf.console.listen, host, &c->port);

	if (fd < 0)
		return fd;
	if (!door_init(&c->door, host, c->port, c->conf.console.hosts)) {
		fprintf(stderr, "wirebar console: console.hosts: allowed: %d names\n", DOOR_NAMES - 4);
		close(fd);
		return -EINVAL;
	}
	if (become_user(&c->conf)) { // before there is a thread that serves strangers
		close(fd);
		return -EPERM;
	}
	c->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
				     answer, c, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     (unsigned)CONSOLE_CLIENTS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				     (size_t)CONSOLE_REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
				     (unsigned)CONSOLE_TIMEOUT_S, MHD_OPTION_STRICT_FOR_CLIENT, 1,
				     MHD_OPTION_END);
	if (!c->daemon) {
		fprintf(stderr, "wirebar console: the HTTP server does not start: %s\n", strerror(errno));
		close(fd);
		return -EIO;
	}
	fprintf(stderr, "wirebar console: http://%s%s%s:%u/\n", strchr(host, ':') ? "[" : "", host,
		strchr(host, ':') ? "]" : "", c->port);
	return 0;
}

void serve_stop(struct console *c) { MHD_stop_daemon(c->daemon); }

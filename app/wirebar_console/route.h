/* SPDX-License-Identifier: BSD-3-Clause */
// route.h: which path is answered by whom. The server's thread.
#ifndef WB_CONSOLE_ROUTE_H
#define WB_CONSOLE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "app/wirebar_console/console.h"
#include "app/wirebar_console/job.h"

enum route_takes { ROUTE_NOTHING, ROUTE_WORDS, ROUTE_BODY };

struct request;
typedef enum MHD_Result route_handler(struct console *c, struct MHD_Connection *to, struct request *r);

struct route {
	const char *method, *path;
	enum route_takes takes;
	route_handler *handler;
	const char *arg, *help;
};

// struct request is one request, from its headers to the end of its answer.
struct request {
	const struct route *route;
	char words[REQUEST_BYTES]; // what follows the route's path
	char body[2048];
	size_t body_bytes;
	bool too_long;
	struct job job;
};

// route_find returns the row of a path and a method; NULL: *status says why not (404, 405). HEAD is GET.
// *rest is what follows the row's path.
const struct route *route_find(const char *method, const char *path, const char **rest, unsigned *status);

#define ROUTE(method, path, takes, handler, arg, help) route_handler handler;
#include "app/wirebar_console/route.def"

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/route.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "app/wirebar_console/asset.h"
#include "app/wirebar_console/render.h"
#include "app/wirebar_console/reply.h"

static const struct route routes[] = {
#define ROUTE(method, path, takes, handler, arg, help) { #method, path, ROUTE_##takes, handler, arg, help },
#include "app/wirebar_console/route.def"
};

// What wirebarctl asks telemetry for, but for commands.
static const struct topic_row {
	const char *name;
	int min, max;
	const char *path;
	bool pages;
} topics[] = {
#define ASK(name, args, min, max, asks, handler, help) { #name, min, max, asks, false },
#define RUN(name, args, min, max, asks, handler, help) { #name, min, max, asks, true },
#include "app/wirebarctl/command.def"
};

static const char *const verbs[] = {
#define VERB(word, help) #word,
#include "app/wirebar_console/verb.def"
};

enum {
	N_ROUTES = sizeof routes / sizeof *routes,
	N_TOPICS = sizeof topics / sizeof *topics,
	N_VERBS = sizeof verbs / sizeof *verbs,
	REASON_BYTES = 200
};

static bool begins(const struct route *r, const char *path)
{
	return r->takes == ROUTE_NOTHING ? !strcmp(path, r->path) : !strncmp(path, r->path, strlen(r->path));
}

const struct route *route_find(const char *method, const char *path, const char **rest, unsigned *status)
{
	const char *as = strcmp(method, "HEAD") ? method : "GET";

	*status = MHD_HTTP_NOT_FOUND;
	for (size_t i = 0; i < N_ROUTES; i++) {
		if (!begins(&routes[i], path))
			continue;
		*rest = path + strlen(routes[i].path);
		if (!strcmp(routes[i].method, as) && strlen(*rest) < sizeof((struct request *)0)->words)
			return &routes[i];
		*status = MHD_HTTP_METHOD_NOT_ALLOWED;
	}
	return NULL;
}

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return !strcmp(dot, ".html")  ? "text/html; charset=utf-8"
	       : !strcmp(dot, ".css") ? "text/css; charset=utf-8"
	       : !strcmp(dot, ".js")  ? "text/javascript; charset=utf-8"
				      : "image/svg+xml";
}

enum MHD_Result route_file(struct console *c, struct MHD_Connection *to, struct request *r)
{
	(void)c;
	for (size_t i = 0; i < asset_count; i++)
		if (!strcmp(asset_all[i].name, r->route->arg))
			return reply_constant(to, type_of(r->route->arg), asset_all[i].data,
					      asset_all[i].bytes);
	return reply_text(to, MHD_HTTP_NOT_FOUND, "no such file\n");
}

enum MHD_Result route_metrics(struct console *c, struct MHD_Connection *to, struct request *r)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	(void)r;
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

static enum MHD_Result refuse(struct console *c, struct MHD_Connection *to, unsigned status, const char *why)
{
	pthread_mutex_lock(&c->view.lock);
	c->view.count.refused++;
	pthread_mutex_unlock(&c->view.lock);
	return reply_error(to, status, why);
}

// The connection sleeps until the job is done, and is answered by serve.c then.
static enum MHD_Result wait_for(struct console *c, struct MHD_Connection *to, struct request *r)
{
	r->job.to = to;
	MHD_suspend_connection(to);
	if (job_put(&c->jobs, &r->job))
		return MHD_YES;
	MHD_resume_connection(to);
	r->job.done = true;
	r->job.status = MHD_HTTP_SERVICE_UNAVAILABLE;
	return MHD_YES;
}

static bool is_topic(const struct topic_row *t) { return *t->path && !request_changes(t->path); }

enum MHD_Result route_topics(struct console *c, struct MHD_Connection *to, struct request *r)
{
	json_t *names = json_array(), *words = json_array();

	(void)r;
	for (size_t i = 0; i < N_TOPICS; i++)
		if (is_topic(&topics[i]))
			json_array_append_new(names, json_string(topics[i].name));
	for (size_t i = 0; i < N_VERBS && c->token[0]; i++)
		json_array_append_new(words, json_string(verbs[i]));
	json_t *doc = json_pack("{s:o,s:o}", "topics", names, "verbs", words);
	char *text = json_dumps(doc, JSON_INDENT(2));

	json_decref(doc);
	return text ? reply_own(to, MHD_HTTP_OK, "application/json", text, strlen(text)) : MHD_NO;
}

// Cuts the words at their slashes.
static int split(struct request *r)
{
	int n = 0;

	for (char *at = r->words; at && n <= JOB_WORDS;) {
		char *slash = strchr(at, '/');

		if (slash)
			*slash++ = '\0';
		if (n)
			r->job.word[n - 1] = at;
		n++;
		at = slash;
	}
	return n;
}

enum MHD_Result route_api(struct console *c, struct MHD_Connection *to, struct request *r)
{
	const struct topic_row *t = NULL;
	int n = split(r) - 1;

	for (size_t i = 0; i < N_TOPICS; i++)
		if (is_topic(&topics[i]) && !strcmp(topics[i].name, r->words))
			t = &topics[i];
	if (!t)
		return reply_error(to, MHD_HTTP_NOT_FOUND, "no such topic: /api lists them");
	if (n < t->min || n > t->max)
		return reply_error(to, MHD_HTTP_BAD_REQUEST,
				   "not as many words as the topic takes (wirebarctl --help)");
	r->job.path = t->path;
	r->job.pages = t->pages;
	r->job.n_words = n;
	return wait_for(c, to, r);
}

static bool token_good(const struct console *c, struct MHD_Connection *from)
{
	const char *given = MHD_lookup_connection_value(from, MHD_HEADER_KIND, "Authorization");

	return c->token[0] && given && !strncmp(given, "Bearer ", 7) && door_same(c->token, given + 7);
}

static const char *peer(struct MHD_Connection *of, char out[INET6_ADDRSTRLEN])
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(of, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *a = info ? info->client_addr : NULL;
	const void *from = !a ? NULL
			   : a->sa_family == AF_INET
				   ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
				   : &((const struct sockaddr_in6 *)a)->sin6_addr;

	if (!from || !inet_ntop(a->sa_family, from, out, INET6_ADDRSTRLEN))
		strcpy(out, "?");
	return out;
}

// Why a body is none that confirms the verb; NULL: it does, and the line for the control socket is made.
static const char *confirmed(struct request *r, const char *verb, const char *from)
{
	json_t *doc = json_loadb(r->body, r->body_bytes, 0, NULL);
	const char *confirm = json_string_value(json_object_get(doc, "confirm"));
	const char *reason = json_string_value(json_object_get(doc, "reason")), *bad = NULL;

	if (!confirm || strcmp(confirm, verb))
		bad = "not confirmed: the member confirm is the verb itself";
	else if (!reason || !*reason || strlen(reason) > REASON_BYTES)
		bad = "the member reason has 1 to 200 bytes";
	for (const char *p = bad ? "" : reason; *p; p++)
		bad = (unsigned char)*p < 32 || *p == 127
			      ? "the reason is one line, without control characters"
			      : bad;
	if (!bad)
		snprintf(r->job.line, sizeof r->job.line, "%s console, %s: %s", verb, from, reason);
	json_decref(doc);
	return bad;
}

// Whoever comes without the token is told of once a second: a flood of them fills no disk, and waits for no
// reader of the log.
static void tell(struct console *c, const char *from)
{
	uint64_t now_ns = view_now_ns();

	if (c->told_ns && now_ns - c->told_ns < UINT64_C(1000000000)) {
		c->untold++;
		return;
	}
	fprintf(stderr,
		"wirebar console: a command from %s without the token is refused, and %llu before it\n", from,
		(unsigned long long)c->untold);
	c->told_ns = now_ns;
	c->untold = 0;
}

enum MHD_Result route_control(struct console *c, struct MHD_Connection *to, struct request *r)
{
	const char *type = MHD_lookup_connection_value(to, MHD_HEADER_KIND, "Content-Type"), *verb = NULL,
		   *bad;
	char from[INET6_ADDRSTRLEN];

	peer(to, from);
	for (size_t i = 0; i < N_VERBS; i++)
		verb = strcmp(verbs[i], r->words) ? verb : verbs[i];
	if (!c->token[0])
		return refuse(c, to, MHD_HTTP_FORBIDDEN, "control is off (console.token_file)");
	if (!token_good(c, to)) {
		tell(c, from);
		return refuse(c, to, MHD_HTTP_UNAUTHORIZED, "the token is missing or wrong");
	}
	if (!verb)
		return refuse(c, to, MHD_HTTP_NOT_FOUND, "no such verb: /api lists them");
	if (!type || strncmp(type, "application/json", 16))
		return refuse(c, to, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "the body is of type application/json");
	bad = confirmed(r, verb, from);
	if (bad)
		return refuse(c, to, MHD_HTTP_BAD_REQUEST, bad);
	fprintf(stderr, "wirebar console: %s\n", r->job.line);
	pthread_mutex_lock(&c->view.lock);
	c->view.count.commands++;
	pthread_mutex_unlock(&c->view.lock);
	r->job.control = true;
	return wait_for(c, to, r);
}

struct reader {
	struct streams *all;
	struct stream *stream;
};

static void sleeps(void *connection) { MHD_suspend_connection(connection); }

static ssize_t read_stream(void *cls, uint64_t at, char *out, size_t max)
{
	struct reader *of = cls;
	long n = stream_read(of->all, of->stream, out, max, sleeps);

	(void)at;
	return n < 0 ? MHD_CONTENT_READER_END_OF_STREAM : n;
}

static void free_stream(void *cls)
{
	struct reader *of = cls;

	stream_shut(of->all, of->stream);
	free(of);
}

enum MHD_Result route_events(struct console *c, struct MHD_Connection *to, struct request *r)
{
	struct reader *of = calloc(1, sizeof *of);

	(void)r;
	if (!of)
		return MHD_NO;
	*of = (struct reader){ &c->streams, stream_open(&c->streams, serve_fd(to), to) };
	if (!of->stream) {
		free(of);
		return refuse(c, to, MHD_HTTP_SERVICE_UNAVAILABLE, "as many pages look as may");
	}
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, of, free_stream);

	if (!response) {
		free_stream(of);
		return MHD_NO;
	}
	// The kernel would keep megabytes for a page that does not read.
	setsockopt(serve_fd(to), SOL_SOCKET, SO_SNDBUF, &(int){ STREAM_KERNEL_BYTES }, sizeof(int));
	serve_turn(c, to, GUEST_STREAMS);
	return reply_stream(to, response);
}

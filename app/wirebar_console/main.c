/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: `wirebar console`: options, the configuration, and the thread that asks the appliance.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/wirebar_console/console.h"
#include "lcore/base/once.h"
#include "lcore/base/std.h"

static const char help[] =
	"usage: wirebar console [options]\n\n"
	"Serves a page about a running wirebar, and what it counts as /metrics for Prometheus, over HTTP\n"
	"([console]).\n\n"
	"  --conf FILE          configuration of the appliance, or builtin:NAME (default builtin:bench)\n"
	"  --set KEY=VALUE      any key\n"
	"  --listen HOST:PORT   console.listen (127.0.0.1:9190)\n"
	"  --file-prefix NAME   of the instance (default: as in FILE; without FILE, the only one that runs)\n"
	"  --socket PATH        its telemetry socket, wherever it is\n"
	"  --version            which wirebar this is\n"
	"  --help               this\n\n"
	"Exit: 0 ended by SIGTERM or SIGINT; 1 failed; 2 usage or configuration.\n";

static volatile sig_atomic_t ended;

static void on_end(int signal_number)
{
	(void)signal_number;
	ended = 1;
}

static int bad(const char *text)
{
	fprintf(stderr, "wirebar console: %s\n", text);
	return 2;
}

struct words {
	const char *conf, *listen, *pair[32];
	unsigned n_pair;
};

static int word(struct console *c, struct words *w, int option)
{
	w->conf = option == 'c' ? optarg : w->conf;
	w->listen = option == 'l' ? optarg : w->listen;
	c->asker.of.prefix = option == 'p' ? optarg : c->asker.of.prefix;
	c->asker.of.socket = option == 'k' ? optarg : c->asker.of.socket;
	if (option != 's')
		return 0;
	if (w->n_pair == sizeof w->pair / sizeof *w->pair)
		return bad("more than 32 keys");
	w->pair[w->n_pair++] = optarg;
	return 0;
}

static int load(struct console *c, const struct words *w)
{
	struct conf_error err;
	int rc = 0;

	if (conf_load(&c->conf, w->conf ? w->conf : CONF_BUILTIN "bench", &err))
		return bad(err.text);
	conf_origin(&c->conf, "command line: --set");
	for (unsigned i = 0; i < w->n_pair && !rc; i++)
		rc = conf_set_pair(&c->conf, w->pair[i], &err) ? bad(err.text) : 0;
	if (!rc && w->listen && conf_set(&c->conf, "console.listen", w->listen, false, &err))
		rc = bad(err.text);
	if (w->conf && !c->asker.of.prefix && !c->asker.of.socket)
		c->asker.of.prefix = c->conf.eal.file_prefix;
	return rc;
}

// Returns -1: go on.
static int parse(struct console *c, int argc, char **argv)
{
	static const struct option options[] = {
		{ "conf", required_argument, NULL, 'c' },   { "set", required_argument, NULL, 's' },
		{ "listen", required_argument, NULL, 'l' }, { "file-prefix", required_argument, NULL, 'p' },
		{ "socket", required_argument, NULL, 'k' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },      { 0 },
	};
	struct words w = { 0 };
	int option, rc = once_each("wirebar console", argc, argv, "hV", options, "s") ? 0 : 2;

	while (!rc && (option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		if (option == 'h')
			return fputs(help, stdout), 0;
		if (option == 'V')
			return printf("wirebar " WIREBAR_VERSION "\n"), 0;
		rc = option == '?' ? bad("--help lists the options") : word(c, &w, option);
	}
	if (!rc && optind < argc)
		rc = bad("found an argument, allowed: options (--help lists them)");
	rc = rc ? rc : load(c, &w);
	return rc ? rc : -1;
}

static int console_main(int argc, char **argv)
{
	static struct console c;
	int rc = parse(&c, argc, argv);

	if (rc >= 0)
		return rc;
	view_init(&c.view);
	c.asker.view = &c.view;
	rc = serve_start(&c);
	if (rc)
		return rc == -EINVAL ? 2 : 1;
	while (!ended) {
		view_step(&c.asker);
		nanosleep(&(struct timespec){ .tv_nsec = view_pause_ms(&c.view) * 1000000 }, NULL);
	}
	serve_stop(&c);
	sock_close(&c.asker.sock);
	sock_close(&c.asker.control);
	view_free(&c.view);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction end = { .sa_handler = on_end };

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	std_begin();
	return std_end("wirebar console", console_main(argc, argv));
}

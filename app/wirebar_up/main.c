/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: `wirebar up`: options, and the configuration as the parts will read it.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar_up/up.h"
#include "conf/topo.h"
#include "lcore/base/std.h"

static const char help[] =
	"usage: wirebar up --conf FILE [options] [-- OPTIONS OF PARTS]\n"
	"       wirebar up --replay CAPTURE... [--conf FILE] [options] [-- OPTIONS OF PARTS]\n\n"
	"Runs wirebar supervised: starts its parts in order (run.layout: one process, or ingest, signal, telemetry and gateway),\n"
	"starts again what crashed or is stuck, and is one log and one control socket for all ([supervise]).\n\n"
	"  --conf FILE          configuration, or builtin:NAME (replay: builtin:bench unless told)\n"
	"  --replay             the arguments are captures: `wirebar replay` is what is supervised\n"
	"  --file-prefix NAME   DPDK file prefix: names the sockets\n"
	"  --set KEY=VALUE      any key, also of [supervise]\n"
	"  --version            which wirebar this is\n"
	"  --help               this\n\n"
	"From another terminal: wirebarctl parts, restart PART, stop, reload, kill.\n"
	"Signals: SIGTERM, SIGINT stop (a second one at once); SIGHUP reloads gates.\n\n"
	"Exit: 0 complete; 3 finished and balanced, but data was lost or damaged; 1 a part failed; 2 usage or configuration.\n";

static int bad(const char *what, const char *found)
{
	fprintf(stderr, "wirebar up: %s%s (--help lists the options)\n", what, found);
	return 2;
}

struct words {
	const char *key[32], *rest[UP_ARGS];
	unsigned n_key, n_rest;
};

static bool add(struct words *w, const char *word)
{
	if (w->n_rest + 1 >= UP_ARGS - 16)
		return false;
	w->rest[w->n_rest++] = word;
	w->rest[w->n_rest] = NULL;
	return true;
}

// The value of an option at argv[*i], as --x VALUE or --x=VALUE; NULL: it is another option.
static const char *value(int argc, char **argv, int *i, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n))
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	return argv[*i][n] || *i + 1 >= argc ? NULL : argv[++*i];
}

// What the supervisor must know as well is said before the --.
static int pass_on(struct words *w, int argc, char **argv)
{
	static const char *const own[] = { "--conf", "--file-prefix", "--set", "--part", "--help" };

	for (int i = 0; i < argc; i++) {
		for (size_t k = 0; k < sizeof own / sizeof *own; k++)
			if (!strncmp(argv[i], own[k], strlen(own[k])))
				return bad("before --, not after it: ", argv[i]);
		if (!add(w, argv[i]))
			return bad("too many arguments", "");
	}
	return 0;
}

static int one(struct up *u, struct words *w, int argc, char **argv, int *i, const char **prefix)
{
	const char *v;

	if (!strcmp(argv[*i], "--replay")) {
		u->replay = true;
	} else if ((v = value(argc, argv, i, "--conf"))) {
		if (u->conf_path)
			return bad("found twice, allowed: once: --conf ", v);
		u->conf_path = v;
	} else if ((v = value(argc, argv, i, "--file-prefix"))) {
		if (*prefix)
			return bad("found twice, allowed: once: --file-prefix ", v);
		*prefix = v;
	} else if ((v = value(argc, argv, i, "--set"))) {
		if (w->n_key == sizeof w->key / sizeof *w->key)
			return bad("more than 32 keys", "");
		w->key[w->n_key++] = v;
	} else if (argv[*i][0] == '-' && argv[*i][1]) {
		return bad("no option, or one without its value: ", argv[*i]);
	} else if (!add(w, argv[*i])) {
		return bad("too many captures", "");
	}
	return 0;
}

static int load(struct up *u, const struct words *w, const char *prefix)
{
	struct conf_error err;
	int rc = conf_load(&u->conf, u->conf_path ? u->conf_path : CONF_BUILTIN "bench", &err);

	if (!rc)
		conf_origin(&u->conf, "command line: --set");
	for (unsigned i = 0; i < w->n_key && !rc; i++)
		rc = conf_set_pair(&u->conf, w->key[i], &err);
	if (!rc && prefix)
		rc = conf_set(&u->conf, "eal.file_prefix", prefix, false, &err);
	// What no start would find otherwise: the parts need not try five times.
	if (!rc)
		rc = topo_check(&u->conf, NULL, &err);
	if (!rc)
		return 0;
	fprintf(stderr, "wirebar up: %s\n", err.text);
	return 2;
}

static int parse(struct up *u, struct words *w, int argc, char **argv)
{
	const char *prefix = NULL;
	int rc = 0, i = 1;

	w->rest[0] = NULL;
	for (; i < argc && strcmp(argv[i], "--") && !rc; i++)
		rc = one(u, w, argc, argv, &i, &prefix);
	unsigned captures = w->n_rest;

	rc = rc ? rc : pass_on(w, i < argc ? argc - i - 1 : 0, argv + i + 1);
	if (rc)
		return rc;
	if (!u->replay && captures)
		return bad("found an argument, allowed: captures with --replay: ", w->rest[0]);
	if (!u->replay && !u->conf_path)
		return bad("wants --conf FILE, or --replay CAPTURE...", "");
	rc = load(u, w, prefix);
	for (unsigned k = 0; k < w->n_key && !rc; k++)
		rc = add(w, "--set") && add(w, w->key[k]) ? 0 : bad("too many arguments", "");
	return rc;
}

// The other program is in this one's folder.
static int find_program(struct up *u)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash = NULL;

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
	}
	if (!slash ||
	    (size_t)snprintf(u->program, sizeof u->program, "%.*s/wirebar", (int)(slash - self), self) >=
		    sizeof u->program ||
	    access(u->program, X_OK)) {
		fprintf(stderr, "wirebar up: there is no program wirebar beside this one\n");
		return 1;
	}
	return 0;
}

static int up_main(int argc, char **argv)
{
	static struct words w;
	static struct up u;

	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return fputs(help, stdout), 0;
		if (!strcmp(argv[i], "--version"))
			return printf("wirebar " WIREBAR_VERSION "\n"), 0;
	}
	int rc = parse(&u, &w, argc, argv);

	rc = rc ? rc : find_program(&u);
	return rc ? rc : up_run(&u, w.rest);
}

int main(int argc, char **argv)
{
	std_begin();
	return std_end("wirebar up", up_main(argc, argv));
}

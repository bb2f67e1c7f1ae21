/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: ops' command line: words to a request, the answer to a table or JSON. No DPDK in it.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebarctl/show.h"
#include "app/wirebarctl/sock.h"
#include "app/wirebarctl/top.h"
#include "lcore/base/std.h"
#include "lcore/base/text.h"

enum { EXIT_GOOD, EXIT_FAILED, EXIT_USAGE, REQUEST_BYTES = 1000, BARS_DEFAULT = 10 };

#define BARS_COLUMNS "open_ts+open+high+low+close_filled+volume+trades+vwap+delta+ema9+ema21+rsi14+flags"

struct options {
	const char *prefix, *socket;
	unsigned timeout_ms;
	bool json, once;
};

struct command {
	const char *name, *args, *path;
	int min, max;
	int (*show)(const json_t *answer, FILE *out);
	int (*run)(struct sock *s, const struct command *c, char **arg, int n,
		   const struct options *o); // NULL: ask and show
	const char *help;
};

static int run_bars(struct sock *s, const struct command *c, char **arg, int n, const struct options *o);
static int run_top(struct sock *s, const struct command *c, char **arg, int n, const struct options *o);
static int run_raw(struct sock *s, const struct command *c, char **arg, int n, const struct options *o);
static int run_set(struct sock *s, const struct command *c, char **arg, int n, const struct options *o);

static const struct command commands[] = {
	{ "health", "", "/wirebar/health", 0, 0, show_health, NULL,
	  "the verdict; exit 0 ok, 1 bad, 3 degraded or starting" },
	{ "top", "[--once]", "", 0, 0, NULL, run_top,
	  "health, lag, links, busiest instruments, every second" },
	{ "lag", "", "/wirebar/lag", 0, 0, show_lag, NULL, "age of data and delays, by lcore" },
	{ "lcores", "", "/wirebar/lcores", 0, 0, show_lcores, NULL, "what each lcore does" },
	{ "links", "", "/wirebar/links", 0, 0, show_links, NULL, "rings between lcores" },
	{ "lines", "[from]", "/wirebar/lines", 0, 1, show_lines, NULL,
	  "channels and lines: numbers, gaps, late, lost, skew" },
	{ "recovery", "", "/wirebar/recovery", 0, 0, show_recovery, NULL,
	  "servers that are asked for lost messages, and the day's quota" },
	{ "ports", "", "/wirebar/ports", 0, 0, show_ports, NULL, "where frames come from" },
	{ "ledger", "", "/wirebar/ledger", 0, 0, show_ledger, NULL,
	  "all counters, and the sums that must balance" },
	{ "conf", "", "/wirebar/conf", 0, 0, show_conf, NULL, "keys that may be set while running" },
	{ "quote", "SYM", "/wirebar/quote", 1, 1, show_quote, NULL, "best bid and ask by venue" },
	{ "auction", "SYM", "/wirebar/auction", 1, 1, show_auction, NULL,
	  "auctions, halts and short sale state by venue" },
	{ "book", "SYM [levels]", "/wirebar/book", 1, 2, show_book, NULL, "levels of each venue's book" },
	{ "bars", "SYM SPAN [n [columns]]", "/wirebar/bars", 2, 4, show_bars, run_bars,
	  "newest sealed rows; columns a,b,c (or a+b+c), or all" },
	{ "bundle", "SYM", "/wirebar/bundle", 1, 1, show_bundle, NULL, "latest rows of all six spans" },
	{ "busiest", "[n [SPAN]]", "/wirebar/top", 0, 2, show_busiest, NULL, "by volume of the latest row" },
	{ "watched", "[from]", "/wirebar/watched", 0, 1, show_watched, NULL, "the watch list" },
	{ "gates", "", "/wirebar/gates", 0, 0, show_gates, NULL,
	  "gates and their rules; whether entries are halted" },
	{ "fires", "", "/wirebar/fires", 0, 0, show_fires, NULL, "the last fires" },
	{ "engine_state", "[from]", "/wirebar/engine_state", 0, 1, show_engine_state, NULL,
	  "sides on which an entry has fired" },
	{ "halt", "", "/wirebar/ctl/halt", 0, 0, show_command, NULL, "hold back entries" },
	{ "resume", "", "/wirebar/ctl/resume", 0, 0, show_command, NULL, "let entries fire again" },
	{ "reset", "", "/wirebar/ctl/reset", 0, 0, show_command, NULL, "begin the lag histograms anew" },
	{ "watch", "SYM [off]", "/wirebar/ctl/watch", 1, 2, show_command, NULL,
	  "watch an instrument: sealed first, with history" },
	{ "set", "SECTION.KEY VALUE", "", 2, 2, show_set, run_set,
	  "set a key that is LIVE (conf lists them), over the control socket" },
	{ "raw", "REQUEST", "", 1, 1, NULL, run_raw, "any request, /wirebar/... or DPDK's own; prints JSON" },
};

static void usage(FILE *out)
{
	fprintf(out,
		"usage: wirebarctl [options] COMMAND [arguments]\n\nAsks and commands a running wirebar over its telemetry socket.\n\n");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(out, "  %-10s %-22s %s\n", commands[i].name, commands[i].args, commands[i].help);
	fprintf(out,
		"\n  --file-prefix NAME   of the instance (default: the only one that runs)\n"
		"  --socket PATH        its socket, wherever it is\n"
		"  --timeout MS         wait for an answer this long (default 3000)\n"
		"  --json               print the answer as JSON\n"
		"  --once               top: print one picture\n"
		"  --version            which wirebarctl this is\n"
		"  --help               this\n\n"
		"exit: 0 answered (health: ok), 1 refused or failed (health: bad), 2 usage, 3 health is degraded or starting;\n"
		"      4 absent: no such socket; 5 gone: its process has ended; 6 not allowed: another user's;\n"
		"      7 busy: ten clients are served already; 8 stopped: the process does not answer\n");
}

static int print_json(const json_t *answer)
{
	json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
	return EXIT_GOOD;
}

// A reply to a refused request is shown as JSON too when that was asked for, beside the exit code.
static int finish(const struct command *c, json_t *answer, const struct options *o, const struct sock *s)
{
	int rc = EXIT_FAILED;

	if (!answer) {
		fprintf(stderr, "wirebarctl: %s\n", s->error);
		return (int)s->end;
	}
	if (o->json)
		print_json(answer);
	if (sock_refusal(answer)) {
		if (!o->json)
			fprintf(stderr, "wirebarctl: %s: refused: %s\n", c->name, sock_refusal(answer));
	} else if (!o->json) {
		rc = c->show(answer, stdout);
	} else {
		FILE *null = fopen("/dev/null", "w"); // for the verdict's exit code

		rc = null ? c->show(answer, null) : EXIT_GOOD;
		if (null)
			fclose(null);
	}
	json_decref(answer);
	return rc;
}

static bool request(char out[REQUEST_BYTES], const char *path, char **arg, int n)
{
	int at = snprintf(out, REQUEST_BYTES, "%s", path);

	for (int i = 0; i < n && at < REQUEST_BYTES; i++) {
		if (!*arg[i] || strchr(arg[i], ',')) {
			fprintf(stderr, "wirebarctl: found \"%s\", allowed: arguments without commas\n",
				arg[i]);
			return false;
		}
		at += snprintf(out + at, (size_t)(REQUEST_BYTES - at), ",%s", arg[i]);
	}
	if (at >= REQUEST_BYTES)
		fprintf(stderr, "wirebarctl: the request is longer than %d bytes\n", REQUEST_BYTES);
	return at < REQUEST_BYTES;
}

static int ask_and_show(struct sock *s, const struct command *c, char **arg, int n, const struct options *o)
{
	char text[REQUEST_BYTES];

	return request(text, c->path, arg, n) ? finish(c, sock_ask(s, text), o, s) : EXIT_USAGE;
}

// Adds the older page's rows. A row sealed between two requests shifts the pages by one: open_ts, if that
// column is there, shows what is known already.
static size_t append_page(json_t *all, const json_t *page)
{
	const json_t *known = json_object_get(all, "open_ts"), *ts = json_object_get(page, "open_ts");
	const char *oldest = json_string_value(json_array_get(known, json_array_size(known) - 1));
	size_t from = 0, added = 0;
	const char *name;
	json_t *values;

	while (oldest && from < json_array_size(ts) &&
	       strcmp(json_string_value(json_array_get(ts, from)), oldest) >= 0)
		from++;
	json_object_foreach((json_t *)page, name, values)
	{
		json_t *to = json_object_get(all, name);

		for (size_t i = from; json_is_array(to) && i < json_array_size(values); i++)
			json_array_append(to, json_array_get(values, i));
		if (json_is_array(values))
			added = json_array_size(values) - from;
	}
	return added;
}

// Asks page after page until n rows are there or no more come.
static int run_bars(struct sock *s, const struct command *c, char **arg, int n, const struct options *o)
{
	char count[16] = "10", columns[] = BARS_COLUMNS, text[REQUEST_BYTES], skip[24];
	char *full[5] = { arg[0], arg[1], n > 2 ? arg[2] : count, n > 3 ? arg[3] : columns, skip };

	for (char *comma = full[3]; (comma = strchr(comma, ',')); comma++)
		*comma = '+';
	if (!request(text, c->path, full, 4))
		return EXIT_USAGE;
	json_t *all = sock_ask(s, text);

	for (size_t have = show_u64(all, "n"); all && !sock_refusal(all) && show_u64(all, "more") && have;) {
		snprintf(skip, sizeof skip, "%zu", have);
		snprintf(count, sizeof count, "%llu", (unsigned long long)show_u64(all, "more"));
		full[2] = count;
		json_t *page = request(text, c->path, full, 5) ? sock_ask(s, text) : NULL;

		if (!page || sock_refusal(page) || !show_u64(page, "n")) {
			json_decref(page);
			break;
		}
		size_t added = append_page(all, page);

		json_object_set_new(all, "more", json_integer((json_int_t)show_u64(page, "more")));
		json_object_set_new(all, "n", json_integer((json_int_t)(have + added)));
		have += show_u64(page, "n");
		json_decref(page);
	}
	return finish(c, all, o, s);
}

static int run_top(struct sock *s, const struct command *c, char **arg, int n, const struct options *o)
{
	(void)c, (void)arg, (void)n;
	return o->json ? top_json(s) : top_run(s, o->once, o->socket ? NULL : &o->prefix);
}

static int run_set(struct sock *s, const struct command *c, char **arg, int n, const struct options *o)
{
	char text[REQUEST_BYTES];

	(void)n;
	if (strpbrk(arg[0], " \n") || strchr(arg[1], '\n') ||
	    snprintf(text, sizeof text, "set %s %s", arg[0], arg[1]) >= REQUEST_BYTES) {
		fprintf(stderr, "wirebarctl: set: allowed: SECTION.KEY VALUE on one line, up to %d bytes\n",
			REQUEST_BYTES);
		return EXIT_USAGE;
	}
	return finish(c, sock_command(s, text), o, s);
}

static int run_raw(struct sock *s, const struct command *c, char **arg, int n, const struct options *o)
{
	json_t *answer = sock_ask(s, arg[0]);
	int rc = answer && !sock_refusal(answer) ? EXIT_GOOD : EXIT_FAILED;

	(void)c, (void)n, (void)o;
	if (answer)
		print_json(answer);
	else
		fprintf(stderr, "wirebarctl: %s\n", s->error), rc = (int)s->end;
	json_decref(answer);
	return rc;
}

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "file-prefix", required_argument, NULL, 'p' },
		{ "socket", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "once", no_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		char *end = NULL;

		if (c == 'h') {
			usage(stdout);
			return -1;
		}
		if (c == 'V') {
			printf("wirebarctl " WIREBAR_VERSION "\n");
			return -1;
		}
		if (c == '?') {
			usage(stderr);
			return EXIT_USAGE;
		}
		o->prefix = c == 'p' ? optarg : o->prefix;
		o->socket = c == 's' ? optarg : o->socket;
		o->json = o->json || c == 'j';
		o->once = o->once || c == 'o';
		if (c == 't') {
			unsigned long ms = strtoul(optarg, &end, 10);

			if (end == optarg || *end || ms < 1 || ms > 600000) {
				fprintf(stderr,
					"wirebarctl: --timeout: found \"%s\", allowed: 1 to 600000 (ms)\n",
					optarg);
				return EXIT_USAGE;
			}
			o->timeout_ms = (unsigned)ms;
		}
	}
	return 0;
}

static const char *nearest(const char *word)
{
	const char *best = commands[0].name;

	for (size_t i = 1; i < sizeof commands / sizeof *commands; i++)
		if (text_edits(word, commands[i].name) < text_edits(word, best))
			best = commands[i].name;
	return best;
}

static const struct command *find_command(int argc, char **argv)
{
	const struct command *c = NULL;

	if (optind == argc) {
		usage(stderr);
		return NULL;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(commands[i].name, argv[optind]))
			c = &commands[i];
	int n = argc - optind - 1;

	if (!c)
		fprintf(stderr,
			"wirebarctl: found \"%s\", did you mean \"%s\"? allowed: the commands of wirebarctl --help\n",
			argv[optind], nearest(argv[optind]));
	else if (n < c->min || n > c->max)
		fprintf(stderr, "usage: wirebarctl %s %s\n", c->name, c->args);
	return c && n >= c->min && n <= c->max ? c : NULL;
}

// The control socket is in the telemetry socket's folder.
static void socket_of(struct sock *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (s->control && !strcmp(name, "dpdk_telemetry.v2"))
		snprintf(s->path, sizeof s->path, "%.*swirebar_control", (int)(name - path), path);
	else
		snprintf(s->path, sizeof s->path, "%s", path);
}

static int command_main(int argc, char **argv)
{
	struct options o = { .timeout_ms = 3000 };
	struct sock s = { .fd = 0 };
	int rc = parse(&o, argc, argv);

	if (rc)
		return rc < 0 ? EXIT_GOOD : EXIT_USAGE;
	const struct command *c = find_command(argc, argv);

	if (!c)
		return EXIT_USAGE;
	s.control = c->run == run_set;
	if (o.socket)
		socket_of(&s, o.socket);
	if ((!o.socket && !sock_find(&s, o.prefix, o.timeout_ms)) || !sock_open(&s, o.timeout_ms)) {
		fprintf(stderr, "wirebarctl: %s\n", s.error);
		return (int)s.end;
	}
	rc = (c->run ? c->run : ask_and_show)(&s, c, argv + optind + 1, argc - optind - 1, &o);
	sock_close(&s);
	return rc;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); // a reader that goes away is a failed write
	std_begin();
	return std_end("wirebarctl", command_main(argc, argv));
}

/* SPDX-License-Identifier: BSD-3-Clause */
// top.c: the refreshing picture of a running wirebar.
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "app/wirebarctl/show.h"

enum { PERIOD_MS = 1000 };

static volatile sig_atomic_t interrupted, suspended, continued;

static void on_signal(int sig)
{
	if (sig == SIGTSTP)
		suspended = 1;
	else if (sig == SIGCONT)
		continued = 1;
	else
		interrupted = 1;
}

static bool part(struct sock *s, const char *request, int (*show)(const json_t *, FILE *), FILE *out)
{
	json_t *answer = sock_ask(s, request);

	if (!answer)
		return false;
	if (sock_refusal(answer))
		fprintf(out, "%s: %s\n", request, sock_refusal(answer));
	else
		show(answer, out);
	fputc('\n', out);
	json_decref(answer);
	return true;
}

// Before the first minute is over, seconds say more than nothing. A black box holds what was asked without a
// number.
static bool busiest(struct sock *s, unsigned n, FILE *out)
{
	char request[64] = "/wirebar/top";

	if (!s->box)
		snprintf(request, sizeof request, "/wirebar/top,%u", n);
	json_t *answer = sock_ask(s, request);

	if (!s->box && answer && !sock_refusal(answer) && !show_u64(answer, "n")) {
		json_decref(answer);
		snprintf(request, sizeof request, "/wirebar/top,%u,1s", n);
		answer = sock_ask(s, request);
	}
	if (!answer)
		return false;
	if (!sock_refusal(answer))
		show_busiest(answer, out);
	json_decref(answer);
	return true;
}

static bool picture(struct sock *s, unsigned n, FILE *out)
{
	return part(s, "/wirebar/health", show_health, out) && part(s, "/wirebar/lag", show_lag, out) &&
	       part(s, "/wirebar/links", show_links, out) && busiest(s, n, out);
}

// Paints over the last picture line by line, so that nothing flickers; what does not fit the screen is left
// out.
static void paint(const char *text, int rows, int columns)
{
	fputs("\033[H", stdout);
	for (int row = 1; *text && row < rows; row++) {
		int len = (int)strcspn(text, "\n");

		printf("%.*s\033[K\n", len < columns ? len : columns, text);
		text += len + (text[len] == '\n');
	}
	fputs("\033[J\033[7m q: leave \033[0m", stdout);
	fflush(stdout);
}

static struct termios before, raw;

static void screen(bool on)
{
	if (on)
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs(on ? "\033[?1049h\033[?25l" : "\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	if (!on)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

// Writes go on after it: a terminal that was busy when Ctrl-Z came is no error. poll returns all the same.
static void handle(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(sig, &sa, NULL);
}

// Ctrl-Z: the terminal is the shell's again until somebody says fg.
static void suspend(void)
{
	suspended = 0;
	screen(false);
	handle(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	handle(SIGTSTP, on_signal);
	continued = 1;
}

static bool leave_asked(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char c = 0;

	if (poll(&p, 1, PERIOD_MS) > 0 && (read(STDIN_FILENO, &c, 1) <= 0 || c == 'q' || c == 'Q' || c == 3))
		return !suspended && !continued;
	if (suspended)
		suspend();
	if (continued)
		screen(true);
	continued = 0;
	return interrupted;
}

// Another process may have taken the place of the one that was shown.
static bool again(struct sock *s, const char *const *prefix)
{
	unsigned timeout_ms = s->timeout_ms;

	sock_close(s);
	return (!prefix || sock_find(s, *prefix, timeout_ms)) && sock_open(s, timeout_ms);
}

static bool refresh(struct sock *s, const char *const *prefix)
{
	bool lost = false;

	do {
		struct winsize w = { .ws_row = 24, .ws_col = 80 };
		char *text = NULL;
		size_t bytes = 0;
		FILE *f = open_memstream(&text, &bytes);

		if (!f)
			return false;
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
		if (lost && again(s, prefix))
			fputs("connected again\n\n", f);
		lost = s->fd <= 0 || !picture(s, w.ws_row > 34 ? w.ws_row - 24u : 10, f);
		if (lost)
			fprintf(f, "not connected, tried again every second:\n%s\n", s->error);
		fclose(f);
		paint(text, w.ws_row ? w.ws_row : 24, w.ws_col ? w.ws_col : 80);
		free(text);
	} while (!ferror(stdout) && !leave_asked());
	return !ferror(stdout);
}

// Shows health, lag, links and the busiest instruments every second until q or Ctrl-C; once, if once is set
// or there is no terminal. It outlives the process that it shows, and finds another one of that prefix
// (*prefix NULL: the only one; prefix NULL: at the same path). Returns the exit code.
static int run(struct sock *s, bool once, const char *const *prefix)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	bool good;

	if (once || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before)) {
		good = picture(s, 10, stdout);
	} else {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
			handle(ends[i], on_signal);
		handle(SIGTSTP, on_signal);
		handle(SIGCONT, on_signal);
		screen(true);
		good = refresh(s, prefix);
		screen(false);
		return good ? 0 : 1;
	}
	if (!good)
		fprintf(stderr, "wirebarctl: %s\n", s->error);
	return good ? 0 : (int)s->end;
}

// One picture as a JSON object of the answers.
static int run_json(struct sock *s)
{
	static const struct {
		const char *name, *path;
	} parts[] = {
		{ "health", "/wirebar/health" },
		{ "lag", "/wirebar/lag" },
		{ "links", "/wirebar/links" },
		{ "top", "/wirebar/top" },
	};
	json_t *all = json_object();

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		json_t *answer = sock_ask(s, parts[i].path);

		if (!answer) {
			fprintf(stderr, "wirebarctl: %s\n", s->error);
			json_decref(all);
			return (int)s->end;
		}
		json_object_set_new(all, parts[i].name, answer);
	}
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
	return 0;
}

int top_run(const struct ask *ask)
{
	const struct options *o = ask->options;

	// A black box does not change, and no living process may take its place.
	return o->json ? run_json(ask->sock)
		       : run(ask->sock, o->once || o->box, o->socket ? NULL : &o->prefix);
}

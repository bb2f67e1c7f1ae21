/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebarctl/top.h"

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

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
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

// Before the first minute is over, seconds say more than nothing.
static bool busiest(struct sock *s, unsigned n, FILE *out)
{
	char request[64];

	snprintf(request, sizeof request, "/wirebar/top,%u", n);
	json_t *answer = sock_ask(s, request);

	if (answer && !sock_refusal(answer) && !show_u64(answer, "n")) {
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

// Paints over the last picture line by line, so that nothing flickers; what does not fit the screen is left out.
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

static bool leave_asked(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char c = 0;

	if (poll(&p, 1, PERIOD_MS) > 0 && (read(STDIN_FILENO, &c, 1) <= 0 || c == 'q' || c == 'Q' || c == 3))
		return true;
	return interrupted;
}

static bool refresh(struct sock *s)
{
	bool good = true;

	do {
		struct winsize w = { .ws_row = 24, .ws_col = 80 };
		char *text = NULL;
		size_t bytes = 0;
		FILE *f = open_memstream(&text, &bytes);

		ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
		good = f && picture(s, w.ws_row > 34 ? w.ws_row - 24u : 10, f);
		if (f)
			fclose(f);
		if (good)
			paint(text, w.ws_row ? w.ws_row : 24, w.ws_col ? w.ws_col : 80);
		free(text);
	} while (good && !leave_asked());
	return good;
}

int top_run(struct sock *s, bool once)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct termios before, raw;
	bool good;

	if (once || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before)) {
		good = picture(s, 10, stdout);
	} else {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		sigaction(SIGINT, &sa, NULL);
		sigaction(SIGTERM, &sa, NULL);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
		fputs("\033[?1049h\033[?25l", stdout);
		good = refresh(s);
		fputs("\033[?25h\033[?1049l", stdout);
		fflush(stdout);
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	}
	if (!good)
		fprintf(stderr, "wirebarctl: %s\n", s->error);
	return good ? 0 : 1;
}

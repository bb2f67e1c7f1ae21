/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebarctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "app/wirebarctl/box.h"
#include "app/wirebarctl/request.h"
#include "lcore/base/text.h"

// One name, one command: a second row of a name does not compile.
enum {
#define ASK(name, args, min, max, asks, handler, help)     COMMAND_##name,
#define CONTROL(name, args, min, max, asks, handler, help) COMMAND_##name,
#define RUN(name, args, min, max, asks, handler, help)     COMMAND_##name,
#include "app/wirebarctl/command.def"
	N_COMMANDS
};

static const struct command commands[N_COMMANDS] = {
#define ASK(name, args, min, max, asks, handler, help) \
	{ #name, args, min, max, asks, false, handler, NULL, help },
#define CONTROL(name, args, min, max, asks, handler, help) \
	{ #name, args, min, max, asks, true, handler, NULL, help },
#define RUN(name, args, min, max, asks, handler, help) \
	{ #name, args, min, max, asks, false, NULL, handler, help },
#include "app/wirebarctl/command.def"
};

const struct command *command_at(unsigned i) { return i < N_COMMANDS ? &commands[i] : NULL; }

void command_usage(FILE *out)
{
	int name = 0, args = 0;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		name = (int)strlen(commands[i].name) > name ? (int)strlen(commands[i].name) : name;
		args = (int)strlen(commands[i].args) > args ? (int)strlen(commands[i].args) : args;
	}
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-*s %-*s %s\n", name, commands[i].name, args, commands[i].args,
			commands[i].help);
}

static const char *nearest(const char *word)
{
	const char *best = commands[0].name;

	for (size_t i = 1; i < N_COMMANDS; i++)
		if (text_edits(word, commands[i].name) < text_edits(word, best))
			best = commands[i].name;
	return best;
}

const struct command *command_named(const char *word)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, word))
			return &commands[i];
	fprintf(stderr,
		"wirebarctl: found \"%s\", did you mean \"%s\"? allowed: the commands of wirebarctl --help\n",
		word, nearest(word));
	return NULL;
}

const struct command *command_find(char *const *words, int n)
{
	const struct command *c = command_named(words[0]);

	if (c && (n - 1 < c->min || n - 1 > c->max))
		fprintf(stderr, "usage: wirebarctl %s %s\n", c->name, c->args);
	return c && n - 1 >= c->min && n - 1 <= c->max ? c : NULL;
}

void command_json(const json_t *answer)
{
	json_dumpf(answer, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

// A reply to a refused request is shown as JSON too when that was asked for, beside the exit code.
int command_finish(const struct ask *ask, json_t *answer, command_show *show)
{
	const bool json = ask->options->json;
	int rc = COMMAND_FAILED;

	if (!answer) {
		fprintf(stderr, "wirebarctl: %s\n", ask->sock->error);
		return (int)ask->sock->end;
	}
	if (json)
		command_json(answer);
	if (sock_refusal(answer)) {
		if (!json)
			fprintf(stderr, "wirebarctl: %s: refused: %s\n", ask->command->name,
				sock_refusal(answer));
	} else if (!json) {
		rc = show(answer, stdout);
	} else {
		FILE *null = fopen("/dev/null", "w"); // for the verdict's exit code

		rc = null ? show(answer, null) : COMMAND_GOOD;
		if (null)
			fclose(null);
	}
	json_decref(answer);
	return rc;
}

static bool fits(int bytes)
{
	if (bytes >= REQUEST_BYTES)
		fprintf(stderr, "wirebarctl: the request is longer than %d bytes\n", REQUEST_BYTES);
	return bytes < REQUEST_BYTES;
}

// One line of the control socket. Its last word may have spaces and commas, or be empty: a key's value.
static bool control_line(char out[REQUEST_BYTES], const struct command *c, char *const *arg, int n)
{
	int at = snprintf(out, REQUEST_BYTES, "%s", c->asks);

	for (int i = 0; i < n && at < REQUEST_BYTES; i++) {
		if (strchr(arg[i], '\n') || (i + 1 < n && (!*arg[i] || strchr(arg[i], ' ')))) {
			fprintf(stderr, "wirebarctl: %s: found \"%s\", allowed: %s on one line\n", c->name,
				arg[i], c->args);
			return false;
		}
		at += snprintf(out + at, (size_t)(REQUEST_BYTES - at), " %s", arg[i]);
	}
	return fits(at);
}

bool command_open(const struct options *o, struct sock *s)
{
	if (o->box)
		return box_open(s, o->box);
	if (o->socket)
		sock_beside(s, o->socket);
	return (o->socket || sock_find(s, o->prefix, o->timeout_ms)) && sock_open(s, o->timeout_ms);
}

static bool telemetry_line(char out[REQUEST_BYTES], const struct command *c, char *const *arg, int n)
{
	char why[160];

	if (request_text(out, c->asks, arg, n, why))
		return true;
	fprintf(stderr, "wirebarctl: %s\n", why);
	return false;
}

int command_main(const struct ask *ask)
{
	const struct command *c = ask->command;
	char text[REQUEST_BYTES];

	if (c->run)
		return c->run(ask);
	if (!(c->control ? control_line(text, c, ask->arg, ask->n)
			 : telemetry_line(text, c, ask->arg, ask->n)))
		return COMMAND_USAGE;
	return command_finish(ask, c->control ? sock_command(ask->sock, text) : sock_ask(ask->sock, text),
			      c->show);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// command.h: the commands of wirebarctl, made from command.def: words to a request, the answer to a table or
// JSON. One thread.
#ifndef WB_CTL_COMMAND_H
#define WB_CTL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "app/wirebarctl/sock.h"

enum { COMMAND_GOOD, COMMAND_FAILED, COMMAND_USAGE, COMMAND_WORDS = 16 };

struct options {
	const char *prefix, *socket, *reason;
	const char *box; // answers come from this black box, not from a process
	unsigned timeout_ms;
	bool json, once;
};

// struct ask is one call of a command: its words, and the open socket.
struct ask {
	const struct command *command;
	const struct options *options;
	struct sock *sock;
	char **arg; // [n]; n is within the command's bounds
	int n;
};

// A command_show prints an answer as it came (members may be missing or of another type: shown as empty or 0)
// and returns the exit code.
typedef int command_show(const json_t *answer, FILE *out);
typedef int command_run(const struct ask *ask);

struct command {
	const char *name, *args;
	int min, max;
	const char *asks;
	bool control;       // asks the control socket
	command_show *show; // NULL: run does all of it
	command_run *run;   // NULL: asks and shows
	const char *help;
};

#define ASK(name, args, min, max, asks, handler, help)     command_show handler;
#define CONTROL(name, args, min, max, asks, handler, help) command_show handler;
#define RUN(name, args, min, max, asks, handler, help)     command_run handler;
#include "app/wirebarctl/command.def"

// command_usage prints a line for each command.
void command_usage(FILE *out);
// command_named returns the command of that name, or NULL, having said on stderr what was found and what is
// allowed.
const struct command *command_named(const char *word);
// command_find returns the command of words[0] if it takes n - 1 arguments; else NULL, having said on stderr
// what was found and what is allowed. Assumes n > 0.
const struct command *command_find(char *const *words, int n);
// command_at returns the command of row i of command.def, or NULL beyond the last one.
const struct command *command_at(unsigned i);
// command_open opens what the options name: a black box, or the socket of an instance. On false s->error says
// why. Assumes that s->control says which socket.
bool command_open(const struct options *o, struct sock *s);
// command_main runs ask->command over the open socket and returns the exit code.
int command_main(const struct ask *ask);

// For handlers of RUN rows.
// command_finish prints the answer, by show or as JSON, and releases it. answer NULL: prints the socket's
// error. Returns the exit code: show's, or that of the refusal or of the socket's error.
int command_finish(const struct ask *ask, json_t *answer, command_show *show);
// command_json prints the answer as JSON on stdout.
void command_json(const json_t *answer);

#endif

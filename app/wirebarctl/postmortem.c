/* SPDX-License-Identifier: BSD-3-Clause */
// postmortem.c: prints what a black box holds.
#include <stdio.h>
#include <string.h>

#include "app/wirebarctl/command.h"

// Prints what was recorded of one command, page by page. Returns how many answers that were.
static unsigned show_recorded(const struct command *c, const json_t *answers)
{
	size_t len = strlen(c->asks);
	unsigned n = 0;
	const char *request;
	json_t *answer;

	json_object_foreach((json_t *)(uintptr_t)answers, request, answer)
	{
		if (strncmp(request, c->asks, len) || (request[len] && request[len] != ','))
			continue;
		printf("\n== %s%s\n", c->name, request + len);
		if (sock_refusal(answer))
			printf("refused: %s\n", sock_refusal(answer));
		else
			c->show(answer, stdout);
		n++;
	}
	return n;
}

int postmortem_run(const struct ask *ask)
{
	const json_t *answers = json_object_get(ask->sock->box, "answers");
	const struct command *c;

	if (!ask->sock->box) {
		fprintf(stderr,
			"wirebarctl: postmortem: of which box? --box DIR, the folder of wirebarctl record\n");
		return COMMAND_USAGE;
	}
	if (ask->n && !(c = command_named(ask->arg[0])))
		return COMMAND_USAGE;
	if (ask->n && (!c->show || c->control || !show_recorded(c, answers))) {
		fprintf(stderr, "wirebarctl: %s: the black box holds nothing of %s\n", ask->sock->path,
			c->name);
		return (int)SOCK_ABSENT;
	}
	for (unsigned i = 0; !ask->n && (c = command_at(i)); i++)
		if (c->show && !c->control && !c->min)
			show_recorded(c, answers);
	return COMMAND_GOOD;
}

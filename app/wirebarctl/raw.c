/* SPDX-License-Identifier: BSD-3-Clause */
// raw.c: any request, as it is typed.
#include <stdio.h>

#include "app/wirebarctl/command.h"

int raw_run(const struct ask *ask)
{
	json_t *answer = sock_ask(ask->sock, ask->arg[0]);
	int rc = answer && !sock_refusal(answer) ? COMMAND_GOOD : COMMAND_FAILED;

	if (answer)
		command_json(answer);
	else
		fprintf(stderr, "wirebarctl: %s\n", ask->sock->error), rc = (int)ask->sock->end;
	json_decref(answer);
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// mode.c: kill, halt, reduce and resume without the part that trades: its files are written for it. The word
// is mapped by the part if it is there, so that it reads it at its next order; if not, it begins with it.
#include "app/wirebar_up/up.h"

#include <stdio.h>
#include <string.h>

#include "app/wirebar/latch_file.h"
#include "app/wirebar_up/log.h"

// The mode of the word that the request begins with, or LATCH_MODES.
static enum latch_mode mode_of(const char *request)
{
	static const char *const word[LATCH_MODES] = { "resume", "reduce", "halt", "kill" };
	int i = 0;

	while (i < LATCH_MODES &&
	       !(strcspn(request, " ") == strlen(word[i]) && !strncmp(request, word[i], strlen(word[i]))))
		i++;
	return (enum latch_mode)i;
}

bool mode_write(struct up *u, unsigned i, const char *request)
{
	enum latch_mode mode = mode_of(request), before;
	char why[600] = "", answer[1400], reason[700], word[16];
	struct latch_file f;

	if (mode == LATCH_MODES || !u->conf.orders.enabled || u->replay)
		return false;
	const char *said = request + strcspn(request, " ");

	said += strspn(said, " ");
	snprintf(word, sizeof word, "%.*s", (int)strcspn(request, " "), request);
	if (!*said && mode == LATCH_RUN) {
		clients_refuse(u, i, "found no reason, allowed: resume REASON");
		return true;
	}
	latch_file_none(&f);
	latch_file_dir(f.dir, sizeof f.dir, u->conf.run.state_dir, u->telemetry);
	latch_file_open(&f);
	before = (enum latch_mode)__atomic_load_n(latch_file_at(&f), __ATOMIC_ACQUIRE);
	int rc = latch_file_set(&f, mode, &u->client[i].who, word, *said ? said : "none given", why,
				sizeof why);

	int given = guard_give(u, &f);

	if (given)
		log_say(LOG_ALERT, 4, "up", "%s: its files are not the part's: %s", f.dir, strerror(-given));
	latch_file_close(&f);
	if (rc) {
		clients_refuse(u, i, why);
		return true;
	}
	control_socket_json(*said ? said : "none given", reason, sizeof reason);
	snprintf(
		answer, sizeof answer,
		"{\"status\":\"ok\",\"command\":\"%s\",\"mode\":\"%s\",\"before\":\"%s\",\"reason\":\"%s\",\"by\":\"supervisor\"}",
		word, latch_mode_name[mode], latch_mode_name[before], reason);
	clients_answer(u, i, "ok, written by the supervisor", answer);
	return true;
}

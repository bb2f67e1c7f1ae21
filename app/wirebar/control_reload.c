/* SPDX-License-Identifier: BSD-3-Clause */
// control_reload.c: a configuration file that was changed, while it runs. All of it is checked before
// anything is applied; LIVE keys are taken, keys that need a restart are named and left. What an option of
// the command line has set stays.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/wirebar/control.h"
#include "conf/topo.h"

struct changes {
	struct control_reloaded *out;
	unsigned unnamed; // keys that found no room
};

static void append(char *list, size_t list_bytes, const char *path, unsigned *unnamed)
{
	size_t n = strlen(list);

	if (n + strlen(path) + 24 > list_bytes)
		(*unnamed)++;
	else
		snprintf(list + n, list_bytes - n, "%s%s", n ? ", " : "", path);
}

static void changed(void *ctx, const char *path, bool live)
{
	struct changes *c = ctx;
	struct control_reloaded *out = c->out;

	if (live)
		append(out->set, sizeof out->set, path, &c->unnamed);
	else
		append(out->restart, sizeof out->restart, path, &c->unnamed);
}

// Gates that are in force by an option are in no file.
static bool by_option(const struct conf *c)
{
	for (unsigned i = 0; i < c->n_gate; i++)
		for (unsigned k = 0; k < c->gate[i].n_rule; k++)
			if (!strncmp(conf_source_name(c, c->gate[i].rule_at_line[k]), "command line", 12))
				return true;
	return false;
}

int control_reload(struct appliance *a, const char *path, struct control_reloaded *out, char *why,
		   size_t why_bytes)
{
	static struct conf file, trial; // one control thread
	struct changes c = { .out = out };
	struct conf_error err;

	*out = (struct control_reloaded){ 0 };
	if (!*path && !a->conf_path)
		return snprintf(why, why_bytes, "it was started without --conf, allowed: reload FILE"),
		       -EINVAL;
	if (!*path && by_option(&a->started))
		return snprintf(
			       why, why_bytes,
			       "gates were given on the command line, allowed: reload FILE, with all of them"),
		       -EINVAL;
	int rc = conf_load(&file, *path ? path : a->conf_path, &err);

	if (!rc) {
		trial = a->conf;
		conf_reload(&trial, &a->started, &file, changed, &c);
		rc = topo_check(&file, NULL, &err);
		rc = rc ? rc : topo_check(&trial, NULL, &err);
	}
	if (rc) {
		snprintf(why, why_bytes, "%s", err.text);
		return rc;
	}
	if (c.unnamed) {
		size_t n = strlen(out->restart);

		snprintf(out->restart + n, sizeof out->restart - n, " and %u more", c.unnamed);
	}
	// Gates first: they may be refused still, and then nothing has changed.
	rc = control_gates(a, &trial, &out->gates, why, why_bytes);
	return rc ? rc : control_live(a, &trial, why, why_bytes);
}

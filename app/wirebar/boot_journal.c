/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/boot_journal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/journal/journal.h"
#include "drivers/replay/replay.h"

// The folder that the configuration means.
static void folder(const struct appliance *a, char out[256])
{
	char state[256];

	if (a->conf.capture.dir[0]) {
		snprintf(out, 256, "%s", a->conf.capture.dir);
		return;
	}
	appliance_state_dir(a, state);
	snprintf(out, 256, "%.240s/capture", state);
}

static void name_interface(struct journal_conf *c, unsigned source, const char *name)
{
	for (; c->n_interfaces <= source; c->n_interfaces++)
		snprintf(c->interface[c->n_interfaces], sizeof c->interface[0], "-");
	snprintf(c->interface[source], sizeof c->interface[0], "%.60s", name);
}

// Interfaces are what frames name as their source: ports, or the captures of a replay. A journal that is
// replayed has the sources of its own run.
static void name_interfaces(const struct appliance *a, struct journal_conf *c)
{
	for (unsigned i = 0; i < a->n_port; i++) {
		const struct capture *capture;

		if (a->conf.port[i].device[0])
			name_interface(c, a->port[i]->source, a->port[i]->name);
		for (unsigned k = 0; !a->conf.port[i].device[0] && (capture = replay_capture(a->port[i], k));
		     k++) {
			const char *slash = strrchr(capture->path, '/');

			name_interface(c, capture->number, slash ? slash + 1 : capture->path);
			for (uint32_t n = 1; capture->journal && n < capture->n_interfaces &&
					     capture->number + n < TAP_INTERFACES;
			     n++)
				name_interface(c, capture->number + n, "-");
		}
	}
}

int boot_journal(struct appliance *a)
{
	static struct journal_conf c; // some 17 KiB
	char err[512];
	bool live = !a->plant.replay;

	if (!live && !a->conf.capture.enabled)
		return 0;
	c = (struct journal_conf){ .size_bytes = a->conf.capture.size_bytes,
				   .keep_bytes = a->conf.capture.keep_bytes,
				   .ring_bytes = a->conf.capture.ring_bytes,
				   .on = a->conf.capture.enabled,
				   .touch = live };
	folder(a, c.dir);
	name_interfaces(a, &c);
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_INGEST)
			snprintf(c.tap[c.n_taps++], sizeof c.tap[0], "%.31s", a->lcore[i].name);
	int rc = journal_create(&a->plant.journal, &c, err, sizeof err);

	if (rc) {
		fprintf(stderr, "wirebar: %s\n", err);
		return rc;
	}
	for (unsigned i = 0, nth = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_INGEST)
			a->lcore[i].tap = journal_tap(a->plant.journal, nth++);
	return 0;
}

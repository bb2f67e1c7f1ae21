/* SPDX-License-Identifier: BSD-3-Clause */
// control_capture.c: the packet journal, on and off. Lcores switch between two polls; the folder is taken
// before the first frame, and files end when all is written.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/wirebar/control.h"
#include "drivers/journal/journal.h"

enum { TIMEOUT_MS = 2000 };

static int tell(struct appliance *a, bool on, char *why, size_t why_bytes)
{
	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore_command c = { .op = LCORE_OP_CAPTURE, .arg = on };

		if (a->lcore[i].conf->stage != CONF_STAGE_INGEST)
			continue;
		int rc = ctl_command(&a->lcore[i], &c, TIMEOUT_MS);

		if (rc) {
			snprintf(why, why_bytes, "lcore %s: %s", a->lcore[i].name, strerror(-rc));
			return rc;
		}
	}
	return 0;
}

int control_capture(struct appliance *a, bool on, char *why, size_t why_bytes)
{
	if (!a->plant.journal) {
		snprintf(why, why_bytes,
			 "this replay keeps no packet journal: it was not enabled at its start ([capture])");
		return -ENOTSUP;
	}
	int rc = on ? journal_switch(a->plant.journal, true, why, why_bytes) : 0;

	rc = rc ? rc : tell(a, on, why, why_bytes);
	if (!rc && !on)
		rc = journal_switch(a->plant.journal, false, why, why_bytes);
	if (!rc)
		a->conf.capture.enabled = on;
	return rc;
}

int control_capture_words(struct appliance *a, const struct ucred *who, const char *words, char *text,
			  size_t text_bytes)
{
	struct journal_view v;
	int rc = 0;

	(void)who;
	words += strspn(words, " ");
	if (*words && strcmp(words, "on") && strcmp(words, "off")) {
		snprintf(text, text_bytes, "found \"%s\", allowed: capture, capture on, capture off", words);
		return -EINVAL;
	}
	if (*words || !a->plant.journal)
		rc = control_capture(a, !strcmp(words, "on"), text, text_bytes);
	if (rc)
		return rc;
	journal_look(a->plant.journal, &v);
	snprintf(text, text_bytes,
		 "%s; %llu frames kept, %llu not; %llu files begun, %llu bytes written, %llu waiting%s%s%s%s",
		 v.on ? "on" : "off", (unsigned long long)v.frames, (unsigned long long)v.dropped,
		 (unsigned long long)v.files, (unsigned long long)v.written_bytes,
		 (unsigned long long)v.waiting_bytes, v.file[0] ? "; newest " : "", v.file,
		 v.why[0] ? v.fails ? "; fails: " : "; failed last: " : "", v.why);
	return 0;
}

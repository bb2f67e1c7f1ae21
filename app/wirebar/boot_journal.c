/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/boot_journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/wirebar/boot_snapshot.h"
#include "drivers/journal/journal.h"
#include "drivers/replay/replay.h"
#include "lcore/base/calendar.h"

void boot_journal_dir(const struct appliance *a, char out[256])
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

// The journal's newest date; live: if that is today. INT32_MIN: there is nothing to begin with.
static int32_t newest(const struct appliance *a, const struct journal_list *list)
{
	struct calendar_day today;
	int32_t day = INT32_MIN;

	for (unsigned i = 0; i < list->n; i++)
		if (list->file[i].bytes && list->file[i].name.day > day)
			day = list->file[i].name.day;
	calendar_day_of((uint64_t)time(NULL) * NS_PER_S, &today);
	return a->plant.replay || day == today.day ? day : INT32_MIN;
}

// The files of that date of an lcore from a number on, in their order. Returns how many.
static unsigned files_of(const struct journal_list *list, const char *tap, int32_t day, uint64_t from,
			 const char **path)
{
	unsigned n = 0;

	for (unsigned i = 0; i < list->n; i++)
		if (!strcmp(list->file[i].name.tap, tap) && list->file[i].name.day == day &&
		    list->file[i].name.number >= from && list->file[i].bytes)
			path[n++] = list->file[i].path;
	return n;
}

// Goes on where a snapshot ends. -ESTALE: the journal has no such place.
static int go_to(struct capture *c, const struct capture_place *place, const char *first)
{
	struct journal_name name;

	if (!place)
		return 0;
	if (!c->map || !journal_name_read(first, &name) || name.number != place->number)
		return -ESTALE;
	return capture_go_to(c, place);
}

// An lcore of which there is nothing is behind as long as the others are. -ESTALE: the snapshot does not
// fit; nothing is said.
static int open_journal(struct appliance *a, struct lcore *l, const struct journal_list *list, int32_t day)
{
	static struct capture capture[CONF_LCORE_MAX];
	struct capture *taken = &capture[l->index];
	const struct capture_place *place = boot_snapshot_place(l);
	char name[32], err[512];
	const char **path = calloc(list->n + 1, sizeof *path);
	unsigned n = path ? files_of(list, l->name, day, place ? place->number : 0, path) : 0;
	struct replay_conf rc = { .name = name, .n_paths = n > 0, .open = &taken, .numa_node = -1 };
	int code = path ? 0 : -ENOMEM;

	snprintf(name, sizeof name, "journal%u", l->index);
	if (n)
		code = capture_open_parts(taken, path, n, err, sizeof err);
	if (!code && (code = go_to(taken, place, n ? path[0] : "")) != 0)
		capture_close(taken);
	if (!code && !(l->catch_up = replay_create(&rc, err, sizeof err)))
		code = -EIO;
	if (code && code != -ESTALE)
		fprintf(stderr, "wirebar: [capture] restart: %s\n", path ? err : strerror(-code));
	else if (!code && !a->quiet)
		fprintf(stderr, "wirebar: lcore %s begins with %u files of its packet journal\n", l->name, n);
	free(path);
	return code;
}

static void close_journals(struct appliance *a)
{
	for (unsigned i = 0; i < a->n_lcore; i++) {
		if (a->lcore[i].catch_up)
			a->lcore[i].catch_up->ops->destroy(a->lcore[i].catch_up);
		a->lcore[i].catch_up = NULL;
	}
}

static int open_journals(struct appliance *a, const struct journal_list *list, int32_t day)
{
	int rc = 0;

	for (unsigned i = 0; i < a->n_lcore && !rc; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_INGEST)
			rc = open_journal(a, &a->lcore[i], list, day);
	if (rc == -ESTALE)
		close_journals(a);
	return rc;
}

// The newest snapshot that the journal goes on from; else the whole date.
static int open_newest(struct appliance *a, const char *dir, const struct journal_list *list, int32_t day)
{
	int rc = -ESTALE;

	boot_snapshot_begin(a, dir, day);
	while (rc == -ESTALE && boot_snapshot_next())
		if ((rc = open_journals(a, list, day)) == -ESTALE)
			boot_snapshot_refuse(SNAPSHOT_JOURNAL);
	return rc == -ESTALE ? open_journals(a, list, day) : rc;
}

static int begin_with(struct appliance *a)
{
	struct journal_list list = { 0 };
	char dir[256];
	int rc = 0;

	if (!a->conf.capture.restart)
		return 0;
	boot_journal_dir(a, dir);
	journal_list_add(&list, dir);
	journal_list_sort(&list, true);
	int32_t day = newest(a, &list);

	if (day != INT32_MIN)
		rc = open_newest(a, dir, &list, day);
	journal_list_free(&list);
	return rc;
}

int boot_journal(struct appliance *a)
{
	static struct journal_conf c; // some 17 KiB
	char err[512];
	bool live = !a->plant.replay;

	if (!live && !a->conf.capture.enabled)
		return begin_with(a);
	c = (struct journal_conf){ .size_bytes = a->conf.capture.size_bytes,
				   .keep_bytes = a->conf.capture.keep_bytes,
				   .ring_bytes = a->conf.capture.ring_bytes,
				   .on = a->conf.capture.enabled,
				   .touch = live };
	boot_journal_dir(a, c.dir);
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
	return begin_with(a);
}

void boot_journal_close(struct appliance *a)
{
	journal_destroy(a->plant.journal);
	a->plant.journal = NULL;
	close_journals(a);
}

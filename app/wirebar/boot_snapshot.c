/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/boot_snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/snapshot_of.h"
#include "drivers/replay/replay.h"
#include "lcore/base/clock.h"
#include "lcore/base/fnv.h"
#include "lcore/stage/carry.h"

enum { FILES = 2, PARTS_MAX = CONF_LCORE_MAX * (CARRY_AREAS + 2) };

static struct {
	char dir[256];
	struct snapshot_of of;
	unsigned order[FILES], n_files, next; // newest first; which of them is tried next
	unsigned at;                          // of the two files, the one taken
	struct snapshot taken;                // zeroed: none
	bool done, loaded;
	uint64_t refused, serial, frames; // serial: the greatest there is
	struct capture_place place[CONF_LCORE_MAX];
	bool placed[CONF_LCORE_MAX];
} found;

enum snapshot_reason boot_snapshot_refusal(const struct appliance *a)
{
	unsigned ingest = 0;

	for (unsigned i = 0; i < a->conf.n_lcore; i++)
		ingest += a->conf.lcore[i].stage == CONF_STAGE_INGEST;
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		if (a->plant.output_path[i])
			return SNAPSHOT_OUTPUTS;
	return a->conf.orders.enabled || a->paper_script ? SNAPSHOT_ORDERS
	       : ingest > 1                              ? SNAPSHOT_LCORES
	       : a->conf.run.layout == CONF_LAYOUT_SPLIT ? SNAPSHOT_SPLIT
							 : SNAPSHOT_GOOD;
}

static void say(const char *path, enum snapshot_reason why)
{
	found.refused++;
	fprintf(stderr, "wirebar: [capture] restart: %s: not begun with: %s\n", path,
		snapshot_reason_text[why]);
}

// What the header says, before it is checked: only for the order in which they are tried. One that does not
// say it is tried first, so that it is refused.
static bool serial_of(unsigned which, uint64_t *serial)
{
	struct snapshot_head head;
	char path[SNAPSHOT_PATH_BYTES];

	snapshot_path(found.dir, which, path);
	FILE *f = fopen(path, "re");

	*serial = UINT64_MAX;
	if (!f)
		return errno != ENOENT;
	if (fread(&head, sizeof head, 1, f) == 1 && head.magic == SNAPSHOT_MAGIC)
		*serial = head.serial;
	fclose(f);
	return true;
}

void boot_snapshot_begin(struct appliance *a, const char *dir, int32_t day)
{
	uint64_t serial[FILES];
	enum snapshot_reason why = a->plant.snapshot ? SNAPSHOT_GOOD : boot_snapshot_refusal(a);

	snprintf(found.dir, sizeof found.dir, "%s", dir);
	for (unsigned i = 0; i < FILES; i++)
		if (serial_of(i, &serial[i]))
			found.order[found.n_files++] = i;
	if (found.n_files == FILES && serial[1] > serial[0]) {
		found.order[0] = 1;
		found.order[1] = 0;
	}
	for (unsigned i = 0; i < FILES; i++)
		if (serial[i] != UINT64_MAX && serial[i] > found.serial)
			found.serial = serial[i];
	if (found.n_files && why) {
		say(dir, why);
		found.n_files = 0;
	}
	if (found.n_files || a->plant.snapshot)
		snapshot_of(a, day, &found.of);
}

static bool places(const struct snapshot *s)
{
	bool any = false;

	for (unsigned i = 0; i < CONF_LCORE_MAX; i++) {
		struct snapshot_part part = { .mem = &found.place[i], .bytes = sizeof found.place[i] };

		snprintf(part.name, sizeof part.name, "%u/place", i);
		found.placed[i] = snapshot_get(s, &part);
		any |= found.placed[i];
	}
	return any;
}

bool boot_snapshot_next(void)
{
	while (found.next < found.n_files) {
		char path[SNAPSHOT_PATH_BYTES];

		found.at = found.order[found.next++];
		snapshot_path(found.dir, found.at, path);
		enum snapshot_reason why = snapshot_open(&found.taken, path, &found.of);

		if (!why && !places(&found.taken)) {
			snapshot_close(&found.taken);
			why = SNAPSHOT_DIRECTORY;
		}
		if (!why)
			return true;
		say(path, why);
	}
	return false;
}

void boot_snapshot_refuse(enum snapshot_reason why)
{
	say(found.taken.path, why);
	snapshot_close(&found.taken);
}

const struct capture_place *boot_snapshot_place(const struct lcore *l)
{
	return found.taken.map && found.placed[l->index] ? &found.place[l->index] : NULL;
}

// Parts of all lcores, heads in memory of their own. Returns how many.
static unsigned parts_of_all(struct appliance *a, struct snapshot_part *part, void **heads)
{
	size_t bytes = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < a->n_lcore; i++)
		bytes += a->lcore[i].stage->carry ? line_bytes(a->lcore[i].stage->carry->head_bytes) : 0;
	char *at = *heads = aligned_alloc(CACHE_LINE, line_bytes(bytes + 1));

	if (!at)
		return 0;
	memset(at, 0, bytes);
	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct stage_carry *c = a->lcore[i].stage->carry;
		struct carry_area area[CARRY_AREAS];
		unsigned n_areas = c ? c->areas(&a->lcore[i], area) : 0;

		if (!c)
			continue;
		part[n] = (struct snapshot_part){ .mem = at, .bytes = c->head_bytes };
		snprintf(part[n++].name, sizeof part->name, "%u/head", i);
		at += line_bytes(c->head_bytes);
		for (unsigned k = 0; k < n_areas; k++) {
			part[n] = (struct snapshot_part){ .mem = area[k].mem, .bytes = area[k].bytes };
			snprintf(part[n++].name, sizeof part->name, "%u/%.30s", i, area[k].name);
		}
	}
	return n;
}

static uint64_t hash_of(const struct appliance *a)
{
	uint64_t hash = FNV_BASIS;

	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].stage->carry && a->lcore[i].stage->carry->hash)
			hash = fnv_word(hash, a->lcore[i].stage->carry->hash(&a->lcore[i]));
	return hash;
}

static uint64_t frames_of(const struct appliance *a)
{
	uint64_t frames = 0;

	for (unsigned i = 0; i < a->n_lcore; i++)
		frames += lcore_frames(a->lcore[i].shared);
	return frames;
}

static bool lay_over(struct appliance *a)
{
	static struct snapshot_part part[PARTS_MAX];
	void *heads;
	unsigned n = parts_of_all(a, part, &heads);
	bool good = n != 0;

	for (unsigned i = 0; i < n && good; i++)
		good = snapshot_get(&found.taken, &part[i]);
	for (unsigned i = 0, k = 0; i < a->n_lcore && good; i++) {
		const struct stage_carry *c = a->lcore[i].stage->carry;
		char name[SNAPSHOT_NAME_BYTES];

		snprintf(name, sizeof name, "%u/head", i);
		while (c && strcmp(part[k].name, name) != 0)
			k++;
		good = !c || c->thaw(&a->lcore[i], part[k].mem);
	}
	free(heads);
	return good && hash_of(a) == found.taken.head.hash;
}

int boot_snapshot_load(struct appliance *a)
{
	struct snapshot *s = &found.taken;
	char bad[SNAPSHOT_PATH_BYTES + 8];
	bool loaded = s->map != NULL;

	if (found.done)
		return 0;
	found.done = true;
	if (loaded && !lay_over(a)) {
		// A fault of the program, not of the file: the next start does without it.
		snprintf(bad, sizeof bad, "%s.bad", s->path);
		fprintf(stderr,
			"wirebar: %s: the state that it brings is not the one that it was made of: please report "
			"it. It is called %s from now on%s; start again\n",
			s->path, bad, rename(s->path, bad) ? ", if you rename it" : "");
		snapshot_close(s);
		return -EIO;
	}
	if (loaded && !a->quiet)
		fprintf(stderr, "wirebar: begins with %s: %llu frames\n", s->path,
			(unsigned long long)s->head.frames);
	found.loaded = loaded;
	found.frames = loaded ? frames_of(a) : 0;
	snapshot_close(s);
	for (unsigned i = 0; i < a->n_lcore && found.refused; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_INGEST) {
			LEDGER_ADD(&a->lcore[i].shared->ledger, restart_snapshots_refused, found.refused);
			break;
		}
	return 0;
}

// Where each journal goes on, behind the parts of the lcores.
static int add_places(struct appliance *a, struct snapshot_part *part, unsigned *n)
{
	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct capture *c = a->lcore[i].catch_up ? replay_capture(a->lcore[i].catch_up, 0)
							       : NULL;
		struct journal_name name;

		if (!c)
			continue;
		if (!journal_name_read(capture_where(c, &found.place[i]), &name))
			return -EINVAL;
		found.place[i].number = name.number;
		part[*n] = (struct snapshot_part){ .mem = &found.place[i], .bytes = sizeof found.place[i] };
		snprintf(part[(*n)++].name, sizeof part->name, "%u/place", i);
	}
	return 0;
}

static bool freeze(const struct appliance *a, const struct snapshot_part *part, unsigned n)
{
	bool good = n != 0;

	for (unsigned i = 0, k = 0; i < a->n_lcore && good; i++) {
		const struct stage_carry *c = a->lcore[i].stage->carry;
		char name[SNAPSHOT_NAME_BYTES];

		snprintf(name, sizeof name, "%u/head", i);
		while (c && strcmp(part[k].name, name) != 0)
			k++;
		good = !c || c->freeze(&a->lcore[i], part[k].mem);
	}
	return good;
}

// Which of both files gives way: not the one that this one goes on from.
static unsigned older(void)
{
	if (found.loaded)
		return !found.at;
	return found.n_files == FILES ? found.order[1] : found.n_files ? !found.order[0] : 0;
}

int boot_snapshot_write(struct appliance *a)
{
	static struct snapshot_part part[PARTS_MAX];
	char path[SNAPSHOT_PATH_BYTES];
	struct snapshot_head head = { .of = found.of,
				      .serial = found.serial + 1,
				      .made_ns = clock_utc_ns(),
				      .frames = frames_of(a),
				      .hash = hash_of(a) };
	void *heads;
	unsigned n = parts_of_all(a, part, &heads);
	int rc = freeze(a, part, n) ? add_places(a, part, &n) : -EBUSY;

	snapshot_path(found.dir, older(), path);
	if (!rc && found.loaded && head.frames == found.frames) {
		fprintf(stderr, "wirebar: nothing has come since the newest snapshot\n");
	} else {
		rc = rc ? rc : snapshot_write(found.dir, path, &head, part, n);
		if (!rc)
			fprintf(stderr, "wirebar: %s: %llu frames, %llu of them new; %.1f MiB\n", path,
				(unsigned long long)head.frames,
				(unsigned long long)(head.frames - found.frames),
				(double)head.file_bytes / (1 << 20));
		else
			fprintf(stderr, "wirebar: %s: not written: %s\n", path,
				rc == -EBUSY ? "an lcore has not ended as it should" : strerror(-rc));
	}
	free(heads);
	return rc;
}

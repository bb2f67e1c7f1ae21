/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/boot_snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/boot_section.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/snapshot_of.h"
#include "drivers/replay/replay.h"
#include "lcore/base/clock.h"
#include "lcore/stage/twin.h"

enum { FILES = 2, PARTS_MAX = CONF_LCORE_MAX * (SECTION_PARTS + 1) };

static struct {
	char dir[256];
	struct snapshot_of of;
	unsigned order[FILES], n_files, next; // newest first; which of them is tried next
	unsigned at;                          // of the two files, the one taken
	struct snapshot taken;                // zeroed: none
	bool job, loaded;
	struct parts_begin *told;         // what the part ingest has begun with; NULL: it is this process'
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
	// A replay makes its orders anew.
	return (a->conf.orders.enabled && !plant_live(&a->plant)) || a->paper_script ? SNAPSHOT_ORDERS
	       : ingest > 1                                                          ? SNAPSHOT_LCORES
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
	found.job = a->plant.snapshot;
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

static uint64_t frames_of(const struct appliance *a)
{
	uint64_t frames = 0;

	for (unsigned i = 0; i < a->n_lcore; i++)
		frames += lcore_frames(a->lcore[i].shared);
	return frames;
}

void boot_snapshot_join(struct appliance *a) { found.told = &a->parts->begin; }

// The file that the part ingest has begun with. It is there still, but for who has had two jobs run since.
static bool open_told(void)
{
	struct parts_begin *told = found.told;

	if (!told || !told->head.magic || found.taken.map)
		return true;
	if (!snapshot_open(&found.taken, told->path, NULL) &&
	    !memcmp(&found.taken.head, &told->head, sizeof told->head))
		return true;
	snapshot_close(&found.taken);
	return false;
}

// Of what is not good for one part, none has anything.
static void give_up(void)
{
	if (found.told)
		__atomic_store_n(&found.told->lost, 1, __ATOMIC_RELEASE);
	snapshot_close(&found.taken);
}

static int lay(struct lcore *l, char *err, size_t err_len)
{
	char bad[SNAPSHOT_PATH_BYTES + 8];
	struct snapshot *s = &found.taken;

	if (!l->stage->carry)
		return 0;
	if (!open_told()) {
		snprintf(err, err_len, "%s: it is not the one any more that the part ingest began with",
			 found.told->path);
		give_up();
		return -ESTALE;
	}
	if (!s->map || boot_section_lay(l, s))
		return 0;
	// A fault of the program, not of the file: the next start does without it.
	bool moved = snapshot_set_aside(s, found.job, bad);

	snprintf(
		err, err_len,
		"%s: the state of lcore %s that it brings is not the one that it was made of: please report it. "
		"It is called %s from now on%s; start again",
		s->path, l->name, bad, moved ? "" : ", if you rename it");
	give_up();
	return -EIO;
}

static int fill(struct lcore *l, char *err, size_t err_len)
{
	int rc = lay(l, err, err_len);

	if (!rc && l->stage->recall)
		l->stage->recall(l);
	return rc;
}

// A part that goes on after a kill has what is of its own.
int boot_snapshot_init(const struct appliance *a, struct lcore *l, char *err, size_t err_len)
{
	bool gateway = l->conf->stage == CONF_STAGE_GATEWAY;

	if (a->parts && l->stage->steps)
		return twin_open(l, l->state, fill, err, err_len);
	int rc = gateway && !parts_ran(a) ? lay(l, err, err_len) : 0;

	rc = rc ? rc : l->stage->init(l, l->state, err, err_len);
	return rc || gateway ? rc : fill(l, err, err_len);
}

void boot_snapshot_end(struct appliance *a)
{
	struct snapshot *s = &found.taken;

	if (!parts_secondary(a)) {
		found.loaded = s->map != NULL;
		found.frames = found.loaded ? frames_of(a) : 0;
		for (unsigned i = 0; i < a->n_lcore && found.refused; i++)
			if (a->lcore[i].conf->stage == CONF_STAGE_INGEST) {
				LEDGER_ADD(&a->lcore[i].shared->ledger, restart_snapshots_refused,
					   found.refused);
				break;
			}
	}
	if (found.loaded && a->parts) {
		a->parts->begin.head = s->head;
		memcpy(a->parts->begin.path, s->path, sizeof a->parts->begin.path);
	}
	if (found.loaded && !a->quiet)
		fprintf(stderr, "wirebar: begins with %s: %llu frames\n", s->path,
			(unsigned long long)s->head.frames);
	snapshot_close(s);
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

// Which of both files gives way: not the one that this one goes on from.
static unsigned older(void)
{
	if (found.loaded)
		return !found.at;
	return found.n_files == FILES ? found.order[1] : found.n_files ? !found.order[0] : 0;
}

static int make_sections(struct appliance *a, struct snapshot_part *part, unsigned *n, void **mem)
{
	int rc = 0;

	for (unsigned i = 0, more; i < a->n_lcore && !rc; i++, *n += more)
		rc = boot_section_make(&a->lcore[i], part + *n, &more, &mem[i]);
	return rc ? rc : add_places(a, part, n);
}

int boot_snapshot_write(struct appliance *a)
{
	static struct snapshot_part part[PARTS_MAX];
	char path[SNAPSHOT_PATH_BYTES];
	struct snapshot_head head = {
		.of = found.of, .serial = found.serial + 1, .made_ns = clock_utc_ns(), .frames = frames_of(a)
	};
	void *mem[CONF_LCORE_MAX] = { 0 };
	unsigned n = 0;
	int rc = make_sections(a, part, &n, mem);

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
	for (unsigned i = 0; i < a->n_lcore; i++)
		free(mem[i]);
	return rc;
}

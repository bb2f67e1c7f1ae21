/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/outputs.h"
#include "app/wirebar/parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = OUTPUT_COUNT + 1 + 3 + 3 + APPLIANCE_FILES * 2 + CONF_SOURCE_MAX };

// What identifies a file, whatever its name.
struct file {
	const char *what, *path;
	bool output, there;
	int fd; // the descriptor that path names, or -1
	struct stat st;
	char target[PATH_MAX]; // of one that is not there yet
};

struct files {
	struct file f[FILES_MAX];
	unsigned n;
};

static bool same(const struct file *a, const struct file *b)
{
	if (a->fd >= 0 && a->fd == b->fd)
		return true;
	if (a->there != b->there)
		return false;
	if (!a->there)
		return !strcmp(a->target, b->target);
	return !S_ISCHR(a->st.st_mode) && a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino;
}

static int add(struct files *all, const char *what, const char *path, bool output)
{
	struct file *f = &all->f[all->n];

	if (!path || !path[0] || all->n == FILES_MAX)
		return 0;
	*f = (struct file){
		.what = what, .path = path, .output = output, .fd = output ? output_fd_of(path) : -1
	};
	f->there = f->fd >= 0 ? fstat(f->fd, &f->st) == 0 : stat(path, &f->st) == 0;
	int rc = f->there || !output ? 0 : f->fd >= 0 ? -EBADF : output_file_of(path, f->target);

	if (f->there && S_ISDIR(f->st.st_mode) && output)
		rc = -EISDIR;
	if (rc) {
		fprintf(stderr, "wirebar: %s %s: cannot be written: %s\n", what, path, strerror(-rc));
		return 1;
	}
	all->n += f->there || output;
	for (unsigned i = 0; i + 1 < all->n; i++)
		if ((all->f[i].output || output) && f == &all->f[all->n - 1] && same(&all->f[i], f)) {
			fprintf(stderr,
				"wirebar: %s %s is the same file as %s %s: found one, allowed: two (--help)\n",
				what, path, all->f[i].what, all->f[i].path);
			return 2;
		}
	return 0;
}

static int add_lists(struct files *all, const struct appliance *a)
{
	static char text[APPLIANCE_FILES][CONF_STR_BYTES];
	unsigned n = 0;

	for (unsigned i = 0; i < a->conf.n_port; i++) {
		const char *cursor = a->conf.port[i].files;
		struct conf_item item;

		while (n < APPLIANCE_FILES && conf_list_next(&cursor, ',', &item)) {
			strcpy(text[n], item.text);
			int rc = add(all, "the capture", text[n++], false);

			if (rc)
				return rc;
		}
	}
	return 0;
}

static bool has_link(const struct conf *c, int from, int to)
{
	for (unsigned i = 0; i < c->n_link; i++)
		for (unsigned k = 0; k < c->n_lcore * c->n_lcore; k++) {
			const struct conf_lcore *x = &c->lcore[k / c->n_lcore],
						*y = &c->lcore[k % c->n_lcore];

			if (x->stage == from && y->stage == to && !strcmp(c->link[i].from, x->name) &&
			    !strcmp(c->link[i].to, y->name))
				return true;
		}
	return false;
}

// A stream that no link brings to an export lcore would be an empty file and no word about it.
static int check_written(const struct appliance *a)
{
	static const int stage_of[OUTPUT_STREAMS] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) CONF_STAGE_##STAGE,
#include "lcore/model/streams.def"
	};

	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		int from = stage_of[i];

		if (!a->plant.output_path[i] || has_link(&a->conf, from, CONF_STAGE_EXPORT))
			continue;
		fprintf(stderr,
			"wirebar: %s: the configuration has no [link NAME] from a lcore of stage %s to one of stage export, which "
			"writes it\n",
			streams_output_option[i], conf_enum_stage[from]);
		return 2;
	}
	return 0;
}

int outputs_check(const struct appliance *a)
{
	static struct files all;
	char target[PATH_MAX];
	bool stdout_used = false;
	struct stat st;
	int rc = check_written(a);

	all.n = 0;
	for (unsigned i = 0; i < a->n_files && !rc; i++)
		rc = add(&all, "the capture", a->files[i], false);
	for (unsigned i = 0; i < a->n_lines && !rc; i++)
		rc = add(&all, "the capture", a->lines[i].path, false);
	rc = rc ? rc : add_lists(&all, a);
	rc = rc ? rc : add(&all, "the configuration", a->conf_path, false);
	rc = rc ? rc : add(&all, "--paper-script", a->paper_script, false);
	for (unsigned i = 0; i < a->conf.n_source && !rc; i++) // options among them are no files
		rc = add(&all, "the included file", a->conf.source[i].name, false);
	rc = rc ? rc : add(&all, "recovery.quota_file", a->conf.recovery.quota_file, false);
	// A disk that is late is the sink's own matter: it tries again, and bars and files do not wait for
	// it.
	if (output_file_of(a->conf.tail.path, target) != -ENOENT)
		rc = rc ? rc : add(&all, "tail.path", a->conf.tail.path, true);
	if (a->conf.run.control) {
		rc = rc ? rc : add(&all, "run.control_audit", a->conf.run.control_audit, true);
		rc = rc ? rc : add(&all, "run.control_path", a->conf.run.control_path, true);
	}
	for (unsigned i = 0; i < OUTPUT_COUNT && !rc; i++) {
		const char *path = a->plant.output_path[i];

		if (path && !path[0]) {
			fprintf(stderr, "wirebar: %s: found an empty name (--help lists the options)\n",
				streams_output_option[i]);
			return 2;
		}
		stdout_used = stdout_used || (path && output_fd_of(path) == 1);
		rc = add(&all, streams_output_option[i], path, true);
	}
	for (unsigned i = 0; i < a->journal.n && !rc; i++)
		rc = add(&all, "the journal", a->journal.file[i].path, false);
	// The report goes there: a file that it shares would hold both, or neither.
	if (!rc && !stdout_used && !a->quiet && fstat(1, &st) == 0 && S_ISREG(st.st_mode))
		rc = add(&all, "standard output", "-", true);
	return rc;
}

void outputs_say_stale(const struct output *o)
{
	if (o->n_stale)
		fprintf(stderr, "wirebar: removed %u temporary file%s beside %s, of a run that was killed\n",
			o->n_stale, o->n_stale == 1 ? "" : "s", o->path);
}

// Compressed if its name says so: a reader goes by the name, too.
static unsigned how(const char *path)
{
	size_t len = path ? strlen(path) : 0;

	return OUTPUT_DIGEST | (len > 3 && !strcmp(path + len - 3, ".gz") ? OUTPUT_GZIP : 0);
}

int outputs_open(struct appliance *a)
{
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		const char *path = a->plant.output_path[i];
		int rc = output_open(&a->plant.output[i], path, how(path), path ? &a->plant.stop : NULL);

		if (rc) {
			if (rc != -EINTR)
				fprintf(stderr, "wirebar: %s %s: cannot be written: %s\n",
					streams_output_option[i], path ? path : "", strerror(-rc));
			return rc;
		}
		if (parts_again(a) && a->plant.output[i].live) {
			fprintf(stderr,
				"wirebar: %s %s: was written before this part was killed, and is no file that can be "
				"written anew\n",
				streams_output_option[i], path);
			return -ESPIPE;
		}
		if (!parts_again(a)) // its own, else
			outputs_say_stale(&a->plant.output[i]);
		a->plant.output[i].give_up = &a->plant.abort;
	}
	return 0;
}

bool outputs_failed(const struct appliance *a)
{
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		if (a->plant.output[i].error)
			return true;
	return false;
}

bool outputs_settle(struct appliance *a, bool keep)
{
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		output_finish(&a->plant.output[i]);
	for (unsigned i = 0; i < OUTPUT_STREAMS && keep && !outputs_failed(a); i++)
		if (output_keep(&a->plant.output[i]))
			fprintf(stderr, "wirebar: %s %s: cannot be given its name: %s\n",
				streams_output_option[i], a->plant.output_path[i],
				strerror(a->plant.output[i].error));
	keep = keep && !outputs_failed(a);
	outputs_drop(a);
	return keep;
}

void outputs_drop(struct appliance *a)
{
	for (unsigned i = 0; i < OUTPUT_COUNT; i++)
		output_drop(&a->plant.output[i]);
}

FILE *outputs_report(const struct appliance *a)
{
	for (unsigned i = 0; i < OUTPUT_COUNT; i++)
		if (a->plant.output_path[i] && output_fd_of(a->plant.output_path[i]) == 1)
			return stderr;
	return stdout;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// files_raw.c: identifies raw files. They have no session: two of them are lines of one stream only if the
// user says so, or if their messages are the same and their names do not say two exchanges or days. Otherwise
// each is a stream of its own, and files of one exchange (by their names) whose names say different days are
// successive sessions of one group.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/replay/capture_name.h"
#include "drivers/replay/files_kind.h"

enum { SERIES_BYTES = 256 };

struct raw {
	char series[SERIES_BYTES]; // "": not a raw file
	bool exchange;             // the series is an exchange
	int32_t day;               // CAPTURE_NO_DAY: its name tells none
	unsigned stream;           // index of the first of its lines
	unsigned group, line;
	uint64_t first_seq;
};

// Lines by the user's word must still be numbered alike: one may have begun to record later than the other.
static bool align(struct replay_files *files, struct raw *raw, unsigned first, unsigned i)
{
	uint64_t seq;

	if (capture_starts_in(&files->file[first].capture, &files->file[i].capture, &seq)) {
		raw[i].first_seq = raw[first].first_seq + seq - 1;
		return true;
	}
	if (!capture_starts_in(&files->file[i].capture, &files->file[first].capture, &seq))
		return false;
	for (unsigned k = 0; k < files->n; k++)
		if (raw[k].series[0] && raw[k].stream == first)
			raw[k].first_seq += seq - 1;
	raw[i].first_seq = 1;
	return true;
}

static bool are_lines(const struct replay_files *files, const struct raw *raw, unsigned a, unsigned b)
{
	bool days = raw[a].day != raw[b].day && raw[a].day != CAPTURE_NO_DAY && raw[b].day != CAPTURE_NO_DAY;

	bool exchanges = raw[a].exchange && raw[b].exchange && strcmp(raw[a].series, raw[b].series);

	return !days && !exchanges && capture_same_start(&files->file[a].capture, &files->file[b].capture);
}

static int find_lines(struct replay_files *files, struct raw *raw, char *err, size_t err_len)
{
	for (unsigned i = 0; i < files->n; i++) {
		raw[i].stream = i;
		for (unsigned k = 0; raw[i].series[0] && k < i; k++) {
			bool told = files->file[i].lines && files->file[i].lines == files->file[k].lines;

			if (!raw[k].series[0] || raw[k].stream != k || !(told || are_lines(files, raw, k, i)))
				continue;
			if (!align(files, raw, k, i)) {
				snprintf(
					err, err_len,
					"--lines: %s and %s are no lines of one stream: neither begins with messages of "
					"the other",
					files->file[k].path, files->file[i].path);
				return -EINVAL;
			}
			raw[i].stream = k;
			files_join(files, i, k);
			break;
		}
	}
	return 0;
}

// Days of one series share a group; a second stream of the same day, or of no day, has one of its own.
static unsigned find_groups(struct replay_files *files, struct raw *raw)
{
	unsigned n_groups = 0;

	for (unsigned i = 0; i < files->n; i++) {
		unsigned taken = 0, k;

		if (!raw[i].series[0])
			continue;
		if (raw[i].stream != i) {
			for (k = 0; k < i; k++)
				raw[i].line += raw[k].series[0] && raw[k].stream == raw[i].stream;
			raw[i].group = raw[raw[i].stream].group;
			continue;
		}
		for (unsigned g = 0; g < n_groups && raw[i].day != CAPTURE_NO_DAY; g++) {
			bool series = false;

			taken = 0;
			for (k = 0; k < i; k++)
				if (raw[k].series[0] && raw[k].stream == k && raw[k].group == g &&
				    !strcmp(raw[k].series, raw[i].series)) {
					series = true;
					taken += raw[k].day == raw[i].day || raw[k].day == CAPTURE_NO_DAY;
				}
			if (!series || taken)
				continue;
			raw[i].group = g;
			for (k = 0; k < i; k++)
				if (raw[k].series[0] && raw[k].group == g)
					files_join(files, i, k);
			goto next;
		}
		raw[i].group = n_groups++;
	next:;
	}
	return n_groups;
}

// The session that stands for one stream of a day, ten characters; where the name tells the exchange, the
// feed goes by it.
static void session_of(const struct raw *raw, bool plain, char *out, size_t out_len)
{
	unsigned day = raw->day == CAPTURE_NO_DAY ? 0 : (unsigned)raw->day % 100000;

	if (!strcmp(raw->series, "bx"))
		snprintf(out, out_len, "BX%03u%05u", raw->group % 1000, day);
	else if (!strcmp(raw->series, "psx"))
		snprintf(out, out_len, "PSX%02u%05u", raw->group % 100, day);
	else if (plain)
		snprintf(out, out_len, "RAWITCH50");
	else
		snprintf(out, out_len, "R%02u%07u", raw->group % 100, day);
}

static void name(struct replay_files *files, const struct raw *raw, bool plain)
{
	for (unsigned i = 0; i < files->n; i++) {
		char session[32];
		struct capture_stream stream = { .session = session,
						 .group = raw[i].group,
						 .line = raw[i].line,
						 .first_seq = raw[i].first_seq };

		if (!raw[i].series[0])
			continue;
		session_of(&raw[i], plain, session, sizeof session);
		for (unsigned k = 0; k < files->n; k++)
			stream.ends |= raw[k].series[0] && raw[k].group == raw[i].group &&
				       raw[k].day > raw[i].day;
		capture_name_stream(&files->file[i].capture, &stream);
	}
}

int files_raw(struct replay_files *files, int32_t trade_day, char *err, size_t err_len)
{
	static struct raw raw[MERGE_FILES]; // large; control thread
	const char *dated = NULL;
	int32_t day = CAPTURE_NO_DAY;
	unsigned n_streams = 0;

	for (unsigned i = 0; i < files->n; i++) {
		const char *path = files->file[i].path;

		raw[i] = (struct raw){ .day = CAPTURE_NO_DAY, .first_seq = 1 };
		if (files->file[i].capture.kind != CAPTURE_RAW_ITCH50)
			continue;
		raw[i].exchange = capture_name_series(path, raw[i].series, sizeof raw[i].series);
		if (!capture_name_day(path, &raw[i].day))
			continue;
		if (dated && day != raw[i].day && trade_day != CAPTURE_NO_DAY) {
			snprintf(err, err_len,
				 "--date: %s and %s are of different days; without it each has its name's",
				 dated, path);
			return -EDOM;
		}
		dated = path;
		day = raw[i].day;
	}
	int rc = find_lines(files, raw, err, err_len);

	if (rc)
		return rc;
	find_groups(files, raw);
	for (unsigned i = 0; i < files->n; i++)
		n_streams += raw[i].series[0] && raw[i].stream == i;
	name(files, raw, n_streams == 1);
	return 0;
}

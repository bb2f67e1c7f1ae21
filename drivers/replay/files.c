/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/replay/capture_kind.h"
#include "drivers/replay/files_kind.h"
#include "lcore/base/calendar.h"

enum { PROBE_RECORDS = 4096 };

// Clocks that differ by less are those of two recorders that were right.
#define CLOCKS_APART_NS (int64_t)(60 * NS_PER_S)

// Clocks are off by time zones and days, or were set by hand: by whole quarters of an hour, or seconds. What
// is left of the difference is the way of the packets, which differs by a little from file to file.
static int64_t likely_ns(int64_t off_ns)
{
	static const struct {
		int64_t step_ns, within_ns;
	} likely_steps[] = {
		{ 900 * (int64_t)NS_PER_S, NS_PER_S },
		{ NS_PER_S, 100 * (int64_t)NS_PER_MS },
	};

	for (size_t i = 0; i < sizeof likely_steps / sizeof *likely_steps; i++) {
		int64_t step_ns = likely_steps[i].step_ns, half_ns = off_ns < 0 ? -step_ns / 2 : step_ns / 2;
		int64_t near_ns = (off_ns + half_ns) / step_ns * step_ns;

		if (llabs(near_ns - off_ns) <= likely_steps[i].within_ns)
			return near_ns;
	}
	return off_ns;
}

static bool trading(int32_t day)
{
	struct calendar_day calendar;

	calendar_day_by_date(day, &calendar);
	return (day + 4) % 7 % 6 && calendar.end_ns > calendar.pre_ns; // neither weekend nor holiday
}

// Two witnesses of the day of packets that tell none. A name is given by whoever kept the file, and rarely
// wrong but by a day (begun the evening before, filed the morning after); a clock that nobody set is wrong by
// any number of days.
static void set_day(struct replay_file *f)
{
	int64_t day_ns = (int64_t)NS_PER_DAY, half_ns = f->named_ns < 0 ? -day_ns / 2 : day_ns / 2;
	int32_t days = (int32_t)((f->named_ns + half_ns) / day_ns), rx_day = f->name_day + days;

	if (!f->named || !days)
		return;
	f->capture.name_days = -days;
	if (rx_day > CAPTURE_DATED_DAY && (!trading(f->name_day) || (abs(days) == 1 && trading(rx_day))))
		return;
	f->capture.date_source = CAPTURE_DATE_NAME;
	f->capture.shift_ns = -likely_ns(f->named_ns);
	f->offset_ns = f->named_ns + f->capture.shift_ns;
}

// The file whose clock is nearest to its packets' is right; those that differ from it are set by it.
static void set_clocks(struct replay_files *files)
{
	const struct replay_file *best = NULL;

	for (unsigned i = 0; i < files->n; i++) {
		const struct replay_file *f = &files->file[i];

		if (f->timed && (!best || llabs(f->offset_ns) < llabs(best->offset_ns)))
			best = f;
	}
	for (unsigned i = 0; i < files->n; i++) {
		struct replay_file *f = &files->file[i];

		if (f->timed && llabs(f->offset_ns - best->offset_ns) > CLOCKS_APART_NS)
			f->capture.shift_ns += likely_ns(best->offset_ns - f->offset_ns);
	}
}

int files_open(struct replay_files *files, int32_t trade_day, enum peel_trailer trailer, bool whole,
	       char *err, size_t err_len)
{
	int32_t day;
	int rc = 0;

	for (unsigned i = 0; i < files->n && !rc; i++) {
		struct replay_file *f = &files->file[i];

		f->stream = i;
		rc = f->n_parts ? capture_open_parts(&f->capture, f->part, f->n_parts, err, err_len)
				: capture_open(&f->capture, f->path, trade_day, err, err_len);
		f->capture.number = (uint8_t)i;
		f->capture.trailer = trailer;
	}
	rc = rc ? rc : files_raw(files, trade_day, err, err_len);
	if (rc ||
	    (files->n == 1 && (trade_day != CAPTURE_NO_DAY || !capture_name_day(files->file[0].path, &day))))
		return rc;
	rc = files_scan(files, trade_day, whole && files->n > 1 ? UINT64_MAX : PROBE_RECORDS);
	if (rc)
		snprintf(err, err_len, "out of memory");
	for (unsigned i = 0; i < files->n; i++) {
		if (files->file[i].capture.journal) // its times were settled by the run that kept it
			files->file[i].timed = files->file[i].named = false;
		set_day(&files->file[i]);
	}
	if (files->n > 1)
		set_clocks(files);
	return rc;
}

int files_deal(struct replay_files *files, unsigned n_ports, const unsigned *home, char *err, size_t err_len)
{
	unsigned n_free = 0, nth = 0; // streams that no port is named for

	for (unsigned i = 0; i < files->n; i++) {
		struct replay_file *f = &files->file[i], *first = &files->file[f->stream];

		if (f->port != FILES_ANY_PORT && first->port != FILES_ANY_PORT &&
		    home[f->port] != home[first->port]) {
			snprintf(err, err_len,
				 "%s and %s carry the same stream: two ingest lcores would both "
				 "apply it; name them for ports of one lcore",
				 first->path, f->path);
			return -EINVAL;
		}
		if (first->port == FILES_ANY_PORT)
			first->port = f->port;
	}
	for (unsigned i = 0; i < files->n; i++)
		n_free += files->file[i].stream == i && files->file[i].port == FILES_ANY_PORT;
	for (unsigned i = 0; i < files->n; i++) {
		struct replay_file *f = &files->file[i];

		if (f->port == FILES_ANY_PORT)
			f->port = f->stream == i ? (int)(nth++ * n_ports / n_free)
						 : files->file[f->stream].port;
	}
	return 0;
}

unsigned files_of(struct replay_files *files, unsigned port, struct capture *out[MERGE_FILES])
{
	unsigned n = 0;

	for (unsigned s = 0; s < files->n; s++)
		for (unsigned i = s; i < files->n; i++)
			if (files->file[i].stream == s && files->file[i].port == (int)port)
				out[n++] = &files->file[i].capture;
	return n;
}

void files_close(struct replay_files *files)
{
	for (unsigned i = 0; i < files->n; i++)
		capture_close(&files->file[i].capture);
}

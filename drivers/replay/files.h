/* SPDX-License-Identifier: BSD-3-Clause */
// files.h: the captures of a replay, looked at together before the first record is handed out: which of them
// carry the same streams, what raw files are, and whose clock was wrong. PURE; control thread.
//
// Files of one stream are lines of it: they go to one port, next to each other, so that neither the number of
// ingest lcores nor the order on the command line changes a result.
#ifndef WB_REPLAY_FILES_H
#define WB_REPLAY_FILES_H

#include "drivers/replay/capture.h"
#include "drivers/replay/merge.h"

#define FILES_ANY_PORT (-1)

struct replay_file {
	const char *path;
	const char *const
		*part;    // [n_parts]: files of a packet journal, one after the other; path is the first
	unsigned n_parts; // 0: path alone
	unsigned lines;   // raw files with the same number, not 0, are lines of one stream: the user says so
	int port;         // FILES_ANY_PORT: to be dealt out
	unsigned stream;  // index of the first file that shares a stream with this one, directly or by others
	int64_t offset_ns; // its receive times minus its packets' exchange times
	bool timed;        // offset_ns is known
	bool named;        // its packets tell the time of day, its name the day, and no other date is given
	int32_t name_day;
	int64_t named_ns; // offset_ns, if that is the day
	struct capture capture;
};

struct replay_files {
	struct replay_file file[MERGE_FILES];
	unsigned n;
};

// files_open opens all files, names raw streams, sets files right whose clock differs by more than a minute
// from the others', and finds streams: in the first packets, or in all (whole). Returns 0, -EDOM when
// trade_day is given for raw files of several days, or another -errno; with a text in err.
int files_open(struct replay_files *files, int32_t trade_day, enum peel_trailer trailer, bool whole,
	       char *err, size_t err_len);
// files_deal gives each file that has none a port of 0 .. n_ports - 1: those of one stream the same, in
// blocks of streams. home[port] is the lcore that polls it. Returns 0, or -EINVAL with a text in err when
// files of one stream are named for ports of two lcores.
int files_deal(struct replay_files *files, unsigned n_ports, const unsigned *home, char *err, size_t err_len);
// files_of lists the captures of a port, streams together. Returns how many.
unsigned files_of(struct replay_files *files, unsigned port, struct capture *out[MERGE_FILES]);
// files_close closes what has not been taken over.
void files_close(struct replay_files *files);

#endif

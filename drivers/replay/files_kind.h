/* SPDX-License-Identifier: BSD-3-Clause */
// files_kind.h: what files.c is made of; not for anybody else.
#ifndef WB_REPLAY_FILES_KIND_H
#define WB_REPLAY_FILES_KIND_H

#include "drivers/replay/files.h"

// files_join makes two files share a stream: the earlier one of theirs.
static inline void files_join(struct replay_files *files, unsigned a, unsigned b)
{
	unsigned a_stream = files->file[a].stream, b_stream = files->file[b].stream;
	unsigned from = a_stream > b_stream ? a_stream : b_stream,
		 to = a_stream > b_stream ? b_stream : a_stream;

	for (unsigned i = 0; i < files->n; i++)
		if (files->file[i].stream == from)
			files->file[i].stream = to;
}
// files_raw says which raw files are lines of one stream and which are days of one series, and names them.
int files_raw(struct replay_files *files, int32_t trade_day, char *err, size_t err_len);
// files_scan finds the streams of captured packets, and the offset of each recorder's clock, in up to limit
// records of each file. Returns 0 or -ENOMEM.
int files_scan(struct replay_files *files, int32_t trade_day, uint64_t limit);

#endif

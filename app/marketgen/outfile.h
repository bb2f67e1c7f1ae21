/* SPDX-License-Identifier: BSD-3-Clause */
// outfile.h: a file being written, buffered, plain or gzip. Errors are sticky: writes after one do nothing, and
// outfile_close reports it. Single thread.
#ifndef WB_MARKETGEN_OUTFILE_H
#define WB_MARKETGEN_OUTFILE_H

#include "lcore/base/num.h"

#define OUTFILE_PATH_BYTES 4096

struct outfile {
	void *gzip; // gzFile, or NULL when plain
	uint8_t *buffer;
	size_t used_bytes;
	uint64_t written_bytes; // before compression
	int fd;
	int error; // errno of the first failure
	char path[OUTFILE_PATH_BYTES];
};

// outfile_open creates (or empties) path; the name is kept for messages. Returns 0 or -errno.
int outfile_open(struct outfile *o, const char *path, bool gzip);
// outfile_write appends bytes.
void outfile_write(struct outfile *o, const void *bytes, size_t n_bytes);
// outfile_close flushes and closes. Returns 0 or -errno of the first failure; harmless on zeroed input.
int outfile_close(struct outfile *o);

#endif

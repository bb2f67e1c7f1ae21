/* SPDX-License-Identifier: BSD-3-Clause */
// output.h: one stream of bytes into a file, checked to the last byte. Bytes go to a temporary file beside
// the target, which takes the target's name only in output_keep: until then yesterday's file stays. A device,
// a FIFO or the standard output is written directly. The digest is of the bytes that were written, and of no
// others. The control thread calls open, finish, keep and drop; one lcore at a time calls put and flush.
#ifndef WB_STAGE_OUTPUT_H
#define WB_STAGE_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTPUT_BUFFER_BYTES = 1 << 20 };
enum { OUTPUT_DIGEST = 1, OUTPUT_GZIP = 2 }; // how: with a SHA-256; compressed, fast rather than small

struct output {
	const char *path;             // as the user named it; NULL: nothing is written, only digested
	const volatile bool *give_up; // may be NULL; set: do not wait for a reader any more
	char target[PATH_MAX];        // path resolved; empty: written directly
	char temporary[PATH_MAX];     // beside the target; empty: none (any more)
	int fd;                       // -1: none
	bool live;                    // a reader may be waiting for each row: a pipe, a FIFO, a terminal
	char *buffer;
	size_t used;
	void *digest_of;     // OpenSSL's EVP_MD_CTX; NULL: no digest is wanted
	void *gzip;          // zlib's z_stream; NULL: written as it is put
	uint64_t bytes;      // written
	uint64_t lost_bytes; // put, but not written
	unsigned n_stale;    // temporaries of processes that are no more, removed beside the target
	int error;           // errno of the first failure, after which nothing more is written
	char digest[65];     // SHA-256 as hex, from output_finish on
};

// output_file_of resolves a path through symbolic links, whether the file exists yet or not; its directory
// must exist. Returns 0 with the absolute path in out, or -errno.
int output_file_of(const char *path, char out[PATH_MAX]);
// output_fd_of returns the descriptor that a path names (- is 1; /dev/stdout, /dev/fd/N), or -1.
int output_fd_of(const char *path);
// output_open overwrites *o and opens it for path; NULL: digest only. how: OUTPUT_* bits. Waits for a FIFO's
// reader. It removes temporaries that killed processes left beside the target: their name has the pid, and a
// living process holds a lock on its own. Returns 0 or -errno.
int output_open(struct output *o, const char *path, unsigned how, const volatile bool *give_up);
// output_put adds n bytes. After a failure (o->error) they are counted as lost.
void output_put(struct output *o, const void *bytes, size_t n);
// output_flush writes the buffer to the kernel.
void output_flush(struct output *o);
// output_finish flushes, closes and computes the digest. Returns 0, or -errno if not everything was written.
// Call it once.
int output_finish(struct output *o);
// output_keep gives the temporary file the target's name. After output_finish. Returns 0 or -errno.
int output_keep(struct output *o);
// output_drop closes what is open and removes the temporary file. Accepts a zeroed *o that was never opened.
void output_drop(struct output *o);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// output.h: one stream of bytes into a file, checked to the last byte. What is written goes to a temporary file beside the
// target, which takes the target's name only when output_keep is called: until then the file of yesterday stays as it is. What
// is no regular file (a device, a FIFO, the standard output) is written directly. The digest is of the bytes that were written,
// and of no others. Open, finish, keep and drop are the control thread's; put and flush belong to one lcore at a time.
#ifndef WB_STAGE_OUTPUT_H
#define WB_STAGE_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTPUT_BUFFER_BYTES = 1 << 20 };
enum { OUTPUT_DIGEST = 1, OUTPUT_GZIP = 2 }; // how: with a SHA-256; compressed, fast rather than small

struct output {
	const char *path;	// as the user named it; NULL: nothing is written, only digested
	const volatile bool *give_up; // may be NULL; when set, nobody waits for a reader any more
	char target[PATH_MAX];	// what path stands for; empty when it is written directly
	char temporary[PATH_MAX]; // beside it; empty when there is none (any more)
	int fd;			// -1: none
	bool live;		// a reader may be waiting for each row: a pipe, a FIFO, a terminal
	char *buffer;
	size_t used;
	void *digest_of;	// OpenSSL's EVP_MD_CTX; NULL: no digest is asked for
	void *gzip;		// zlib's z_stream; NULL: written as it is put
	uint64_t bytes;		// written
	uint64_t lost_bytes;	// put, but not written
	unsigned n_stale;	// temporaries of processes that are no more, removed beside the target
	int error;		// errno of the first failure, after which nothing more is written
	char digest[65];	// SHA-256 as hex, from output_finish on
};

// output_file_of finds the file that a path stands for, through symbolic links, whether it is there yet or not; its directory
// must be there. Returns 0 with the absolute path in out, or -errno.
int output_file_of(const char *path, char out[PATH_MAX]);
// output_fd_of returns the descriptor that a path stands for (- is 1; /dev/stdout, /dev/fd/N), or -1.
int output_fd_of(const char *path);
// output_open opens o for path, NULL to digest only, with what is asked for of OUTPUT_*. o is overwritten. Waits for a FIFO's
// reader. Temporaries that processes left beside the target when they were killed are removed: their name holds the process,
// and while it lives it holds a lock on them. Returns 0 or -errno.
int output_open(struct output *o, const char *path, unsigned how, const volatile bool *give_up);
// output_put adds n bytes. After a failure (o->error) they are counted as lost.
void output_put(struct output *o, const void *bytes, size_t n);
// output_flush hands what is in the buffer to the kernel.
void output_flush(struct output *o);
// output_finish flushes, closes and computes the digest. Returns 0, or -errno when not all was written. Once.
int output_finish(struct output *o);
// output_keep gives the temporary file the target's name. After output_finish. Returns 0 or -errno.
int output_keep(struct output *o);
// output_drop closes what is open and removes the temporary file. Accepts one that was never opened, if zeroed.
void output_drop(struct output *o);

#endif

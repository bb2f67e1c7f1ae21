/* SPDX-License-Identifier: BSD-3-Clause */
// latch_file.h: the mode of trading as files of one directory: the mapped word, the synced latch, the audit
// (trading.h says why three). Used by the process that trades, and by a supervisor while that one is down. No
// DPDK. One thread, but for the word: any thread of any process may read it.
#ifndef WB_APP_LATCH_FILE_H
#define WB_APP_LATCH_FILE_H

#include <sys/socket.h>

#include "lcore/trade/latch.h"

// The mapped file.
struct latch_file_word {
	uint64_t magic;
	uint32_t mode; // enum latch_mode
	uint32_t pad;
};

struct latch_file {
	struct latch_file_word *file; // NULL: no file
	struct latch_file_word own;   // what counts then
	struct latch latch;
	char dir[256];  // "": nothing is kept
	int dir_fd;     // -1: none
	uint32_t *also; // told of each change as soon as the word is; NULL: nobody
};

// latch_file_none begins without a directory: mode run, nothing is kept.
void latch_file_none(struct latch_file *f);
// latch_file_dir writes the directory: given if it is one, else $STATE_DIRECTORY, else that of the socket.
void latch_file_dir(char *out, size_t out_bytes, const char *given, const char *socket_path);
// latch_file_open opens f->dir and makes the word the worse of what is kept, KILLED where something cannot be
// read, which is said on stderr. Assumes latch_file_none before.
void latch_file_open(struct latch_file *f);
// latch_file_at is the word.
uint32_t *latch_file_at(struct latch_file *f);
// latch_file_set makes the mode what an operator says. Less is allowed at once, more only when it is on disk.
// Returns 0, or -errno with the reason in why: the word is set, the file is not (of a lower mode: neither).
int latch_file_set(struct latch_file *f, enum latch_mode mode, const struct ucred *who, const char *command,
		   const char *reason, char *why, size_t why_bytes);
// latch_file_raise makes the mode at least this one, with its cause; said on stderr.
void latch_file_raise(struct latch_file *f, enum latch_mode mode, enum latch_cause cause, const char *reason);
// latch_file_audit adds a line for a command that does not change the mode. Returns 0, or -errno with the
// reason in why.
int latch_file_audit(struct latch_file *f, const struct ucred *who, const char *command, const char *reason,
		     char *why, size_t why_bytes);
// latch_file_give makes another user the owner of the files that there are. Root, after latch_file_open.
// Returns 0 or -errno.
int latch_file_give(const struct latch_file *f, uid_t uid, gid_t gid);
void latch_file_close(struct latch_file *f);

#endif

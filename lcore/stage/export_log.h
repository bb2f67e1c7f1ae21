/* SPDX-License-Identifier: BSD-3-Clause */
// export_log.h: what an export lcore of a part of its own has taken from its links and some file wants, in a
// file of the disk: when the part is killed, the next process takes it from there once more and writes its
// files anew, whatever their format. Elements are freed when they are in the log. Owner: the export lcore;
// open, again and close: the main thread.
#ifndef WB_STAGE_EXPORT_LOG_H
#define WB_STAGE_EXPORT_LOG_H

#include <sys/types.h>

#include "lcore/stage/stage.h"

struct export_log_commit {
	uint64_t bytes;           // of the log
	uint32_t at[LCORE_LINKS]; // numbers of the next elements
};

// In shared memory. w: the export lcore; boot.
struct export_log_shared {
	uint32_t which; // commit that counts
	struct export_log_commit commit[2];
	char path[160]; // "": there is none so far
	bool broken;    // it could not be written: nothing can be taken over any more
};

struct export_log {
	struct export_log_shared *shared;
	struct export_log_commit now;
	char *buffer;
	size_t used;
	int fd;
};

// export_log_open makes the log in $TMPDIR or /var/tmp, or opens that of a process before this one and puts
// its links right. Returns 0, or -errno with a text in err.
int export_log_open(struct export_log *log, struct export_log_shared *shared, const struct lcore *lcore,
		    char *err, size_t err_len);
// export_log_again hands all elements of the log to take, in their order. Returns 0 or -errno.
int export_log_again(struct export_log *log,
		     void (*take)(void *ctx, unsigned link, const struct link_elem *elem), void *ctx);
// export_log_add adds an element, of which the first bytes say all.
void export_log_add(struct export_log *log, unsigned link, const struct link_elem *elem, size_t bytes);
// export_log_commit writes what was added, then frees all elements before log->now.at.
void export_log_commit(struct export_log *log, struct lcore *lcore);
// export_log_give makes another user the owner of the file. Root. Returns 0 or -errno.
int export_log_give(const struct export_log_shared *shared, uid_t uid, gid_t gid);
// export_log_forget removes the file: whoever ends last. Any process.
void export_log_forget(const struct export_log_shared *shared);
// export_log_close removes the log. Accepts a zeroed one.
void export_log_close(struct export_log *log);

#endif

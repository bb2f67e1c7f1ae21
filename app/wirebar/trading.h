/* SPDX-License-Identifier: BSD-3-Clause */
// trading.h: what may leave at all, and who said so. The mode is one word that the function which sends reads
// last. A live run keeps it in run.state_dir ($STATE_DIRECTORY, or else beside the telemetry socket):
//
//   trading_mode   the word itself, mapped: it outlives a kill -9 between two instructions
//   trading_latch  who set it, when and why (lcore/trade/latch.h), synced: it outlives a power cut
//   trading_audit  one line for each command, never rewritten
//
// At the start the worse of the two counts, and KILLED where one cannot be read. A replay begins in mode run
// and writes no file, since its output is a function of capture and configuration.
#ifndef WB_APP_TRADING_H
#define WB_APP_TRADING_H

#include <stdbool.h>
#include <sys/socket.h>

#include "app/wirebar/appliance.h"
#include "lcore/trade/latch.h"

// trading_open finds the directory and sets a->plant.mode. Returns 0 or -errno, having said why on stderr; a
// file that cannot be read is said, and no failure: the mode is KILLED. Before launch.
int trading_open(struct appliance *a);
// trading_set makes the mode what an operator says: first the word, then the latch and the audit. command:
// for the audit. Returns 0, or -errno with the reason in why: the word is set, the file is not. Control
// thread.
int trading_set(enum latch_mode mode, const struct ucred *who, const char *command, const char *reason,
		char *why, size_t why_bytes);
// trading_raise makes the mode at least what an lcore has decided, with its cause, as lasting as an
// operator's word; said on stderr. A lower mode changes nothing. Control thread.
void trading_raise(enum latch_mode mode, enum latch_cause cause, const char *reason);
// trading_audit adds a line to the audit for a command that does not change the mode. Returns 0, or -errno
// with the reason in why. Control thread.
int trading_audit(const struct ucred *who, const char *command, const char *reason, char *why,
		  size_t why_bytes);
// trading_latch returns the last word with who and why, for displays. Any thread: may be torn while it
// changes.
const struct latch *trading_latch(void);
// trading_share has the mode told in *word, too, as soon as it changes: in memory that others read. After
// trading_open; control thread. NULL: no longer.
void trading_share(uint32_t *word);
// trading_follow makes *word no more than the file allows: a supervisor writes only that, when the part whose
// word it is does not answer. Any part's main thread.
void trading_follow(uint32_t *word);
// trading_give makes another user the owner of the files that there are. Root, before launch. Returns 0 or
// -errno.
int trading_give(uid_t uid, gid_t gid);
void trading_close(void);

#endif

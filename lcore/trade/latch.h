/* SPDX-License-Identifier: BSD-3-Clause */
// latch.h: what may be sent at all, as the operator or a limit has decided, and its text on disk. The text is
// made and read here; who writes the file (temporary, fsync, rename, fsync of the folder) is above. A text
// that is not wholly as it was made means killed. Pure; any thread.
#ifndef WB_TRADE_LATCH_H
#define WB_TRADE_LATCH_H

#include "lcore/base/num.h"

// Each includes what the ones before it forbid.
enum latch_mode {
	LATCH_RUN,
	LATCH_REDUCE, // only what makes positions smaller
	LATCH_HALT,   // cancels only, until an operator resumes
	LATCH_KILL,   // the same, and what rests is cancelled
	LATCH_MODES
};

// Why the mode is what it is.
enum latch_cause {
	LATCH_OPERATOR,
	LATCH_LOSS,       // the day's loss reached its limit
	LATCH_REJECTS,    // too many rejects or denials in a row
	LATCH_MISMATCH,   // a fill or order that ours does not know
	LATCH_HEARTBEAT,  // nobody watches stops
	LATCH_UNREADABLE, // the file was not as it was written
	LATCH_LINK,       // a full link has lost what trading needs
	LATCH_CAUSES
};

#define LATCH_REASON_BYTES 160 // with the NUL
#define LATCH_TEXT_BYTES   512 // holds any text that latch_print makes; a longer one was not made by it

struct latch {
	enum latch_mode mode;
	enum latch_cause cause;
	uint64_t since_ns; // UTC
	uint64_t n;        // counts changes: a file of an older one is known by it
	char reason[LATCH_REASON_BYTES];
};

// Who asked for a change, as the socket's peer credentials say.
struct latch_peer {
	int64_t pid, uid, gid;
};

extern const char *const latch_mode_name[LATCH_MODES], *const latch_cause_name[LATCH_CAUSES];

// latch_print writes the text of a latch into out, with a check sum, and returns its length. Characters of
// the reason that are not printable are written as '?'.
size_t latch_print(const struct latch *l, char out[LATCH_TEXT_BYTES]);
// latch_parse reads a text of len bytes. Returns whether it is whole; if not, out is killed by UNREADABLE. A
// missing file is not its matter: who never armed a latch has none.
bool latch_parse(const char *text, size_t len, struct latch *out);
// latch_audit writes one line for the audit, with its newline: time, peer, command, mode before and after,
// reason. Returns its length, at most LATCH_TEXT_BYTES - 1.
size_t latch_audit(const struct latch *after, enum latch_mode before, const char *command,
		   const struct latch_peer *peer, char out[LATCH_TEXT_BYTES]);
// latch_raise makes the mode at least mode, and returns whether that changed something. A lower mode changes
// nothing: only an operator's resume lowers it.
bool latch_raise(struct latch *l, enum latch_mode mode, enum latch_cause cause, uint64_t now_ns,
		 const char *reason);
// latch_set is the operator's own: any mode, also a lower one.
void latch_set(struct latch *l, enum latch_mode mode, uint64_t now_ns, const char *reason);

#endif

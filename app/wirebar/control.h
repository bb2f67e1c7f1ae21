/* SPDX-License-Identifier: BSD-3-Clause */
// control.h: the control socket: what needs the caller's credentials, or must work when ten clients crowd
// DPDK's telemetry socket. AF_UNIX, SOCK_SEQPACKET, "wirebar_control" beside the telemetry socket, mode 0600;
// root and the user of the process are served (SO_PEERCRED), with run.group its members, too (mode 0660). One
// thread of the kernel's, asleep in poll.
//
// It greets with {"wirebar":VERSION,"pid":N}. A request is one packet of text, `set SECTION.KEY VALUE`; the
// answer is {"status":"ok",...} or {"status":"error","error":"why"}. Each command leaves a line: time, uid,
// pid, command, verdict. Where a supervisor runs the process, that one has this socket, and the process one
// of its own (control_socket.h).
#ifndef WB_APP_CONTROL_H
#define WB_APP_CONTROL_H

#include "app/wirebar/appliance.h"

// control_start makes the socket and its thread, unless run.control says no. Returns 0, or -errno having said
// why on stderr (-EADDRINUSE: a living process answers there). After boot, on the control thread.
int control_start(struct appliance *a);
// control_stop ends the thread and takes the socket away.
void control_stop(void);
// control_path is where it is, or "" where there is none.
const char *control_path(void);

// control_set.c: sets one LIVE key as at load, and hands it to its owners. Returns 0 or -errno with the
// reason in why.
int control_set(struct appliance *a, const char *key, const char *value, char *why, size_t why_bytes);
// control_live hands on all LIVE keys but gates. Returns as control_set; words are applied, whatever the
// watch list answers.
int control_live(struct appliance *a, const struct conf *to, char *why, size_t why_bytes);
// control_gates.c: control_gates brings the gates of a configuration in force, all or none. Returns 0 or
// -errno with the reason in why.
struct control_gates {
	unsigned gates, kept; // in force now; of these with their state, as nothing of them changed
};
int control_gates(struct appliance *a, const struct conf *to, struct control_gates *out, char *why,
		  size_t why_bytes);
// control_reload.c: control_reload takes a file ("": the one that it was started with): all is checked first,
// then gates and LIVE keys are applied. Returns as control_gates: nothing has changed, or why says what has.
struct control_reloaded {
	struct control_gates gates;
	char set[400], restart[600]; // keys that were taken, and those that need a restart
};
int control_reload(struct appliance *a, const char *path, struct control_reloaded *out, char *why,
		   size_t why_bytes);
// control_trade.c: what operators do to positions, by the desk of the signal lcore. words: the rest of the
// request. Return 0, with a line in text, or -errno with the reason in text. Control thread, as the next
// ones.
struct ucred;
int control_flatten(struct appliance *a, const struct ucred *who, const char *words, char *text,
		    size_t text_bytes);
int control_adopt(struct appliance *a, const struct ucred *who, const char *words, char *text,
		  size_t text_bytes);
// control_debug does what tests want of a real process: `stall LCORE MS` makes an lcore do nothing for so
// long.
int control_debug(struct appliance *a, const struct ucred *who, const char *words, char *text,
		  size_t text_bytes);
// control_capture.c: control_capture switches the packet journal. Returns 0 or -errno with the reason in why.
// control_capture_words does what `capture [on|off]` asks, as control_flatten does.
int control_capture(struct appliance *a, bool on, char *why, size_t why_bytes);
int control_capture_words(struct appliance *a, const struct ucred *who, const char *words, char *text,
			  size_t text_bytes);
// control_unlatch clears what desks have latched, after a resume. Returns 0 or -errno with the reason in why.
int control_unlatch(struct appliance *a, char *why, size_t why_bytes);
// control_raised makes last what lcores have raised since the last call. control_raises: there may be such.
void control_raised(struct appliance *a);
bool control_raises(const struct appliance *a);
// control_conf_lock keeps texts of the configuration as they are, for who reads them; unlock gives them free.
void control_conf_lock(void);
void control_conf_unlock(void);
// control_covers returns true if every LIVE key of keys.def can be set. For the start, which refuses
// otherwise.
bool control_covers(void);

#endif

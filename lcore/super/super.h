/* SPDX-License-Identifier: BSD-3-Clause */
// super.h: what a supervisor does about its parts. A pure state machine: events and the time go in (a part
// was started, says something of itself, is gone; an operator wants something), actions come out. One thread.
//
//   due ──start──► starting ──ready──► running ──STOPPING──► ending ──exit 0, 3──► done
//    ▲                 │ late              │ no heartbeat       │ late
//    │                 └───────────► forced (killed) ◄──────────┘
//    └── crash, restarts left ◄────────────┴── no restarts left, exit 2 ──► failed
//
// Four things that are wrong are distinguished: *dead* (it is gone), *stuck* (no heartbeat: killed, then as
// dead), *slow* (polls over the threshold: said), *starved* (nothing comes: said; a restart would bring
// nothing).
//
// How all parts end: the first one (ingest) is asked, so that its end goes over every link; when it is gone,
// or half of the window is over, the others are asked; what is there after the window is killed from the last
// to the first, each after the one before it is gone. Where parts are chained to the first one's memory, its
// death ends all of them in this way, and all start again.
#ifndef WB_SUPER_SUPER_H
#define WB_SUPER_SUPER_H

#include "lcore/base/lately.h"
#include "lcore/super/beat.h"

#define SUPER_SAME_NS  (NS_PER_S / 2)
#define SUPER_SLEPT_NS NS_PER_S // without a tick for longer: it was stopped itself, or its machine was

enum { SUPER_PARTS = 4, SUPER_ACTIONS = 32, SUPER_TEXT_BYTES = 200 };

enum super_phase {
	SUPER_DUE,      // to be started at due_ns
	SUPER_STARTING, // started, not ready so far
	SUPER_RUNNING,
	SUPER_ENDING, // it said that it ends
	SUPER_ASKED,  // it was asked to end
	SUPER_FORCED, // killed, not gone so far
	SUPER_DONE,   // it has ended as it should
	SUPER_FAILED, // it is gone, and not started again
	SUPER_ENDED,  // gone because all end
	SUPER_PHASES
};

enum super_verdict { SUPER_OK, SUPER_SLOW, SUPER_STARVED };

enum super_act {
	SUPER_START, // start the process; super_unstarted, if that fails
	SUPER_ASK,   // send SIGTERM
	SUPER_KILL,  // send SIGKILL
	SUPER_CLEAN, // all parts are gone: remove what they left in shared memory
	SUPER_NOTE,  // say the text
	SUPER_ALERT  // say it so that it is heard
};

struct super_action {
	enum super_act act;
	unsigned part;
	char text[SUPER_TEXT_BYTES]; // of NOTE and ALERT
};

struct super_conf {
	uint64_t stagger_ns; // between two starts, if the earlier part is not ready before
	uint64_t pause_ns;   // from a crash to the next start
	uint64_t refill_ns;  // healthy for so long: all restarts are allowed again
	uint64_t stuck_ns;   // without a heartbeat for so long: stuck
	uint64_t start_ns;   // a start, or an end that a part itself has begun, may take so long
	uint64_t starved_ns; // nothing came for so long: starved
	uint64_t slow_ns;    // slow is said for so long after the last slow poll
	uint64_t window_ns;  // from a stop to the kill
	unsigned restarts;   // in a row
	bool chained;        // the other parts live in the first one's memory
};

struct super_part {
	char name[BEAT_NAME_BYTES];
	enum super_phase phase;
	enum super_verdict verdict;
	bool again;              // of ASKED: an operator wants it started anew
	unsigned left, restarts; // restarts that are allowed now; that have been
	uint64_t due_ns, started_ns, ready_ns;
	uint64_t heard_ns;  // last heartbeat
	uint64_t limit_ns;  // of STARTING, ENDING, ASKED
	uint64_t frames_ns; // when something last came
	struct lately slow;
	struct beat beat;           // the newest of each value
	int code;                   // of its end; -1: by a signal, or it runs
	char why[SUPER_TEXT_BYTES]; // how it ended, or what is wrong now; empty: nothing is
};

enum super_goal { SUPER_RUN, SUPER_AGAIN, SUPER_STOP };

struct super {
	struct super_conf conf;
	struct super_part part[SUPER_PARTS];
	unsigned n;
	enum super_goal goal;
	uint64_t asked_ns;   // when all were asked to end
	uint64_t stopped_ns; // first super_stop
	uint64_t again_ns;   // AGAIN: when to start
	uint64_t looked_ns;  // last tick
	bool others_asked, over;
	struct super_action action[SUPER_ACTIONS];
	unsigned n_actions;
};

// super_init begins with n parts, in the order in which they start, all due at now_ns.
void super_init(struct super *s, const struct super_conf *conf, const char *const *name, unsigned n,
		uint64_t now_ns);
// super_tick does what the time makes due. Call it after every other call, and at least ten times a second.
// Time in which it was not called is nobody's fault: a part may have beaten all the while.
void super_tick(struct super *s, uint64_t now_ns);
// super_next takes one action; false: there is none. Take all after each super_tick.
bool super_next(struct super *s, struct super_action *out);

// Events.
// super_beat takes what a part says of itself.
void super_beat(struct super *s, unsigned part, const struct beat *b, uint64_t now_ns);
// super_exited: the part is gone. signal: that ended it, or 0; code: else its exit code.
void super_exited(struct super *s, unsigned part, int signal, int code, uint64_t now_ns);
// super_unstarted: it could not be started (why); that counts as a crash.
void super_unstarted(struct super *s, unsigned part, const char *why, uint64_t now_ns);
// super_stop ends all parts. A call more than SUPER_SAME_NS after the first shortens the window to nothing:
// before that it is the same request, as timeout(1) sends it twice.
void super_stop(struct super *s, uint64_t now_ns);
// super_restart is an operator's: the part is asked to end if it is there, and started, with all its restarts
// allowed again. Returns false when all parts are ending.
bool super_restart(struct super *s, unsigned part, uint64_t now_ns);

// Questions.
// super_alive: there is a process.
static inline bool super_alive(const struct super_part *p)
{
	return p->phase >= SUPER_STARTING && p->phase <= SUPER_FORCED;
}
// super_ready: all parts have been ready, or have ended as they should.
bool super_ready(const struct super *s);
// super_fine: each part runs, or is being started or ended in time. What the supervisor itself may vouch for.
bool super_fine(const struct super *s);
// super_state returns the word for displays: ok, slow, starved, stuck, starting, ...
const char *super_state(const struct super *s, unsigned part);
// super_code is the exit code of the whole once over: 2 usage, 1 failed, 3 data lost or damaged, 0.
int super_code(const struct super *s);

#endif

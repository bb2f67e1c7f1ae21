/* SPDX-License-Identifier: BSD-3-Clause */
// stage.h: what one lcore runs, and the lcore's own state. A stage is one exported const struct in one file,
// listed in conf/stages.def. Its state is private to its .c; its memory is taken before launch, on the
// lcore's NUMA node. One loop (run.c) runs all stages.
#ifndef WB_STAGE_STAGE_H
#define WB_STAGE_STAGE_H

#include <errno.h>

#include "conf/conf.h"
#include "lcore/base/port.h"
#include "lcore/base/claims.h"
#include "lcore/stage/lcore_shared.h"
#include "lcore/stage/link.h"
#include "lcore/stage/output.h"
#include "lcore/trade/order_log.h"
#include "lcore/trade/latch.h"
#include "lcore/trade/paper_script.h"
#include "lcore/trade/stop_log.h"

#define LCORE_MAX          16
#define LCORE_LINKS        8
#define LCORE_QUEUES       16

#define EXPORT_SYMBOLS_MAX 256

struct journal;
struct recovery;
struct recovery_link;
struct tap;
struct lcore;
struct stage_carry;

// What a stage does, cut into steps each of which is a function of the lcore's state and of what is given
// (twin.h). NULL in struct stage: a kill ends it for good.
struct stage_steps {
	// takes returns true if it would take an element of that link now. wants: it has something to do
	// beside elements, at tsc: then turn.
	bool (*takes)(const struct lcore *lcore, unsigned link);
	void (*element)(struct lcore *lcore, unsigned link, const struct link_elem *elem);
	bool (*wants)(const struct lcore *lcore, uint64_t tsc);
	void (*turn)(struct lcore *lcore);
	bool (*ended)(const struct lcore *lcore); // nothing will come any more, and nothing is there
};

struct stage {
	const char *name;
	// bytes returns the size of the stage's state, everything included. init lays it out in mem (zeroed)
	// and returns 0 or -errno with a text in err. Both before launch, on the main thread.
	size_t (*bytes)(const struct lcore *lcore);
	int (*init)(struct lcore *lcore, void *mem, char *err, size_t err_len);
	// poll does a burst of work and returns how much; 0 is idle. Sets shared->done when nothing will come
	// any more.
	unsigned (*poll)(struct lcore *lcore);
	// tick is called about every LCORE_TICK_POLLS polls, and at least every millisecond of idling.
	void (*tick)(struct lcore *lcore, uint64_t now_tsc);
	// command applies a control command; returns 0 or -errno with a text in reply.
	int (*command)(struct lcore *lcore, struct lcore_command *cmd);
	void (*fini)(struct lcore *lcore); // after the lcore has stopped
	const struct stage_steps *steps;
	const struct stage_carry *carry; // NULL: a snapshot holds nothing of it
	// rest sleeps between two polls, with idle = sleep, when so many in a row were idle; at most about
	// lcore.nap. NULL: as run.c does.
	void (*rest)(struct lcore *lcore, unsigned idle_run);
	// recall takes over what earlier starts have left on disk: addresses are none of it. After init, and
	// what a snapshot brings; not of an lcore that goes on after a kill. NULL: nothing.
	void (*recall)(struct lcore *lcore);
};

extern const struct stage *const stages[]; // by enum conf_stage

// How the present is known to the stages.
struct lcore_clock {
	double ns_per_tsc;
	uint64_t base_tsc; // at launch
	uint64_t base_ns;  // host UTC at launch
};

// A turn of a relaying ingest lcore in a replay with orders (ingest_turns.c). w: the owner of the bars, which
// writes token last, with release, and only while that lcore waits for it.
struct plant_turn {
	uint64_t horizon_ns; // receive time up to which (inclusive) it may go on
	uint64_t limit_ns;   // exchange time up to which nothing of the desk's can arrive: events pass
	uint64_t token;      // of the request that this answers
} __attribute__((aligned(CACHE_LINE)));

// A replay's paper exchange. Which lcore has the channel of a leg shows when a message names it.
struct plant_paper {
	struct paper_script script; // empty: requests come from a desk
	bool desk;
	bool risk;                                  // of a script: its orders pass the checks of [risk]
	uint8_t *claimed;                           // [script.n_legs], w: ingest lcores
	uint64_t newest_ns[LCORE_MAX][VENUE_COUNT]; // exchange time, w: that ingest lcore before its end
	struct conf_paper_venue venue[VENUE_COUNT];
	struct plant_turn turn[LCORE_MAX];
};

// The journal of orders, mapped, and what earlier starts have left in it. w: boot; ring: the signal lcore;
// stops: the telemetry lcore, where there are several processes in that one's.
struct plant_order_log {
	struct order_log_ring ring;
	struct stop_log stops;
	struct order_log log;         // where the owner goes on
	struct order_log_order *left; // out
	uint32_t n_left;
	struct order_log_record *held; // and held
	uint32_t n_held;
	bool goes_on; // earlier starts have booked something
	struct position_sums sums;
};

// What all lcores of the process share; read-only after boot but for stop.
struct plant {
	const struct conf *conf;
	struct tables *tables;
	const struct gate_set *gates;      // w: control. In force
	const struct gate_set *gates_next; // w: control. What LCORE_OP_GATES brings in force
	const struct gate_set *gate_room;  // split: of its argument, as the pointer is another process'
	char gate_name[CONF_GATE_MAX][CONF_NAME_BYTES]; // at start: orders refer to gates by their place then
	struct lcore_clock clock;
	const uint32_t *mode;                  // w: control, r: all. enum latch_mode: what may leave at all
	bool split;                            // other lcores may be other processes'
	bool replay;                           // no wall clock may decide anything
	bool snapshot;                         // a replay of the journal that ends as it is, to be written
	uint64_t capture_bytes;                // of all captures of a replay, unpacked; 0: not known
	bool stop;                             // w: control: drain and end
	bool abort;                            // w: control: give up waiting on links
	char state_dir[256];                   // of what outlives the process; "": nothing does
	int32_t trade_day;                     // INT32_MIN: from the packets
	const char *output_path[OUTPUT_COUNT]; // NULL: not written
	struct output output[OUTPUT_COUNT];    // opened before launch
	uint64_t symbol[EXPORT_SYMBOLS_MAX];   // limit what is written
	unsigned n_symbols;                    // 0: all
	uint8_t spans;                         // a bit for each span of bars to be written; 0: all
	uint8_t column[COL_COUNT];             // of bars, in the order in which they are written
	unsigned n_columns;                    // 0: all
	bool fill;                             // write FILL rows
	struct lcore *lcore[LCORE_MAX];
	unsigned n_lcores;
	struct recovery *recovery;         // NULL: there is none
	struct journal *journal;           // NULL: there is none
	struct claims claims;              // w: ingest lcores. Who carries which stream
	struct plant_paper *paper;         // NULL: no orders of ours
	struct plant_order_log *order_log; // NULL: none is kept
	uint16_t boot;                     // of order ids: which start this is; 0: a replay
	char order_log_why[240];           // what is out is not known; "": it is
};

// One lcore. w: boot. r: it; other threads all but state.
struct lcore {
	char name[32];
	uint16_t index; // in the plant
	uint16_t id;    // EAL lcore id
	int cpu;
	int numa_node;
	const struct stage *stage;
	const struct conf_lcore *conf;
	struct plant *plant;
	struct {
		struct port *port;
		uint16_t queue;
	} queue[LCORE_QUEUES];
	struct link *in[LCORE_LINKS], *out[LCORE_LINKS];
	uint8_t n_queues, n_in, n_out;
	struct recovery_link *recovery; // ingest; NULL: there is none
	struct port *catch_up;          // ingest: what it begins with, before its ports; NULL: nothing
	struct tap *tap;                // ingest: its side of the packet journal; NULL: there is none
	void *state;                    // the stage's own; nobody else looks into it
	size_t state_bytes;
	struct lcore_shared *shared; // for all to read, and the mailbox
	// Of a part that goes on after a kill (twin.h); else NULL and 0.
	struct twin *twin;
	unsigned (*poll)(struct lcore *lcore); // in place of the stage's
	int (*command)(struct lcore *lcore, struct lcore_command *cmd);
	uint32_t (*chance)(struct lcore *lcore, uint32_t seen);
	uint64_t tsc;  // the present of the step
	uint32_t mode; // and what may leave at all
};

// lcore_relays returns true if an ingest lcore relays to the one that owns the bars. After the links are
// there.
static inline bool lcore_relays(const struct lcore *l)
{
	bool relays = false;

	for (int i = 0; i < l->n_out; i++)
		relays |= l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_INGEST;
	return relays;
}

// plant_mode returns what may leave at all (enum latch_mode); KILLED where nobody has said. Any thread.
static inline enum latch_mode plant_mode(const struct plant *p)
{
	return p->mode ? (enum latch_mode)__atomic_load_n(p->mode, __ATOMIC_ACQUIRE) : LATCH_KILL;
}

// plant_live returns true where orders of ours are those of a live run, also where that is remade for a
// snapshot: nobody waits for answers.
static inline bool plant_live(const struct plant *p) { return !p->replay || p->snapshot; }

// lcore_mode is plant_mode, as of the step in hand. Its lcore.
static inline enum latch_mode lcore_mode(const struct lcore *l)
{
	return l->twin ? (enum latch_mode)l->mode : plant_mode(l->plant);
}

// lcore_chance returns what was seen of something that others change, such as room in a link; when a step is
// done once more, what was seen then. A step decides by such things through it alone. Its lcore.
static inline uint32_t lcore_chance(struct lcore *l, uint32_t seen)
{
	return l->chance ? l->chance(l, seen) : seen;
}

// lcore_chances is lcore_chance of n words.
static inline void lcore_chances(struct lcore *l, uint32_t *word, size_t n)
{
	for (size_t i = 0; l->chance && i < n; i++)
		word[i] = l->chance(l, word[i]);
}

// lcore_room is link_room as a step may ask it. Its lcore.
static inline uint32_t lcore_room(struct lcore *l, const struct link *link)
{
	return lcore_chance(l, link_room(link));
}

#define LCORE_TICK_POLLS 256
#define LCORE_NAP_NS     (200 * NS_PER_US) // lcore.nap = 0

// lcore_run is the one loop: poll, account, tick, idle as configured, until done. Argument of
// rte_eal_remote_launch.
int lcore_run(void *lcore);

// How an end travels: each stage sends END once over all its links (lcore_push_end), when all its inputs have
// ended (lcore_inputs_ended; ended[i] is set if END came over input i). A way back, to an earlier stage, does
// not delay an end, or two stages would wait for each other; nor does an empty input whose producer is done
// (its END found no room).
bool lcore_inputs_ended(const struct lcore *lcore, const uint8_t *ended);
void lcore_push_end(struct lcore *lcore);

// lcore_raise asks for at least this mode of trading, which the control thread makes last. Its lcore only.
void lcore_raise(struct lcore *lcore, enum latch_mode mode, enum latch_cause cause, const char *reason);

// A pass of views that were alike is good for so long: one is asked for each second.
#define WATCH_GOOD_NS (5 * NS_PER_S)

static inline uint64_t clock_ns(const struct lcore_clock *c, uint64_t tsc)
{
	return (uint64_t)((double)tsc * c->ns_per_tsc);
}

// export.c: the digest of all streams written, as hex, and each one's own with its rows; valid when done.
struct export_digest {
	char all[65];
	const char *of[OUTPUT_STREAMS];
	uint64_t rows[OUTPUT_STREAMS];
};
void export_digest(const struct lcore *lcore, struct export_digest *out);
// export_combine makes the one digest of those of all files of the plant.
void export_combine(const struct plant *plant, char out[65]);
struct outcome;
// export_money.c: what orders of ours have earned; valid when the export lcore is done.
const struct outcome *export_outcome(void);
// signal.c: gates of a signal lcore.
const struct gates *signal_gates(const struct lcore *lcore);
// signal_gate_room returns how many bytes the state of gates may take that a reload brings.
size_t signal_gate_room(const struct lcore *lcore);
struct desk;
// signal.c: the desk of a signal lcore; NULL: fires become no orders. Others read it while it changes.
const struct desk *signal_desk(const struct lcore *lcore);
// telemetry.c: the health verdict as of the last tick.
enum health { HEALTH_STARTING, HEALTH_OK, HEALTH_DEGRADED, HEALTH_BAD };
struct telemetry_health {
	enum health health;
	char why[120];
	uint64_t age_ns, wire_p999_ns;
	uint32_t channels_live, channels_quiet, channels_silent, lines_silent, groups_silent;
};
void telemetry_health(const struct lcore *lcore, struct telemetry_health *out);
extern const char *const telemetry_health_name[];
#define TELEMETRY_FIRES 10
// telemetry_fires copies the last fires, oldest first, and sets *total to how many there were. For displays:
// may be torn while running.
unsigned telemetry_fires(const struct lcore *lcore, struct fire out[TELEMETRY_FIRES], uint64_t *total);

#endif

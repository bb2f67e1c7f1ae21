/* SPDX-License-Identifier: BSD-3-Clause */
// lcore_shared.h: what others may read of an lcore, and its mailbox. In named shared memory ("wb_c_<index>")
// without pointers, so that another process can read it; docs/shared-memory.md. What is not here is the
// lcore's own: other threads do not look into struct lcore's state.
#ifndef WB_STAGE_LCORE_SHARED_H
#define WB_STAGE_LCORE_SHARED_H

#include <stddef.h>

#include "conf/conf.h"
#include "drivers/receiver/counts.h"
#include "drivers/sink/sink.h"
#include "lcore/base/flight.h"
#include "lcore/base/hist.h"
#include "lcore/base/ledger.h"
#include "lcore/book/book.h"
#include "lcore/model/gate_why.h"

enum { LCORE_BOOKS = 4 }; // parts of one instrument
enum lcore_op {
	LCORE_OP_NONE,
	LCORE_OP_RESET,
	LCORE_OP_WATCH,
	LCORE_OP_BOOK,
	LCORE_OP_ROWS,    // of ingest: make the idle rows of an instrument that are due
	LCORE_OP_GATES,   // of signal: plant.gates_next comes in force; -EAGAIN: ask again
	LCORE_OP_GROW,    // of ingest: sweeps are handed on as they grow
	LCORE_OP_FLATTEN, // of signal: all positions are to be closed
	LCORE_OP_ADOPT,   // of signal: arg shares of the symbol are held, at price
	LCORE_OP_UNLATCH, // of signal: what the desk has latched itself is cleared
	LCORE_OP_STALL,   // of all, for tests: it does nothing for arg ms
	LCORE_OP_CAPTURE, // of ingest: arg: whether frames are kept in the packet journal from now on
	LCORE_OP_WHY // of signal: what gates see of an instrument; arg: its id, and from which gate on << 32
};

struct lcore_book {
	uint8_t venue, channel, status, suspect;
	uint32_t n_bid, n_ask;
	struct level bid[16], ask[16];
};

// A control command in the lcore's mailbox. w: control, until want says so; then the owner, until have does.
struct lcore_command {
	uint32_t op;     // enum lcore_op
	uint64_t symbol; // 0: all
	int64_t arg;
	int64_t price; // 1e-6 dollar
	// filled by the owner
	int32_t rc;
	char text[120];
	uint32_t n_book; // LCORE_OP_BOOK: venues
	union {
		struct lcore_book book[LCORE_BOOKS];
		struct gate_why_page why; // LCORE_OP_WHY
	};
};

// Histograms, by lcore: lags.def.
enum lcore_hist {
#define LAG(NAME, name, help) HIST_##NAME,
#include "lcore/stage/lags.def"
	HIST_COUNT
};

extern const char *const lcore_hist_name[HIST_COUNT], *const lcore_hist_help[HIST_COUNT];

// What an lcore has decided itself about what may leave at all: the control thread makes it last. mode is
// written last, with release; who has made it last puts it back to 0.
struct lcore_raised {
	uint32_t mode;  // enum latch_mode
	uint32_t cause; // enum latch_cause
	char reason[160];
};

// What a telemetry lcore has found of orders and positions (lcore/trade/watchdog.h). seq is odd while the
// rest changes.
struct lcore_watchdog {
	uint32_t seq, on;
	uint32_t state; // enum watchdog_state
	uint32_t differences;
	uint64_t passes, alike, partial;
	uint64_t alike_tsc; // of the last pass without a difference; 0: none
	char text[160];
};

// run.state_hash: a hash of what the lcore knew, and after how many frames. frames is written last.
enum lcore_state_at { LCORE_STATE_END, LCORE_STATE_RESTART, LCORE_STATES };
struct lcore_state {
	uint64_t hash, frames; // frames 0: not yet
};

struct lcore_shared {
	// w: boot, r: all
	char name[32];
	uint32_t stage; // enum conf_stage
	uint16_t id;    // EAL lcore id
	int32_t cpu, numa_node;
	uint64_t layout; // of the program that made it: sizes, and names of counters
	uint64_t bytes;  // of this block; without counts and watch list where the stage is not ingest
	// w: owner, r: all
	bool done __attribute__((aligned(CACHE_LINE)));
	bool launched;
	bool behind; // ingest: it takes what its journal holds, not yet what comes
	uint64_t polls, idle_polls, busy_tsc, worst_poll_tsc;
	uint64_t cpu_ns;   // time on its cpu, idling included; known when it has ended
	uint64_t rows;     // handed on; what was received is in the ledger
	uint64_t data_ns;  // exchange time of the newest data handed on
	uint64_t data_tsc; // when that was
	// ingest of a split layout: the present in the clock of its port, for who has no port; rx_tsc 0:
	// there is none
	uint64_t rx_now_ns, rx_tsc;
	struct lcore_state state[LCORE_STATES]; // ingest: at the data's end; when a restart had its journal
	struct ledger ledger;
	struct hist hist[HIST_COUNT];
	struct lcore_raised raised;
	struct lcore_watchdog watchdog; // telemetry only
	struct flight flight;           // threshold: w: control
	struct sink_view sink[SINKS];   // gateway only
	// mailbox. w: control, r: owner
	struct lcore_command command __attribute__((aligned(CACHE_LINE)));
	uint32_t want __attribute__((aligned(CACHE_LINE)));
	// w: owner, r: control
	uint32_t have __attribute__((aligned(CACHE_LINE)));
	// ingest only. w: owner, r: all
	struct receiver_counts counts;
	bool owner;       // w: boot. It seals the bars; others relay to it
	uint32_t n_watch; // release, acquire
	uint64_t watch[]; // symbols of the watch list
};

// lcore_shared_bytes returns what an lcore of that stage takes. watch_max: of the watch list.
size_t lcore_shared_bytes(enum conf_stage stage, uint64_t watch_max);
// lcore_shared_create makes the zeroed block of the lcore with that index, on a NUMA node. NULL: no memory.
// Boot only.
struct lcore_shared *lcore_shared_create(unsigned index, enum conf_stage stage, uint64_t watch_max,
					 int numa_node);
// lcore_shared_attach finds the block of an lcore in a secondary process, to read it. NULL: there is none, or
// it was made by a program with other sizes.
const struct lcore_shared *lcore_shared_attach(unsigned index);

// lcore_shared_layout returns a hash of what a block is made of. Any process.
uint64_t lcore_shared_layout(void);

// lcore_watched returns how many symbols of an ingest lcore's watch list are published. Any thread.
static inline uint32_t lcore_watched(const struct lcore_shared *s)
{
	return __atomic_load_n(&s->n_watch, __ATOMIC_ACQUIRE);
}

// What an lcore received, for displays: from the ledger, the only place that counts it. Any thread.
static inline uint64_t lcore_frames(const struct lcore_shared *s) { return s->ledger.v[LEDGER_frames_rx]; }
static inline uint64_t lcore_messages(const struct lcore_shared *s)
{
	return s->ledger.v[LEDGER_messages_rx];
}

#endif

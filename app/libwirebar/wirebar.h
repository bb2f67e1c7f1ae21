/* SPDX-License-Identifier: BSD-3-Clause */
// wirebar.h: the C interface of wirebar, for programs of other people: run captures through the engine with a
// callback for each row, or read the tables of an appliance that runs. docs/capi.md has the rules and
// examples.
//
// Nothing here ends or aborts the process or writes to its standard streams. Every function that can fail
// returns an enum wirebar_code; where it takes err, that gets a sentence that says what was found (err_bytes
// may be 0). Names and numbers of columns come from one list, as the CSV's.
#ifndef WIREBAR_H
#define WIREBAR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WIREBAR_API __attribute__((visibility("default")))

// The first four are the exit codes of `wirebar replay`.
enum wirebar_code {
	WIREBAR_OK = 0,
	WIREBAR_FAILED = 1, // could not be done
	WIREBAR_USAGE = 2,  // bad arguments, or a configuration that is refused
	WIREBAR_LOSSY = 3,  // all was done, but data was lost or damaged, or the run was stopped
	WIREBAR_ABSENT = 4, // nobody to attach to
	WIREBAR_LAYOUT = 5, // another layout: build anew, or run the same version
	WIREBAR_GONE = 6,   // the appliance has ended: its tables stand still
	WIREBAR_TIMEOUT = 7,
	WIREBAR_NOTHING = 8, // no such instrument, or nothing was written there yet
	WIREBAR_ONCE = 9,    // this process was attached to another one before
};

enum wirebar_span { WIREBAR_1S, WIREBAR_5S, WIREBAR_15S, WIREBAR_30S, WIREBAR_1M, WIREBAR_5M, WIREBAR_SPANS };

enum wirebar_type {
	WIREBAR_TYPE_SYM,   // eight letters, padded with spaces
	WIREBAR_TYPE_SPAN,  // enum wirebar_span
	WIREBAR_TYPE_TS,    // ns since 1970, UTC
	WIREBAR_TYPE_FLAGS, // a bit for each enum wirebar_flag
	WIREBAR_TYPE_PX,    // int64_t, 1e-6 dollar; WIREBAR_EMPTY
	WIREBAR_TYPE_U64,
	WIREBAR_TYPE_I64,
	WIREBAR_TYPE_F64, // double; empty: NaN
};

#define WIREBAR_EMPTY INT64_MIN

// WIREBAR_COL_symbol, WIREBAR_COL_span, ... WIREBAR_COLUMNS: of this header. A program that asks by name
// (wirebar_column) needs none of them.
enum wirebar_col {
#define COL(name, type, help) WIREBAR_COL_##name,
#include <wirebar/columns.def>
#undef COL
	WIREBAR_COLUMNS
};

enum wirebar_flag {
#define FLAG(name, help) WIREBAR_FLAG_##name,
#include <wirebar/flags.def>
#undef FLAG
	WIREBAR_FLAGS_COUNT
};

#define WIREBAR_C_SYM   uint64_t
#define WIREBAR_C_SPAN  uint64_t
#define WIREBAR_C_TS    uint64_t
#define WIREBAR_C_FLAGS uint64_t
#define WIREBAR_C_PX    int64_t
#define WIREBAR_C_U64   uint64_t
#define WIREBAR_C_I64   int64_t
#define WIREBAR_C_F64   double

// A sealed row: 24 bytes, then one word for each column, in their order.
struct wirebar_row {
	uint32_t bytes; // that the library has filled
	uint32_t instr; // of this run or appliance
	uint8_t last_due, n_due, pad[6];
	uint64_t reserved;
#define COL(name, type, help) WIREBAR_C_##type name;
#include <wirebar/columns.def>
#undef COL
};

// What a gate decided, as in `--fires`.
struct wirebar_fire {
	uint32_t bytes;
	uint32_t rules; // a bit for each rule that held, of n_rules
	uint64_t decided_ns, close_ts;
	double score;
	int64_t close_filled, bid, ask;
	char symbol[16], gate[32];
	uint8_t exit, is_short, n_rules, by_sweep;
	uint8_t pad[4];
};

// An aggressive order that took several levels of one book.
struct wirebar_sweep {
	uint32_t bytes;
	uint16_t levels;
	uint8_t side, venue; // 1: a buyer; of wirebar_venue_name
	uint64_t from_ns, to_ns, shares;
	int64_t notional, first_price, last_price; // 1e-6 dollar
	char symbol[16];
};

// The touch of all venues, or of one channel of one venue. An empty side has WIREBAR_EMPTY and no size.
struct wirebar_quote {
	uint32_t bytes;
	uint8_t venue, channel, status, suspect; // status: 0 trading, 1 halted, 2 paused, 3 quotation only
	int64_t bid, ask;
	uint64_t bid_size, ask_size, ts_ns;
};

// What one venue says of an instrument beside its book. A time is 0 where it has said nothing.
struct wirebar_fact {
	uint32_t bytes;
	uint32_t reason; // of a halt: four letters, the first in the highest byte
	uint64_t status_ns, short_ns, auction_ns;
	int64_t reference, indicative; // of the auction, 1e-6 dollar; 0: none
	uint32_t paired, imbalance;
	uint8_t auction_type, side, short_code, short_sale;
	uint8_t pad[4];
};

// --- What this library is. Any thread.

// wirebar_version returns "0.1.0".
WIREBAR_API const char *wirebar_version(void);
// wirebar_code_text returns a sentence for an enum wirebar_code.
WIREBAR_API const char *wirebar_code_text(int code);
// wirebar_layout is a hash of the names and types of columns and flags: files of rows may keep it.
WIREBAR_API uint64_t wirebar_layout(void);
// wirebar_compatible returns WIREBAR_OK if columns, "symbol SYM;span SPAN;...", are the library's own or its
// first ones: then a program that was compiled with them reads rows rightly. wirebar_check asks for this
// header.
WIREBAR_API int wirebar_compatible(const char *columns);

static inline int wirebar_check(void)
{
	return wirebar_compatible(
#define COL(name, type, help) #name " " #type ";"
#include <wirebar/columns.def>
#undef COL
	);
}

// wirebar_columns, wirebar_flags, wirebar_venues, wirebar_counters return how many there are; the four below
// name one, or NULL. wirebar_column finds a column by name, wirebar_span_of a span ("5m"); -1: none.
WIREBAR_API int wirebar_columns(void);
WIREBAR_API int wirebar_flags(void);
WIREBAR_API int wirebar_venues(void);
WIREBAR_API int wirebar_counters(void);
WIREBAR_API const char *wirebar_column_name(int col);
WIREBAR_API const char *wirebar_flag_name(int flag);
WIREBAR_API const char *wirebar_venue_name(int venue);
WIREBAR_API const char *wirebar_counter_name(int counter);
WIREBAR_API int wirebar_column(const char *name);
WIREBAR_API int wirebar_column_type(int col); // enum wirebar_type, or -1
WIREBAR_API const char *wirebar_column_help(int col);
WIREBAR_API int wirebar_span_of(const char *name);
WIREBAR_API const char *wirebar_span_name(int span);

// --- Rows. Any thread.

// wirebar_row_bytes is sizeof(struct wirebar_row) of the library, for who has no header.
WIREBAR_API size_t wirebar_row_bytes(void);
// wirebar_word returns a cell as it is; 0 beyond the row. wirebar_number returns it as a number: prices in
// dollars, empty as NaN.
WIREBAR_API uint64_t wirebar_word(const struct wirebar_row *row, int col);
WIREBAR_API double wirebar_number(const struct wirebar_row *row, int col);
// These write the CSV's text, NUL-terminated, cut to out_bytes, and return its whole length: of a cell (160
// bytes are always enough), of lines with their newline (4096).
WIREBAR_API size_t wirebar_format(const struct wirebar_row *row, int col, char *out, size_t out_bytes);
WIREBAR_API size_t wirebar_csv_header(char *out, size_t out_bytes);
WIREBAR_API size_t wirebar_csv_row(const struct wirebar_row *row, char *out, size_t out_bytes);
WIREBAR_API size_t wirebar_csv_fire_header(char *out, size_t out_bytes);
WIREBAR_API size_t wirebar_csv_fire(const struct wirebar_fire *fire, char *out, size_t out_bytes);

// --- Captures through the engine, in this process.

struct wirebar_run {
	size_t bytes; // sizeof(struct wirebar_run)
	const char *const *files;
	size_t n_files;
	const char *conf; // text of a configuration; NULL: builtin:bench, as `wirebar replay`
	void *ctx;
	// Each may be NULL. Anything but 0 stops the run: nothing is called any more. What they point to is
	// theirs until they return.
	int (*row)(void *ctx, const struct wirebar_row *row);
	int (*fire)(void *ctx, const struct wirebar_fire *fire);
	int (*sweep)(void *ctx, const struct wirebar_sweep *sweep);
	uint32_t fill; // 1: rows without prints too, as --fill
	uint32_t pad;
};

struct wirebar_result {
	size_t bytes; // sizeof(struct wirebar_result)
	uint64_t rows, fires, sweeps;
	uint32_t stopped; // a callback has stopped it
	uint32_t pad;
	uint64_t *counter; // [n_counters], by wirebar_counter_name; may be NULL
	size_t n_counters; // room there; then how many were filled
};

// wirebar_run plays the captures, flat out, and calls back on this thread: rows as `wirebar replay --bars`
// writes them, in that order, to the byte; fires likewise. result may be NULL. Returns what `wirebar replay`
// would exit with: 0, 1, 2 or 3, with the reason in err. One at a time in a process, as often as wanted. No
// DPDK is started.
WIREBAR_API int wirebar_run(const struct wirebar_run *run, struct wirebar_result *result, char *err,
			    size_t err_bytes);

// --- The tables of an appliance that runs (hugepages; same user, same version).

struct wirebar; // attached

struct wirebar_attach_options {
	size_t bytes;            // sizeof(struct wirebar_attach_options)
	const char *file_prefix; // NULL: wirebar
	const char *huge_dir;    // its hugetlbfs mount, where there are several; NULL: as DPDK finds it
	uint32_t timeout_ms;     // for an appliance that is starting
	uint32_t verbose;        // 1: DPDK's own messages go to stderr
};

// wirebar_attach makes this process a DPDK secondary, once and for its life, and finds the tables. options
// may be NULL. Codes: ABSENT, LAYOUT, ONCE, FAILED, USAGE.
WIREBAR_API int wirebar_attach(struct wirebar **out, const struct wirebar_attach_options *options, char *err,
			       size_t err_bytes);
// wirebar_detach forgets the handle; NULL is accepted. The mapping stays, so that attaching again is quick.
WIREBAR_API void wirebar_detach(struct wirebar *w);
// wirebar_alive returns WIREBAR_OK, or WIREBAR_GONE when the appliance has ended. A few system calls.
WIREBAR_API int wirebar_alive(const struct wirebar *w);

// Readers: any thread, no system call. An instrument's id counts from 0, in the order of first hearing, and
// means nothing in another appliance. Structs are filled up to the size that is given. Codes: OK, NOTHING,
// USAGE.
WIREBAR_API uint32_t wirebar_instruments(const struct wirebar *w);
WIREBAR_API int wirebar_find(const struct wirebar *w, const char *symbol, uint32_t *instr);
WIREBAR_API int wirebar_symbol(const struct wirebar *w, uint32_t instr, char out[9]);
// wirebar_latest copies the latest row of a span, wirebar_bundle those of all spans into rows[WIREBAR_SPANS],
// each row_bytes long, with a bit in *have for each that there is.
WIREBAR_API int wirebar_latest(const struct wirebar *w, uint32_t instr, int span, struct wirebar_row *row,
			       size_t row_bytes);
WIREBAR_API int wirebar_bundle(const struct wirebar *w, uint32_t instr, struct wirebar_row *rows,
			       size_t row_bytes, uint32_t *have);
// wirebar_history copies up to max of the last rows, newest first: of watched instruments (bars.watch); of
// others the latest alone.
WIREBAR_API int wirebar_history(const struct wirebar *w, uint32_t instr, int span, struct wirebar_row *rows,
				size_t row_bytes, uint32_t max, uint32_t *n);
// wirebar_quote blends all venues; wirebar_quotes copies each channel's. Both look through all quotes: for
// displays.
WIREBAR_API int wirebar_quote(const struct wirebar *w, uint32_t instr, struct wirebar_quote *out,
			      size_t bytes);
WIREBAR_API int wirebar_quotes(const struct wirebar *w, uint32_t instr, struct wirebar_quote *out,
			       size_t bytes, uint32_t max, uint32_t *n);
WIREBAR_API int wirebar_fact(const struct wirebar *w, uint32_t instr, int venue, struct wirebar_fact *out,
			     size_t bytes);

#define WIREBAR_ANY UINT32_MAX

// wirebar_wait returns a row that this handle has not handed out: the latest of an instrument, or of any
// (WIREBAR_ANY), of the spans whose bits (1 << span) are set. It polls and sleeps between, 20 us to 1 ms: the
// appliance is not asked. Of an instrument and span whose row was replaced before it was looked at the newer
// one comes alone. Idle rows do not wake. One thread a handle. Codes: OK, TIMEOUT, GONE, NOTHING, USAGE.
WIREBAR_API int wirebar_wait(struct wirebar *w, uint32_t instr, uint32_t spans, uint32_t timeout_ms,
			     struct wirebar_row *row, size_t row_bytes);

#ifdef __cplusplus
}
#endif

#endif

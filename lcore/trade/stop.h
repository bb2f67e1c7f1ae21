/* SPDX-License-Identifier: BSD-3-Clause */
// stop.h: a trailing stop of one position. It sends nothing: it says when to exit. Within one event the
// trigger is looked at before it is moved, so a quote does one of both, and never on a quote that could not
// be traded at. A stop belongs to a position id: it follows the quantity, dies when the position is flat, and
// no other position inherits it. Prices 1e-6 dollar, times ns of one clock. Pure; one owner; no pointers, so
// that it can be stored and restored as it is.
//
// Long positions are closed by a sale: high-water mark and trigger below it, which only rise. Short ones
// mirrored.
#ifndef WB_TRADE_STOP_H
#define WB_TRADE_STOP_H

#include "lcore/trade/risk.h"

enum stop_mode { STOP_PRICE, STOP_TICKS, STOP_BPS, STOP_RANGE, STOP_MODES };
enum stop_watch { STOP_EXIT_SIDE, STOP_LAST, STOP_MID, STOP_WATCHES };
enum stop_path { STOP_BY_EVENT, STOP_BY_SECOND, STOP_BY_RETRY, STOP_PATHS };
enum stop_verdict { STOP_QUIET, STOP_MOVED, STOP_FIRED };

// As configured.
struct stop_rule {
	enum stop_mode mode;
	enum stop_watch watch;
	int64_t offset;       // 1e-6 dollar, ticks, hundredths of a percent, or thousandths of a range
	int64_t activation;   // trails from this price on; 0: at once
	int64_t trigger;      // the first one, looked at before activation, too; 0: none
	int64_t limit_offset; // an exit's limit is this far beyond the trigger; 0: as far as the collar lets
			      // it
	bool follow; // RANGE: a smaller range of later tightens the offset
	uint32_t retries_per_s;
	uint64_t answer_ns;    // an exit without an answer for so long is tried again
	uint64_t quote_age_ns; // of a quote that counts
};

struct stop {
	uint64_t position_id; // 0: there is no position
	int64_t qty;          // signed
	int64_t activation;
	int64_t hwm;     // 0: not active yet
	int64_t trigger; // 0: none yet
	int64_t offset;  // of RANGE, as it was at activation; 0: not known
	int64_t range;   // the latest; 0: not known
	uint64_t fired_ns;
	uint64_t second;  // that in_second counts
	uint64_t seen_ns; // the quote that was looked at last
	int64_t seen_bid, seen_ask, seen_last;
	uint32_t in_second;
	uint16_t retry;
	bool fired;     // the position must go, whatever prices do
	bool exit_live; // an exit is on its way
};

struct stop_quote {
	uint64_t ts_ns;
	int64_t bid, ask, last; // 0: none
	bool suspect;           // of a book in doubt, or a halted instrument
};

// What the owner publishes.
struct stop_fire {
	uint64_t position_id;
	uint64_t ts_ns; // of the quote, or of the retry
	int64_t qty;    // to be sold (above 0) or bought
	int64_t trigger, watched;
	int64_t limit; // 0: within the collar
	uint16_t retry;
	uint8_t side; // enum ev_side of the exit
	uint8_t path; // enum stop_path
	bool alarm;   // the second retry, or a later one
};

extern const char *const stop_mode_name[STOP_MODES], *const stop_watch_name[STOP_WATCHES],
							     *const stop_path_name[STOP_PATHS];

// stop_position takes the position after a fill: a new id begins a new stop, 0 shares end it.
void stop_position(struct stop *s, const struct stop_rule *rule, uint64_t position_id, int64_t qty);
// stop_restore makes s what was kept of a stop of an earlier start: how far it has come stays. No exit of it
// is on its way any more, so one that has fired tries again at the next second.
void stop_restore(struct stop *s, const struct stop *kept);
// stop_range takes the average range of a sealed span. RANGE does not trail before it is known.
void stop_range(struct stop *s, const struct stop_rule *rule, int64_t range);
// stop_event takes a quote or print, stop_second the last of them at a second's mark: it makes up for an
// event that was lost, and for an exit that came to nothing. FIRED: out is to be published.
enum stop_verdict stop_event(struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			     const struct stop_quote *q, uint64_t now_ns, struct stop_fire *out);
enum stop_verdict stop_second(struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			      const struct stop_quote *q, uint64_t now_ns, struct stop_fire *out);
// stop_exit_ended: the exit that was fired has been rejected, denied or has ended, filled or not. The next
// pass tries again if shares are left.
void stop_exit_ended(struct stop *s);
// stop_trigger_of returns the trigger that goes with a high-water mark: the offset rounded down to 1e-6
// dollar, the trigger to the tick towards the market.
int64_t stop_trigger_of(const struct stop *s, const struct stop_rule *rule, const struct risk_ticks *ticks,
			int64_t hwm);

#endif

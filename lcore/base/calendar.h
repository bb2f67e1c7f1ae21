/* SPDX-License-Identifier: BSD-3-Clause */
// calendar.h: New York trade dates and sessions in UTC nanoseconds, from the system's zone data. The offsets
// of all days are computed once at boot (calendar_load), so that lookups on the hot path are arithmetic.
#ifndef WB_BASE_CALENDAR_H
#define WB_BASE_CALENDAR_H

#include "lcore/base/num.h"

enum session { SESSION_NONE = 0, SESSION_PRE = 1, SESSION_RTH = 2, SESSION_POST = 3 };

#define CALENDAR_EARLY_MAX 256

// An early close: RTH ends, and POST begins, at close_ns after New York midnight of the day; POST lasts four
// hours as ever. 0: a holiday, without sessions.
struct calendar_early {
	int32_t day;       // days since the Unix epoch, New York date
	uint64_t close_ns; // since New York midnight
};

// struct calendar_day is one New York trade date in UTC: sessions are [pre, rth), [rth, post), [post, end).
struct calendar_day {
	uint64_t midnight_ns;
	uint64_t pre_ns, rth_ns, post_ns, end_ns;
	int32_t day;
};

// calendar_load reads the zone data of America/New_York for 1990 to 2069, and begins anew with what the two
// below say. Returns 0, or -ENOENT when the system has none (Debian package tzdata). Boot only, before
// threads: it changes TZ and restores it.
int calendar_load(void);
// calendar_early_close adds one early close or holiday. Boot only. Returns 0 or -ENOSPC.
int calendar_early_close(struct calendar_early early);
// calendar_weekends says whether Saturdays and Sundays have sessions (test systems do; the default). Boot
// only.
void calendar_weekends(bool open);
// calendar_day fills out for the New York date that utc_ns falls in. Any thread after calendar_load.
void calendar_day_of(uint64_t utc_ns, struct calendar_day *out);
// calendar_day_by_date fills out for a date (days since the Unix epoch).
void calendar_day_by_date(int32_t day, struct calendar_day *out);
// calendar_session returns the session of day that utc_ns falls in.
enum session calendar_session(const struct calendar_day *day, uint64_t utc_ns);
// calendar_wall returns the nanoseconds since midnight that New York's clocks show, and their date.
uint64_t calendar_wall(uint64_t utc_ns, int32_t *day);
// calendar_parse_iso reads what calendar_iso writes (len bytes) into ns since 1970. Returns false for other
// text.
bool calendar_parse_iso(const char *text, size_t len, uint64_t *utc_ns);
// calendar_parse_date reads YYYY-MM-DD or YYYYMMDD (len bytes) into days since the Unix epoch. Returns false
// when it is none.
bool calendar_parse_date(const char *text, size_t len, int32_t *day);
// calendar_iso writes utc_ns as 2017-04-25T15:03:41.826542542Z, NUL-terminated; returns the length (30).
#define CALENDAR_ISO_BYTES 31
size_t calendar_iso(uint64_t utc_ns, char out[CALENDAR_ISO_BYTES]);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/calendar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_DAY = 7305, N_DAYS = 80 * 366 }; // 1990-01-01
// The clocks change twice a year, months apart: days so near one another with the same offset have no change
// between. Libc parses the zone's rule anew for each question of the years after its table's end: a tenth of
// a start.
enum { STRIDE_DAYS = 24 };

#define HOURS(h) ((uint64_t)(h)*3600 * NS_PER_S)

static int32_t offset_s[N_DAYS]; // New York minus UTC at the day's New York midnight
static struct calendar_early early_close[CALENDAR_EARLY_MAX];
static unsigned n_early;
static bool weekends_closed;

// New York minus UTC at the New York midnight of a day, counted from FIRST_DAY, s. Assumes that libc's zone
// is New York.
static int32_t ask_offset_s(int i)
{
	time_t utc_midnight = (time_t)(FIRST_DAY + i) * 86400;
	// 05:00 UTC is New York midnight in winter and 01:00 in summer: always before the change at 02:00.
	time_t guess = utc_midnight + 5 * 3600;
	struct tm tm;

	localtime_r(&guess, &tm);
	return (int32_t)tm.tm_gmtoff;
}

static void ask_offsets(void)
{
	offset_s[0] = ask_offset_s(0);
	for (int from = 0, to; from < N_DAYS - 1; from = to) {
		to = from + STRIDE_DAYS < N_DAYS - 1 ? from + STRIDE_DAYS : N_DAYS - 1;
		offset_s[to] = ask_offset_s(to);
		for (int i = from + 1; i < to; i++)
			offset_s[i] = offset_s[from] == offset_s[to] ? offset_s[from] : ask_offset_s(i);
	}
}

int calendar_load(void)
{
	char *old = getenv("TZ");
	char saved[256] = "";

	if (old)
		strncpy(saved, old, sizeof saved - 1);
	setenv("TZ", "America/New_York", 1);
	tzset();
	ask_offsets();
	if (old)
		setenv("TZ", saved, 1);
	else
		unsetenv("TZ");
	tzset();
	n_early = 0;
	weekends_closed = false;
	// Without zone data libc falls back to UTC.
	return offset_s[10] == 0 ? -ENOENT : 0;
}

void calendar_weekends(bool open) { weekends_closed = !open; }

int calendar_early_close(struct calendar_early early)
{
	if (n_early == CALENDAR_EARLY_MAX)
		return -ENOSPC;
	early_close[n_early++] = early;
	return 0;
}

static int32_t day_offset_s(int32_t day)
{
	int32_t i = day - FIRST_DAY;

	if (i < 0)
		i = 0;
	if (i >= N_DAYS)
		i = N_DAYS - 1;
	return offset_s[i];
}

static void close_all_day(struct calendar_day *d)
{
	d->pre_ns = d->rth_ns = d->post_ns = d->end_ns = d->midnight_ns;
}

void calendar_day_by_date(int32_t day, struct calendar_day *out)
{
	int64_t midnight_s = (int64_t)day * 86400 - day_offset_s(day);
	// The clocks change at 02:00, before any session: session times hold the offset of the following
	// midnight.
	int64_t trading_s = (int64_t)day * 86400 - day_offset_s(day + 1);
	uint64_t base = (uint64_t)trading_s * NS_PER_S;

	*out = (struct calendar_day){
		.midnight_ns = (uint64_t)midnight_s * NS_PER_S,
		.pre_ns = base + HOURS(4),
		.rth_ns = base + HOURS(9) + HOURS(1) / 2,
		.post_ns = base + HOURS(16),
		.end_ns = base + HOURS(20),
		.day = day,
	};
	if (weekends_closed && (day + 4) % 7 % 6 == 0) // the epoch was a Thursday; Sunday is 0, Saturday 6
		close_all_day(out);
	for (unsigned i = 0; i < n_early; i++)
		if (early_close[i].day == day && early_close[i].close_ns == 0) {
			close_all_day(out);
		} else if (early_close[i].day == day) {
			out->post_ns = base + early_close[i].close_ns;
			out->end_ns = out->post_ns + HOURS(4);
		}
}

void calendar_day_of(uint64_t utc_ns, struct calendar_day *out)
{
	int64_t utc_s = (int64_t)(utc_ns / NS_PER_S);
	int32_t day = (int32_t)(utc_s / 86400);

	// New York is behind UTC: its date is the UTC date or the one before.
	if ((int64_t)day * 86400 - day_offset_s(day) > utc_s)
		day--;
	calendar_day_by_date(day, out);
}

uint64_t calendar_wall(uint64_t utc_ns, int32_t *day)
{
	struct calendar_day d;

	calendar_day_of(utc_ns, &d);
	*day = d.day;
	uint64_t since = utc_ns > d.midnight_ns ? utc_ns - d.midnight_ns : 0;

	// On the two days of the year on which the clocks change, they do at 02:00.
	if (since < HOURS(2))
		return since;
	return since + (uint64_t)(int64_t)(day_offset_s(d.day + 1) - day_offset_s(d.day)) * NS_PER_S;
}

enum session calendar_session(const struct calendar_day *day, uint64_t utc_ns)
{
	if (utc_ns < day->pre_ns || utc_ns >= day->end_ns)
		return SESSION_NONE;
	if (utc_ns < day->rth_ns)
		return SESSION_PRE;
	return utc_ns < day->post_ns ? SESSION_RTH : SESSION_POST;
}

static int digits(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

bool calendar_parse_date(const char *text, size_t len, int32_t *day)
{
	bool dashes = len == 10 && text[4] == '-' && text[7] == '-';

	if (len != 8 && !dashes)
		return false;
	struct tm tm = { 0 };
	int y = digits(text, 4), m = digits(text + (dashes ? 5 : 4), 2),
	    d = digits(text + (dashes ? 8 : 6), 2);

	if (y < 1990 || y > 2068 || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	tm.tm_year = y - 1900;
	tm.tm_mon = m - 1;
	tm.tm_mday = d;
	time_t t = timegm(&tm);

	if (tm.tm_mday != d) // 31 February and the like were normalised away
		return false;
	*day = (int32_t)(t / 86400);
	return true;
}

static char *put(char *p, unsigned v, int width)
{
	for (int i = width - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + width;
}

size_t calendar_iso(uint64_t utc_ns, char out[CALENDAR_ISO_BYTES])
{
	// Days to civil date: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
	uint64_t s = utc_ns / NS_PER_S;
	int64_t z = (int64_t)(s / 86400) + 719468;
	int64_t era = z / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;
	unsigned day = doy - (153 * mp + 2) / 5 + 1;
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	unsigned year = yoe + (unsigned)era * 400 + (month <= 2);
	unsigned sod = (unsigned)(s % 86400);
	char *p = out;

	p = put(p, year, 4), *p++ = '-';
	p = put(p, month, 2), *p++ = '-';
	p = put(p, day, 2), *p++ = 'T';
	p = put(p, sod / 3600, 2), *p++ = ':';
	p = put(p, sod / 60 % 60, 2), *p++ = ':';
	p = put(p, sod % 60, 2), *p++ = '.';
	p = put(p, (unsigned)(utc_ns % NS_PER_S), 9), *p++ = 'Z';
	*p = '\0';
	return (size_t)(p - out);
}

bool calendar_parse_iso(const char *text, size_t len, uint64_t *utc_ns)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddddddddZ";
	struct tm tm = { 0 };

	if (len != sizeof shape - 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	tm.tm_hour = digits(text + 11, 2);
	tm.tm_min = digits(text + 14, 2);
	tm.tm_sec = digits(text + 17, 2);
	*utc_ns = (uint64_t)timegm(&tm) * NS_PER_S + (uint64_t)digits(text + 20, 9);
	return true;
}

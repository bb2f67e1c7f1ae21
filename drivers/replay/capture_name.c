/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/capture_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lcore/base/calendar.h"

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

// The place of the date in a name, or NULL.
static const char *date_at(const char *name, int32_t *day, size_t *len)
{
	for (const char *p = name; *p; p += *len ? *len : 1) {
		char turned[9];

		*len = strspn(p, "0123456789");
		if (*len == 8) {
			snprintf(turned, sizeof turned, "%.4s%.4s", p + 4, p);
			if (calendar_parse_date(p, 8, day) || calendar_parse_date(turned, 8, day))
				return p;
		}
		// S123019-v50: month, day, year
		if (*len == 6 && !strncasecmp(p + 6, "-v50", 4)) {
			snprintf(turned, sizeof turned, "20%.2s%.4s", p + 4, p);
			if (calendar_parse_date(turned, 8, day))
				return p;
		}
	}
	return NULL;
}

bool capture_name_day(const char *path, int32_t *day)
{
	size_t len;

	return date_at(base_of(path), day, &len) != NULL;
}

// Whether the name holds the word, in any case, between other characters than letters.
static bool holds(const char *name, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = name; *p; p++)
		if (!strncasecmp(p, word, n) && (p == name || !isalpha((unsigned char)p[-1])) &&
		    !isalpha((unsigned char)p[n]))
			return true;
	return false;
}

bool capture_name_series(const char *path, char *out, size_t out_len)
{
	static const char *const exchange[] = { "bx", "psx", "phlx", "nasdaq" };
	const char *name = base_of(path), *date;
	size_t len = 0;
	int32_t day;

	for (size_t i = 0; i < sizeof exchange / sizeof *exchange; i++)
		if (holds(name, exchange[i])) {
			snprintf(out, out_len, "%s", exchange[i]);
			return true;
		}
	date = date_at(name, &day, &len);
	if (date && len == 6 && !strncasecmp(date + len, "-v50.", 5)) {
		snprintf(out, out_len, "nasdaq");
		return true;
	}
	if (date)
		snprintf(out, out_len, "%.*s*%s", (int)(date - name), name, date + len);
	else
		snprintf(out, out_len, "%s", path);
	return false;
}

bool capture_date_remark(const struct capture *capture, char *out, size_t len)
{
	int days = capture->name_days;
	bool name = capture->date_source == CAPTURE_DATE_NAME;

	if (capture->date_source == CAPTURE_DATE_EPOCH) {
		snprintf(
			out, len,
			capture->kind == CAPTURE_RAW_ITCH50
				? "no trade date in its name; using 1970-01-01 (--date YYYY-MM-DD gives one)"
				: "its receive times are none, they begin before 1990 (--date YYYY-MM-DD gives the day)");
		return true;
	}
	if (days)
		snprintf(
			out, len,
			"the date in its name is %d day%s %s that of its receive times; %s believed (--date YYYY-MM-DD decides)",
			abs(days), abs(days) == 1 ? "" : "s", days > 0 ? "after" : "before",
			name ? "the name is" : "they are");
	return days != 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/marketgen/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool read_count(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;
	uint64_t scale = 1;
	unsigned long long value;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end == 'k' || *end == 'K')
		scale = 1000, end++;
	else if (*end == 'M')
		scale = 1000000, end++;
	else if (*end == 'G')
		scale = 1000000000, end++;
	if (errno != 0 || *end != '\0' || value > UINT64_MAX / scale || value * scale < min ||
	    value * scale > max)
		return false;
	*out = value * scale;
	return true;
}

bool read_share(const char *text, char end, double *out, const char **after)
{
	char *stop;

	if ((text[0] < '0' || text[0] > '9') && text[0] != '.')
		return false;
	*out = strtod(text, &stop);
	*after = stop;
	return (*stop == end || *stop == '\0') && *out >= 0 && *out <= 1;
}

bool read_part(const char *text, double *out)
{
	const char *after;

	return read_share(text, '\0', out, &after);
}

bool read_clock(const char *text, uint64_t *out)
{
	unsigned int h, m, s = 0;
	int used = 0;

	if (sscanf(text, "%2u:%2u%n", &h, &m, &used) != 2)
		return false;
	if (text[used] != '\0') {
		int more = 0;

		if (sscanf(text + used, ":%2u%n", &s, &more) != 1 || text[used + more] != '\0')
			return false;
	}
	if (h > 23 || m > 59 || s > 59)
		return false;
	*out = (h * 3600 + m * 60 + s) * NS_PER_S;
	return true;
}

bool read_time(const char *text, uint64_t *out, const char **after)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{ "h", 3600 * NS_PER_S }, { "m", 60 * NS_PER_S }, { "s", NS_PER_S },
		{ "ms", NS_PER_MS },      { "us", NS_PER_US },
	};
	const size_t n = sizeof units / sizeof units[0];
	size_t next = 0;

	*out = 0;
	do {
		char *unit;
		unsigned long long value;

		if (text[0] < '0' || text[0] > '9')
			return false;
		errno = 0;
		value = strtoull(text, &unit, 10);
		size_t length = strcspn(unit, ",0123456789");

		text = unit + length;
		if (value == 0 && length == 0 && next == 0) // nothing needs no unit
			break;
		while (next < n &&
		       (strlen(units[next].unit) != length || memcmp(unit, units[next].unit, length)))
			next++;
		if (next == n || errno != 0 || value > (NS_PER_DAY - *out) / units[next].ns)
			return false;
		*out += value * units[next++].ns;
	} while (*text != '\0' && *text != ',');
	*after = text;
	return true;
}

bool read_duration(const char *text, uint64_t *out)
{
	const char *after;

	return read_time(text, out, &after) && *after == '\0' && *out > 0;
}

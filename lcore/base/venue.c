/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/venue.h"

#include <ctype.h>
#include <stddef.h>
#include <strings.h>

static const struct {
	const char *name, *alias;
} rows[] = {
#define VENUE(name, alias, help) { #name, alias },
#include "lcore/base/venue.def"
#undef VENUE
};

const char *venue_names(void)
{
	static const char names[] =
#define VENUE(name, alias, help) ", " #name
#include "lcore/base/venue.def"
#undef VENUE
		;

	return names + 2;
}

const char *venue_name(unsigned venue) { return venue < VENUE_COUNT ? rows[venue].name : "?"; }

char *venue_lower(unsigned venue, char out[VENUE_TEXT])
{
	const char *name = venue < VENUE_COUNT && rows[venue].alias[0] ? rows[venue].alias
								       : venue_name(venue);
	size_t n = 0;

	for (; name[n] && n < VENUE_TEXT - 1; n++)
		out[n] = (char)tolower((unsigned char)name[n]);
	out[n] = 0;
	return out;
}

int venue_find(const char *name)
{
	for (int i = 0; i < VENUE_COUNT && *name; i++)
		if (!strcasecmp(name, rows[i].name) || !strcasecmp(name, rows[i].alias))
			return i;
	return -1;
}

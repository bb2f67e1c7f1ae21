/* SPDX-License-Identifier: BSD-3-Clause */
// venue.h: the list of exchanges (venue.def). Whatever goes by venue is VENUE_COUNT long.
#ifndef WB_BASE_VENUE_H
#define WB_BASE_VENUE_H

enum venue {
#define VENUE(name, alias, help) VENUE_##name,
#include "lcore/base/venue.def"
#undef VENUE
	VENUE_COUNT
};

// venue_name returns the venue's name as rows and telemetry say it, or "?" for a number that is none. Any
// thread.
const char *venue_name(unsigned venue);
// venue_lower writes how files of orders call the venue, its alias or else its name in small letters, and
// returns out. Any thread.
enum { VENUE_TEXT = 16 };
char *venue_lower(unsigned venue, char out[VENUE_TEXT]);
// venue_find returns the venue of a name or an alias, in any case of letters, or -1. Any thread.
int venue_find(const char *name);

// venue_names lists all names, for messages: "NASDAQ, IEX, ARCA". Any thread.
const char *venue_names(void);

#endif

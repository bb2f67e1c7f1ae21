/* SPDX-License-Identifier: BSD-3-Clause */
// door.h: who may come in: the Host a request names, the Origin it comes from. Pure.
#ifndef WB_CONSOLE_DOOR_H
#define WB_CONSOLE_DOOR_H

#include <stdbool.h>
#include <stddef.h>

enum { DOOR_NAMES = 16, DOOR_NAME_BYTES = 128 };

struct door {
	unsigned n, port;
	char name[DOOR_NAMES][DOOR_NAME_BYTES]; // lower case
};

// door_init takes the address that is listened at, and names separated by commas or blanks beside it. Where
// the address is a loopback's, localhost, 127.0.0.1 and [::1] are names as well. False: more than fit.
bool door_init(struct door *d, const char *address, unsigned port, const char *names);
// door_host returns whether a Host header (NAME or NAME:PORT) names us. NULL, and another port, do not: a
// page whose name was bound to our address after it was loaded is kept out so.
bool door_host(const struct door *d, const char *host);
// door_origin returns whether an Origin header is a page of ours. None (NULL) is: it is no browser's, or of
// the same origin.
bool door_origin(const struct door *d, const char *origin);
// door_same compares a secret in a time that does not depend on where they differ.
bool door_same(const char *secret, const char *given);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/door.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool add(struct door *d, const char *name, size_t n)
{
	if (!n)
		return true;
	if (d->n == DOOR_NAMES || n >= DOOR_NAME_BYTES)
		return false;
	for (size_t i = 0; i < n; i++)
		d->name[d->n][i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	d->name[d->n++][n] = '\0';
	return true;
}

static bool is_loopback(const char *address)
{
	return !strncmp(address, "127.", 4) || !strcmp(address, "::1") || !strcmp(address, "localhost");
}

bool door_init(struct door *d, const char *address, unsigned port, const char *names)
{
	static const char *const local[] = { "localhost", "127.0.0.1", "[::1]" };
	bool good = true;
	char text[DOOR_NAME_BYTES];

	*d = (struct door){ .port = port };
	for (unsigned i = 0; i < 3 && is_loopback(address); i++)
		good = add(d, local[i], strlen(local[i])) && good;
	snprintf(text, sizeof text, strchr(address, ':') ? "[%s]" : "%s", address);
	// Any address is no name.
	if (strcmp(text, "0.0.0.0") && strcmp(text, "[::]"))
		good = add(d, text, strlen(text)) && good;
	while (*names) {
		size_t n = strcspn(names, ", ");

		good = add(d, names, n) && good;
		names += n + (names[n] != '\0');
	}
	return good;
}

// The port of an authority, which ends its name. 80 is left out by browsers.
static bool split(const char *text, size_t *name, unsigned *port)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL, *colon = strchr(end ? end : text, ':');
	char *stop;

	*name = colon ? (size_t)(colon - text) : strlen(text);
	*port = 80;
	if (!colon)
		return true;
	unsigned long v = strtoul(colon + 1, &stop, 10);

	*port = (unsigned)v;
	return colon[1] >= '0' && colon[1] <= '9' && !*stop && v <= 65535;
}

bool door_host(const struct door *d, const char *host)
{
	unsigned port;
	size_t n;

	if (!host || !split(host, &n, &port) || port != d->port)
		return false;
	for (unsigned i = 0; i < d->n; i++)
		if (strlen(d->name[i]) == n && !strncasecmp(d->name[i], host, n))
			return true;
	return false;
}

bool door_origin(const struct door *d, const char *origin)
{
	return !origin || (!strncasecmp(origin, "http://", 7) && door_host(d, origin + 7));
}

bool door_same(const char *secret, const char *given)
{
	size_t n = strlen(secret), have = strlen(given);
	uint8_t differs = n != have;

	for (size_t i = 0; i < n; i++)
		differs |= (uint8_t)(secret[i] ^ given[i < have ? i : have]);
	return n > 0 && !differs;
}

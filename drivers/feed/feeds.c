/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/feed.h"

#include <string.h>

#define FEED(name) extern const struct feed name;
#include "drivers/feed/feeds.def"
#undef FEED

const struct feed *const feeds[] = {
#define FEED(name) &name,
#include "drivers/feed/feeds.def"
#undef FEED
	NULL
};

unsigned feed_place(const struct feed *feed)
{
	unsigned i = 0;

	while (feeds[i] && feeds[i] != feed)
		i++;
	return i;
}

const struct feed *feed_by_name(const char *name)
{
	for (const struct feed *const *f = feeds; *f; f++)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}

bool feed_fits(const struct feed *feed, const uint8_t *payload, size_t len, bool strict)
{
	struct packet packet;

	if (strict && feed->probe(payload, len))
		return true;
	if (!feed->header(payload, len, &packet))
		return false;
	const uint8_t *end = feed->past(packet.body, packet.end, packet.count);

	if (!end || (end != packet.end && !(feed->flags & FEED_OPEN_END)))
		return false;
	size_t own = (size_t)(end - payload);

	if (own < len && !feed->header(payload + own, len - own, &packet))
		return false;
	return strict ? own < len && feed->probe(payload, own) : true;
}

const struct feed *feed_probe(const uint8_t *payload, size_t len)
{
	for (const struct feed *const *f = feeds; *f; f++)
		if (feed_fits(*f, payload, len, true))
			return *f;
	return NULL;
}

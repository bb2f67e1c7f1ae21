/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/feed.h"

#include <string.h>

#include "drivers/feed/deepplus.h"
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/pillar.h"

// Transports with a protocol number come first: their probes are the surest and the cheapest.
const struct feed *const feeds[] = { &iex_deep10,  &iex_tops16,  &deepplus10_feed,
				     &pillar_feed, &itch50_feed, NULL };

const struct feed *feed_by_name(const char *name)
{
	for (const struct feed *const *f = feeds; *f; f++)
		if (!strcmp((*f)->name, name))
			return *f;
	return NULL;
}

const struct feed *feed_probe(const uint8_t *payload, size_t len)
{
	for (const struct feed *const *f = feeds; *f; f++)
		if ((*f)->probe(payload, len))
			return *f;
	return NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// exchange.c: the table of venues.
#include "app/marketgen/sim/exchange.h"

#include <string.h>

// The position also seeds the lines' faults: append only.
const struct exchange_ops *const exchange_table[] = { &venue_itch, &venue_iex, &venue_pillar, NULL };

uint32_t exchange_mask(const char *list)
{
	uint32_t mask = 0, i;

	for (const char *end; *list; list = *end ? end + 1 : end) {
		end = strchr(list, ',');
		if (end == NULL)
			end = list + strlen(list);
		for (i = 0; exchange_table[i] != NULL; i++)
			if (strlen(exchange_table[i]->name) == (size_t)(end - list) &&
			    memcmp(exchange_table[i]->name, list, (size_t)(end - list)) == 0)
				break;
		if (exchange_table[i] == NULL || mask >> i & 1 || (*end && end[1] == '\0'))
			return 0;
		mask |= UINT32_C(1) << i;
	}
	return mask;
}

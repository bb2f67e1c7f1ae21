/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/hang.h"

bool hang_look(struct hang *h, uint64_t beats, uint64_t now_ns, uint64_t limit_ns)
{
	uint64_t since = h->looked_ns && now_ns > h->looked_ns ? now_ns - h->looked_ns : 0;

	h->looked_ns = now_ns;
	if (beats != h->beats) {
		h->beats = beats;
		h->silent_ns = h->said_ns = 0;
		return false;
	}
	h->silent_ns += since < limit_ns / 8 ? since : limit_ns / 8;
	if (h->silent_ns < h->said_ns + limit_ns)
		return false;
	h->said_ns = h->silent_ns;
	return true;
}

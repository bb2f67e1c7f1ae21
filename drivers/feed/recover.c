/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/recover.h"

#include "drivers/feed/deepplus.h"
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/pillar.h"

const struct recover_protocol *const recover_protocols[] = { &recover_mold64, &recover_iex_udp,
							     &recover_iex_tcp, &recover_pillar, NULL };

bool recover_carries(const struct recover_protocol *protocol, const struct feed *feed)
{
	if (protocol == &recover_mold64)
		return feed == &itch50_feed || feed == &itch50_bx_feed || feed == &itch50_psx_feed;
	if (protocol == &recover_pillar)
		return feed == &pillar_feed;
	return feed == &iex_deep10 || feed == &iex_tops16 || feed == &deepplus_feed;
}

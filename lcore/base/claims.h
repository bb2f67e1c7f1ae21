/* SPDX-License-Identifier: BSD-3-Clause */
// claims.h: which ingest lcore carries which stream. Two lcores that both carried one would each apply its
// messages: doubled volume. The first to open a stream has it; another one's packets of it end in
// frames_other_lcore. PURE; any ingest lcore calls it, without locks: claims are only ever added.
//
// Which lcore comes first does not decide in a replay: there the files are looked at before
// (drivers/replay/files.h).
#ifndef WB_BASE_CLAIMS_H
#define WB_BASE_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLAIMS_MAX 1024

struct claim {
	const void *feed;
	uint64_t session[2];
	uint32_t stream;
	uint16_t lcore;
	uint16_t ready; // w: the claiming lcore, last; r: any
};

struct claims {
	uint32_t n; // taken; may pass CLAIMS_MAX
	struct claim claim[CLAIMS_MAX];
};

// claims_take returns true if the lcore carries the stream: it claimed it first, now or before. Streams
// without session and id cannot be distinguished, so every lcore carries them; so it is for a stream that
// comes when the table is full.
bool claims_take(struct claims *claims, uint16_t lcore, const void *feed, const uint64_t session[2],
		 uint32_t stream);

#endif

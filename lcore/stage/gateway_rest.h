/* SPDX-License-Identifier: BSD-3-Clause */
// gateway_rest.h: how a gateway sleeps. One thread: the gateway lcore.
#ifndef WB_STAGE_GATEWAY_REST_H
#define WB_STAGE_GATEWAY_REST_H

#include "drivers/sink/sink.h"

// gateway_rest sleeps up to ns, less when the connection of a sink that waits for it goes on; ns 0: something
// is expected, and it only gives the cpu away. idle_run: polls in a row that found nothing. It is not told
// that something is in a link, since nobody there makes a system call for it: rows come at moments that are
// known (rhythm.h), what comes at others waits for as long as it sleeps.
void gateway_rest(void *const sink[SINKS], uint64_t ns, unsigned idle_run);

#endif

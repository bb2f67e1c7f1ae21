/* SPDX-License-Identifier: BSD-3-Clause */
// signals.h: how a run is asked to end. SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, SIGHUP (unless the caller
// ignores it, as nohup does) and a SIGPIPE that another process sent ask for a drain: what would end it all
// the same does so with a summary. A further signal within half a second is the same request, as timeout(1)
// signals twice; a later one gives up at once. A pipe that has lost its reader is no signal but a failed
// write, which its writer reports.
#ifndef WB_APP_SIGNALS_H
#define WB_APP_SIGNALS_H

#include <stdbool.h>

struct plant;

// signals_begin catches them from now on. First thing of a subcommand.
void signals_begin(void);
// signals_watch sets the plant's stop and abort from now on, also for what came before.
void signals_watch(struct plant *plant);
// signals_name names the signal that asked first, or NULL.
const char *signals_name(void);
static inline bool signals_stop(void) { return signals_name() != NULL; }

#endif

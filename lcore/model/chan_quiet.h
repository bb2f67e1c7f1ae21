/* SPDX-License-Identifier: BSD-3-Clause */
// chan_quiet.h: channels that say nothing any more.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_CHAN_QUIET_H
#define WB_MODEL_CHAN_QUIET_H

#include "lcore/model/engine.h"

// chan_end applies an end of session: bars no longer wait for the channel. It finishes none: another session
// may begin.
void chan_end(struct engine *e, uint8_t channel);
// chan_silence takes channels that have been silent up to rx_ns out of the set that bars wait for. A channel
// that has never sent a heartbeat may just be quiet: it counts as silent only while another one speaks, or if
// all is set (live: the wall clock shows the silence). Owner.
void chan_silence(struct engine *e, uint64_t rx_ns, bool all);

#endif

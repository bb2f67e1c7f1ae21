/* SPDX-License-Identifier: BSD-3-Clause */
// session.h: which session a time belongs to. PURE.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_SESSION_H
#define WB_MODEL_SESSION_H

#include "lcore/model/engine.h"

// session_look_up is session_of for a time outside the stretch that was looked up last.
enum session session_look_up(struct engine *e, uint64_t ns);

// session_of returns the session of an exchange time and sets e->session_key: that session and its trade day
// (0: outside sessions).
static inline enum session session_of(struct engine *e, uint64_t ns)
{
	if (likely(ns >= e->session_from_ns && ns < e->session_to_ns))
		return (enum session)(e->session_key & 3);
	return session_look_up(e, ns);
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// notify.h: the sd_notify protocol's sending side: datagrams of KEY=VALUE lines (lcore/super/beat.h) to the
// socket that $NOTIFY_SOCKET names, a path or "@" and an abstract name. Never waits: what has no room is
// dropped, the next one says the same. No DPDK. One thread.
#ifndef WB_APP_NOTIFY_H
#define WB_APP_NOTIFY_H

#include "lcore/super/beat.h"

// In the environment of a part: its supervisor's pid.
#define NOTIFY_SUPERVISOR_ENV "WIREBAR_SUPERVISOR"

// notify_open connects, once and before privileges are dropped, and takes the variable out of the
// environment. Returns whether there is somebody to notify.
bool notify_open(void);
// notify_wanted: notify_open found somebody.
bool notify_wanted(void);
// notify_send sends what is set in b. Returns false if it did not arrive, or nobody is there.
bool notify_send(const struct beat *b);
// notify_text sends lines that are no beat.
bool notify_text(const char *lines);

#endif

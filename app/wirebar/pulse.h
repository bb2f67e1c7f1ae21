/* SPDX-License-Identifier: BSD-3-Clause */
// pulse.h: what the process says of itself to who started it (notify.h): ready, four times a second whether
// every lcore made progress, that it ends. It also ends the process when its supervisor is gone. Main thread.
#ifndef WB_APP_PULSE_H
#define WB_APP_PULSE_H

#include "app/wirebar/appliance.h"

// pulse_begin connects, before EAL starts and privileges are dropped.
void pulse_begin(void);
// pulse_ready: lcores are launched, tables filled, ports up.
void pulse_ready(struct appliance *a);
// pulse_beat is called as often as the caller likes, and does something four times a second.
void pulse_beat(struct appliance *a);
// pulse_end: the lcores are done, or asked to be; no more beats come.
void pulse_end(void);
// pulse_supervised: a supervisor started this process, and is its parent.
bool pulse_supervised(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// eal_end.h: how a process leaves EAL, beside others that may have been killed in the middle of it.
#ifndef WB_APP_EAL_END_H
#define WB_APP_EAL_END_H

#include <stdbool.h>

// eal_end gives EAL up; nothing of DPDK may be used any more. shared: other processes may have been here.
// Main thread.
void eal_end(bool shared);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// nic_clock.h: the TSC as UTC nanoseconds: ns = base_ns + ((tsc - base_tsc) * mult >> 32). The control thread
// keeps it with CLOCK_REALTIME; lcores only read the TSC and multiply. One clock for the process.
#ifndef WB_NIC_NIC_CLOCK_H
#define WB_NIC_NIC_CLOCK_H

#include <stdint.h>

// nic_clock_init sets the clock. May be called again, which changes nothing. Boot only, after EAL.
void nic_clock_init(void);
// nic_clock_ns converts a TSC value that was read at most seconds ago. Any thread.
uint64_t nic_clock_ns(uint64_t tsc);
// nic_clock_now_ns is the present. Any thread.
uint64_t nic_clock_now_ns(void);
// nic_clock_discipline compares with CLOCK_REALTIME and corrects: an error up to 10 ms is slewed away over
// the next second (by at most 500 ppm, so that time never goes back), a larger one (the host's clock was set)
// is stepped. Returns the error found, in nanoseconds. Control thread only, about once a second.
int64_t nic_clock_discipline(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// capture_name.h: reads the name of a raw file: its date, and the series of days that it belongs to. PURE;
// any thread.
#ifndef WB_REPLAY_CAPTURE_NAME_H
#define WB_REPLAY_CAPTURE_NAME_H

#include <stddef.h>

#include "drivers/replay/capture_kind.h"

// capture_name_series writes what files of one exchange have in common: "nasdaq", "bx" or "psx" if the name
// says it (12302019.NASDAQ_ITCH50, S123019-v50.txt, 20191230.BX_ITCH_50, S123019-v50-psx.txt), else the name
// without its date. Returns true if it is an exchange.
bool capture_name_series(const char *path, char *out, size_t len);

#endif

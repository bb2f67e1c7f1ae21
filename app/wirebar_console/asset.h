/* SPDX-License-Identifier: BSD-3-Clause */
// asset.h: the page's files, which the build puts into the program (embed.py).
#ifndef WB_CONSOLE_ASSET_H
#define WB_CONSOLE_ASSET_H

#include <stddef.h>

struct asset {
	const char *name;
	const unsigned char *data;
	size_t bytes;
};

extern const struct asset asset_all[];
extern const size_t asset_count;

#endif

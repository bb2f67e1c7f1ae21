/* SPDX-License-Identifier: BSD-3-Clause */
// paper_script.h: orders of a file, for the paper exchange (docs/orders.md): CSV with the columns
// ts_ns,action,id,symbol,venue,side,qty,price,tif. Boot only; pure; caller owns the memory.
#ifndef WB_TRADE_PAPER_SCRIPT_H
#define WB_TRADE_PAPER_SCRIPT_H

#include "lcore/trade/trade.h"

// Rows of one venue's book of one symbol.
struct paper_script_leg {
	uint64_t symbol;
	uint32_t first, n; // in row
	uint8_t venue;     // enum venue
};

struct paper_script {
	struct trade_request *row; // by leg, then arrival, id, line of the file
	struct paper_script_leg *leg;
	uint32_t n, n_legs;
	uint32_t n_orders; // ids with a new
};

// Where a file is wrong: line and column count from 1, columns in characters.
struct paper_script_error {
	unsigned line, column;
	char text[256];
};

// paper_script_bytes returns the memory that paper_script_read wants for this text.
size_t paper_script_bytes(const char *text, size_t len);
// paper_script_read reads the text; mem is zeroed, paper_script_bytes long, 64-byte aligned. Rows of an id
// belong to the leg of its first row, by time. Returns 0, or -EINVAL with *err.
int paper_script_read(struct paper_script *s, const char *text, size_t len, void *mem,
		      struct paper_script_error *err);
// paper_script_find returns the leg of a venue and symbol, or UINT32_MAX. Any thread.
uint32_t paper_script_find(const struct paper_script *s, uint8_t venue, uint64_t symbol);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// iex_encode.h: IEX DEEP 1.0 messages (specification 1.08), little-endian, written from the layouts on its
// own. Each function writes one message at out (room for IEX_ENCODE_MAX) and returns its length. Times are ns
// since the Unix epoch, UTC; prices in 1e-4 dollars.
#ifndef WB_MARKETGEN_IEX_ENCODE_H
#define WB_MARKETGEN_IEX_ENCODE_H

#include "app/marketgen/wire/packets.h"

#define IEX_ENCODE_MAX 40

// IEX-TP 1: 40 byte header, little-endian.
extern const struct packets_format iex_encode_tp;

#define IEX_ENCODE_ISO      0x80
#define IEX_ENCODE_EXTENDED 0x40
#define IEX_ENCODE_ODD_LOT  0x20
#define IEX_ENCODE_CROSS    0x08

struct iex_encode_trade {
	const char *symbol; // eight bytes, padded
	uint64_t utc_ns;
	uint64_t id;
	uint32_t size;
	uint32_t price_e4;
	uint8_t flags;
};

size_t iex_encode_system(uint8_t *out, uint64_t utc_ns, char event);
size_t iex_encode_directory(uint8_t *out, uint64_t utc_ns, const char *symbol, uint8_t flags,
			    uint32_t close_e4);
size_t iex_encode_status(uint8_t *out, uint64_t utc_ns, const char *symbol, char status, const char *reason);
size_t iex_encode_operational(uint8_t *out, uint64_t utc_ns, const char *symbol, char status);
size_t iex_encode_short_sale(uint8_t *out, uint64_t utc_ns, const char *symbol, uint8_t status, char detail);
size_t iex_encode_security(uint8_t *out, uint64_t utc_ns, const char *symbol, char event);
size_t iex_encode_level(uint8_t *out, uint64_t utc_ns, const char *symbol, bool buy, bool complete,
			uint32_t size, uint32_t price_e4);
// iex_encode_trade writes a trade report (T), iex_encode_break the trade break (B) of the same trade.
size_t iex_encode_trade(uint8_t *out, const struct iex_encode_trade *t);
size_t iex_encode_break(uint8_t *out, const struct iex_encode_trade *t);
size_t iex_encode_official(uint8_t *out, uint64_t utc_ns, const char *symbol, char price_type,
			   uint32_t price_e4);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// itch_encode.h: Nasdaq TotalView-ITCH 5.0 messages (specification of 2026-02-19), big-endian. Written from
// the layouts on its own, sharing nothing with the decoder, so that a mistake in one shows against the other.
// Each function writes one message at out (room for ITCH_ENCODE_MAX) and returns its length. Prices are in
// 1e-4 dollars.
#ifndef WB_MARKETGEN_ITCH_ENCODE_H
#define WB_MARKETGEN_ITCH_ENCODE_H

#include "app/marketgen/wire/packets.h"

#define ITCH_ENCODE_MAX 50

// MoldUDP64 1.00: 20 byte header, big-endian.
extern const struct packets_format itch_encode_mold;

// struct itch_encode_head is what every message begins with; ns since New York midnight.
struct itch_encode_head {
	uint64_t ns;
	uint16_t locate;
	uint16_t tracking;
};

struct itch_encode_directory {
	const char *symbol; // eight bytes, padded
	char category;      // market category
	bool etf;
	char tier; // LULD tier
};

struct itch_encode_order {
	const char *symbol;
	const char *mpid; // four bytes, or NULL: A without, F with attribution
	uint64_t ref;
	uint32_t shares;
	uint32_t price_e4;
	char side; // B or S
};

struct itch_encode_noii {
	const char *symbol;
	uint64_t paired, imbalance;
	uint32_t far_e4, near_e4, ref_e4;
	char direction, cross_type, variation;
};

size_t itch_encode_system(uint8_t *out, struct itch_encode_head head, char event);
size_t itch_encode_directory(uint8_t *out, struct itch_encode_head head,
			     const struct itch_encode_directory *d);
size_t itch_encode_action(uint8_t *out, struct itch_encode_head head, const char *symbol, char state,
			  const char *reason);
size_t itch_encode_regsho(uint8_t *out, struct itch_encode_head head, const char *symbol, char action);
size_t itch_encode_position(uint8_t *out, struct itch_encode_head head, const char *symbol, const char *mpid);
size_t itch_encode_add(uint8_t *out, struct itch_encode_head head, const struct itch_encode_order *o);
size_t itch_encode_executed(uint8_t *out, struct itch_encode_head head, uint64_t ref, uint32_t shares,
			    uint64_t match);
size_t itch_encode_executed_at(uint8_t *out, struct itch_encode_head head, uint64_t ref, uint32_t shares,
			       uint64_t match, bool printable, uint32_t price_e4);
size_t itch_encode_cancel(uint8_t *out, struct itch_encode_head head, uint64_t ref, uint32_t shares);
size_t itch_encode_delete(uint8_t *out, struct itch_encode_head head, uint64_t ref);
size_t itch_encode_replace(uint8_t *out, struct itch_encode_head head, uint64_t old_ref, uint64_t new_ref,
			   uint32_t shares, uint32_t price_e4);
size_t itch_encode_trade(uint8_t *out, struct itch_encode_head head, const char *symbol, uint32_t shares,
			 uint32_t price_e4, uint64_t match);
size_t itch_encode_cross(uint8_t *out, struct itch_encode_head head, const char *symbol, uint64_t shares,
			 uint32_t price_e4, uint64_t match, char cross_type);
size_t itch_encode_broken(uint8_t *out, struct itch_encode_head head, uint64_t match);
size_t itch_encode_noii(uint8_t *out, struct itch_encode_head head, const struct itch_encode_noii *n);

#endif

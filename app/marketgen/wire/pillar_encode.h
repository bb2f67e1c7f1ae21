/* SPDX-License-Identifier: BSD-3-Clause */
// pillar_encode.h: messages of NYSE's Pillar Integrated feed (client specification 2.5g), little-endian,
// written from the layouts on its own, sharing nothing with the decoder. Each function writes one message at
// out (room for PILLAR_ENCODE_MAX) and returns its length. Prices are the wire's, scaled by the symbol.
#ifndef WB_MARKETGEN_PILLAR_ENCODE_H
#define WB_MARKETGEN_PILLAR_ENCODE_H

#include "app/marketgen/wire/packets.h"

#define PILLAR_ENCODE_MAX          73
#define PILLAR_ENCODE_SYMBOL_BYTES 11
#define PILLAR_ENCODE_PRODUCT      157 // Arca Integrated
#define PILLAR_ENCODE_CHANNEL      1

// Packets: 16 byte header; messages begin with their own length. A sequence reset has its own delivery flag.
extern const struct packets_format pillar_encode_packets;

// struct pillar_encode_about is of which symbol a message is: its number within the symbol, and its time, ns
// since the Unix epoch (frequent messages carry only the nanoseconds).
struct pillar_encode_about {
	uint64_t utc_ns;
	uint32_t index;
	uint32_t seq;
};

struct pillar_encode_symbol {
	uint32_t index;
	char symbol[PILLAR_ENCODE_SYMBOL_BYTES]; // NYSE's way, padded with NUL
	uint8_t system;                          // matching engine partition
	char listing;                            // exchange code
	uint8_t scale;
	uint32_t close_price, close_volume;
};

struct pillar_encode_status {
	char status, condition; // condition: ~ none
	char market_state;
};

struct pillar_encode_order {
	uint64_t ref;
	uint32_t price, volume;
	char side; // B or S
};

struct pillar_encode_trade {
	uint64_t ref; // of the order executed; not of a hidden trade
	uint32_t id, price, volume;
	bool printable;
	const char *conditions; // four
};

struct pillar_encode_imbalance {
	uint32_t reference, paired, total, market;
	uint16_t auction_time; // hhmm
	char type, side;       // O M H C P R; B S or blank
	uint32_t clearing, indicative, upper, lower;
};

struct pillar_encode_summary {
	uint32_t high, low, open, close, volume;
};

// pillar_encode_name turns a symbol of the other venues (eight bytes, padded with spaces) into NYSE's: BRK.B
// is "BRK B", BAC-L is "BAC PRL", ABC+ is "ABC WS", ABC= is "ABC U".
void pillar_encode_name(char out[PILLAR_ENCODE_SYMBOL_BYTES], const char *symbol);

size_t pillar_encode_reset(uint8_t *out, uint64_t utc_ns);                        // 1
size_t pillar_encode_time(uint8_t *out, uint32_t system, uint32_t utc_s);         // 2
size_t pillar_encode_mapping(uint8_t *out, const struct pillar_encode_symbol *s); // 3
size_t pillar_encode_clear(uint8_t *out, struct pillar_encode_about a);           // 32, seq: the next
size_t pillar_encode_security(uint8_t *out, struct pillar_encode_about a,
			      const struct pillar_encode_status *s); // 34
size_t pillar_encode_add(uint8_t *out, struct pillar_encode_about a,
			 const struct pillar_encode_order *o); // 100
// pillar_encode_modify gives an order another price or volume; in line again where it was unless lost.
size_t pillar_encode_modify(uint8_t *out, struct pillar_encode_about a, const struct pillar_encode_order *o,
			    bool lost);                                                // 101
size_t pillar_encode_delete(uint8_t *out, struct pillar_encode_about a, uint64_t ref); // 102
size_t pillar_encode_execution(uint8_t *out, struct pillar_encode_about a,
			       const struct pillar_encode_trade *t); // 103
size_t pillar_encode_replace(uint8_t *out, struct pillar_encode_about a, uint64_t old_ref,
			     const struct pillar_encode_order *o); // 104
size_t pillar_encode_imbalance(uint8_t *out, struct pillar_encode_about a,
			       const struct pillar_encode_imbalance *i); // 105
size_t pillar_encode_hidden(uint8_t *out, struct pillar_encode_about a,
			    const struct pillar_encode_trade *t); // 110
size_t pillar_encode_cross(uint8_t *out, struct pillar_encode_about a, uint32_t id, uint32_t price,
			   uint32_t volume,
			   char type);                                                // 111
size_t pillar_encode_cancel(uint8_t *out, struct pillar_encode_about a, uint32_t id); // 112
size_t pillar_encode_correction(uint8_t *out, struct pillar_encode_about a, uint32_t id,
				uint32_t volume);                                  // 113
size_t pillar_encode_retail(uint8_t *out, struct pillar_encode_about a, char rpi); // 114
size_t pillar_encode_summary(uint8_t *out, struct pillar_encode_about a,
			     const struct pillar_encode_summary *s); // 223

#endif

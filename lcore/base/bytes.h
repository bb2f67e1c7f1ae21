/* SPDX-License-Identifier: BSD-3-Clause */
// bytes.h: unaligned loads and stores of wire integers. The caller has checked the length.
#ifndef WB_BASE_BYTES_H
#define WB_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t le16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return v;
}
static inline uint32_t le32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}
static inline uint64_t le64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}
static inline uint16_t be16(const uint8_t *p) { return __builtin_bswap16(le16(p)); }
static inline uint32_t be32(const uint8_t *p) { return __builtin_bswap32(le32(p)); }
static inline uint64_t be64(const uint8_t *p) { return __builtin_bswap64(le64(p)); }
// be48 reads six bytes (ITCH 5.0 timestamps).
static inline uint64_t be48(const uint8_t *p) { return (uint64_t)be16(p) << 32 | be32(p + 2); }

static inline void put_le16(uint8_t *p, uint16_t v) { memcpy(p, &v, sizeof v); }
static inline void put_le32(uint8_t *p, uint32_t v) { memcpy(p, &v, sizeof v); }
static inline void put_le64(uint8_t *p, uint64_t v) { memcpy(p, &v, sizeof v); }
static inline void put_be16(uint8_t *p, uint16_t v) { put_le16(p, __builtin_bswap16(v)); }
static inline void put_be32(uint8_t *p, uint32_t v) { put_le32(p, __builtin_bswap32(v)); }
static inline void put_be64(uint8_t *p, uint64_t v) { put_le64(p, __builtin_bswap64(v)); }
static inline void put_be48(uint8_t *p, uint64_t v)
{
	put_be16(p, (uint16_t)(v >> 32));
	put_be32(p + 2, (uint32_t)v);
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "wirebar is built for little-endian hosts"
#endif

#endif

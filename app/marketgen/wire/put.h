/* SPDX-License-Identifier: BSD-3-Clause */
// put.h: fields written one after the other, for the encoders. Each function writes at p and returns the
// place after it. Nothing is shared with decoders, which have lcore/base/bytes.h.
#ifndef WB_MARKETGEN_PUT_H
#define WB_MARKETGEN_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// put_le and put_be write the low n_bytes of value, least or most significant byte first.
static inline uint8_t *put_le(uint8_t *p, uint64_t value, int n_bytes)
{
	for (int i = 0; i < n_bytes; i++)
		*p++ = (uint8_t)(value >> 8 * i);
	return p;
}

static inline uint8_t *put_be(uint8_t *p, uint64_t value, int n_bytes)
{
	for (int i = n_bytes - 1; i >= 0; i--)
		*p++ = (uint8_t)(value >> 8 * i);
	return p;
}

static inline uint8_t *put_text(uint8_t *p, const char *text, size_t n_bytes)
{
	memcpy(p, text, n_bytes);
	return p + n_bytes;
}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// fnv.h: FNV-1a in 64 bits (Fowler, Noll and Vo; draft-eastlake-fnv): says whether two layouts or texts
// differ, and finds slots. Not against a text that is forged. Pure, libc only, any thread.
#ifndef WB_BASE_FNV_H
#define WB_BASE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325) // the hash of nothing: where each begins

// fnv_word returns hash with one more unit. FNV-1a itself takes bytes; a whole word is cheaper and mixes
// less.
static inline uint64_t fnv_word(uint64_t hash, uint64_t unit)
{
	return (hash ^ unit) * UINT64_C(0x100000001b3);
}

// fnv_bytes returns hash with n bytes more.
static inline uint64_t fnv_bytes(uint64_t hash, const void *data, size_t n)
{
	const uint8_t *p = (const uint8_t *)data;

	for (size_t i = 0; i < n; i++)
		hash = fnv_word(hash, p[i]);
	return hash;
}

#endif

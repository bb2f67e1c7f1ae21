/* SPDX-License-Identifier: BSD-3-Clause */
// digest.h: one number for a sequence of frames, computed by the sender and by the receiver: FNV-1a over the
// bytes.
#ifndef WB_HWTEST_DIGEST_H
#define WB_HWTEST_DIGEST_H

#include <stdint.h>

#define DIGEST_BEGIN UINT64_C(0xcbf29ce484222325)

static inline uint64_t digest_add(uint64_t digest, const uint8_t *data, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		digest = (digest ^ data[i]) * UINT64_C(0x100000001b3);
	return digest;
}

#endif

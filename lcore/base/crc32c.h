/* SPDX-License-Identifier: BSD-3-Clause */
// crc32c.h: the Castagnoli check sum (RFC 3720, appendix B.4), against torn and damaged records.
#ifndef WB_BASE_CRC32C_H
#define WB_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

// crc32c returns the check sum of bytes at data. Any thread.
uint32_t crc32c(const void *data, size_t bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// decimal.h: numbers as decimal text. PURE; any thread. Each function writes a NUL, too, into out, which
// holds DECIMAL_BYTES, and returns the length without it.
#ifndef WB_BASE_DECIMAL_H
#define WB_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define DECIMAL_BYTES 32 // room that each function may use

size_t decimal_u64(uint64_t v, char *out);
size_t decimal_i64(int64_t v, char *out);
// decimal_millionths writes v / 10^6 exactly, without trailing zeros.
size_t decimal_millionths(int64_t v, char *out);
// decimal_g12 writes the bytes of printf's %.12g: twelve significant digits, rounded half to even of the
// exact value.
size_t decimal_g12(double d, char *out);

#endif

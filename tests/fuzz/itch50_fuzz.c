/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary ITCH 5.0 message blocks.
#include "drivers/feed/itch50.h"
#include "tests/fuzz/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_decode(&itch50_feed, data, size);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary IEX-TP segments of DEEP+ and arbitrary DEEP+ message blocks.
#include "drivers/feed/deepplus.h"
#include "tests/fuzz/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_transport(&deepplus_feed, data, size);
	fuzz_decode(&deepplus_feed, data, size);
	return 0;
}

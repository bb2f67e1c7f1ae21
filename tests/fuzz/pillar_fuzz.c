/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary Pillar packets and arbitrary Pillar messages.
#include "drivers/feed/pillar.h"
#include "tests/fuzz/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_transport(&pillar_feed, data, size);
	fuzz_decode(&pillar_feed, data, size);
	return 0;
}

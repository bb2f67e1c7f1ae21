/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary IEX-TP segments and arbitrary DEEP and TOPS message blocks.
#include "drivers/feed/iex.h"
#include "tests/fuzz/fuzz_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_transport(&iex_deep10, data, size);
	fuzz_transport(&iex_tops16, data, size);
	fuzz_decode(&iex_deep10, data, size);
	fuzz_decode(&iex_tops16, data, size);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitrary frames. First byte: bit 0 verifies checksums, the rest is how many bytes the capture cut off.
#include "drivers/receiver/peel.h"
#include "tests/fuzz/fuzz_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_view view, padded_view;

	if (size < 1 || size > 65000)
		return 0;
	uint32_t n = (uint32_t)size - 1, cut = data[0] >> 1;
	enum ledger_id why = frame_parse(data + 1, n, n + cut, data[0] & 1, &view);

	CHECK(why == FRAME_OK || (why > LEDGER_frames_session_end && why <= LEDGER_frames_bad_checksum));
	CHECK(why != LEDGER_frames_cut || cut);
	for (int link = FRAME_ETHERNET; link <= FRAME_LOOPBACK; link++) {
		enum ledger_id peeled =
			frame_peel((enum frame_link)link, data + 1, n, n + cut, data[0] & 1, &view);

		CHECK(peeled == FRAME_OK ||
		      (peeled > LEDGER_frames_session_end && peeled <= LEDGER_frames_bad_checksum));
		CHECK(link || peeled == why);
		peel_time_ns((enum frame_link)link, data + 1, n, UINT64_C(1577720000000000000));
	}
	for (int trailer = 0; trailer <= PEEL_TRAILER_EXABLAZE; trailer++)
		peel_trailer_ns((enum peel_trailer)trailer, data + 1, n, UINT64_C(1577720000000000000));
	if (why != FRAME_OK)
		return 0;
	frame_parse(data + 1, n, n + cut, data[0] & 1, &view);
	CHECK(view.payload >= data + 1 + 42 && view.payload + view.bytes <= data + size);
	CHECK(view.bytes + 42 <= n);
	// Padding changes nothing.
	uint8_t *padded = malloc(n + 9);

	memcpy(padded, data + 1, n);
	memset(padded + n, 0xa5, 9);
	CHECK(frame_parse(padded, n + 9, n + 9, data[0] & 1, &padded_view) == FRAME_OK);
	CHECK(padded_view.bytes == view.bytes && padded_view.dst_ip == view.dst_ip &&
	      padded_view.dst_port == view.dst_port);
	CHECK(padded_view.payload - padded == view.payload - (data + 1));
	free(padded);
	return 0;
}

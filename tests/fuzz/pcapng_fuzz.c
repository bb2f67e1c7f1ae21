/* SPDX-License-Identifier: BSD-3-Clause */
// Frames of any length become blocks that are found again, whole and with what was said of them; and whatever
// bytes are taken for blocks, nothing is read beyond them. [length of the frame]...
#include "lcore/base/bytes.h"
#include "lcore/base/pcapng.h"
#include "tests/fuzz/fuzz_kit.h"

static void check_packet(const uint8_t *data, uint32_t n, uint8_t what)
{
	size_t room = pcapng_packet_bytes(n, what & 1);
	uint8_t *block = malloc(room);
	struct pcapng_block found;
	uint64_t ts_ns = UINT64_C(0x0123456789abcdef) * (what + 1u);
	uint16_t len;

	CHECK(room <= n + PCAPNG_PACKET_MORE_BYTES);
	CHECK(pcapng_packet(block, what, ts_ns, data, n, n + what, what & 1) == room);
	CHECK(pcapng_block_at(block, room, &found) && found.type == PCAPNG_PACKET);
	CHECK(found.bytes == room && found.ts_ns == ts_ns);
	CHECK(!pcapng_block_at(block, room - 1, &found));
	CHECK(le32(block + 8) == what && le32(block + 20) == n && le32(block + 24) == n + what);
	CHECK(!memcmp(block + PCAPNG_PACKET_HEAD_BYTES, data, n));
	uint32_t at = PCAPNG_PACKET_HEAD_BYTES + ((n + 3) & ~3u);
	const uint8_t *flags = pcapng_option(block + at, room - at - 4, PCAPNG_PACKET_FLAGS, &len);

	CHECK(!flags == !(what & 1));
	CHECK(!flags || (len == 4 && le32(flags) == PCAPNG_FLAG_BAD));
	free(block);
}

static void check_texts(const uint8_t *data, uint32_t n)
{
	char text[300] = "";
	uint8_t *block = malloc(PCAPNG_DESCRIPTION_BYTES);
	struct pcapng_block found;
	uint16_t len;

	memcpy(text, data, n < sizeof text - 1 ? n : sizeof text - 1);
	size_t bytes = pcapng_section(block, PCAPNG_JOURNAL, text), want = strnlen(text, PCAPNG_TEXT_MAX);
	const uint8_t *said;

	CHECK(bytes <= PCAPNG_DESCRIPTION_BYTES && pcapng_block_at(block, bytes, &found));
	said = pcapng_option(block + 24, bytes - 28, PCAPNG_COMMENT, &len);
	CHECK(want ? said && len == want && !memcmp(said, text, want) : !said);
	said = pcapng_option(block + 24, bytes - 28, PCAPNG_APPLICATION, &len);
	CHECK(said && len == strlen(PCAPNG_JOURNAL) && !memcmp(said, PCAPNG_JOURNAL, len));
	bytes = pcapng_interface(block, text);
	CHECK(bytes <= PCAPNG_DESCRIPTION_BYTES && pcapng_block_at(block, bytes, &found));
	said = pcapng_option(block + 16, bytes - 20, PCAPNG_IF_TSRESOL, &len);
	CHECK(said && len == 1 && *said == 9);
	free(block);
}

static void check_bytes(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size + 1);
	struct pcapng_block found;
	uint16_t len;

	memcpy(exact, data, size);
	for (size_t at = 0; at < size && pcapng_block_at(exact + at, size - at, &found); at += found.bytes)
		CHECK(found.bytes >= PCAPNG_BLOCK_MIN_BYTES && found.bytes <= size - at);
	const uint8_t *option = pcapng_option(exact, size, PCAPNG_PACKET_FLAGS, &len);

	CHECK(!option || (option >= exact && option + len <= exact + size));
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_bytes(data, size);
	while (size) {
		uint32_t n = data[0] < size - 1 ? data[0] : (uint32_t)(size - 1);

		check_packet(data + 1, n, data[0]);
		check_texts(data + 1, n);
		data += 1 + n;
		size -= 1 + n;
	}
	return 0;
}

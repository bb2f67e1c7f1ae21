/* SPDX-License-Identifier: BSD-3-Clause */
// capture_soup.c: what a SoupBinTCP 3.00 connection carried, recorded as it came: u16 length (the type and
// the payload), type, payload. Sequenced packets hold one ITCH message each; the others are about the
// connection. Their lengths tell such a recording from a raw file, in which 'S', 'A', 'J' and 'H' are
// messages as well.
#include "drivers/feed/itch50.h"
#include "drivers/replay/capture_kind.h"

enum { TRIAL_PACKETS = 1000, LOGIN_BYTES = 31, SESSION_BYTES = 10, NUMBER_BYTES = 20, MESSAGE_MAX = 1024 };

uint32_t capture_soup_control(const uint8_t *p, uint64_t left)
{
	if (left < 3 || be16(p) == 0)
		return 0;
	uint32_t bytes = be16(p);
	bool known = false;

	switch (p[2]) {
	case '+': known = true; break;                 // a text for people
	case 'A': known = bytes == LOGIN_BYTES; break; // login accepted
	case 'J': known = bytes == 2; break;           // login rejected
	case 'L': known = bytes == 47; break;          // login
	case 'H':                                      // heartbeats
	case 'R':
	case 'Z':                            // end of session
	case 'O': known = bytes == 1; break; // logout
	}
	return known && bytes <= left - 2 ? 2 + bytes : 0;
}

uint32_t capture_soup_message(const uint8_t *p, uint64_t left)
{
	if (left < 4 || p[2] != 'S')
		return 0;
	uint32_t bytes = be16(p), known = itch50_length(p[3]);

	// Later revisions may add types and lengthen messages; none becomes shorter.
	return bytes < 2 || bytes > MESSAGE_MAX || bytes > left - 2 || bytes - 1 < known ? 0 : bytes - 1;
}

uint64_t capture_soup_login_seq(const uint8_t *p)
{
	const uint8_t *digits = p + 3 + SESSION_BYTES;
	uint64_t seq = 0;

	for (int i = 0; i < NUMBER_BYTES; i++)
		if (digits[i] >= '0' && digits[i] <= '9')
			seq = seq * 10 + (uint64_t)(digits[i] - '0');
	return seq;
}

bool capture_soup_recognise(const struct capture *capture)
{
	const uint8_t *p = capture->map, *end = p + capture->map_bytes;
	unsigned messages = 0;

	for (unsigned n = 0; p < end && n < TRIAL_PACKETS; n++) {
		uint64_t left = (uint64_t)(end - p);
		uint32_t control = capture_soup_control(p, left), bytes = capture_soup_message(p, left);

		if (!control && !bytes)
			break; // cut or damaged: for the walk proper to count
		if (bytes && messages++ == 0 && itch50_length(p[3]) == 0)
			return false;
		p += control ? control : 3 + bytes;
	}
	return messages > 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// capture_link.c: link types by their numbers (IANA pcap link types).
#include "drivers/replay/capture_kind.h"

const char *capture_link_name(uint32_t link)
{
	switch (link) {
	case 9: return "PPP";
	case 105: return "802.11";
	case 127: return "802.11 radiotap";
	case 189: return "USB";
	default: return "other";
	}
}

int16_t capture_link_of(uint32_t link)
{
	switch (link) {
	case 1: return FRAME_ETHERNET;
	case 0:
	case 108: return FRAME_LOOPBACK;
	case 12:
	case 14:
	case 101:
	case 228:
	case 229: return FRAME_IP;
	case 113: return FRAME_SLL;
	case 276: return FRAME_SLL2;
	default: return LINK_FOREIGN;
	}
}

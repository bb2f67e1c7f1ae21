/* SPDX-License-Identifier: BSD-3-Clause */
// mold64.h: MoldUDP64 1.00, the transport of Nasdaq's feeds: session[10], u64 number of the first message,
// u16 count, then count blocks of { u16 length, message }; all big-endian. count 0 is a heartbeat, 0xffff the
// end of the session; both carry the next number. Sequence 0 means outside the numbered stream. PURE and
// stateless.
#ifndef WB_FEED_MOLD64_H
#define WB_FEED_MOLD64_H

#include "drivers/feed/feed.h"
#include "drivers/feed/itch50.h"

#define MOLD64_HEADER_BYTES  20
#define MOLD64_SESSION_BYTES 10
#define MOLD64_END           UINT16_C(0xffff)

// mold64_header parses the packet header. Returns false when it is short, announces more blocks than fit,
// or carries a number beyond SEQ_MAX.
bool mold64_header(const uint8_t *payload, size_t len, struct packet *out);
// mold64_session_plausible returns whether the session id is printable ASCII, or all zero (anonymised
// captures).
bool mold64_session_plausible(const uint8_t *payload);
// mold64_write_header writes a packet header (MOLD64_HEADER_BYTES). session: MOLD64_SESSION_BYTES characters.
void mold64_write_header(uint8_t *out, const char *session, uint64_t first_seq, uint16_t count);

#endif

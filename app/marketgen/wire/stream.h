/* SPDX-License-Identifier: BSD-3-Clause */
// stream.h: one venue's sequenced messages, on their way to one or two lines and to a raw file. Single
// thread.
#ifndef WB_MARKETGEN_STREAM_H
#define WB_MARKETGEN_STREAM_H

#include "app/marketgen/wire/packets.h"

#define STREAM_LINES_MAX      2
#define STREAM_NUMBERINGS_MAX 16

struct stream {
	struct packets *lines[STREAM_LINES_MAX];
	struct output *raw; // u16 big-endian length and message; NULL: none
	uint32_t n_lines;
	uint64_t n_messages;
	uint64_t by_type[256];
	uint64_t restarts[STREAM_NUMBERINGS_MAX]; // n_messages when the numbering began anew
	bool next_session[STREAM_NUMBERINGS_MAX];
	uint32_t n_restarts;
	uint32_t type_at; // the format's
	const char *name; // of the venue
};

// stream_push sends one message at utc_ns, which never goes back.
void stream_push(struct stream *s, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes);
// stream_restart lets the numbering begin anew on every line, in the same session or in the next.
void stream_restart(struct stream *s, uint64_t utc_ns, bool next_session);
// stream_prime sends the message that begins the numbering: alone in its packet, several times over.
void stream_prime(struct stream *s, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes);
// stream_finish ends the session on every line, at utc_ns.
void stream_finish(struct stream *s, uint64_t utc_ns);
// stream_fini frees the lines. Returns 0 or -ENOMEM, when what happened to them could not all be noted.
int stream_fini(struct stream *s);

#endif

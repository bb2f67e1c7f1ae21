/* SPDX-License-Identifier: BSD-3-Clause */
// nats.h: what a NATS server says to a client, and what a client says. Pure; the caller owns all memory. Any
// thread.
//
// Source: docs.nats.io, "NATS Client Protocol"; of headers and status lines nats-architecture-and-design,
// ADR-4.
#ifndef WB_WIRE_NATS_H
#define WB_WIRE_NATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A line, and a message, that is longer is none for us. Of INFO the list of servers is the longest part.
enum { NATS_LINE = 64 * 1024, NATS_MESSAGE = 512 * 1024 };

enum nats_what { NATS_INFO, NATS_MSG, NATS_PING, NATS_PONG, NATS_OK, NATS_ERR };

struct nats_said {
	enum nats_what what;
	const char *subject; // of MSG
	size_t subject_bytes;
	const char *header; // of MSG: lines with their ends; 0 bytes: none
	size_t header_bytes;
	const char *data; // of MSG the payload, of INFO JSON, of ERR the text without its quotes
	size_t data_bytes;
};

// nats_read reads what the n bytes at in begin with. Returns how many bytes it is long (what it says points
// into in), 0 if it is not whole yet, -1 if it is nothing that a server says, or too long.
long nats_read(const char *in, size_t n, struct nats_said *out);
// nats_status returns the status of a message's first header line, such as 503 (nobody listens); 0: none.
unsigned nats_status(const struct nats_said *said);
// nats_header finds a header line by its name, in lines as NATS_MSG has them. Returns the value's bytes with
// *value set, or 0.
size_t nats_header(const char *lines, size_t bytes, const char *name, const char **value);

// nats_publish_head writes the line and the headers that go before a payload of data_bytes; the payload and
// nats_end follow. headers: lines, each with its \r\n; NULL: none. reply NULL: nobody asks for an answer.
// Returns the bytes, or 0: out has no room for them.
size_t nats_publish_head(char *out, size_t room, const char *subject, const char *reply, const char *headers,
			 size_t data_bytes);
#define NATS_END "\r\n"

// nats_token writes text as one token of a subject: what separates, stands for other tokens, or cannot be in
// one is written as % and two hexadecimal digits, as % is. out holds 3 * strlen(text) + 1.
void nats_token(const char *text, char *out);

#endif

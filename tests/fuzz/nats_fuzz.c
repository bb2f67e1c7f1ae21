/* SPDX-License-Identifier: BSD-3-Clause */
// nats_fuzz.c: any bytes as what a NATS server says. Invariants: what is read lies inside of what was given,
// begins where the last thing ended, and is the same however the bytes come in pieces; values found in JSON
// lie inside of it.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/wire/json_find.h"
#include "drivers/wire/nats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void inside(const char *at, size_t bytes, const char *from, size_t n)
{
	must(!bytes || (at >= from && at + bytes <= from + n));
}

static void look(const struct nats_said *said, const char *from, size_t n)
{
	static const char *const paths[] = {
		"error", "error.err_code", "config.duplicate_window", "message.hdrs", "seq", "a"
	};
	const char *value = from;
	struct json_text text;

	inside(said->subject, said->subject_bytes, from, n);
	inside(said->header, said->header_bytes, from, n);
	inside(said->data, said->data_bytes, from, n);
	if (said->what == NATS_MSG) {
		must(nats_status(said) < 1000);
		size_t bytes = nats_header(said->header, said->header_bytes, "Nats-Msg-Id", &value);

		inside(value, bytes, said->header, said->header_bytes);
	}
	for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
		if (json_find(said->data, said->data_bytes, paths[i], &text))
			inside(text.at, text.bytes, said->data, said->data_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nats_said said, cut;
	size_t at = 0;

	while (at < size) {
		char *copy = malloc(size - at);

		must(copy != NULL);
		memcpy(copy, data + at, size - at);
		long n = nats_read(copy, size - at, &said);

		must(n >= -1 && n <= (long)(size - at));
		if (n > 0) {
			look(&said, copy, (size_t)n);
			must(nats_read(copy, (size_t)n, &cut) == n);
			must(nats_read(copy, (size_t)n - 1, &cut) == 0);
		}
		free(copy);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// stream.c: counts messages by type and hands them to the lines.
#include "app/marketgen/wire/stream.h"

#include "lcore/base/bytes.h"

#include <stdlib.h>

static void count(struct stream *s, const uint8_t *message)
{
	s->n_messages++;
	s->by_type[message[s->type_at]]++;
}

void stream_restart(struct stream *s, uint64_t utc_ns, bool next_session)
{
	s->restarts[s->n_restarts] = s->n_messages;
	s->next_session[s->n_restarts++] = next_session;
	for (uint32_t i = 0; i < s->n_lines; i++)
		packets_restart(s->lines[i], utc_ns, next_session);
}

void stream_prime(struct stream *s, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes)
{
	count(s, message);
	for (uint32_t i = 0; i < s->n_lines; i++)
		packets_prime(s->lines[i], utc_ns, message, n_bytes);
}

void stream_push(struct stream *s, uint64_t utc_ns, const uint8_t *message, uint32_t n_bytes)
{
	count(s, message);
	for (uint32_t i = 0; i < s->n_lines; i++)
		packets_push(s->lines[i], utc_ns, message, n_bytes);
	if (s->raw != NULL) {
		uint8_t length[2];

		put_be16(length, (uint16_t)n_bytes);
		output_put(s->raw, length, sizeof length);
		output_put(s->raw, message, n_bytes);
	}
}

void stream_finish(struct stream *s, uint64_t utc_ns)
{
	for (uint32_t i = 0; i < s->n_lines; i++)
		packets_finish(s->lines[i], utc_ns);
}

int stream_fini(struct stream *s)
{
	int first = 0;

	for (uint32_t i = 0; i < s->n_lines; i++) {
		int ret = faults_fini(&s->lines[i]->faults);

		first = first ? first : ret;
		free(s->lines[i]);
	}
	s->n_lines = 0;
	return first;
}

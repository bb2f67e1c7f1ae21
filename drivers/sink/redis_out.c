/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/redis_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lcore/base/decimal.h"

enum { HEAD = DECIMAL_BYTES + 8 }; // of a command or a word: a sign, its length, line ends

static bool make_room(struct redis_out *o, size_t bytes)
{
	if (o->n + bytes <= o->room)
		return true;
	if (o->at) {
		memmove(o->data, o->data + o->at, redis_out_bytes(o));
		o->n -= o->at;
		o->at = 0;
	}
	if (o->n + bytes <= o->room)
		return true;
	size_t room = 2 * (o->n + bytes);
	char *data = realloc(o->data, room);

	if (!data)
		return false;
	o->data = data;
	o->room = room;
	return true;
}

static char *head(char *to, char sign, size_t n)
{
	*to++ = sign;
	to += decimal_u64(n, to);
	*to++ = '\r';
	*to++ = '\n';
	return to;
}

bool redis_out_add(struct redis_out *o, const struct redis_command *c)
{
	size_t bytes = HEAD;

	for (int i = 0; i < c->n; i++)
		bytes += HEAD + c->bytes[i];
	if (o->no_memory || !make_room(o, bytes)) {
		o->no_memory = true;
		return false;
	}
	char *to = head(o->data + o->n, '*', (size_t)c->n);

	for (int i = 0; i < c->n; i++) {
		to = head(to, '$', c->bytes[i]);
		memcpy(to, c->word[i], c->bytes[i]);
		to += c->bytes[i];
		*to++ = '\r';
		*to++ = '\n';
	}
	o->n = (size_t)(to - o->data);
	return true;
}

const char *redis_out_write(struct redis_out *o, int fd)
{
	if (o->no_memory)
		return "no memory";
	while (redis_out_bytes(o)) {
		ssize_t n = send(fd, o->data + o->at, redis_out_bytes(o), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? NULL : strerror(errno);
		o->at += (size_t)n;
	}
	redis_out_clear(o);
	return NULL;
}

void redis_out_close(struct redis_out *o)
{
	free(o->data);
	*o = (struct redis_out){ 0 };
}

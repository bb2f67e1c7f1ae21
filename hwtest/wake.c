/* SPDX-License-Identifier: BSD-3-Clause */
// wake: a consumer of what wirebar hands to Redis, as a desk would write it in C: sleeps in XREAD, and reads
// bundle and rows of the newest entry that woke it. Prints how late it was, a line for each time: us from the
// sealing of the newest entry to its waking, to its having both values, how many entries there were, and when
// the newest was sealed (s, UTC).
// Usage: wake SOCKET. Ends with the server, or by a signal. Exit: 0, 1 no server, 2 usage.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hiredis/hiredis.h>

static uint64_t utc_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static const char *field(const redisReply *entry, const char *name)
{
	const redisReply *fields = entry->element[1];

	for (size_t i = 0; i + 1 < fields->elements; i += 2)
		if (!strcmp(fields->element[i]->str, name))
			return fields->element[i + 1]->str;
	return "";
}

// Returns the bytes of a string, which must be there: the values are set before the entry that tells of them.
static size_t get(redisContext *c, const char *format, const char *symbol, const char *span)
{
	redisReply *r = redisCommand(c, format, symbol, span);
	size_t bytes = r && r->type == REDIS_REPLY_STRING ? r->len : 0;

	if (!bytes && r)
		fprintf(stderr, "wake: no value of %s %s\n", symbol, span);
	freeReplyObject(r);
	return bytes;
}

static void woken(redisContext *c, const redisReply *entries, uint64_t woken_ns, char *last)
{
	const redisReply *newest = entries->element[entries->elements - 1];
	uint64_t handed_ns = strtoull(field(newest, "handed_ns"), NULL, 10);

	snprintf(last, 64, "%s", newest->element[0]->str);
	if (!get(c, "GET bundle:%s", field(newest, "symbol"), "") ||
	    !get(c, "GET bars:%s:%s", field(newest, "symbol"), field(newest, "span")))
		return;
	printf("%.1f %.1f %zu %.9f %s\n", (double)(int64_t)(woken_ns - handed_ns) / 1e3,
	       (double)(int64_t)(utc_ns() - handed_ns) / 1e3, entries->elements, (double)handed_ns / 1e9,
	       field(newest, "span"));
}

int main(int argc, char **argv)
{
	char last[64] = "$";

	if (argc != 2) {
		fputs("usage: wake SOCKET\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	redisContext *c = redisConnectUnix(argv[1]);

	if (!c || c->err)
		return 1;
	for (;;) {
		redisReply *r = redisCommand(c, "XREAD BLOCK 0 STREAMS stream:new_bar %s", last);
		uint64_t now = utc_ns();

		if (!r)
			break;
		if (r->type == REDIS_REPLY_ARRAY)
			woken(c, r->element[0]->element[1], now, last);
		freeReplyObject(r);
	}
	redisFree(c);
	return 0;
}

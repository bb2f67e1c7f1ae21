/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/super/beat.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static void add(char *out, size_t *n, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	int wrote = vsnprintf(out + *n, BEAT_BYTES - *n, format, ap);

	va_end(ap);
	// A line that has no room is left out whole: half a number is another number.
	if (wrote > 0 && (size_t)wrote < BEAT_BYTES - *n)
		*n += (size_t)wrote;
	else
		out[*n] = '\0';
}

static void add_text(char *out, size_t *n, const char *key, const char *text)
{
	char line[BEAT_STATUS_BYTES];
	size_t i = 0;

	if (!*text)
		return;
	for (; text[i] && i + 1 < sizeof line; i++)
		line[i] = text[i] == '\n' ? ' ' : text[i];
	line[i] = '\0';
	add(out, n, "%s=%s\n", key, line);
}

size_t beat_print(const struct beat *b, char out[BEAT_BYTES])
{
	size_t n = 0;

	out[0] = '\0';
	if (b->ready)
		add(out, &n, "READY=1\n");
	if (b->reloading)
		add(out, &n, "RELOADING=1\n");
	if (b->stopping)
		add(out, &n, "STOPPING=1\n");
	if (b->watchdog)
		add(out, &n, "WATCHDOG=1\n");
	if (b->extend_ns)
		add(out, &n, "EXTEND_TIMEOUT_USEC=%" PRIu64 "\n", b->extend_ns / NS_PER_US);
	if (b->counts) {
		add(out, &n, "X_LAG_NS=%" PRIu64 "\n", b->lag_ns);
		add(out, &n, "X_FRAMES=%" PRIu64 "\n", b->frames);
		add(out, &n, "X_SLOW=%" PRIu64 "\n", b->slow);
	}
	add_text(out, &n, "X_STUCK", b->stuck);
	add_text(out, &n, "X_CPUS", b->cpus);
	add_text(out, &n, "STATUS", b->status);
	return n;
}

// What comes after "KEY=", or NULL.
static const char *value_of(const char *line, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(line, key, len) && line[len] == '=' ? line + len + 1 : NULL;
}

static bool number(const char *text, uint64_t *out)
{
	uint64_t n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || n > (UINT64_MAX - 9) / 10)
			return false;
		n = 10 * n + (uint64_t)(*text - '0');
	}
	*out = n;
	return true;
}

// Cut to what fits.
static void copy(char *out, size_t out_bytes, const char *text)
{
	size_t n = strnlen(text, out_bytes - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

static void read_line(const char *line, struct beat *b)
{
	const char *v;
	uint64_t n;

	if (!strcmp(line, "READY=1"))
		b->ready = true;
	else if (!strcmp(line, "RELOADING=1"))
		b->reloading = true;
	else if (!strcmp(line, "STOPPING=1"))
		b->stopping = true;
	else if (!strcmp(line, "WATCHDOG=1"))
		b->watchdog = true;
	else if ((v = value_of(line, "EXTEND_TIMEOUT_USEC")) && number(v, &n) && n <= UINT64_MAX / NS_PER_US)
		b->extend_ns = n * NS_PER_US;
	else if ((v = value_of(line, "X_LAG_NS")) && number(v, &n))
		b->counts = true, b->lag_ns = n;
	else if ((v = value_of(line, "X_FRAMES")) && number(v, &n))
		b->counts = true, b->frames = n;
	else if ((v = value_of(line, "X_SLOW")) && number(v, &n))
		b->counts = true, b->slow = n;
	else if ((v = value_of(line, "X_STUCK")))
		copy(b->stuck, sizeof b->stuck, v);
	else if ((v = value_of(line, "X_CPUS")))
		copy(b->cpus, sizeof b->cpus, v);
	else if ((v = value_of(line, "STATUS")))
		copy(b->status, sizeof b->status, v);
}

void beat_read(const char *text, size_t len, struct beat *out)
{
	char line[BEAT_STATUS_BYTES + 32];

	memset(out, 0, sizeof *out);
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		if (n < sizeof line && !memchr(text + at, '\0', n)) {
			memcpy(line, text + at, n);
			line[n] = '\0';
			read_line(line, out);
		}
		at += n + 1;
	}
}

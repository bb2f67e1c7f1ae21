/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/wire/nats.h"

#include <stdio.h>
#include <string.h>

enum { WORDS = 6 };

struct words {
	const char *at[WORDS];
	size_t bytes[WORDS];
	unsigned n;
};

// More than there is room for count as one more.
static struct words split(const char *p, const char *end)
{
	struct words w = { .n = 0 };

	while (p < end) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		const char *from = p;

		while (p < end && *p != ' ' && *p != '\t')
			p++;
		if (p == from)
			break;
		if (w.n == WORDS) {
			w.n++;
			break;
		}
		w.at[w.n] = from;
		w.bytes[w.n++] = (size_t)(p - from);
	}
	return w;
}

// Returns -1: no number, or of a message that is too long.
static long size_of(const struct words *w, unsigned i)
{
	long sum = 0;

	for (size_t k = 0; k < w->bytes[i]; k++) {
		char c = w->at[i][k];

		if (c < '0' || c > '9' || sum > NATS_MESSAGE)
			return -1;
		sum = sum * 10 + (c - '0');
	}
	return sum > NATS_MESSAGE ? -1 : sum;
}

// MSG subject sid [reply] bytes; HMSG subject sid [reply] header-bytes bytes. line: its bytes with the end.
static long message(const char *in, size_t n, size_t line, const struct words *w, struct nats_said *out)
{
	unsigned sizes = w->bytes[0] == 4 ? 2 : 1;

	if (w->n != 3 + sizes && w->n != 4 + sizes)
		return -1;
	long total = size_of(w, w->n - 1), header = sizes == 2 ? size_of(w, w->n - 2) : 0;

	if (total < 0 || header < 0 || header > total)
		return -1;
	size_t whole = line + (size_t)total + 2;

	if (n < whole)
		return 0;
	if (in[whole - 2] != '\r' || in[whole - 1] != '\n')
		return -1;
	*out = (struct nats_said){ NATS_MSG,
				   w->at[1],
				   w->bytes[1],
				   in + line,
				   (size_t)header,
				   in + line + header,
				   (size_t)(total - header) };
	return (long)whole;
}

static bool is(const struct words *w, const char *word)
{
	return w->bytes[0] == strlen(word) && !memcmp(w->at[0], word, w->bytes[0]);
}

static void rest_of(const char *in, const char *end, struct nats_said *out)
{
	const char *p = memchr(in, ' ', (size_t)(end - in));

	while (p && p < end && *p == ' ')
		p++;
	out->data = p ? p : end;
	out->data_bytes = (size_t)(end - out->data);
	if (out->what == NATS_ERR && out->data_bytes >= 2 && out->data[0] == '\'' && end[-1] == '\'') {
		out->data++;
		out->data_bytes -= 2;
	}
}

long nats_read(const char *in, size_t n, struct nats_said *out)
{
	static const struct {
		const char *word;
		enum nats_what is;
	} known[] = { { "INFO", NATS_INFO },
		      { "PING", NATS_PING },
		      { "PONG", NATS_PONG },
		      { "+OK", NATS_OK },
		      { "-ERR", NATS_ERR } };
	size_t look = n < NATS_LINE ? n : NATS_LINE;
	const char *end = memchr(in, '\n', look);

	if (!end)
		return look == NATS_LINE ? -1 : 0;
	size_t line = (size_t)(end - in) + 1;

	if (end > in && end[-1] == '\r')
		end--;
	struct words w = split(in, end);

	if (w.n && w.at[0] != in)
		return -1;
	if (w.n && w.n <= WORDS && (is(&w, "MSG") || is(&w, "HMSG")))
		return message(in, n, line, &w, out);
	for (unsigned i = 0; w.n && i < sizeof known / sizeof *known; i++) {
		if (!is(&w, known[i].word))
			continue;
		*out = (struct nats_said){ .what = known[i].is };
		rest_of(in, end, out);
		return (long)line;
	}
	return -1;
}

#define VERSION "NATS/1.0"

unsigned nats_status(const struct nats_said *said)
{
	const char *p = said->header;
	size_t n = strlen(VERSION);

	if (said->header_bytes < n + 4 || memcmp(p, VERSION " ", n + 1))
		return 0;
	unsigned sum = 0;

	for (size_t i = n + 1; i < n + 4; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		sum = sum * 10 + (unsigned)(p[i] - '0');
	}
	return sum;
}

size_t nats_header(const char *lines, size_t bytes, const char *name, const char **value)
{
	const char *p = lines, *end = lines + bytes;
	size_t n = strlen(name);

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *to = eol ? eol : end;

		if (to > p && to[-1] == '\r')
			to--;
		if ((size_t)(to - p) > n && !memcmp(p, name, n) && p[n] == ':') {
			for (p += n + 1; p < to && *p == ' ';)
				p++;
			*value = p;
			return (size_t)(to - p);
		}
		p = eol ? eol + 1 : end;
	}
	return 0;
}

size_t nats_publish_head(char *out, size_t room, const char *subject, const char *reply, const char *headers,
			 size_t data_bytes)
{
	const char *to = reply ? reply : "", *blank = reply ? " " : "";
	int n;

	if (headers) {
		size_t head = strlen(VERSION "\r\n") + strlen(headers) + 2;

		n = snprintf(out, room, "HPUB %s %s%s%zu %zu\r\n" VERSION "\r\n%s\r\n", subject, to, blank,
			     head, head + data_bytes, headers);
	} else {
		n = snprintf(out, room, "PUB %s %s%s%zu\r\n", subject, to, blank, data_bytes);
	}
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

void nats_token(const char *text, char *out)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c > ' ' && c < 127 && !strchr(".*>%", c))
			*out++ = (char)c;
		else
			out += sprintf(out, "%%%02X", c);
	}
	*out = '\0';
}

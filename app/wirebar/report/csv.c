/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zlib.h>

#include "lcore/base/calendar.h"
#include "lcore/base/text.h"

enum { SHOWN = 80, HASH_BYTES = 32 };

__attribute__((format(printf, 2, 3))) static bool fail(struct csv *c, const char *format, ...)
{
	va_list args;
	int n = 0;

	if (c->error[0])
		return false;
	n = snprintf(c->error, sizeof c->error, c->line ? "%.200s:%llu: " : "%.200s: ", c->path,
		     (unsigned long long)c->line);
	va_start(args, format);
	vsnprintf(c->error + n, sizeof c->error - (size_t)n, format, args);
	va_end(args);
	return false;
}

bool csv_fail(struct csv *c, int column, const char *wanted)
{
	char name[SHOWN], found[SHOWN];

	text_visible(c->name[column], name, sizeof name);
	text_visible(c->field[column], found, sizeof found);
	return fail(c, "column %s: found \"%s\", wanted %s", name, found, wanted);
}

// Adds to the buffer what the file has next. Returns false at its end or with c->error.
static bool more(struct csv *c)
{
	int n, code = Z_OK;

	memmove(c->buffer, c->buffer + c->at, c->end - c->at);
	c->end -= c->at;
	c->at = 0;
	if (c->end == CSV_BUFFER_BYTES)
		return fail(c, "a line of more than %d bytes", CSV_BUFFER_BYTES);
	errno = 0;
	n = gzread(c->file, c->buffer + c->end, (unsigned)(CSV_BUFFER_BYTES - c->end));
	if (n <= 0) {
		const char *why = gzerror(c->file, &code);

		if (n < 0 || code != Z_OK)
			fail(c, "not read to its end: %s", code == Z_ERRNO ? strerror(errno) : why);
		return false;
	}
	EVP_DigestUpdate(c->digest_of, c->buffer + c->end, (size_t)n);
	c->end += (size_t)n;
	return true;
}

// Returns the next line, its line feed replaced by a NUL and its length in *len, or NULL.
static char *next_line(struct csv *c, size_t *len)
{
	size_t searched = 0;
	char *feed;

	while (!(feed = memchr(c->buffer + c->at + searched, '\n', c->end - c->at - searched))) {
		searched = c->end - c->at;
		if (!more(c)) {
			c->line++;
			if (c->end > c->at)
				fail(c, "no line feed at the end: the file was cut");
			return NULL;
		}
	}
	char *line = c->buffer + c->at;

	c->line++;
	c->at = (size_t)(feed - c->buffer) + 1;
	*len = (size_t)(feed - line);
	if (memchr(line, 0, *len)) {
		fail(c, "has a NUL byte");
		return NULL;
	}
	if (*len && line[*len - 1] == '\r')
		(*len)--;
	line[*len] = 0;
	return line;
}

// Takes the quotes off a field in place. Returns where the field ends in the line, or NULL.
static char *unquote(char *field)
{
	char *to = field, *from = field + 1;

	for (; *from && (*from != '"' || from[1] == '"'); from++) {
		from += *from == '"';
		*to++ = *from;
	}
	*to = 0;
	return from > to && from[0] == '"' && (!from[1] || from[1] == ',') ? from + 1 : NULL;
}

// Cuts a line into fields. Returns how many, or 0 with c->error.
static unsigned split(struct csv *c, char *line)
{
	unsigned n = 0;

	for (char *p = line; n < CSV_COLUMNS_MAX;) {
		char *end = *p == '"' ? unquote(p) : strchrnul(p, ',');

		c->field[n++] = p;
		if (!end) {
			fail(c, "field %u: a quote that is not closed", n);
			return 0;
		}
		if (!*end)
			return n;
		*end = 0;
		p = end + 1;
	}
	fail(c, "more than %d columns", CSV_COLUMNS_MAX);
	return 0;
}

static bool read_header(struct csv *c)
{
	static const char mark[] = "\xef\xbb\xbf"; // some editors put a byte order mark in front
	size_t len = 0;
	char *line = next_line(c, &len);

	if (!line)
		return fail(c, "empty: the first line must have the names of the columns");
	if (!strncmp(line, mark, 3)) {
		line += 3;
		len -= 3;
	}
	if (len >= sizeof c->header)
		return fail(c, "a first line of more than %d bytes", CSV_HEADER_BYTES - 1);
	memcpy(c->header, line, len + 1);
	c->n_columns = split(c, c->header);
	for (unsigned i = 0; i < c->n_columns; i++) {
		c->name[i] = c->field[i];
		for (unsigned k = 0; k < i; k++)
			if (!strcmp(c->name[k], c->name[i]))
				return fail(c, "column %.80s is there twice", c->name[i]);
	}
	return c->n_columns > 0;
}

bool csv_open(struct csv *c, const char *path)
{
	bool in = !strcmp(path, "-");
	int fd;

	memset(c, 0, sizeof *c);
	c->path = in ? "standard input" : path;
	fd = in ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(c, "%s", strerror(errno));
	c->buffer = malloc(CSV_BUFFER_BYTES);
	c->digest_of = EVP_MD_CTX_new();
	c->file = gzdopen(fd, "rb");
	if (!c->file)
		close(fd);
	if (!c->file || !c->buffer || !c->digest_of || !EVP_DigestInit_ex(c->digest_of, EVP_sha256(), NULL))
		return fail(c, "no memory");
	gzbuffer(c->file, CSV_BUFFER_BYTES);
	return read_header(c);
}

int csv_has(const struct csv *c, const char *name)
{
	for (unsigned i = 0; i < c->n_columns; i++)
		if (!strcmp(c->name[i], name))
			return (int)i;
	return -1;
}

bool csv_columns(struct csv *c, const char *const *name, int *column, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((column[i] = csv_has(c, name[i])) < 0)
			return fail(c, "no column %s", name[i]);
	return true;
}

static void finish_digest(struct csv *c)
{
	unsigned char hash[HASH_BYTES];

	EVP_DigestFinal_ex(c->digest_of, hash, NULL);
	for (int i = 0; i < HASH_BYTES; i++)
		snprintf(c->digest + 2 * i, 3, "%02x", hash[i]);
}

int csv_next(struct csv *c)
{
	size_t len = 0;
	char *line = next_line(c, &len);
	unsigned n;

	if (!line) {
		if (!c->error[0])
			finish_digest(c);
		return c->error[0] ? -1 : 0;
	}
	n = split(c, line);
	if (n && n != c->n_columns)
		fail(c, "%u fields, the first line has %u", n, c->n_columns);
	c->rows++;
	return c->error[0] ? -1 : 1;
}

bool csv_empty(const struct csv *c, int column) { return !c->field[column][0]; }

// Reads digits, at most max of them. Returns what follows, or NULL when there are none or too many.
static const char *digits(const char *p, unsigned max, uint64_t *v)
{
	unsigned n = 0;

	for (*v = 0; *p >= '0' && *p <= '9'; p++, n++) {
		if (n == max)
			return NULL;
		*v = *v * 10 + (uint64_t)(*p - '0');
	}
	return n ? p : NULL;
}

// Two digits below limit, and the letter after them unless it is 0.
static const char *two(const char *p, unsigned limit, char then, uint64_t *v)
{
	const char *end = p ? digits(p, 2, v) : NULL;

	if (!end || end != p + 2 || *v >= limit || (then && *end != then))
		return NULL;
	return then ? end + 1 : end;
}

bool csv_time(struct csv *c, int column, uint64_t *ns)
{
	static const char wanted[] = "a time in UTC such as 2026-03-10T13:30:00.000000000Z";
	const char *text = c->field[column], *p = text;
	uint64_t hour = 0, minute = 0, second = 0, fraction = 0;
	int32_t day;

	if (strlen(text) < 20 || !calendar_parse_date(text, 10, &day) || day < 0 || text[10] != 'T')
		return csv_fail(c, column, wanted);
	p = two(text + 11, 24, ':', &hour);
	p = two(p, 60, ':', &minute);
	p = two(p, 60, 0, &second);
	if (p && *p == '.') {
		const char *end = digits(p + 1, 9, &fraction);

		for (long n = end ? end - p - 1 : 9; n < 9; n++)
			fraction *= 10;
		p = end;
	}
	if (!p || strcmp(p, "Z"))
		return csv_fail(c, column, wanted);
	*ns = (uint64_t)day * NS_PER_DAY + ((hour * 60 + minute) * 60 + second) * NS_PER_S + fraction;
	return true;
}

bool csv_amount(struct csv *c, int column, int64_t *millionths)
{
	static const char wanted[] = "a decimal number with at most 12 digits before and 6 after the point";
	const char *p = c->field[column];
	bool minus = *p == '-';
	uint64_t whole = 0, part = 0;

	p = digits(p + minus, 12, &whole);
	if (p && *p == '.') {
		const char *end = digits(p + 1, 6, &part);

		for (long n = end ? end - p - 1 : 6; n < 6; n++)
			part *= 10;
		p = end;
	}
	if (!p || *p)
		return csv_fail(c, column, wanted);
	*millionths = (int64_t)(whole * 1000000 + part);
	if (minus)
		*millionths = -*millionths;
	return true;
}

bool csv_count(struct csv *c, int column, uint64_t *n)
{
	const char *p = digits(c->field[column], 18, n);

	return p && !*p ? true : csv_fail(c, column, "a whole number of at most 18 digits");
}

bool csv_signed(struct csv *c, int column, int64_t *n)
{
	bool minus = c->field[column][0] == '-';
	uint64_t v = 0;
	const char *p = digits(c->field[column] + minus, 18, &v);

	if (!p || *p)
		return csv_fail(c, column, "a whole number of at most 18 digits");
	*n = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

bool csv_side(struct csv *c, int column, int *side)
{
	static const char *const word[] = { "B", "buy", "long", "S", "sell", "short" };

	for (int i = 0; i < 6; i++)
		if (!strcasecmp(c->field[column], word[i])) {
			*side = i < 3 ? 1 : -1;
			return true;
		}
	return csv_fail(c, column, "a side: B, buy, long, S, sell or short");
}

bool csv_word(struct csv *c, int column, char *out, size_t out_bytes)
{
	size_t len = strlen(c->field[column]);

	if (!len || len >= out_bytes)
		return csv_fail(c, column, len ? "a shorter text" : "a text");
	memcpy(out, c->field[column], len + 1);
	return true;
}

void csv_close(struct csv *c)
{
	if (c->file)
		gzclose_r(c->file);
	EVP_MD_CTX_free(c->digest_of);
	free(c->buffer);
	c->file = c->digest_of = NULL;
	c->buffer = NULL;
}

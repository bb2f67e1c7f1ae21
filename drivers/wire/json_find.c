/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/wire/json_find.h"

#include <string.h>

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

// Behind the quote that ends the string that begins at p; end: none does.
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end ? p + 1 : end;
}

// Behind the value at p: up to the comma or bracket that ends it.
static const char *skip_value(const char *p, const char *end)
{
	unsigned depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (!depth && (*p == ',' || *p == '}' || *p == ']'))
			return p;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	}
	return end;
}

static struct json_text trimmed(const char *p, const char *end)
{
	while (end > p && is_blank(end[-1]))
		end--;
	if (end - p >= 2 && *p == '"' && end[-1] == '"')
		return (struct json_text){ p + 1, (size_t)(end - p - 2), true };
	return (struct json_text){ p, (size_t)(end - p), false };
}

// The value of one name of the object at p.
static bool member(const char *p, const char *end, const char *name, size_t name_bytes, struct json_text *out)
{
	p = skip_blanks(p, end);
	if (p == end || *p != '{')
		return false;
	for (p++; p < end; p++) { // over the brace, or a comma
		p = skip_blanks(p, end);
		if (p == end || *p != '"')
			return false;
		const char *key = p + 1;

		p = skip_string(p, end);
		size_t key_bytes = (size_t)(p - key) - 1;

		p = skip_blanks(p, end);
		if (p == end || *p != ':')
			return false;
		p = skip_blanks(p + 1, end);
		const char *value = p;

		p = skip_value(p, end);
		if (key_bytes == name_bytes && !memcmp(key, name, name_bytes)) {
			*out = trimmed(value, p);
			return true;
		}
		if (p == end || *p != ',')
			return false;
	}
	return false;
}

bool json_find(const char *text, size_t bytes, const char *path, struct json_text *out)
{
	struct json_text in = { text, bytes, false };

	for (;;) {
		size_t n = strcspn(path, ".");

		if (in.string || !member(in.at, in.at + in.bytes, path, n, &in))
			return false;
		if (!path[n])
			break;
		path += n + 1;
	}
	*out = in;
	return true;
}

uint64_t json_find_u64(const char *text, size_t bytes, const char *path, uint64_t otherwise)
{
	struct json_text v;
	uint64_t sum = 0;

	if (!json_find(text, bytes, path, &v) || v.string || !v.bytes || v.bytes > 19)
		return otherwise;
	for (size_t i = 0; i < v.bytes; i++) {
		if (v.at[i] < '0' || v.at[i] > '9')
			return otherwise;
		sum = sum * 10 + (uint64_t)(v.at[i] - '0');
	}
	return sum;
}

bool json_find_true(const char *text, size_t bytes, const char *path)
{
	struct json_text v;

	return json_find(text, bytes, path, &v) && !v.string && v.bytes == 4 && !memcmp(v.at, "true", 4);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Decodes one character of UTF-8 and says how many bytes it has; 0: these bytes are none.
static unsigned decode(const uint8_t *p, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;

	if (n < 2) {
		*out = p[0];
		return n;
	}
	*out = p[0] & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		*out = *out << 6 | (p[i] & 0x3f);
	}
	return *out < least[n] || *out > 0x10ffff || (*out >> 11) == 0x1b ? 0 : n;
}

size_t text_visible(const char *text, char *out, size_t out_bytes)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t at = 0;

	while (*p) {
		char mark[16];
		uint32_t code;
		unsigned n = decode(p, &code);

		if (n == 1 && code >= ' ' && code < 127)
			mark[0] = (char)code, mark[1] = '\0';
		else if (n)
			snprintf(mark, sizeof mark, "<U+%04X>", code);
		else
			snprintf(mark, sizeof mark, "<0x%02X>", *p);
		size_t len = strlen(mark);

		if (at + len >= out_bytes)
			break;
		memcpy(out + at, mark, len);
		at += len;
		p += n ? n : 1;
	}
	out[at] = '\0';
	return at;
}

unsigned text_edits(const char *a, const char *b)
{
	enum { MAX = 63 };
	unsigned row[MAX + 1];
	size_t n_a = strnlen(a, MAX), n_b = strnlen(b, MAX);

	for (unsigned j = 0; j <= n_b; j++)
		row[j] = j;
	for (unsigned i = 1; i <= n_a; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n_b; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n_b];
}

size_t text_count(uint64_t n, char *out)
{
	char digits[TEXT_COUNT_BYTES];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	size_t to = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = 0;
	return to;
}

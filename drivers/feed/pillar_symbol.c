/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "drivers/feed/pillar.h"

// The exchanges' suffixes (CMS, after a space) and those of Nasdaq's integrated symbology, which ITCH and
// IEX speak (nasdaqtrader.com, "Ticker Symbol Convention"). A suffix is one kind, or a class letter, then
// its state (when issued, called ...).
struct suffix {
	char nyse[5];
	char nasdaq;
	bool has_class; // a letter may follow
};

static const struct suffix kinds[] = {
	{ "PR", '-', true },  { "WS", '+', true }, { "RT", '^', false },   { "EC", '!', false },
	{ "PP", '@', false }, { "U", '=', false }, { "TEST", '~', false },
};

static const struct suffix fates[] = {
	{ "WI", '#', false },
	{ "WD", '$', false },
	{ "CL", '*', false },
	{ "CV", '%', false },
};

static bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

// fate translates the state of a security: when issued, when distributed, called, convertible, or two of
// these. Returns the number of characters written; 0 also for anything else.
static size_t fate(const char *in, size_t len, char *out)
{
	size_t n = 0;

	for (size_t at = 0; at < len && len <= 4; at += 2) {
		size_t i = 0;

		while (i < sizeof fates / sizeof *fates &&
		       (len - at < 2 || memcmp(in + at, fates[i].nyse, 2)))
			i++;
		if (i == sizeof fates / sizeof *fates)
			return 0;
		out[n++] = fates[i].nasdaq;
	}
	return n;
}

// classed translates an optional class letter and fates; false if there is anything else. WI is a fate, not a
// class W with something unknown after it.
static bool classed(const char *in, size_t len, char *out, size_t *n)
{
	size_t more = fate(in, len, out + *n);

	if (!len || more) {
		*n += more;
		return true;
	}
	if (!is_letter(in[0]))
		return false;
	out[(*n)++] = in[0];
	more = fate(in + 1, len - 1, out + *n);
	*n += more;
	return len == 1 || more;
}

// translate writes the suffix in Nasdaq's way (fewer characters than NYSE's, plus one) and returns its
// length; 0 when it is not one that is known.
static size_t translate(const char *in, size_t len, char *out)
{
	size_t n = fate(in, len, out);

	if (n)
		return n;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct suffix *kind = &kinds[i];
		size_t own = strlen(kind->nyse);

		if (len < own || memcmp(in, kind->nyse, own))
			continue;
		n = 0;
		out[n++] = kind->nasdaq;
		if (kind->has_class && classed(in + own, len - own, out, &n))
			return n;
		size_t more = fate(in + own, len - own, out + n);

		if (len == own || more)
			return n + more;
	}
	n = 0;
	out[n++] = '.';
	return len && is_letter(in[0]) && classed(in, len, out, &n) ? n : 0;
}

bool pillar_symbol(const uint8_t wire[PILLAR_SYMBOL_BYTES], uint64_t *key)
{
	char text[PILLAR_SYMBOL_BYTES + 1] = "", suffix[PILLAR_SYMBOL_BYTES + 1];
	size_t len = 0;

	memcpy(text, wire, PILLAR_SYMBOL_BYTES);
	for (len = strlen(text); len && text[len - 1] == ' ';)
		text[--len] = '\0';
	const char *space = memchr(text, ' ', len);
	size_t root = space ? (size_t)(space - text) : len;
	size_t n = space && root ? translate(space + 1, len - root - 1, suffix) : 0;

	if (n) {
		if (root + n > SYMBOL_BYTES)
			return false;
		memcpy(text + root, suffix, n);
		len = root + n;
	}
	*key = symtab_key(text, len);
	return len <= SYMBOL_BYTES;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// key_value.c: the text of one value to a member of struct conf, and back.
#include "conf/key.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/text.h"

struct unit {
	const char *name;
	uint64_t factor;
};

// Largest first: printing takes the first that divides.
static const struct unit duration_units[] = {
	{ "s", NS_PER_S }, { "ms", NS_PER_MS }, { "us", NS_PER_US }, { "ns", 1 }
};
static const struct unit byte_units[] = {
	{ "G", UINT64_C(1) << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 }
};

enum { N_DURATION = 4, N_BYTE = 4 };

// Decimal digits only: no sign, no blanks, no hexadecimal. Returns the end, or NULL when there is no digit or
// it overflows.
static const char *digits(const char *text, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return NULL;
	*out = v;
	return p == text ? NULL : p;
}

static int with_unit(const char *text, const struct unit *units, unsigned n, uint64_t *out)
{
	uint64_t v;
	const char *end = digits(text, &v);

	if (!end)
		return -EINVAL;
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(end, units[i].name))
			return __builtin_mul_overflow(v, units[i].factor, out) ? -EINVAL : 0;
	*out = 0;
	return v == 0 && !*end ? 0 : -EINVAL; // a bare 0 needs no unit
}

int conf_duration(const char *text, uint64_t *out_ns)
{
	return with_unit(text, duration_units, N_DURATION, out_ns);
}

static void print_unit(uint64_t v, const struct unit *units, unsigned n, char *out, size_t out_bytes)
{
	unsigned i = 0;

	while (i + 1 < n && v % units[i].factor)
		i++;
	if (v == 0)
		snprintf(out, out_bytes, "0");
	else
		snprintf(out, out_bytes, "%" PRIu64 "%s", v / units[i].factor, units[i].name);
}

void key_quote(const char *text, char *out, size_t out_bytes)
{
	char shown[CONF_STR_BYTES * 2];
	size_t room = out_bytes - 3, len = text_visible(text, shown, sizeof shown);

	if (len > room)
		snprintf(out, out_bytes, "\"%.*s...\"", (int)room - 3, shown);
	else
		snprintf(out, out_bytes, "\"%s\"", shown);
}

const char *key_type_name(const struct key *k)
{
	static const char *const names[] = {
		[KEY_U64] = "number",  [KEY_NS] = "duration",   [KEY_BYTES] = "size",  [KEY_F64] = "decimal",
		[KEY_BOOL] = "yes/no", [KEY_ENUM] = "word",     [KEY_STR] = "text",    [KEY_LIST] = "list",
		[KEY_CPU] = "cpu",     [KEY_MONEY] = "dollars", [KEY_LIMIT] = "limit", [KEY_RULE] = "rule",
	};

	return names[k->type];
}

static void allowed_words(const char *const *words, char *out, size_t out_bytes)
{
	size_t n = 0;

	out[0] = 0;
	for (; *words && n < out_bytes; words++)
		n += (size_t)snprintf(out + n, out_bytes - n, "%s%s", n ? ", " : "", *words);
}

static const char *const limit_words[] = {
	[CONF_UNIT_SHARES] = "shares",
	[CONF_UNIT_COUNT] = "a number",
	[CONF_UNIT_MONEY] = "dollars, as in 1000 or 0.25",
	[CONF_UNIT_NS] = "a duration: ns, us, ms, s",
};

void key_allowed(const struct key *k, char *out, size_t out_bytes)
{
	char max[32];

	switch (k->type) {
	case KEY_U64: snprintf(out, out_bytes, "%" PRIu64 " to %" PRIu64, k->min, k->max); break;
	case KEY_NS:
		print_unit(k->max, duration_units, N_DURATION, max, sizeof max);
		snprintf(out, out_bytes, "0 to %s, with a unit: ns, us, ms, s", max);
		break;
	case KEY_BYTES:
		print_unit(k->max, byte_units, N_BYTE, max, sizeof max);
		snprintf(out, out_bytes, "0 to %s, with or without K, M, G", max);
		break;
	case KEY_F64:
		snprintf(out, out_bytes, "%" PRIu64 " to %" PRIu64 ", decimals as in 0.5", k->min, k->max);
		break;
	case KEY_BOOL: snprintf(out, out_bytes, "yes, no"); break;
	case KEY_ENUM: allowed_words(k->words, out, out_bytes); break;
	case KEY_STR: snprintf(out, out_bytes, "up to %d bytes", CONF_STR_BYTES - 1); break;
	case KEY_LIST:
		snprintf(out, out_bytes, "up to %d bytes, elements of 1 to %d", CONF_LIST_BYTES - 1,
			 CONF_STR_BYTES - 1);
		break;
	case KEY_CPU: snprintf(out, out_bytes, "auto, 0 to %d", CONF_CPU_MAX); break;
	case KEY_MONEY:
		snprintf(out, out_bytes, "%" PRIu64 " to %" PRIu64 " dollars, as in 1000 or 0.25", k->min,
			 k->max);
		break;
	case KEY_LIMIT: snprintf(out, out_bytes, "unlimited, or %s", limit_words[k->unit]); break;
	case KEY_RULE:
		snprintf(out, out_bytes, "1 to %d bytes, up to %d times", CONF_RULE_BYTES - 1, CONF_RULE_MAX);
		break;
	}
}

// A value must read back the same from a file: no line ends or other control characters, nothing a comment
// starts with, no blanks at its ends.
static bool one_line(const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)value[i];

		if ((ch < ' ' && ch != '\t') || ch == 127)
			return false;
		if ((ch == ';' || ch == '#') && (i == 0 || value[i - 1] == ' ' || value[i - 1] == '\t'))
			return false;
	}
	return !len || !(isspace((unsigned char)value[0]) || isspace((unsigned char)value[len - 1]));
}

static int set_text(char *to, size_t to_bytes, const char *value)
{
	if (strlen(value) >= to_bytes)
		return -E2BIG;
	strcpy(to, value);
	return 0;
}

static int set_list(char *to, const char *value)
{
	size_t len = 0; // of the element, without blanks at its ends
	bool empty = true;

	if (strlen(value) >= CONF_LIST_BYTES)
		return -E2BIG;
	for (const char *p = value; *value; p++) {
		if (*p && *p != ',') {
			len++;
			empty = empty && (*p == ' ' || *p == '\t');
			continue;
		}
		if (empty || len >= CONF_STR_BYTES)
			return empty ? -EINVAL : -E2BIG;
		if (!*p)
			break;
		len = 0;
		empty = true;
	}
	strcpy(to, value);
	return 0;
}

static int set_rule(struct conf_gate *gate, unsigned line, const char *value)
{
	if (gate->n_rule == CONF_RULE_MAX || strlen(value) >= CONF_RULE_BYTES)
		return -E2BIG;
	if (!*value)
		return -EINVAL;
	strcpy(gate->rule[gate->n_rule], value);
	gate->rule_at_line[gate->n_rule++] = line;
	return 0;
}

static int set_decimal(const struct key *k, double *to, const char *value)
{
	char *end;
	double v;

	// strtod alone also takes blanks, hexadecimal, nan and inf.
	if (!*value || value[strspn(value, "0123456789.eE+-")])
		return -EINVAL;
	v = strtod(value, &end);
	if (*end || !(v >= (double)k->min && v <= (double)k->max))
		return -EINVAL;
	*to = v + 0.0; // -0 becomes 0
	return 0;
}

static int set_number(const struct key *k, uint64_t *to, const char *value)
{
	uint64_t v;
	const char *end;
	int rc = 0;

	if (k->type == KEY_NS) {
		rc = conf_duration(value, &v);
	} else if (k->type == KEY_BYTES) {
		rc = with_unit(value, byte_units, N_BYTE, &v);
	} else {
		end = digits(value, &v);
		if (!end || *end)
			rc = -EINVAL;
	}
	if (rc || v < k->min || v > k->max)
		return -EINVAL;
	*to = v;
	return 0;
}

static int set_word(const char *const *words, int *to, const char *value)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], value)) {
			*to = i;
			return 0;
		}
	return -EINVAL;
}

int conf_money(const char *value, int64_t *to)
{
	uint64_t whole, part = 0;
	const char *end = digits(value, &whole), *from;

	if (end && *end == '.') {
		from = end + 1;
		end = digits(from, &part);
		if (!end || end - from > 6)
			return -EINVAL;
		for (ptrdiff_t i = end - from; i < 6; i++)
			part *= 10;
	}
	if (!end || *end || whole > (UINT64_C(1) << 62) / 1000000)
		return -EINVAL;
	*to = (int64_t)(whole * 1000000 + part);
	return 0;
}

static int set_money_of(const struct key *k, int64_t *to, const char *value)
{
	int64_t v;

	if (conf_money(value, &v) || v < (int64_t)k->min * 1000000 || v > (int64_t)k->max * 1000000)
		return -EINVAL;
	*to = v;
	return 0;
}

static int set_limit(const struct key *k, int64_t *to, const char *value)
{
	uint64_t v;
	const char *end;

	if (!*value || !strcmp(value, "unlimited")) {
		*to = *value ? CONF_UNLIMITED : CONF_ABSENT;
		return 0;
	}
	if (k->unit == CONF_UNIT_MONEY)
		return conf_money(value, to);
	if (k->unit == CONF_UNIT_NS ? conf_duration(value, &v) : !(end = digits(value, &v)) || *end)
		return -EINVAL;
	if (v > (UINT64_C(1) << 62))
		return -EINVAL;
	*to = (int64_t)v;
	return 0;
}

static int set_cpu(int *to, const char *value)
{
	uint64_t v;
	const char *end;

	if (!strcmp(value, "auto")) {
		*to = CONF_CPU_AUTO;
		return 0;
	}
	end = digits(value, &v);
	if (!end || *end || v > CONF_CPU_MAX)
		return -EINVAL;
	*to = (int)v;
	return 0;
}

static int set_member(const struct key *k, void *base, unsigned line, const char *value)
{
	static const char *const no_yes[] = { "no", "yes", NULL };
	void *to = (char *)base + k->offset;
	int rc, yes;

	switch (k->type) {
	case KEY_U64:
	case KEY_NS:
	case KEY_BYTES: return set_number(k, to, value);
	case KEY_F64: return set_decimal(k, to, value);
	case KEY_BOOL:
		rc = set_word(no_yes, &yes, value);
		if (!rc)
			*(bool *)to = yes;
		return rc;
	case KEY_ENUM: return set_word(k->words, to, value);
	case KEY_STR: return set_text(to, CONF_STR_BYTES, value);
	case KEY_LIST: return set_list(to, value);
	case KEY_CPU: return set_cpu(to, value);
	case KEY_MONEY: return set_money_of(k, to, value);
	case KEY_LIMIT: return set_limit(k, to, value);
	case KEY_RULE: return set_rule(base, line, value);
	}
	return -EINVAL;
}

int key_set(const struct key *k, void *base, unsigned line, const char *value, char *why, size_t why_bytes)
{
	char found[80], allowed[160];
	int rc = one_line(value) ? set_member(k, base, line, value) : -EINVAL;

	if (!rc) {
		memcpy((char *)base + k->line_offset, &line, sizeof line);
		return 0;
	}
	key_quote(value, found, sizeof found);
	key_allowed(k, allowed, sizeof allowed);
	if (rc == -E2BIG)
		snprintf(why, why_bytes, "found %zu bytes, %s, allowed: %s", strlen(value), found, allowed);
	else
		snprintf(why, why_bytes, "found %s, allowed: %s", found, allowed);
	return rc;
}

static void print_money(int64_t v, char *out, size_t out_bytes)
{
	int n = snprintf(out, out_bytes, "%" PRId64 ".%06" PRId64, v / 1000000, v % 1000000);

	while (n > 0 && out[n - 1] == '0')
		out[--n] = 0;
	if (n > 0 && out[n - 1] == '.')
		out[n - 1] = 0;
}

static void print_limit(const struct key *k, int64_t v, char *out, size_t out_bytes)
{
	if (v == CONF_ABSENT)
		out[0] = 0;
	else if (v == CONF_UNLIMITED)
		snprintf(out, out_bytes, "unlimited");
	else if (k->unit == CONF_UNIT_MONEY)
		print_money(v, out, out_bytes);
	else if (k->unit == CONF_UNIT_NS)
		print_unit((uint64_t)v, duration_units, N_DURATION, out, out_bytes);
	else
		snprintf(out, out_bytes, "%" PRId64, v);
}

void key_format(const struct key *k, const void *base, unsigned i, char *out, size_t out_bytes)
{
	const void *at = (const char *)base + k->offset;
	int word;

	switch (k->type) {
	case KEY_U64: snprintf(out, out_bytes, "%" PRIu64, *(const uint64_t *)at); break;
	case KEY_NS: print_unit(*(const uint64_t *)at, duration_units, N_DURATION, out, out_bytes); break;
	case KEY_BYTES: print_unit(*(const uint64_t *)at, byte_units, N_BYTE, out, out_bytes); break;
	case KEY_F64: snprintf(out, out_bytes, "%.17g", *(const double *)at); break;
	case KEY_BOOL: snprintf(out, out_bytes, "%s", *(const bool *)at ? "yes" : "no"); break;
	case KEY_ENUM:
		word = *(const int *)at;
		snprintf(out, out_bytes, "%s", word == CONF_UNSET ? "" : k->words[word]);
		break;
	case KEY_STR:
	case KEY_LIST: snprintf(out, out_bytes, "%s", (const char *)at); break;
	case KEY_CPU:
		word = *(const int *)at;
		if (word == CONF_CPU_AUTO)
			snprintf(out, out_bytes, "auto");
		else
			snprintf(out, out_bytes, "%d", word);
		break;
	case KEY_MONEY: print_money(*(const int64_t *)at, out, out_bytes); break;
	case KEY_LIMIT: print_limit(k, *(const int64_t *)at, out, out_bytes); break;
	case KEY_RULE: snprintf(out, out_bytes, "%s", ((const struct conf_gate *)base)->rule[i]); break;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/expo.h"

#include <inttypes.h>
#include <string.h>

// Bytes of the UTF-8 character at p, or 0: it is none.
static unsigned utf8(const unsigned char *p)
{
	unsigned n = *p < 0x80                 ? 1
		     : *p >= 0xc2 && *p < 0xe0 ? 2
		     : *p >= 0xe0 && *p < 0xf0 ? 3
		     : *p >= 0xf0 && *p < 0xf5 ? 4
					       : 0;

	for (unsigned i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void escaped(FILE *out, const char *text, int quote)
{
	for (const char *p = text; *p;) {
		unsigned n = utf8((const unsigned char *)p);

		if (*p == '\\' || (quote && *p == '"'))
			fprintf(out, "\\%c", *p);
		else if (*p == '\n')
			fputs("\\n", out);
		else if (n)
			fwrite(p, 1, n, out);
		else
			fputc('?', out);
		p += n ? n : 1;
	}
}

void expo_family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s ", name);
	escaped(out, help, 0);
	fprintf(out, "\n# TYPE %s %s\n", name, type);
}

void expo_sample(FILE *out, const char *name, const struct expo_label *label, unsigned n, const char *value)
{
	fputs(name, out);
	for (unsigned i = 0; i < n; i++) {
		fprintf(out, "%c%s=\"", i ? ',' : '{', label[i].name);
		escaped(out, label[i].value, 1);
		fputc('"', out);
	}
	fprintf(out, "%s %s\n", n ? "}" : "", value);
}

void expo_seconds(uint64_t ns, char out[32])
{
	int n = snprintf(out, 32, "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);

	while (out[n - 1] == '0')
		out[--n] = '\0';
	if (out[n - 1] == '.')
		out[n - 1] = '\0';
}

void expo_histogram(FILE *out, const char *name, const struct expo_label *label, unsigned n_label,
		    const uint64_t *edge, const uint64_t *below, unsigned n, uint64_t count, uint64_t sum_ns)
{
	struct expo_label with[EXPO_LABELS];
	char full[128], le[32], value[32];

	memcpy(with, label, n_label * sizeof *label);
	with[n_label] = (struct expo_label){ "le", le };
	snprintf(full, sizeof full, "%s_bucket", name);
	for (unsigned i = 0; i <= n; i++) {
		if (i < n)
			expo_seconds(edge[i], le);
		else
			snprintf(le, sizeof le, "+Inf");
		snprintf(value, sizeof value, "%" PRIu64, i < n ? below[i] : count);
		expo_sample(out, full, with, n_label + 1, value);
	}
	expo_seconds(sum_ns, value);
	snprintf(full, sizeof full, "%s_sum", name);
	expo_sample(out, full, label, n_label, value);
	snprintf(value, sizeof value, "%" PRIu64, count);
	snprintf(full, sizeof full, "%s_count", name);
	expo_sample(out, full, label, n_label, value);
}

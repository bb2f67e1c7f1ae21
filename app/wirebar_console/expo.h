/* SPDX-License-Identifier: BSD-3-Clause */
// expo.h: writes Prometheus' text format 0.0.4. Pure; any thread with a stream of its own.
#ifndef WB_CONSOLE_EXPO_H
#define WB_CONSOLE_EXPO_H

#include <stdint.h>
#include <stdio.h>

struct expo_label {
	const char *name, *value;
};

// expo_family writes HELP and TYPE, which come before the samples of a name. Backslashes and line ends of
// help are escaped.
void expo_family(FILE *out, const char *name, const char *type, const char *help);
// expo_sample writes name{labels} value. value is a number as text; values of labels are escaped (backslash,
// quote, line end), and what is no UTF-8 is shown as '?'.
void expo_sample(FILE *out, const char *name, const struct expo_label *label, unsigned n, const char *value);
// expo_seconds writes ns as an exact decimal of seconds.
void expo_seconds(uint64_t ns, char out[32]);
// expo_histogram writes _bucket (n edges in ns, below[i] is how many are at most edge[i]; then +Inf), _sum
// and _count. Assumes n + 1 labels fit EXPO_LABELS.
enum { EXPO_LABELS = 8 };
void expo_histogram(FILE *out, const char *name, const struct expo_label *label, unsigned n_label,
		    const uint64_t *edge, const uint64_t *below, unsigned n, uint64_t count, uint64_t sum_ns);

#endif

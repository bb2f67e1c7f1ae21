/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/latch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/fnv.h"

const char *const latch_mode_name[LATCH_MODES] = { "run", "reduce", "halt", "kill" };
const char *const latch_cause_name[LATCH_CAUSES] = { "operator",  "loss",       "rejects", "mismatch",
						     "heartbeat", "unreadable", "link" };

static const char head[] = "wirebar latch 1\n";

static void set(struct latch *l, enum latch_mode mode, enum latch_cause cause, uint64_t now_ns,
		const char *reason)
{
	size_t i = 0;

	l->mode = mode;
	l->cause = cause;
	l->since_ns = now_ns;
	l->n++;
	for (; reason && reason[i] && i + 1 < sizeof l->reason; i++)
		l->reason[i] = reason[i] >= ' ' && reason[i] <= '~' ? reason[i] : '?';
	l->reason[i] = 0;
}

// Against a torn or mixed text, not against somebody who forges one.
static uint64_t sum_of(const char *text, size_t len) { return fnv_bytes(FNV_BASIS, text, len); }

size_t latch_print(const struct latch *l, char out[LATCH_TEXT_BYTES])
{
	struct latch clean = *l;

	set(&clean, l->mode, l->cause, l->since_ns, l->reason);
	int n = snprintf(out, LATCH_TEXT_BYTES,
			 "%smode %s\ncause %s\nsince_ns %" PRIu64 "\nn %" PRIu64 "\nreason %s\n", head,
			 latch_mode_name[l->mode], latch_cause_name[l->cause], l->since_ns, l->n,
			 clean.reason);

	n += snprintf(out + n, LATCH_TEXT_BYTES - (size_t)n, "sum %016" PRIx64 "\n", sum_of(out, (size_t)n));
	return (size_t)n;
}

// Takes "key value\n" from text; value holds as many bytes as a reason. Returns what comes after, or NULL.
static const char *line(const char *text, const char *key, char value[LATCH_REASON_BYTES])
{
	size_t len = strlen(key), n;

	if (!text || strncmp(text, key, len) || text[len] != ' ')
		return NULL;
	text += len + 1;
	n = strcspn(text, "\n");
	if (n >= LATCH_REASON_BYTES || text[n] != '\n')
		return NULL;
	memcpy(value, text, n);
	value[n] = 0;
	return text + n + 1;
}

static unsigned index_of(const char *const *names, unsigned n, const char *name)
{
	unsigned i = 0;

	while (i < n && strcmp(names[i], name))
		i++;
	return i;
}

// What is read is printed again: only the very bytes that this program makes are a latch.
static bool read_text(const char *text, struct latch *l)
{
	char value[LATCH_REASON_BYTES];
	unsigned mode, cause;

	text = strncmp(text, head, sizeof head - 1) ? NULL : text + sizeof head - 1;
	text = line(text, "mode", value);
	mode = text ? index_of(latch_mode_name, LATCH_MODES, value) : LATCH_MODES;
	text = line(text, "cause", value);
	cause = text ? index_of(latch_cause_name, LATCH_CAUSES, value) : LATCH_CAUSES;
	text = line(text, "since_ns", value);
	l->since_ns = text ? strtoull(value, NULL, 10) : 0;
	text = line(text, "n", value);
	l->n = text ? strtoull(value, NULL, 10) : 0;
	text = line(text, "reason", l->reason);
	if (!text || mode == LATCH_MODES || cause == LATCH_CAUSES)
		return false;
	l->mode = (enum latch_mode)mode;
	l->cause = (enum latch_cause)cause;
	return true;
}

bool latch_parse(const char *text, size_t len, struct latch *out)
{
	char copy[LATCH_TEXT_BYTES], again[LATCH_TEXT_BYTES];

	memset(out, 0, sizeof *out);
	if (len < sizeof copy) {
		memcpy(copy, text, len);
		copy[len] = 0;
		if (read_text(copy, out) && latch_print(out, again) == len && !memcmp(text, again, len))
			return true;
	}
	memset(out, 0, sizeof *out);
	set(out, LATCH_KILL, LATCH_UNREADABLE, 0, "the latch is not as it was written");
	return false;
}

size_t latch_audit(const struct latch *after, enum latch_mode before, const char *command,
		   const struct latch_peer *peer, char out[LATCH_TEXT_BYTES])
{
	int n = snprintf(out, LATCH_TEXT_BYTES,
			 "%" PRIu64 " pid %" PRId64 " uid %" PRId64 " gid %" PRId64
			 " %.32s: %s -> %s, %s, n %" PRIu64 ": %s\n",
			 after->since_ns, peer->pid, peer->uid, peer->gid, command, latch_mode_name[before],
			 latch_mode_name[after->mode], latch_cause_name[after->cause], after->n,
			 after->reason);

	return (size_t)n;
}

bool latch_raise(struct latch *l, enum latch_mode mode, enum latch_cause cause, uint64_t now_ns,
		 const char *reason)
{
	if (mode <= l->mode)
		return false;
	set(l, mode, cause, now_ns, reason);
	return true;
}

void latch_set(struct latch *l, enum latch_mode mode, uint64_t now_ns, const char *reason)
{
	set(l, mode, LATCH_OPERATOR, now_ns, reason);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// conf_paper.c: the values of [paper], each one for all venues or by venue.
#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/key.h"

static const char *const hidden_words[] = { "through", "at", "never", NULL };
static const char *const l2_words[] = { "worst", "prop", NULL };

#define LATENCY_MAX_NS (60 * NS_PER_S)

// A value as its key has them: one of words, or a duration. Returns 0 or -EINVAL.
static int value_of(const char *text, const char *const *words, uint64_t *out)
{
	if (!words)
		return conf_duration(text, out) || *out > LATENCY_MAX_NS ? -EINVAL : 0;
	for (*out = 0; words[*out]; ++*out)
		if (!strcmp(words[*out], text))
			return 0;
	return -EINVAL;
}

static int refuse(const struct conf *c, const char *key, unsigned line, const char *found,
		  const char *const *words, struct conf_error *err)
{
	char quoted[80];

	key_quote(found, quoted, sizeof quoted);
	return conf_fail(err, c, line,
			 "[paper] %s: found %s, allowed: %s for all venues, or VENUE=value,... of %s", key,
			 quoted,
			 words == hidden_words ? "through, at, never"
			 : words               ? "worst, prop"
					       : "0 to 60s",
			 venue_names());
}

static int read_key(const struct conf *c, const char *key, const char *list, unsigned line,
		    const char *const *words, enum venue venue, uint64_t *out, struct conf_error *err)
{
	const char *cursor = list;
	struct conf_item item;
	unsigned seen = 0, n = 0;
	bool bare = false;

	while (conf_list_next(&cursor, ',', &item)) {
		char *equals = strchr(item.text, '='), found[CONF_STR_BYTES];
		int of = -1;
		uint64_t value;

		strcpy(found, item.text);
		n++;
		if (equals) {
			*equals = 0;
			of = venue_find(item.text);
		}
		if ((equals && (of < 0 || seen & 1u << of)) ||
		    value_of(equals ? equals + 1 : item.text, words, &value))
			return refuse(c, key, line, found, words, err);
		seen |= equals ? 1u << of : 0;
		bare = bare || !equals;
		if (!equals || of == (int)venue)
			*out = value;
	}
	return bare && n > 1 ? refuse(c, key, line, list, words, err) : 0;
}

int conf_paper_of(const struct conf *c, enum venue venue, struct conf_paper_venue *out,
		  struct conf_error *err)
{
	const struct conf_paper *p = &c->paper;
	uint64_t hidden = 0, l2 = 0;

	*out = (struct conf_paper_venue){ .entry_ns = 50 * NS_PER_US,
					  .cancel_ns = 50 * NS_PER_US,
					  .response_ns = 50 * NS_PER_US };
	if (read_key(c, "entry", p->entry, p->entry_line, NULL, venue, &out->entry_ns, err) ||
	    read_key(c, "cancel", p->cancel, p->cancel_line, NULL, venue, &out->cancel_ns, err) ||
	    read_key(c, "response", p->response, p->response_line, NULL, venue, &out->response_ns, err) ||
	    read_key(c, "hidden", p->hidden, p->hidden_line, hidden_words, venue, &hidden, err) ||
	    read_key(c, "l2", p->l2, p->l2_line, l2_words, venue, &l2, err))
		return -EINVAL;
	out->hidden = (unsigned)hidden;
	out->l2 = (unsigned)l2;
	return 0;
}

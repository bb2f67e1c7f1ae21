/* SPDX-License-Identifier: BSD-3-Clause */
// conf_channel.c: which multicast groups carry the same channel (feed.channels).
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/key.h"

#define ALLOWED "NAME: group:port group:port ..., NAME: ...; each group:port once"

static int channel_fail(const struct conf *c, const char *found, const char *why, struct conf_error *err)
{
	char quoted[80];

	key_quote(found, quoted, sizeof quoted);
	return conf_fail(err, c, c->feed.channels_line, "[feed] channels: found %s, %s, allowed: " ALLOWED,
			 quoted, why);
}

// group_port reads 224.0.59.76:11076.
static bool group_port(const char *text, struct conf_channel_group *out)
{
	const char *colon = strchr(text, ':');
	char group[16] = "", *end;

	if (!colon || (size_t)(colon - text) >= sizeof group || !isdigit((unsigned char)colon[1]))
		return false;
	memcpy(group, text, (size_t)(colon - text));
	unsigned long port = strtoul(colon + 1, &end, 10);

	if (*end || port < 1 || port > 65535 || conf_group(group, &out->dst_ip))
		return false;
	out->dst_port = (uint16_t)port;
	return true;
}

// name_of cuts the name off an element and returns what follows its colon; NULL: there is none.
static char *name_of(char *element)
{
	char *colon = strchr(element, ':');

	if (!colon || colon == element || colon - element >= CONF_NAME_BYTES)
		return NULL;
	*colon = 0;
	for (const char *p = element; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-' && *p != '.')
			return NULL;
	return colon + 1;
}

int conf_channels(const struct conf *c, struct conf_channel_group *out, unsigned max, struct conf_error *err)
{
	char name[CONF_LIST_BYTES / 4][CONF_NAME_BYTES];
	const char *cursor = c->feed.channels;
	struct conf_item item, group;
	unsigned n = 0, n_channels = 0;

	while (conf_list_next(&cursor, ',', &item)) {
		char found[CONF_STR_BYTES];
		const char *groups = (strcpy(found, item.text), name_of(item.text));
		unsigned before = n;

		if (!groups)
			return channel_fail(c, found, "no name", err);
		for (unsigned i = 0; i < n_channels; i++)
			if (!strcmp(name[i], item.text))
				return channel_fail(c, found, "a name given twice", err);
		while (conf_list_next(&groups, ' ', &group)) {
			struct conf_channel_group g = { .channel = (uint16_t)n_channels };

			if (!group_port(group.text, &g))
				return channel_fail(c, group.text, "no multicast group and port", err);
			for (unsigned i = 0; i < n; i++)
				if (out[i].dst_ip == g.dst_ip && out[i].dst_port == g.dst_port)
					return channel_fail(c, group.text, "given twice", err);
			if (n == max) {
				channel_fail(c, group.text, "too many", err);
				return -E2BIG;
			}
			out[n++] = g;
		}
		if (n == before)
			return channel_fail(c, found, "no groups", err);
		strcpy(name[n_channels++], item.text);
	}
	return (int)n;
}

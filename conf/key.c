/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/text.h"

const char *const conf_enum_odd_lots[] = { "venue", "full", "volume", NULL };
const char *const conf_enum_checksum[] = { "ignore", "verify", NULL };
const char *const conf_enum_trailer[] = { "none", "metamako", "exablaze", NULL };
const char *const conf_enum_clock_anchor[] = { "host", "first_packet", NULL };
const char *const conf_enum_log_level[] = { "error", "warning", "notice", "info", "debug", NULL };
const char *const conf_enum_full_link[] = { "count", "wait", NULL };
const char *const conf_enum_layout[] = { "fused", "split", NULL };
const char *const conf_enum_seccomp[] = { "off", "log", "errno", "kill", NULL };
const char *const conf_enum_stage[] = {
#define STAGE(NAME, name, links_to, needs, help) #name,
#include "conf/stages.def"
#undef STAGE
	NULL
};
const char *const conf_enum_idle[] = { "spin", "pause", "yield", "sleep", NULL };
const char *const conf_enum_recovery_protocol[] = { "mold64", "iex_udp", "iex_tcp", "pillar", NULL };
const char *const conf_enum_membership[] = { "none", "port", "kernel", NULL };
const char *const conf_enum_gate_stream[] = { "entry_fire", "exit_fire", "none", NULL };
const char *const conf_enum_gate_side[] = { "long", "short", NULL };
const char *const conf_enum_gate_group[] = { "weighted", "all", "any", NULL };
const char *const conf_enum_order_price[] = { "touch", "mid", "through", "market", NULL };
const char *const conf_enum_order_tif[] = { "day", "ioc", NULL };
const char *const conf_enum_loss_action[] = { "reduce", "halt", NULL };
const char *const conf_enum_gateway_rows[] = { "all", "watched", NULL };
const char *const conf_enum_order_journal[] = { "live", "always", NULL };
const char *const conf_enum_stop_mode[] = { "price", "ticks", "bps", "range", NULL };
const char *const conf_enum_stop_watch[] = { "exit_side", "last", "mid", NULL };

#define TYPE_U64         KEY_U64, CONF_UNIT_COUNT, NULL
#define TYPE_NS          KEY_NS, CONF_UNIT_COUNT, NULL
#define TYPE_BYTES       KEY_BYTES, CONF_UNIT_COUNT, NULL
#define TYPE_F64         KEY_F64, CONF_UNIT_COUNT, NULL
#define TYPE_BOOL        KEY_BOOL, CONF_UNIT_COUNT, NULL
#define TYPE_ENUM(words) KEY_ENUM, CONF_UNIT_COUNT, conf_enum_##words
#define TYPE_STR         KEY_STR, CONF_UNIT_COUNT, NULL
#define TYPE_LIST        KEY_LIST, CONF_UNIT_COUNT, NULL
#define TYPE_CPU         KEY_CPU, CONF_UNIT_COUNT, NULL
#define TYPE_MONEY       KEY_MONEY, CONF_UNIT_MONEY, NULL
#define TYPE_LIMIT(unit) KEY_LIMIT, CONF_UNIT_##unit, NULL
#define TYPE_RULE        KEY_RULE, CONF_UNIT_COUNT, NULL

const struct key key_table[] = {
#define KEY(section, key, type, member, min, max, def, when, help) \
	{ #section, \
	  #key, \
	  TYPE_##type, \
	  min, \
	  max, \
	  def, \
	  KEY_##when, \
	  help, \
	  offsetof(struct conf_##section, member), \
	  offsetof(struct conf_##section, member##_line) },
#include "conf/keys.def"
};
const unsigned key_table_count = sizeof key_table / sizeof key_table[0];

const struct key_section key_sections[] = {
#define SECTION(section, help) \
	{ #section, \
	  help, \
	  0, \
	  offsetof(struct conf, section), \
	  sizeof(struct conf_##section), \
	  0, \
	  offsetof(struct conf_##section, line) },
#define SECTION_NAMED(section, max, help) \
	{ #section, \
	  help, \
	  max, \
	  offsetof(struct conf, section), \
	  sizeof(struct conf_##section), \
	  offsetof(struct conf, n_##section), \
	  offsetof(struct conf_##section, line) },
#include "conf/keys.def"
};
const unsigned key_section_count = sizeof key_sections / sizeof key_sections[0];

const struct key_section *key_find_section(const char *name)
{
	for (unsigned i = 0; i < key_section_count; i++)
		if (!strcmp(key_sections[i].name, name))
			return &key_sections[i];
	return NULL;
}

const struct key *key_find(const char *section, const char *name)
{
	for (unsigned i = 0; i < key_table_count; i++)
		if (!strcmp(key_table[i].section, section) && !strcmp(key_table[i].name, name))
			return &key_table[i];
	return NULL;
}

const char *key_nearest_section(const char *name)
{
	const char *nearest = "";
	unsigned best = UINT32_MAX;

	for (unsigned i = 0; i < key_section_count; i++) {
		unsigned n = text_edits(name, key_sections[i].name);

		if (n < best) {
			best = n;
			nearest = key_sections[i].name;
		}
	}
	return nearest;
}

const char *key_nearest(const char *section, const char *name)
{
	const char *nearest = "";
	unsigned best = UINT32_MAX;

	for (unsigned i = 0; i < key_table_count; i++) {
		unsigned n;

		if (strcmp(key_table[i].section, section))
			continue;
		n = text_edits(name, key_table[i].name);
		if (n < best) {
			best = n;
			nearest = key_table[i].name;
		}
	}
	return nearest;
}

void key_section_names(char *out, size_t out_bytes)
{
	size_t n = 0;

	for (unsigned i = 0; i < key_section_count && n < out_bytes; i++)
		n += (size_t)snprintf(out + n, out_bytes - n, "%s[%s%s]", i ? ", " : "", key_sections[i].name,
				      key_sections[i].max ? " NAME" : "");
}

void key_names(const char *section, char *out, size_t out_bytes)
{
	size_t n = 0;

	out[0] = 0;
	for (unsigned i = 0; i < key_table_count && n < out_bytes; i++)
		if (!strcmp(key_table[i].section, section))
			n += (size_t)snprintf(out + n, out_bytes - n, "%s%s", n ? ", " : "",
					      key_table[i].name);
}

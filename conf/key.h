/* SPDX-License-Identifier: BSD-3-Clause */
// key.h: keys.def as tables: what sections and keys there are, and how the text of one value becomes a member
// of struct conf and back. Constant data; no thread owns it. For the rest of conf/ only.
#ifndef WB_CONF_KEY_H
#define WB_CONF_KEY_H

#include "conf/conf.h"

enum key_type {
	KEY_U64,
	KEY_NS,
	KEY_BYTES,
	KEY_F64,
	KEY_BOOL,
	KEY_ENUM,
	KEY_STR,
	KEY_LIST,
	KEY_CPU,
	KEY_MONEY,
	KEY_LIMIT,
	KEY_RULE
};
enum key_when { KEY_BOOT, KEY_LIVE };

struct key {
	const char *section, *name;
	enum key_type type;
	enum conf_unit unit;      // LIMIT
	const char *const *words; // ENUM
	uint64_t min, max;
	const char *def;
	enum key_when when;
	const char *help;
	size_t offset, line_offset; // in the section's struct
};

struct key_section {
	const char *name, *help;
	unsigned max;                       // 0: one, without a name
	size_t offset, bytes, count_offset; // in struct conf: the first, of each, of n_<section>
	size_t line_offset;                 // in the section's struct, where a named one starts with its name
};

extern const struct key key_table[];
extern const unsigned key_table_count;
extern const struct key_section key_sections[];
extern const unsigned key_section_count;

// key_find_section and key_find return the row of that name, or NULL.
const struct key_section *key_find_section(const char *name);
const struct key *key_find(const char *section, const char *name);
// key_nearest_section and key_nearest return the name that is fewest edits away, for suggestions.
const char *key_nearest_section(const char *name);
const char *key_nearest(const char *section, const char *name);
// key_section_names and key_names write all names, separated by commas, for errors. KEY_NAMES_BYTES hold any.
enum { KEY_NAMES_BYTES = 400 };
void key_section_names(char *out, size_t out_bytes);
void key_names(const char *section, char *out, size_t out_bytes);
// key_set reads value into the key's member of the section's struct at base, and notes line. Returns 0,
// -EINVAL or -E2BIG; why then says "found "...", allowed: ..." and base is unchanged.
int key_set(const struct key *k, void *base, unsigned line, const char *value, char *why, size_t why_bytes);
// key_format writes the member (of a RULE, the i-th) in the file's notation. An unset ENUM gives an empty
// text.
void key_format(const struct key *k, const void *base, unsigned i, char *out, size_t out_bytes);
// key_allowed writes which values the key accepts.
void key_allowed(const struct key *k, char *out, size_t out_bytes);
// key_type_name returns the type's name in docs/conf.md.
const char *key_type_name(const struct key *k);
// key_quote writes text in double quotes, cut to what fits, non-printing characters made visible (text.h).
void key_quote(const char *text, char *out, size_t out_bytes);

#endif

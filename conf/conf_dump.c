/* SPDX-License-Identifier: BSD-3-Clause */
// conf_dump.c: the configuration as a commented file, and docs/conf.md.
#include <inttypes.h>
#include <string.h>

#include "conf/key.h"

static void dump_key(const struct key *k, const void *base, bool with_help, FILE *out)
{
	char value[CONF_LIST_BYTES], allowed[160];
	unsigned n = k->type == KEY_RULE ? ((const struct conf_gate *)base)->n_rule : 1;

	if (with_help) {
		key_allowed(k, allowed, sizeof allowed);
		fprintf(out, "; %s (%s%s)\n", k->help, allowed, k->when == KEY_LIVE ? "; LIVE" : "");
	}
	for (unsigned i = 0; i < n; i++) {
		key_format(k, base, i, value, sizeof value);
		// An ENUM that is not given yet has no words.
		fprintf(out, "%s%s =%s%s\n", k->type == KEY_ENUM && !*value ? "; " : "", k->name,
			*value ? " " : "", value);
	}
}

void conf_dump(const struct conf *c, FILE *out)
{
	for (unsigned i = 0; i < key_section_count; i++) {
		const struct key_section *s = &key_sections[i];
		unsigned n = 1;

		if (s->max)
			memcpy(&n, (const char *)c + s->count_offset, sizeof n);
		for (unsigned j = 0; j < n; j++) {
			const char *base = (const char *)c + s->offset + j * s->bytes;

			if (j == 0)
				fprintf(out, "%s; %s\n", i ? "\n" : "", s->help);
			fprintf(out, "%s[%s%s%s]\n", j ? "\n" : "", s->name, s->max ? " " : "",
				s->max ? base : "");
			for (unsigned k = 0; k < key_table_count; k++)
				if (!strcmp(key_table[k].section, s->name))
					dump_key(&key_table[k], base, j == 0, out);
		}
	}
}

// A table cell: | ends cells, and words in < > would be taken for markup.
static void print_cell(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void doc_key(const struct key *k, FILE *out)
{
	char allowed[160];

	key_allowed(k, allowed, sizeof allowed);
	fprintf(out, "| `%s` | %s | %s | ", k->name, key_type_name(k), allowed);
	if (*k->def)
		fprintf(out, "`%s`", k->def);
	else
		fputs(k->type == KEY_ENUM ? "none: must be given" : "empty", out);
	fprintf(out, " | %s | ", k->when == KEY_LIVE ? "LIVE" : "BOOT");
	print_cell(k->help, out);
	fputs(" |\n", out);
}

void conf_doc(FILE *out)
{
	fputs("# Configuration keys\n\n"
	      "Made from `conf/keys.def` by `wirebar docs conf`; do not edit. Files are INI: `[section]` or\n"
	      "`[section NAME]`, `key = value`, comments from `;` or `#` at the start of a line or after white\n"
	      "space. A key is in its section at most once (`rule` is repeatable), an unknown one is refused.\n"
	      "BOOT keys are read at start; LIVE keys can also be set while it runs (`wirebarctl set`). The\n"
	      "shipped profiles are `conf/rack.conf`, `conf/bench.conf` and `conf/demo.conf`; the program\n"
	      "carries them (`wirebar profile NAME` prints one).\n\n"
	      "A file may begin with `include = FILE` (relative to itself, up to 4 deep) or\n"
	      "`include = builtin:NAME` (bench, demo, rack, or plain: bench without its gates), also written\n"
	      "`[include]` with `file = ...`. It then has the last word: a key given again replaces the included\n"
	      "one, and so do the rules of a gate. A file with gates of one's own:\n\n"
	      "    include = builtin:plain\n"
	      "    [gate up]\n"
	      "    rule = 5s ema9 cross_above ema21\n\n"
	      "On the command line `--set section.key=value` sets any key, over the file;\n"
	      "`--set 'gate.up.rule=...'` adds one rule, and the gate where there is none of that name. Errors\n"
	      "name the file and line, or the option. What does not print is shown: `<U+00A0>` is a no-break\n"
	      "space.\n",
	      out);
	for (unsigned i = 0; i < key_section_count; i++) {
		const struct key_section *s = &key_sections[i];

		fprintf(out, "\n## [%s%s]\n\n%s.\n", s->name, s->max ? " NAME" : "", s->help);
		if (s->max)
			fprintf(out, "Up to %u of them; a NAME has up to %d letters, digits and `_`.\n",
				s->max, CONF_NAME_LEN);
		fputs("\n| key | type | allowed | default | when | what it is "
		      "|\n|---|---|---|---|---|---|\n",
		      out);
		for (unsigned k = 0; k < key_table_count; k++)
			if (!strcmp(key_table[k].section, s->name))
				doc_key(&key_table[k], out);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
// reader.h: the parser's state, for the files of conf/ that read a configuration (conf.c: sections and keys;
// conf_read.c: lines and includes; conf_file.c: files). Boot only, single threaded.
#ifndef WB_CONF_READER_H
#define WB_CONF_READER_H

#include "conf/key.h"

struct reader {
	struct conf *c;
	struct conf_error *err;
	const char *file;                  // what errors call it; NULL: as the source is called
	unsigned source;                   // 0: the file itself; else c->source[source - 1]
	unsigned line;                     // 0: none
	const struct key_section *section; // NULL before the first
	void *base;                        // the section's struct
	bool in_include, opened;           // in [include]; a section was opened in this source
	bool from_file;                    // may include files, not only built-in profiles
	unsigned depth;                    // of includes
};

// reader_place returns the reader's line as struct conf stores it.
static inline unsigned reader_place(const struct reader *r) { return r->source << CONF_LINE_BITS | r->line; }

// reader_refuse writes to err what is wrong at the reader's place. Returns -EINVAL.
int reader_refuse(const struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
// reader_source notes a source of values by its name; by is the place that includes it, 0: none. Returns its
// number, or -E2BIG.
int reader_source(struct conf *c, const char *name, unsigned by);
// reader_section opens [kind name]; reader_assign sets one key of the open section. Return 0, or as
// conf_parse.
int reader_section(struct reader *r, const char *kind, const char *name);
int reader_assign(struct reader *r, const char *name, const char *value);
// reader_base, reader_count and reader_line return the i-th section's struct, the number of them, and the
// place where one starts.
void *reader_base(struct conf *c, const struct key_section *s, unsigned i);
unsigned *reader_count(struct conf *c, const struct key_section *s);
unsigned *reader_line(void *base, const struct key_section *s);
// reader_title writes "[lcore ingest0]" or "[bars]", for messages.
const char *reader_title(const struct key_section *s, const void *base, char *out, size_t out_bytes);
// reader_top reads text over the defaults, as conf_parse and conf_load do.
int reader_top(struct reader *r, const char *name, const char *text, size_t len);
// reader_slurp reads a file into *text (the caller's, to be freed). Returns 0 or -errno with the reason in
// why.
int reader_slurp(const char *path, char **text, size_t *len, char *why, size_t why_bytes);

#endif

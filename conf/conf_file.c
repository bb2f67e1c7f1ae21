/* SPDX-License-Identifier: BSD-3-Clause */
// conf_file.c: reading a configuration from a file, or from a profile that the program carries.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"
#include "lcore/base/text.h"

static int load_profile(struct conf *c, const char *path, struct conf_error *err)
{
	const struct conf_profile *p = conf_profile_find(path + strlen(CONF_BUILTIN));
	char quoted[80], names[80];

	if (p)
		return conf_parse(c, path, p->text, *p->bytes, err);
	conf_defaults(c);
	key_quote(path, quoted, sizeof quoted);
	conf_profile_names(names, sizeof names);
	snprintf(err->text, sizeof err->text, "profile: found %s, allowed: " CONF_BUILTIN "NAME of %s",
		 quoted, names);
	return -ENOENT;
}

int conf_load(struct conf *c, const char *path, struct conf_error *err)
{
	struct reader r = { .c = c, .err = err, .from_file = true };
	const char *slash = strrchr(path, '/');
	char *text, why[256], said[sizeof err->text];
	size_t len;

	err->place = 0;
	if (!strncmp(path, CONF_BUILTIN, strlen(CONF_BUILTIN)))
		return load_profile(c, path, err);
	int rc = reader_slurp(path, &text, &len, why, sizeof why);

	if (rc) {
		conf_defaults(c);
		snprintf(said, sizeof said, "%.240s: %s", path, why);
		text_visible(said, err->text, sizeof err->text);
		return rc;
	}
	// A path too long for struct conf is known by its file name.
	rc = reader_top(&r, strlen(path) < sizeof c->file || !slash ? path : slash + 1, text, len);
	free(text);
	return rc;
}

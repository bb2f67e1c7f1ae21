/* SPDX-License-Identifier: BSD-3-Clause */
// conf_file.c: reading a configuration from a file.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int conf_load(struct conf *c, const char *path, struct conf_error *err)
{
	FILE *file = fopen(path, "r");
	const char *slash = strrchr(path, '/');
	char *text;
	size_t len;
	int rc = 0;

	conf_defaults(c);
	if (!file) {
		rc = -errno;
		snprintf(err->text, sizeof err->text, "%s: found no readable file: %s", path, strerror(-rc));
		return rc;
	}
	text = malloc(CONF_FILE_BYTES_MAX + 1);
	len = text ? fread(text, 1, CONF_FILE_BYTES_MAX + 1, file) : 0;
	if (!text || ferror(file)) {
		rc = text ? -errno : -ENOMEM;
		snprintf(err->text, sizeof err->text, "%s: found no readable file: %s", path, strerror(-rc));
	} else if (len > CONF_FILE_BYTES_MAX) {
		rc = -E2BIG;
		snprintf(err->text, sizeof err->text, "%s: found more than %d bytes, allowed: up to that",
			 path, CONF_FILE_BYTES_MAX);
	} else {
		// A path too long for struct conf is known by its file name.
		rc = conf_parse(c, strlen(path) < sizeof c->file || !slash ? path : slash + 1, text, len,
				err);
	}
	free(text);
	fclose(file);
	return rc;
}

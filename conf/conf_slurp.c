/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"

int reader_slurp(const char *path, char **text, size_t *len, char *why, size_t why_bytes)
{
	FILE *file = fopen(path, "r");
	int rc = file ? 0 : -errno;

	*text = file ? malloc(CONF_FILE_BYTES_MAX + 1) : NULL;
	*len = *text ? fread(*text, 1, CONF_FILE_BYTES_MAX + 1, file) : 0;
	if (file && (!*text || ferror(file)))
		rc = *text ? -errno : -ENOMEM;
	if (file)
		fclose(file);
	if (rc)
		snprintf(why, why_bytes, "found no readable file: %s", strerror(-rc));
	else if (*len > CONF_FILE_BYTES_MAX)
		snprintf(why, why_bytes, "found more than %d bytes, allowed: up to that",
			 CONF_FILE_BYTES_MAX),
			rc = -E2BIG;
	if (rc) {
		free(*text);
		*text = NULL;
	}
	return rc;
}

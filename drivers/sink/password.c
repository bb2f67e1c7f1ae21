/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/sink/sink.h"

int sink_password(const char *section, const char *key, const char *path, char *out, int room, char *err,
		  size_t err_len)
{
	FILE *f = path[0] ? fopen(path, "re") : NULL;

	if (!path[0])
		return 0;
	if (!f || !fgets(out, room, f)) {
		snprintf(err, err_len, "[%s] %s: %.200s: %s", section, key, path,
			 f ? "found nothing, allowed: a line" : strerror(errno));
		if (f)
			fclose(f);
		return -EINVAL;
	}
	fclose(f);
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

int sink_text(const char *section, const char *key, const char *path, char **out, char *err, size_t err_len)
{
	FILE *f = path[0] ? fopen(path, "re") : NULL;

	*out = path[0] ? malloc(SINK_TEXT + 2) : NULL;
	if (!path[0])
		return 0;
	size_t n = f && *out ? fread(*out, 1, SINK_TEXT + 1, f) : 0;
	bool good = n && n <= SINK_TEXT && !ferror(f);

	if (good) {
		(*out)[n] = '\0';
	} else {
		snprintf(err, err_len, "[%s] %s: %.200s: %s", section, key, path,
			 f ? "found no text, or one of more than 64 KiB" : strerror(errno));
		free(*out);
		*out = NULL;
	}
	if (f)
		fclose(f);
	return good ? 0 : -EINVAL;
}

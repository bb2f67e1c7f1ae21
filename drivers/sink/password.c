/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
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

/* SPDX-License-Identifier: BSD-3-Clause */
// check_read.c: small readers of sysfs and procfs files, and the notation they are in.
#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/check/check.h"

static void full_path(char *out, size_t out_bytes, const char *root, const char *path, va_list args)
{
	int n = snprintf(out, out_bytes, "%s", root);

	if (n >= 0 && (size_t)n < out_bytes)
		vsnprintf(out + n, out_bytes - (size_t)n, path, args);
}

bool check_read(const char *root, char *out, size_t out_bytes, const char *path, ...)
{
	char full[1024];
	size_t n = 0;
	ssize_t got;
	va_list args;
	int fd;

	va_start(args, path);
	full_path(full, sizeof full, root, path, args);
	va_end(args);
	out[0] = 0;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	// procfs gives long files in pieces.
	while (n + 1 < out_bytes && (got = read(fd, out + n, out_bytes - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	out[n] = 0;
	if (n && out[n - 1] == '\n')
		out[n - 1] = 0;
	return true;
}

bool check_exists(const char *root, const char *path, ...)
{
	char full[1024];
	va_list args;

	va_start(args, path);
	full_path(full, sizeof full, root, path, args);
	va_end(args);
	return access(full, F_OK) == 0;
}

bool check_writable(const char *root, const char *path)
{
	char full[1024];
	int n = snprintf(full, sizeof full, "%s%s", root, path);

	return n > 0 && (size_t)n < sizeof full && access(full, W_OK) == 0;
}

void check_list_cpus(const char *text, struct check_cpus *out)
{
	memset(out, 0, sizeof *out);
	while (isdigit((unsigned char)*text)) {
		char *end;
		unsigned long from = strtoul(text, &end, 10), to = from;

		if (*end == '-' && isdigit((unsigned char)end[1]))
			to = strtoul(end + 1, &end, 10);
		for (unsigned long cpu = from; cpu <= to && cpu <= CONF_CPU_MAX; cpu++)
			check_put(out, (unsigned)cpu);
		if (*end != ',')
			return;
		text = end + 1;
	}
}

void check_print_cpus(const struct check_cpus *set, char *out, size_t out_bytes)
{
	size_t n = 0;

	out[0] = 0;
	for (unsigned from = 0; from <= CONF_CPU_MAX && n < out_bytes; from++) {
		unsigned to = from;

		if (!check_has(set, from))
			continue;
		while (to < CONF_CPU_MAX && check_has(set, to + 1))
			to++;
		n += (size_t)snprintf(out + n, out_bytes - n, to > from ? "%s%u-%u" : "%s%u", n ? "," : "",
				      from, to);
		from = to;
	}
}

bool check_word(const char *text, const char *key, char *out, size_t out_bytes)
{
	size_t len = strlen(key), n = 0;

	for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *p = line + len;

		if (strncmp(line, key, len))
			continue;
		while (*p == ' ' || *p == '\t' || *p == ':')
			p++;
		while (p[n] && !isspace((unsigned char)p[n]) && n + 1 < out_bytes) {
			out[n] = p[n];
			n++;
		}
		out[n] = 0;
		return n > 0;
	}
	return false;
}

bool check_iface(const char *device, char *out, size_t out_bytes)
{
	const char *at = strstr(device, ",iface=");
	size_t n;

	if (!at)
		return false;
	at += strlen(",iface=");
	n = strcspn(at, ",");
	// A name goes into a path and into commands: names that could not be an interface's are none.
	if (!n || n >= out_bytes || n > 15 || strcspn(at, "/ \t'\"$`\\;&|<>()") < n || at[0] == '.')
		return false;
	memcpy(out, at, n);
	out[n] = 0;
	return true;
}

bool check_is_pci(const char *device, char out[32])
{
	unsigned domain = 0, bus, slot, function;
	int end = 0;

	if ((sscanf(device, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) != 4 || !end)) {
		domain = 0;
		end = 0;
		if (sscanf(device, "%2x:%2x.%1x%n", &bus, &slot, &function, &end) != 3 || !end)
			return false;
	}
	if (device[end] && device[end] != ',') // device arguments may follow
		return false;
	snprintf(out, 32, "%04x:%02x:%02x.%x", domain, bus, slot, function);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/snapshot_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/crc32c.h"
#include "lcore/base/fnv.h"
#include "lcore/stage/carry.h"

// Sections and keys that do not bear on it: where frames come from, who is told, and how lcores run. Whatever
// is not here does.
static const char *const aside[] = { "console",
				     "supervise",
				     "capture",
				     "gateway",
				     "recovery",
				     "redis",
				     "jetstream",
				     "kafka",
				     "tail",
				     "telemetry",
				     "eal",
				     "port",
				     "server",
				     "lcore.cpu",
				     "lcore.idle",
				     "lcore.nap",
				     "lcore.queues",
				     "lcore.remote_numa",
				     "link.depth",
				     "run.layout",
				     "run.burst",
				     "run.stop_idle",
				     "run.stop_frames",
				     "run.state_hash",
				     "run.share_cpu",
				     "run.full_link",
				     "run.state_dir",
				     "run.log_level",
				     "run.slow_poll",
				     "run.control",
				     "run.control_path",
				     "run.control_audit",
				     "run.user",
				     "run.group",
				     "run.seccomp",
				     "run.landlock" };

static bool is_aside(const char *section, const char *key)
{
	char path[128];

	snprintf(path, sizeof path, "%.60s.%.60s", section, key);
	for (size_t i = 0; i < sizeof aside / sizeof *aside; i++)
		if (!strcmp(aside[i], section) || !strcmp(aside[i], path))
			return true;
	return false;
}

// A line is "[section NAME]", "key = value", "; help", or empty.
static uint64_t configuration(const struct conf *c)
{
	char *text = NULL, section[64] = "", key[64];
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	uint64_t hash = FNV_BASIS;

	if (!f)
		return 0;
	conf_dump(c, f);
	fclose(f);
	for (char *line = text, *end; line && *line; line = end + 1) {
		end = strchrnul(line, '\n');
		bool last = !*end;

		*end = '\0';
		bool names = line[0] == '[' && sscanf(line, "[%63[a-z_]", section) == 1;
		bool says = sscanf(line, "%63[a-z0-9_] =", key) == 1;

		if ((names && !is_aside(section, "")) || (says && !is_aside(section, key)))
			hash = fnv_bytes(hash, line, strlen(line) + 1);
		if (last)
			break;
	}
	free(text);
	return hash;
}

static uint64_t serves(const struct conf_server *s, uint64_t hash)
{
	return fnv_bytes(fnv_word(hash, (uint64_t)s->protocol), s->feed, strlen(s->feed) + 1);
}

static uint64_t program(void)
{
	static uint8_t piece[1 << 16];
	FILE *f = fopen("/proc/self/exe", "re");
	uint64_t hash = FNV_BASIS;
	size_t n;

	while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
		hash = fnv_word(hash, crc32c(piece, n));
	if (f)
		fclose(f);
	return hash;
}

void snapshot_of(const struct appliance *a, int32_t day, struct snapshot_of *out)
{
	uint64_t conf = configuration(&a->started);

	conf = fnv_word(conf, (uint64_t)a->plant.fill);
	for (unsigned i = 0; i < a->started.n_server; i++) // there is none behind a hole that they may fill
		conf = fnv_word(serves(&a->started.server[i], conf), a->started.server[i].stream);
	for (unsigned i = 0; i < a->n_lcore; i++) // a replay takes no more room than its captures need
		if (a->lcore[i].stage->carry)
			conf = fnv_word(conf, a->lcore[i].stage->bytes(&a->lcore[i]));
	*out = (struct snapshot_of){ .build = program(), .conf = conf, .day = day };
}

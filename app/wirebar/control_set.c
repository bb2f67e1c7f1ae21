/* SPDX-License-Identifier: BSD-3-Clause */
// control_set.c: LIVE keys. A copy of the configuration gets the value by the rules of the file and of the
// checks; then it is handed on: a word by one atomic store, a watch list instrument by instrument to the
// lcores that own it.
#include "app/wirebar/control.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "conf/key.h"
#include "conf/topo.h"
#include "lcore/base/symtab.h"

enum { TIMEOUT_MS = 2000 };

static pthread_mutex_t texts = PTHREAD_MUTEX_INITIALIZER;

void control_conf_lock(void) { pthread_mutex_lock(&texts); }
void control_conf_unlock(void) { pthread_mutex_unlock(&texts); }

static int watch_one(struct appliance *a, uint64_t symbol, bool on, char *why, size_t why_bytes)
{
	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore_command c = { .op = LCORE_OP_WATCH, .symbol = symbol, .arg = on };
		char name[SYMBOL_BYTES + 1];

		if (a->lcore[i].conf->stage != CONF_STAGE_INGEST)
			continue;
		int rc = ctl_command(&a->lcore[i], &c, TIMEOUT_MS);

		if (!rc)
			continue;
		symtab_text(symbol, name);
		snprintf(why, why_bytes, "%s: %s; those before it are applied", name,
			 c.text[0] ? c.text : strerror(-rc));
		return rc;
	}
	return 0;
}

static bool in_list(const char *list, uint64_t symbol)
{
	struct conf_item item;

	while (conf_list_next(&list, ',', &item))
		if (symtab_key(item.text, strlen(item.text)) == symbol)
			return true;
	return false;
}

// The list is what is watched from then on: what ctl/watch added goes as well. First off, so that there is
// room.
static int apply_watch(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	const char *cursor = to->bars.watch;
	struct conf_item item;
	int rc = 0;

	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct lcore_shared *s =
			a->lcore[i].conf->stage == CONF_STAGE_INGEST ? a->lcore[i].shared : NULL;

		// From the end: what is taken off leaves the places before it as they are.
		for (uint32_t k = s ? lcore_watched(s) : 0; k-- > 0 && !rc;) {
			uint64_t symbol = s->watch[k];

			if (!in_list(to->bars.watch, symbol))
				rc = watch_one(a, symbol, false, why, why_bytes);
		}
	}
	while (!rc && conf_list_next(&cursor, ',', &item))
		rc = watch_one(a, symtab_key(item.text, strlen(item.text)), true, why, why_bytes);
	return rc;
}

static int apply_slow_poll(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	(void)to, (void)why, (void)why_bytes;
	appliance_slow_poll(a);
	return 0;
}

static int apply_log_level(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	(void)a, (void)why, (void)why_bytes;
	rte_log_set_level_pattern("*", RTE_LOG_ERR + (uint32_t)to->run.log_level);
	return 0;
}

static int apply_gates(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	struct control_gates done;

	return control_gates(a, to, &done, why, why_bytes);
}

static int apply_capture(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	return control_capture(a, to->capture.enabled, why, why_bytes);
}

#define WORD(type, member) offsetof(struct conf, member), sizeof(type)

// Every LIVE key of keys.def; of a named section all keys by the section. A word is stored in one piece, its
// readers look at each poll or question; then apply does what is left to do.
static const struct live {
	const char *path;
	size_t offset, bytes; // bytes 0: not a word
	int (*apply)(struct appliance *a, const struct conf *to, char *why, size_t why_bytes);
} live[] = {
	{ "bars.seal_budget", WORD(uint64_t, bars.seal_budget), NULL },
	{ "run.burst", WORD(uint64_t, run.burst), NULL },
	{ "run.stop_idle", WORD(uint64_t, run.stop_idle_ns), NULL },
	{ "run.slow_poll", WORD(uint64_t, run.slow_poll_ns), apply_slow_poll },
	{ "run.log_level", WORD(int, run.log_level), apply_log_level },
	{ "telemetry.lag_warn", WORD(uint64_t, telemetry.lag_warn_ns), NULL },
	{ "telemetry.lag_fail", WORD(uint64_t, telemetry.lag_fail_ns), NULL },
	{ "telemetry.behind_warn", WORD(uint64_t, telemetry.behind_warn_ns), NULL },
	{ "bars.watch", 0, 0, apply_watch },
	{ "gate.", 0, 0, apply_gates },
	{ "capture.enabled", 0, 0, apply_capture },
};

enum { N_LIVE = sizeof live / sizeof *live };

static const struct live *find_live(const char *path)
{
	for (int i = 0; i < N_LIVE; i++)
		if (!strcmp(live[i].path, path) || (live[i].path[strlen(live[i].path) - 1] == '.' &&
						    !strncmp(live[i].path, path, strlen(live[i].path))))
			return &live[i];
	return NULL;
}

static int apply_one(struct appliance *a, const struct live *l, const struct conf *to, char *why,
		     size_t why_bytes)
{
	char *at = (char *)&a->conf + l->offset;
	const char *from = (const char *)to + l->offset;

	if (l->bytes == sizeof(uint64_t))
		__atomic_store_n((uint64_t *)at, *(const uint64_t *)from, __ATOMIC_RELAXED);
	else if (l->bytes)
		__atomic_store_n((int *)at, *(const int *)from, __ATOMIC_RELAXED);
	return l->apply ? l->apply(a, to, why, why_bytes) : 0;
}

// The text of the watch list is kept also where not all of it could be applied: it is what is wanted.
static void keep_watch(struct appliance *a, const struct conf *to)
{
	control_conf_lock();
	memcpy(a->conf.bars.watch, to->bars.watch, sizeof to->bars.watch);
	control_conf_unlock();
}

int control_live(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	int rc = 0;

	for (int i = 0; i < N_LIVE; i++) {
		// Not touched where they are the same: ctl/watch may have added to the list, and who keeps no
		// packets has no journal to ask.
		if (live[i].apply == apply_gates ||
		    (live[i].apply == apply_watch && !strcmp(a->conf.bars.watch, to->bars.watch)) ||
		    (live[i].apply == apply_capture && a->conf.capture.enabled == to->capture.enabled))
			continue;
		int one = apply_one(a, &live[i], to, why, why_bytes);

		rc = rc ? rc : one;
	}
	keep_watch(a, to);
	return rc;
}

bool control_covers(void)
{
	for (unsigned i = 0; i < key_table_count; i++) {
		char path[64];

		snprintf(path, sizeof path, "%s.%s", key_table[i].section, key_table[i].name);
		if (key_table[i].when == KEY_LIVE && !find_live(path))
			return false;
	}
	return true;
}

int control_set(struct appliance *a, const char *key, const char *value, char *why, size_t why_bytes)
{
	static struct conf trial; // one control thread
	struct conf_error err;
	const struct live *l = find_live(key);

	trial = a->conf;
	conf_origin(&trial, NULL);
	int rc = conf_set(&trial, key, value, true, &err);

	if (!rc)
		rc = topo_check(&trial, NULL, &err);
	if (rc) {
		snprintf(why, why_bytes, "%s", err.text);
		return rc;
	}
	rc = apply_one(a, l, &trial, why, why_bytes);
	keep_watch(a, &trial);
	return rc;
}

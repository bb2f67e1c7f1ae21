/* SPDX-License-Identifier: BSD-3-Clause */
// control_set.c: LIVE keys. A copy of the configuration gets the value by the rules of the file and of the
// checks; then it is handed on: a word by one atomic store, a watch list instrument by instrument to the
// lcores that own it.
#include "app/wirebar/control.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

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

static int apply_lag_warn(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	(void)why, (void)why_bytes;
	__atomic_store_n(&a->conf.telemetry.lag_warn_ns, to->telemetry.lag_warn_ns, __ATOMIC_RELAXED);
	return 0;
}

static int apply_lag_fail(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	(void)why, (void)why_bytes;
	__atomic_store_n(&a->conf.telemetry.lag_fail_ns, to->telemetry.lag_fail_ns, __ATOMIC_RELAXED);
	return 0;
}

static int apply_behind_warn(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	(void)why, (void)why_bytes;
	__atomic_store_n(&a->conf.telemetry.behind_warn_ns, to->telemetry.behind_warn_ns, __ATOMIC_RELAXED);
	return 0;
}

static int apply_slow_poll(struct appliance *a, const struct conf *to, char *why, size_t why_bytes)
{
	(void)why, (void)why_bytes;
	a->conf.run.slow_poll_ns = to->run.slow_poll_ns;
	appliance_slow_poll(a);
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

// Every LIVE key of keys.def; of a named section all keys by the section.
static const struct live {
	const char *path;
	int (*apply)(struct appliance *a, const struct conf *to, char *why, size_t why_bytes);
} live[] = {
	{ "bars.watch", apply_watch },
	{ "telemetry.lag_warn", apply_lag_warn },
	{ "telemetry.lag_fail", apply_lag_fail },
	{ "telemetry.behind_warn", apply_behind_warn },
	{ "run.slow_poll", apply_slow_poll },
	{ "gate.", apply_gates },
	{ "capture.enabled", apply_capture },
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
	rc = l->apply(a, &trial, why, why_bytes);
	control_conf_lock();
	memcpy(a->conf.bars.watch, trial.bars.watch, sizeof trial.bars.watch);
	control_conf_unlock();
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// attach.c: this process as a DPDK secondary beside a running appliance. EAL can be started once a process
// and not again, so it stays when a handle is given back; the caller's thread keeps its cpus.
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_memzone.h>

#include "app/libwirebar/own.h"
#include "app/wirebar/appliance.h"
#include "app/wirebar/name.h"

enum { ATTACH_LCORE = 112, LOOK_MS = 20 }; // `wirebar attach` has 120 to 127

// EAL of this process: which primary it is a secondary of; 0: of none so far, -1: it has failed.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int attached_pid;
static char attached_prefix[64];

static int last_cpu(const cpu_set_t *set)
{
	int cpu = 0;

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, set))
			cpu = i;
	return cpu;
}

// EAL keeps pointers into its arguments, and pins the thread that starts it.
static int start_eal(const struct wirebar_attach_options *o, const char *prefix, char *err, size_t err_bytes)
{
	static char file_prefix[96], lcores[64], huge_dir[300];
	static char *argv[] = { (char *)"wirebar",
				(char *)"--proc-type=secondary",
				file_prefix,
				lcores,
				(char *)"--no-pci",
				(char *)"--no-telemetry",
				(char *)"--log-level=*:4",
				huge_dir,
				NULL };
	cpu_set_t cpus;
	FILE *quiet = o->verbose ? NULL : fopen("/dev/null", "we"); // lives as long as the process

	if (sched_getaffinity(0, sizeof cpus, &cpus))
		CPU_ZERO(&cpus);
	snprintf(file_prefix, sizeof file_prefix, "--file-prefix=%s", prefix);
	snprintf(lcores, sizeof lcores, "--lcores=%d@%d", ATTACH_LCORE + (int)getpid() % 8, last_cpu(&cpus));
	snprintf(huge_dir, sizeof huge_dir, "--huge-dir=%s", o->huge_dir ? o->huge_dir : "");
	if (quiet)
		rte_openlog_stream(quiet);
	int rc = rte_eal_init(o->huge_dir ? 8 : 7, argv);

	if (CPU_COUNT(&cpus))
		(void)sched_setaffinity(0, sizeof cpus, &cpus);
	if (rc >= 0)
		return WIREBAR_OK;
	attached_pid = -1;
	return own_say(
		WIREBAR_FAILED, err, err_bytes,
		"DPDK could not attach to %s (%s): it must run as the same user, and its hugepages be seen",
		prefix, rte_strerror(rte_errno));
}

// One start of EAL, or the one that this process has.
static int join(const struct wirebar_attach_options *o, const char *prefix, char *err, size_t err_bytes)
{
	const char *why = name_primary(prefix);
	int pid = why ? 0 : name_primary_pid(prefix);

	if (!pid)
		return own_say(WIREBAR_ABSENT, err, err_bytes,
			       "no appliance to attach to: looked at %s/dpdk/%s/config: %s", name_dir(),
			       prefix, why ? why : "its process has ended");
	if (attached_pid && (attached_pid != pid || strcmp(attached_prefix, prefix)))
		return own_say(
			WIREBAR_ONCE, err, err_bytes,
			"this process was attached to another appliance before, and DPDK attaches once");
	int rc = attached_pid ? WIREBAR_OK : start_eal(o, prefix, err, err_bytes);

	if (rc)
		return rc;
	attached_pid = pid;
	snprintf(attached_prefix, sizeof attached_prefix, "%s", prefix);
	return WIREBAR_OK;
}

// The primary makes its zones some time after it can be seen, and then fills their heads.
static const void *find_zone(const char *name, uint64_t want, uint32_t timeout_ms, size_t *bytes)
{
	const struct timespec nap = { 0, LOOK_MS * 1000000L };

	for (uint32_t waited = 0;; waited += LOOK_MS) {
		const struct rte_memzone *mz = rte_memzone_lookup(name);

		if (mz && __atomic_load_n((const uint64_t *)mz->addr, __ATOMIC_ACQUIRE) == want) {
			*bytes = mz->len;
			return mz->addr;
		}
		if (waited >= timeout_ms)
			return NULL;
		nanosleep(&nap, NULL);
	}
}

static int find_tables(struct wirebar *w, uint32_t timeout_ms, char *err, size_t err_bytes)
{
	size_t bytes = 0, directory_bytes = 0;
	const struct appliance_directory *d =
		find_zone(APPLIANCE_DIRECTORY, APPLIANCE_MAGIC, timeout_ms, &directory_bytes);

	w->tables = d ? find_zone(APPLIANCE_TABLES, TABLES_MAGIC, timeout_ms, &bytes) : NULL;
	if (!w->tables)
		return own_say(WIREBAR_TIMEOUT, err, err_bytes,
			       "the primary has no tables (so far): is it an appliance with hugepages?");
	if (!tables_valid(w->tables) || w->tables->bytes > bytes)
		return own_say(WIREBAR_LAYOUT, err, err_bytes,
			       "its tables are of another layout: run the same version as it does");
	w->seen = calloc((size_t)w->tables->instruments * SPAN_COUNT, sizeof *w->seen);
	return w->seen ? WIREBAR_OK : own_say(WIREBAR_FAILED, err, err_bytes, "out of memory");
}

int wirebar_attach(struct wirebar **out, const struct wirebar_attach_options *options, char *err,
		   size_t err_bytes)
{
	struct wirebar_attach_options o = { 0 };

	if (!out || (options && options->bytes < sizeof options->bytes))
		return own_say(WIREBAR_USAGE, err, err_bytes, "bytes: allowed: the size of the struct");
	*out = NULL;
	if (options)
		memcpy(&o, options, options->bytes < sizeof o ? options->bytes : sizeof o);
	const char *prefix = o.file_prefix ? o.file_prefix : "wirebar";
	struct wirebar *w = calloc(1, sizeof *w);

	if (!w || strlen(prefix) >= sizeof w->prefix) {
		free(w);
		return own_say(w ? WIREBAR_USAGE : WIREBAR_FAILED, err, err_bytes,
			       "%s: a name of up to 63 letters, and memory", prefix);
	}
	snprintf(w->prefix, sizeof w->prefix, "%s", prefix);
	pthread_mutex_lock(&lock);
	int rc = join(&o, prefix, err, err_bytes);

	w->pid = (uint32_t)attached_pid;
	pthread_mutex_unlock(&lock);
	rc = rc ? rc : find_tables(w, o.timeout_ms, err, err_bytes);
	if (rc) {
		wirebar_detach(w);
		return rc;
	}
	*out = w;
	return WIREBAR_OK;
}

void wirebar_detach(struct wirebar *w)
{
	if (w)
		free(w->seen);
	free(w);
}

// One that was started again under the same name is another one: its tables are elsewhere.
int wirebar_alive(const struct wirebar *w)
{
	return name_primary_pid(w->prefix) == (int)w->pid ? WIREBAR_OK : WIREBAR_GONE;
}

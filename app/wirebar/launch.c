/* SPDX-License-Identifier: BSD-3-Clause */
// launch.c: start the lcores, wait for them, show progress.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "app/wirebar/behind.h"
#include "app/wirebar/outputs.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/privilege/privilege.h"
#include "app/wirebar/pulse.h"
#include "app/wirebar/signals.h"
#include "lcore/base/calendar.h"
#include "drivers/journal/journal.h"
#include "drivers/recovery/recovery.h"

#define GIVE_UP_S 2

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int started(const char *thread, int rc)
{
	if (rc)
		fprintf(stderr, "wirebar: the %s could not be started: %s\n", thread, strerror(-rc));
	return rc;
}

void appliance_slow_poll(struct appliance *a)
{
	uint64_t ns = a->conf.run.slow_poll_ns;
	uint64_t tsc = ns ? (uint64_t)((double)ns / a->plant.clock.ns_per_tsc) : UINT64_MAX;

	for (unsigned i = 0; i < a->n_lcore; i++)
		__atomic_store_n(&a->lcore[i].shared->flight.threshold_tsc, tsc, __ATOMIC_RELAXED);
}

int appliance_launch(struct appliance *a)
{
	int rc = a->plant.recovery ? started("recovery service", recovery_start(a->plant.recovery)) : 0;

	rc = !rc && a->plant.journal ? started("packet journal", journal_start(a->plant.journal)) : rc;
	// No frame is handled before. All threads are there but those of telemetry's clients.
	rc = rc ? rc : privilege_filter(a);
	if (rc)
		return rc;
	a->launched_s = now_s();
	// Consumers first, so that nothing is pushed into a link that nobody looks at yet.
	for (int i = (int)a->n_lcore - 1; i >= 0; i--) {
		if (!parts_mine(a, &a->lcore[i]))
			continue;
		rc = rte_eal_remote_launch(lcore_run, &a->lcore[i], a->lcore[i].id);
		if (rc) {
			fprintf(stderr, "wirebar: lcore %s could not be launched: %s\n", a->lcore[i].name,
				strerror(-rc));
			a->plant.stop = a->plant.abort = true;
			for (; i >= 0 && parts_mine(a, &a->lcore[i]); i--)
				a->lcore[i].shared->done = true; // for the lcores after it
			rte_eal_mp_wait_lcore();
			return rc;
		}
	}
	parts_running(a);
	return 0;
}

// The primary sums up: it stays until all parts' lcores are done.
static bool all_done(const struct appliance *a)
{
	for (unsigned i = 0; i < a->n_lcore; i++)
		if ((!parts_secondary(a) || parts_mine(a, &a->lcore[i])) &&
		    !*(volatile const bool *)&a->lcore[i].shared->done)
			return false;
	return true;
}

static double progress(const struct appliance *a)
{
	double sum = 0;

	for (unsigned i = 0; i < a->n_port; i++)
		sum += a->port[i]->ops->progress ? a->port[i]->ops->progress(a->port[i]) : 0;
	return a->n_port ? sum / a->n_port : 0;
}

static void show(const struct appliance *a, double since, bool tty)
{
	uint64_t frames = 0, messages = 0, rows = 0, wire = 0;
	char at[CALENDAR_ISO_BYTES] = "-";

	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct lcore *l = &a->lcore[i];

		if (l->conf->stage != CONF_STAGE_INGEST)
			continue;
		frames += lcore_frames(l->shared);
		messages += lcore_messages(l->shared);
		rows += l->shared->rows;
		uint64_t p99 = hist_percentile(&l->shared->hist[HIST_WIRE_LAG], 0.99);

		wire = p99 > wire ? p99 : wire;
		if (l->shared->data_ns)
			calendar_iso(l->shared->data_ns, at);
	}
	at[19] = '\0'; // whole seconds
	if (a->plant.replay)
		fprintf(stderr, "%s%5.1f %%", tty ? "\r" : "", 100 * progress(a));
	else
		fprintf(stderr, "%s%6.0f s", tty ? "\r" : "", since);
	fprintf(stderr,
		"  %sZ  %11llu frames  %12llu messages (%6.2f M/s)  %10llu bars  wire lag p99 %8.1f us%s", at,
		(unsigned long long)frames, (unsigned long long)messages, (double)messages / since / 1e6,
		(unsigned long long)rows, (double)wire / 1e3, tty ? "\033[K" : "\n");
	fflush(stderr);
}

// An lcore may be asleep in a write that nobody reads: it is not waited for, and what it holds is given back
// by the kernel.
static void give_up(struct appliance *a)
{
	fprintf(stderr, "wirebar: given up: what was written so far is dropped\n");
	outputs_drop(a);
	appliance_forget(a);
	_exit(1);
}

// A part alone: what it holds is in shared memory, or given back by the kernel.
static void leave(struct appliance *a)
{
	fprintf(stderr, "wirebar: part %s: leaves\n", a->part_word);
	outputs_drop(a);
	_exit(signals_name() ? 0 : 1);
}

void appliance_wait(struct appliance *a)
{
	bool tty = isatty(STDERR_FILENO);
	double aborted_s = 0, next = now_s() + (tty ? 0.2 : 2), step = tty ? 0.2 : 5;

	while (!all_done(a)) {
		struct timespec nap = { 0, 2000000 };

		nanosleep(&nap, NULL);
		behind_look(a);
		pulse_beat(a);
		if (!parts_look(a))
			leave(a);
		if (*(volatile bool *)&a->plant.abort) {
			aborted_s = aborted_s > 0 ? aborted_s : now_s();
			if (now_s() - aborted_s > GIVE_UP_S)
				give_up(a);
		}
		if (!a->quiet && !parts_secondary(a) && now_s() > next) {
			show(a, now_s() - a->launched_s, tty);
			next += step;
		}
	}
	rte_eal_mp_wait_lcore();
	if (a->plant.recovery)
		recovery_stop(a->plant.recovery);
	if (a->plant.journal)
		journal_stop(a->plant.journal);
	a->ended_s = now_s();
	if (!a->quiet && tty)
		fprintf(stderr, "\r\033[K");
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/order_log_part.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>

#include "app/wirebar/parts.h"

enum { NAP_US = 20000, TELL_NAPS = 250, ALIVE_NAPS = 5 };

// Whether this part writes into the journal.
static bool writes(const struct appliance *a)
{
	return a->parts && order_log_file_wanted(a) &&
	       (a->part == PART_SIGNAL || (a->part == PART_TELEMETRY && a->conf.n_stop));
}

static bool begun(const struct appliance *a)
{
	return __atomic_load_n(&a->parts->order_log.begun, __ATOMIC_ACQUIRE);
}

static int wait_begun(struct appliance *a)
{
	for (unsigned i = 0; !begun(a); i++) {
		if (a->plant.stop)
			return -EINTR;
		if (i == TELL_NAPS)
			fprintf(stderr, "wirebar: part %s: waits for part signal\n", a->part_word);
		if (i % ALIVE_NAPS == 0 && !rte_eal_primary_proc_alive(NULL)) {
			fprintf(stderr, "wirebar: part %s: part ingest has ended without a word\n",
				a->part_word);
			return -EPIPE;
		}
		usleep(NAP_US);
	}
	return 0;
}

int order_log_part_open(struct appliance *a)
{
	if (!writes(a))
		return 0;
	int rc = a->part == PART_SIGNAL ? 0 : wait_begun(a);

	if (!rc && begun(a))
		order_log_file_join(a, &a->parts->order_log);
	else if (!rc)
		order_log_file_begin(a);
	return rc;
}

void order_log_part_begun(struct appliance *a)
{
	if (!writes(a))
		return;
	for (unsigned i = 0; i < a->n_lcore && a->plant.order_log_why[0]; i++)
		if (parts_mine(a, &a->lcore[i]) && a->lcore[i].conf->stage != CONF_STAGE_EXPORT)
			lcore_raise(&a->lcore[i], LATCH_HALT, LATCH_UNREADABLE, a->plant.order_log_why);
	if (a->part != PART_SIGNAL || begun(a))
		return;
	order_log_file_is(&a->parts->order_log);
	__atomic_store_n(&a->parts->order_log.begun, 1, __ATOMIC_RELEASE);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// parts.c: how the parts of the split layout find one another. All by the main thread.
#include "app/wirebar/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memzone.h>

#include "app/wirebar/name.h"
#include "app/wirebar/pulse.h"
#include "app/wirebar/signals.h"
#include "app/wirebar/trading.h"
#include "lcore/base/fnv.h"
#include "lcore/model/tables.h"
#include "lcore/stage/mem.h"
#include "lcore/stage/twin.h"

#define PARTS_MAGIC UINT64_C(0x3153545241504257) // "WBPARTS1"

enum { NAP_US = 20000, PATIENCE_NAPS = 1500, TELL_NAPS = 250, ALONE_LOOKS = 250, ALIVE_LOOKS = 50 };

const char *const parts_name[PARTS] = { "whole", "ingest", "signal", "telemetry", "gateway" };

enum part parts_find(const char *name)
{
	for (int i = PART_INGEST; i < PARTS; i++)
		if (!strcmp(parts_name[i], name))
			return (enum part)i;
	return PART_WHOLE;
}

bool parts_there(const struct conf *conf, enum part part)
{
	bool there = part != PART_GATEWAY;

	for (unsigned i = 0; i < conf->n_lcore; i++)
		there |= conf->lcore[i].stage == CONF_STAGE_GATEWAY;
	return there;
}

bool parts_mine(const struct appliance *a, const struct lcore *l)
{
	return a->part == PART_WHOLE || parts_of(l->conf->stage) == a->part;
}

int parts_check(const struct appliance *a)
{
	bool split = a->conf.run.layout == CONF_LAYOUT_SPLIT;

	if (a->part_word && parts_find(a->part_word) == PART_WHOLE)
		fprintf(stderr,
			"wirebar: --part: found \"%s\", allowed: ingest, signal, telemetry, gateway\n",
			a->part_word);
	else if (a->part_word && !split)
		fprintf(stderr,
			"wirebar: --part: found [run] layout = fused, allowed: with layout = split\n");
	else if (a->part_word && !parts_there(&a->conf, parts_find(a->part_word)))
		fprintf(stderr, "wirebar: --part: found gateway, allowed: with an lcore of stage gateway\n");
	else if (!a->part_word && split)
		fprintf(stderr,
			"wirebar: [run] layout: found split without --part, allowed: `wirebar up`, which starts all "
			"parts, or --part ingest, signal, telemetry, gateway\n");
	else
		return 0;
	return 2;
}

static uint64_t configuration(const struct conf *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	uint64_t hash = FNV_BASIS;

	if (f) {
		conf_dump(c, f);
		fclose(f);
		hash = fnv_bytes(hash, text, n);
	}
	free(text);
	return hash;
}

uint64_t parts_layout(const struct appliance *a)
{
	const struct plant *p = &a->plant;
	const uint64_t sizes[] = { sizeof(struct parts_shared),
				   sizeof(struct link_elem),
				   sizeof(struct link_shared),
				   sizeof(struct appliance_directory),
				   lcore_shared_layout(),
				   tables_layout(),
				   p->replay,
				   p->fill,
				   p->spans,
				   p->n_columns };
	uint64_t hash = configuration(&a->conf);

	hash = fnv_bytes(hash, sizes, sizeof sizes);
	hash = fnv_bytes(hash, p->column, p->n_columns);
	hash = fnv_bytes(hash, p->symbol, p->n_symbols * sizeof p->symbol[0]);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		hash = fnv_word(hash, p->output_path[i] != NULL);
	for (unsigned i = 0; i < a->conf.n_lcore && p->gates; i++) {
		const struct lcore l = { .plant = (struct plant *)(uintptr_t)p, .conf = &a->conf.lcore[i] };

		if (parts_of(l.conf->stage) != PART_INGEST) // whose own memory is its own
			hash = fnv_word(hash, stages[l.conf->stage]->bytes(&l));
	}
	return fnv_bytes(hash, WIREBAR_VERSION, sizeof WIREBAR_VERSION);
}

static void take_gates(struct appliance *a)
{
	a->gate_room = a->parts->gates;
	a->plant.gate_room = a->parts->gates;
	a->plant.gates = &a->parts->gates[a->parts->gates_at];
}

static int make(struct appliance *a)
{
	uint64_t layout = parts_layout(a);
	const struct rte_memzone *mz = rte_memzone_reserve_aligned(PARTS_ZONE, sizeof(struct parts_shared),
								   SOCKET_ID_ANY, 0, CACHE_LINE);

	if (!mz) {
		fprintf(stderr, "wirebar: no memory for what parts share (%s)\n", rte_strerror(rte_errno));
		return -ENOMEM;
	}
	a->parts = memset(mz->addr, 0, sizeof(struct parts_shared));
	a->parts->layout = layout;
	a->parts->gates[0] = a->gates[0];
	take_gates(a);
	trading_share(&a->parts->mode);
	return 0;
}

// The primary makes it first, and says last that all is there.
static int find(struct appliance *a)
{
	uint64_t layout = parts_layout(a);
	const struct rte_memzone *mz = NULL;

	for (int i = 0; i < PATIENCE_NAPS && !a->plant.stop; i++) {
		mz = mz ? mz : rte_memzone_lookup(PARTS_ZONE);
		if (mz && __atomic_load_n((const uint64_t *)mz->addr, __ATOMIC_ACQUIRE) == PARTS_MAGIC)
			break;
		usleep(NAP_US);
	}
	if (a->plant.stop)
		return -EINTR;
	if (!mz || *(const uint64_t *)mz->addr != PARTS_MAGIC) {
		fprintf(stderr,
			"wirebar: part %s: the primary of %s is not ready after 30 s, or is no part ingest\n",
			a->part_word, a->conf.eal.file_prefix);
		return -ETIMEDOUT;
	}
	a->parts = mz->addr;
	if (mz->len < sizeof(struct parts_shared) || a->parts->layout != layout) {
		fprintf(stderr,
			"wirebar: part %s: the primary of %s was started with another program, configuration or "
			"outputs, allowed: the same for all parts\n",
			a->part_word, a->conf.eal.file_prefix);
		a->parts = NULL;
		return -EPROTO;
	}
	take_gates(a);
	a->plant.mode = &a->parts->mode;
	a->plant.clock = a->parts->clock;
	return 0;
}

bool parts_again(const struct appliance *a) { return a->parts && a->parts->process[a->part].starts > 1; }

bool parts_ran(const struct appliance *a) { return a->parts && a->parts->process[a->part].ready; }

int parts_boot(struct appliance *a)
{
	if (a->part == PART_WHOLE)
		return 0;
	a->plant.split = true;
	int rc = parts_secondary(a) ? find(a) : make(a);
	struct parts_process *own = a->parts ? &a->parts->process[a->part] : NULL;

	if (rc)
		return rc;
	own->pid = (uint32_t)getpid();
	own->starts++;
	return 0;
}

// Of an lcore in a part of its own: in shared memory, made by the primary and filled by that part.
int parts_state(struct appliance *a, struct lcore *l)
{
	char name[RTE_MEMZONE_NAMESIZE];

	l->state_bytes = l->stage->bytes(l);
	snprintf(name, sizeof name, "wb_s_%u", l->index);
	if (!a->parts || parts_of(l->conf->stage) == PART_INGEST) {
		l->state = mem_take(l->state_bytes, l->numa_node, a->conf.eal.hugepages);
	} else if (parts_secondary(a)) {
		const struct rte_memzone *mz = rte_memzone_lookup(name);

		l->state = mz && mz->len >= (l->stage->steps ? twin_bytes(l->state_bytes) : l->state_bytes)
				   ? mz->addr
				   : NULL;
	} else {
		l->state = mem_zone(name, l->stage->steps ? twin_bytes(l->state_bytes) : l->state_bytes,
				    l->numa_node);
		if (l->state && l->stage->steps)
			l->state = twin_first(l->state);
	}
	if (l->state)
		return 0;
	fprintf(stderr, "wirebar: lcore %s: no memory for its state of %zu MiB on NUMA node %d\n", l->name,
		l->state_bytes >> 20, l->numa_node);
	return -ENOMEM;
}

void parts_booted(struct appliance *a)
{
	if (a->part != PART_INGEST)
		return;
	a->parts->clock = a->plant.clock;
	__atomic_store_n(&a->parts->magic, PARTS_MAGIC, __ATOMIC_RELEASE);
}

int parts_wait_primary(const struct appliance *a)
{
	const char *why = NULL;

	for (int i = 0; i < PATIENCE_NAPS && !a->plant.stop; i++) {
		if (!(why = name_primary(a->conf.eal.file_prefix)))
			return 0;
		usleep(NAP_US);
	}
	if (a->plant.stop)
		return -EINTR;
	fprintf(stderr, "wirebar: part %s: no part ingest to attach to after 30 s: %s/dpdk/%s: %s\n",
		a->part_word, name_dir(), a->conf.eal.file_prefix, why);
	return -ETIMEDOUT;
}

int parts_wait_others(struct appliance *a)
{
	for (unsigned i = 0; a->part == PART_INGEST; i++) {
		enum part missing = PART_WHOLE;

		for (int k = PART_SIGNAL; k < PARTS; k++)
			if (parts_there(&a->conf, (enum part)k) &&
			    !__atomic_load_n(&a->parts->process[k].ready, __ATOMIC_ACQUIRE))
				missing = (enum part)k;
		if (missing == PART_WHOLE)
			break;
		if (i == TELL_NAPS)
			fprintf(stderr, "wirebar: part ingest: waits for part %s\n", parts_name[missing]);
		if (a->plant.stop)
			return -EINTR;
		if (__atomic_load_n(&a->parts->begin.lost, __ATOMIC_ACQUIRE)) {
			fprintf(stderr,
				"wirebar: part ingest: another part cannot begin with %s: start again\n",
				a->parts->begin.path);
			return -ESTALE;
		}
		pulse_beat(a);
		usleep(NAP_US);
	}
	return 0;
}

void parts_running(struct appliance *a)
{
	if (a->parts)
		__atomic_store_n(&a->parts->process[a->part].ready, 1, __ATOMIC_RELEASE);
}

static bool look_up(struct appliance *a)
{
	static unsigned looks, alone;

	a->plant.abort = a->plant.abort || __atomic_load_n(&a->parts->abort, __ATOMIC_ACQUIRE);
	if (a->plant.stop && !signals_name())
		__atomic_store_n(&a->parts->wants_stop, 1, __ATOMIC_RELEASE);
	if (looks++ % ALIVE_LOOKS == 0 && !rte_eal_primary_proc_alive(NULL)) {
		fprintf(stderr, "wirebar: part %s: part ingest has ended without a word\n", a->part_word);
		return false;
	}
	// Whoever stops all stops ingest, and the end comes over the links.
	alone = a->plant.stop && signals_name() && !__atomic_load_n(&a->parts->stop, __ATOMIC_ACQUIRE)
			? alone + 1
			: 0;
	return alone < ALONE_LOOKS;
}

bool parts_look(struct appliance *a)
{
	if (!a->parts)
		return true;
	if (parts_secondary(a))
		return look_up(a);
	if (__atomic_load_n(&a->parts->wants_stop, __ATOMIC_ACQUIRE))
		a->plant.stop = true;
	__atomic_store_n(&a->parts->stop, a->plant.stop, __ATOMIC_RELEASE);
	__atomic_store_n(&a->parts->abort, a->plant.abort, __ATOMIC_RELEASE);
	return true;
}

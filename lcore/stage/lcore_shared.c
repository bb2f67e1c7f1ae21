/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/lcore_shared.h"

#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_memzone.h>

#include "lcore/base/fnv.h"

const char *const lcore_hist_name[HIST_COUNT] = {
#define LAG(NAME, name, help) #name,
#include "lcore/stage/lags.def"
};

const char *const lcore_hist_help[HIST_COUNT] = {
#define LAG(NAME, name, help) help,
#include "lcore/stage/lags.def"
};

// By index: an lcore's name may be longer than a zone's.
static void zone_name(char out[RTE_MEMZONE_NAMESIZE], unsigned index)
{
	snprintf(out, RTE_MEMZONE_NAMESIZE, "wb_c_%u", index);
}

// Programs that agree in it have the same counters and histograms at the same places.
uint64_t lcore_shared_layout(void)
{
	uint64_t hash = FNV_BASIS ^ sizeof(struct lcore_shared);

	for (int i = 0; i < LEDGER_COUNT; i++)
		hash = fnv_bytes(hash, ledger_rows[i].name, strlen(ledger_rows[i].name));
	for (int i = 0; i < HIST_COUNT; i++)
		hash = fnv_bytes(hash, lcore_hist_name[i], strlen(lcore_hist_name[i]));
	return hash;
}

size_t lcore_shared_bytes(enum conf_stage stage, uint64_t watch_max)
{
	return stage == CONF_STAGE_INGEST
		       ? offsetof(struct lcore_shared, watch) + watch_max * sizeof(uint64_t)
		       : offsetof(struct lcore_shared, counts);
}

struct lcore_shared *lcore_shared_create(unsigned index, enum conf_stage stage, uint64_t watch_max,
					 int numa_node)
{
	char name[RTE_MEMZONE_NAMESIZE];
	size_t bytes = lcore_shared_bytes(stage, watch_max);

	zone_name(name, index);
	const struct rte_memzone *mz = rte_memzone_reserve_aligned(name, bytes, numa_node, 0, CACHE_LINE);

	if (!mz)
		return NULL;
	// Without hugepages EAL's memory is fresh from the kernel at boot; who wants it touched says so
	// (mem_touch).
	if (rte_eal_has_hugepages())
		memset(mz->addr, 0, bytes);
	struct lcore_shared *s = mz->addr;

	s->stage = stage;
	s->flight.threshold_tsc = UINT64_MAX;
	s->layout = lcore_shared_layout();
	__atomic_store_n(&s->bytes, bytes, __ATOMIC_RELEASE);
	return s;
}

const struct lcore_shared *lcore_shared_attach(unsigned index)
{
	char name[RTE_MEMZONE_NAMESIZE];

	zone_name(name, index);
	const struct rte_memzone *mz = rte_memzone_lookup(name);
	const struct lcore_shared *s = mz ? mz->addr : NULL;

	if (!s)
		return NULL;
	uint64_t bytes = __atomic_load_n(&s->bytes, __ATOMIC_ACQUIRE);

	return bytes && bytes <= mz->len && s->layout == lcore_shared_layout() ? s : NULL;
}

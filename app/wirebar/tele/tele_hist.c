/* SPDX-License-Identifier: BSD-3-Clause */
// tele_hist.c: lag histograms by fixed edges, for monitors that add up and subtract.
#include <string.h>

#include <rte_telemetry.h>

#include "app/wirebar/tele/tele.h"

enum { NUMBER_BYTES = 21 };

static bool add_numbers(struct tele_reply *r, const char *key, const uint64_t *v, unsigned n)
{
	struct rte_tel_data *array = rte_tel_data_alloc();

	if (!array)
		return false;
	rte_tel_data_start_array(array, RTE_TEL_U64_VAL);
	for (unsigned i = 0; i < n; i++)
		rte_tel_data_add_array_u64(array, v[i]);
	r->bytes += strlen(key) + 8 + (size_t)n * NUMBER_BYTES;
	r->n++;
	if (r->bytes <= TELE_REPLY_BYTES && rte_tel_data_add_dict_container(r->data, key, array, 0) == 0)
		return true;
	rte_tel_data_free(array);
	return false;
}

static bool add_hist(struct tele_reply *r, const char *name, const struct hist *h)
{
	uint64_t below[HIST_EDGES], n = hist_below(h, hist_edge_ns, HIST_EDGES, below);
	struct tele_reply sub;

	if (!tele_begin(&sub))
		return false;
	// count is of the bins, so that it is never below a bucket that was read later.
	tele_number(&sub, "count", n);
	tele_number(&sub, "sum_ns", h->sum);
	if (!add_numbers(&sub, "below", below, HIST_EDGES)) {
		rte_tel_data_free(sub.data);
		return false;
	}
	return tele_end(r, name, &sub);
}

void tele_buckets(const struct tele_ask *ask, struct tele_reply *r)
{
	const struct lcore *l = NULL;
	uint64_t more = 0;

	for (unsigned i = 0; i < ask->a->n_lcore && !l; i++)
		if (!strcmp(ask->a->lcore[i].name, ask->arg[0]))
			l = &ask->a->lcore[i];
	if (!l) {
		tele_error(r, "no lcore %.40s (lcores names them)", ask->arg[0]);
		return;
	}
	tele_text(r, "lcore", l->name);
	add_numbers(r, "le_ns", hist_edge_ns, HIST_EDGES);
	for (int k = 0; k < HIST_COUNT; k++)
		if (l->shared->hist[k].count)
			more += !add_hist(r, lcore_hist_name[k], &l->shared->hist[k]);
	tele_number(r, "more", more);
}

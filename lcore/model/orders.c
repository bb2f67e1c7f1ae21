/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/orders.h"

static uint32_t n_slots(uint32_t max)
{
	uint64_t n = 1024;

	while (n * 4 / 5 < max)
		n <<= 1;
	return (uint32_t)n;
}

size_t orders_bytes(uint32_t max)
{
	return ((size_t)n_slots(max) + 1) * sizeof(struct order); // one more, always free, for orders_peek
}

void orders_init(struct orders *t, uint32_t max, void *mem)
{
	*t = (struct orders){ .slot = mem, .mask = n_slots(max) - 1, .max = max };
}

struct order *orders_find(const struct orders *t, uint64_t key)
{
	for (uint32_t i = orders_home(t, key); t->slot[i].key; i = (i + 1) & t->mask)
		if (t->slot[i].key == key)
			return &t->slot[i];
	return NULL;
}

struct order *orders_add(struct orders *t, uint64_t key, bool *dup)
{
	uint32_t i = orders_home(t, key);

	*dup = false;
	for (; t->slot[i].key; i = (i + 1) & t->mask)
		if (t->slot[i].key == key) {
			*dup = true;
			return NULL;
		}
	if (t->n == t->max)
		return NULL;
	t->n++;
	if (t->n > t->peak)
		t->peak = t->n;
	t->slot[i].key = key;
	return &t->slot[i];
}

void orders_remove(struct orders *t, struct order *order)
{
	uint32_t hole = (uint32_t)(order - t->slot);

	// Knuth, TAOCP vol. 3, 6.4, algorithm R: move back whatever would become unreachable behind the hole.
	for (uint32_t i = (hole + 1) & t->mask; t->slot[i].key; i = (i + 1) & t->mask) {
		uint32_t home = orders_home(t, t->slot[i].key);

		if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
			t->slot[hole] = t->slot[i];
			hole = i;
		}
	}
	t->slot[hole].key = 0;
	t->n--;
}

void orders_clear_channel(struct orders *t, uint8_t channel)
{
	// A removal moves a later order into the hole: look at the same slot again. Starting behind a free slot keeps
	// a cluster that wraps around from being missed.
	uint32_t start = 0;

	while (t->slot[start].key)
		start++;
	for (uint32_t step = 1; step <= t->mask; ) {
		struct order *o = &t->slot[(start + step) & t->mask];

		if (o->key && (uint8_t)o->key == channel + 1)
			orders_remove(t, o);
		else
			step++;
	}
}

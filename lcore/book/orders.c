/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/book/orders.h"

static uint32_t n_slots(uint32_t max)
{
	uint64_t n = 1024;

	while (n * 4 / 5 < max)
		n <<= 1;
	return (uint32_t)n;
}

size_t orders_bytes(uint32_t max) { return (size_t)n_slots(max) * sizeof(struct order); }

void orders_init(struct orders *t, uint32_t max, void *mem)
{
	*t = (struct orders){ .slot = mem, .mask = n_slots(max) - 1, .max = max };
}

static struct order *next_line(const struct orders *t, const struct order *line)
{
	return &t->slot[(uint32_t)(line + 2 - t->slot) & t->mask];
}

// Many keys of one line can make chains that lead around the table: a search ends where it began.
struct order *orders_find_away(const struct orders *t, uint64_t key)
{
	struct order *home = orders_home(t, key);

	for (struct order *line = home; line->passed;) {
		line = next_line(t, line);
		if (line == home)
			break;
		if (line[0].key == key)
			return &line[0];
		if (line[1].key == key)
			return &line[1];
	}
	return NULL;
}

struct order *orders_add_away(struct orders *t, uint64_t key, bool *dup)
{
	struct order *home = orders_home(t, key), *line = home;

	*dup = orders_find(t, key) != NULL;
	if (*dup || t->n == t->max)
		return NULL;
	while (line[0].key && line[1].key) { // one is free: the table is never full
		line->passed += line->passed < UINT16_MAX;
		line = next_line(t, line);
	}
	struct order *o = &line[line[0].key != 0];

	t->n++;
	t->peak = t->n > t->peak ? t->n : t->peak;
	o->key = key;
	o->away = line != home;
	return o;
}

void orders_remove_away(struct orders *t, struct order *order)
{
	const struct order *own = &t->slot[(uint32_t)(order - t->slot) & ~UINT32_C(1)];

	for (struct order *line = orders_home(t, order->key); line != own; line = next_line(t, line))
		line->passed -= line->passed < UINT16_MAX;
}

void orders_clear_channel(struct orders *t, uint8_t channel)
{
	for (uint32_t i = 0; i <= t->mask; i++)
		if (t->slot[i].key && (uint8_t)t->slot[i].key == channel + 1)
			orders_remove(t, &t->slot[i]);
}

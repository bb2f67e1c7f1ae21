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
	uint32_t slots = n_slots(max);

	*t = (struct orders){
		.slot = mem, .mask = slots - 1, .turn = (uint32_t)__builtin_ctz(slots) - 1, .max = max
	};
}

static struct order *next_line(const struct orders *t, const struct order *line)
{
	return &t->slot[(uint32_t)(line + 2 - t->slot) & t->mask];
}

// Many keys of one line can make chains that lead around the table: a search ends where it began.
struct order *orders_find_away(const struct orders *t, uint64_t key)
{
	struct order *second = orders_second(t, key), *line = second;

	do {
		if (line[0].key == key)
			return &line[0];
		if (line[1].key == key)
			return &line[1];
		if (!line->passed)
			break;
		line = next_line(t, line);
	} while (line != second);
	return NULL;
}

static void pass(struct order *line) { line->passed += line->passed < UINT16_MAX; }

static void unpass(struct order *line) { line->passed -= line->passed < UINT16_MAX; }

struct order *orders_add_away(struct orders *t, uint64_t key, bool *dup)
{
	struct order *home = orders_home(t, key), *line = home;

	*dup = orders_find(t, key) != NULL;
	if (*dup || t->n == t->max)
		return NULL;
	if (line[0].key && line[1].key) {
		pass(home);
		for (line = orders_second(t, key); line[0].key && line[1].key; line = next_line(t, line))
			pass(line); // one is free: the table is never full
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

	unpass(orders_home(t, order->key));
	for (struct order *line = orders_second(t, order->key); line != own; line = next_line(t, line))
		unpass(line);
}

void orders_clear_channel(struct orders *t, uint8_t channel)
{
	for (uint32_t i = 0; i <= t->mask; i++)
		if (t->slot[i].key && (uint8_t)t->slot[i].key == channel + 1)
			orders_remove(t, &t->slot[i]);
}

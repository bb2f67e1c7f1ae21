/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/wire/flat.h"

#include <string.h>

void flat_align(struct flat *f, size_t align, size_t n)
{
	while (f->used % align != n % align)
		f->buf[f->used++] = 0;
}

static void led_to(struct flat *f, size_t parent)
{
	if (parent != SIZE_MAX)
		flat_set(f, parent, f->used - parent, 4);
}

size_t flat_table(struct flat *f, const struct flat_table *t, size_t parent)
{
	size_t vtable_bytes = 4 + 2 * (size_t)t->n_slots;

	flat_align(f, 8, 8 - vtable_bytes % 8);
	size_t vtable = f->used;

	flat_put(f, vtable_bytes, 2);
	flat_put(f, t->bytes, 2);
	for (unsigned i = 0; i < t->n_slots; i++)
		flat_put(f, t->at[i], 2);
	size_t table = f->used;

	led_to(f, parent);
	memset(f->buf + table, 0, t->bytes);
	flat_put(f, table - vtable, 4);
	f->used = table + t->bytes;
	return table;
}

void flat_vector(struct flat *f, uint32_t n, size_t align, size_t parent)
{
	flat_align(f, align > 4 ? align : 4, align > 4 ? align - 4 : 0);
	led_to(f, parent);
	flat_put(f, n, 4);
}

size_t flat_offsets(struct flat *f, uint32_t n)
{
	size_t first = f->used;

	memset(f->buf + first, 0, 4 * (size_t)n);
	f->used += 4 * (size_t)n;
	return first;
}

void flat_string(struct flat *f, const char *text, size_t parent)
{
	size_t n = strlen(text);

	flat_vector(f, (uint32_t)n, 4, parent);
	memcpy(f->buf + f->used, text, n + 1);
	f->used += n + 1;
}

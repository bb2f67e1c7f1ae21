/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/symtab.h"

#include <string.h>

uint64_t symtab_key(const char *text, size_t len)
{
	char wire[SYMBOL_BYTES];
	uint64_t key;

	memset(wire, ' ', sizeof wire);
	memcpy(wire, text, len < sizeof wire ? len : sizeof wire);
	for (size_t i = 0; i < sizeof wire; i++)
		if (wire[i] == '\0')
			wire[i] = ' ';
	memcpy(&key, wire, sizeof key);
	return key;
}

static uint32_t n_slots(uint32_t max)
{
	uint32_t n = 64;

	while (n < 2 * max)
		n <<= 1;
	return n;
}

// The symbols' array comes first; it is rounded up so that the slots keep their alignment.
static size_t symbol_bytes(uint32_t max) { return line_bytes((size_t)max * sizeof(uint64_t)); }

size_t symtab_bytes(uint32_t max)
{
	return symbol_bytes(max) + (size_t)n_slots(max) * sizeof(struct symtab_slot);
}

void symtab_init(struct symtab *table, uint32_t max, void *mem)
{
	*table = (struct symtab){ .max = max, .mask = n_slots(max) - 1, .symbol = mem };
	table->slot = (struct symtab_slot *)((char *)mem + symbol_bytes(max));
}

static uint32_t hash(uint64_t key)
{
	key *= UINT64_C(0x9E3779B97F4A7C15);
	return (uint32_t)(key >> 32);
}

uint32_t symtab_find(const struct symtab *table, uint64_t key)
{
	for (uint32_t i = hash(key) & table->mask;; i = (i + 1) & table->mask) {
		if (table->slot[i].key == 0) // first: a wire symbol may be eight NULs
			return INSTR_NONE;
		if (table->slot[i].key == key)
			return table->slot[i].id;
	}
}

static bool printable(uint64_t key)
{
	char wire[SYMBOL_BYTES];

	memcpy(wire, &key, sizeof wire);
	if (wire[0] == ' ')
		return false;
	for (size_t i = 0; i < sizeof wire; i++)
		if (wire[i] < ' ' || wire[i] > '~' || wire[i] == ',' || wire[i] == '"')
			return false;
	return true;
}

uint32_t symtab_intern(struct symtab *table, uint64_t key)
{
	uint32_t i = hash(key) & table->mask;

	for (; table->slot[i].key; i = (i + 1) & table->mask)
		if (table->slot[i].key == key)
			return table->slot[i].id;
	if (table->n == table->max || !printable(key))
		return INSTR_NONE;
	table->slot[i] = (struct symtab_slot){ .key = key, .id = table->n };
	table->symbol[table->n] = key;
	return table->n++;
}

int symtab_order(uint64_t a, uint64_t b)
{
	uint64_t x = __builtin_bswap64(a), y = __builtin_bswap64(b);

	return (x > y) - (x < y);
}

size_t symtab_text(uint64_t key, char out[SYMBOL_BYTES + 1])
{
	size_t len = SYMBOL_BYTES;

	memcpy(out, &key, SYMBOL_BYTES);
	while (len > 0 && (out[len - 1] == ' ' || out[len - 1] == '\0'))
		len--;
	out[len] = '\0';
	return len;
}

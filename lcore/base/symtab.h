/* SPDX-License-Identifier: BSD-3-Clause */
// symtab.h: symbols to dense instrument ids and back. A symbol is up to 8 bytes, space padded on the right as
// on the wire, kept as one integer. Ids are given in order of first sight, which is wire order, so they are
// the same in every run. Caller owns the memory; one writer.
#ifndef WB_BASE_SYMTAB_H
#define WB_BASE_SYMTAB_H

#include "lcore/base/num.h"

#define SYMBOL_BYTES 8

struct symtab_slot {
	uint64_t key; // 0: free (no symbol is eight NULs)
	uint32_t id;
	uint32_t pad;
};

struct symtab {
	uint32_t n;    // ids given so far
	uint32_t max;  // ids there is room for
	uint32_t mask; // slots - 1, a power of two at least 2 * max
	uint32_t pad;
	uint64_t *symbol;         // [max] by id
	struct symtab_slot *slot; // [mask + 1]
};

// symtab_key packs text (1 to 8 bytes, trailing spaces or NULs ignored) into the padded wire form.
uint64_t symtab_key(const char *text, size_t len);
// symtab_bytes returns how much memory symtab_init needs for max instruments.
size_t symtab_bytes(uint32_t max);
// symtab_init lays an empty table into mem (zeroed, symtab_bytes long, 64-byte aligned).
void symtab_init(struct symtab *table, uint32_t max, void *mem);
// symtab_find returns the id of key, or INSTR_NONE.
uint32_t symtab_find(const struct symtab *table, uint64_t key);
// symtab_intern returns the id of key, giving it the next free one; INSTR_NONE when the table is full or key
// is not printable.
uint32_t symtab_intern(struct symtab *table, uint64_t key);
// symtab_order compares two keys byte by byte, as their texts sort: less than, 0, or more than 0.
// Pure, any thread.
int symtab_order(uint64_t a, uint64_t b);
// symtab_text writes the symbol without padding, NUL-terminated, and returns its length.
size_t symtab_text(uint64_t key, char out[SYMBOL_BYTES + 1]);

#endif

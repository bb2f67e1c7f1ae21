/* SPDX-License-Identifier: BSD-3-Clause */
// flat.h: what arrow.c needs of FlatBuffers (google/flatbuffers, docs/source/Internals.md), written
// from front to back. A table says by a vtable where its fields are. Each vtable lies directly before its
// table and behind all that leads to it, as some readers demand; children follow their parents, since offsets
// point forward only.
#ifndef WB_WIRE_FLAT_H
#define WB_WIRE_FLAT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct flat {
	char *buf; // zeroed ahead of used by each function that needs it
	size_t used;
};

enum { FLAT_SLOTS_MAX = 8 };

// What a table is made of: its bytes, and for each slot of the schema where its field is; 0: absent.
struct flat_table {
	uint16_t bytes, n_slots, at[FLAT_SLOTS_MAX];
};

// flat_align writes zeros until used is n more than a multiple of align.
void flat_align(struct flat *f, size_t align, size_t n);
// flat_table writes a vtable and a zeroed table, which begins on 8, and returns where the table begins.
// parent is the place of the offset that leads to it, or SIZE_MAX.
size_t flat_table(struct flat *f, const struct flat_table *t, size_t parent);
// flat_vector writes the count of a vector, so that its first element begins on align; the caller writes the
// elements. flat_string writes a whole string. Both are led to from parent.
void flat_vector(struct flat *f, uint32_t n, size_t align, size_t parent);
void flat_string(struct flat *f, const char *text, size_t parent);
// flat_offsets reserves n offsets to be filled by children, and returns where the first one is.
size_t flat_offsets(struct flat *f, uint32_t n);
// flat_set writes a number of 1 to 8 bytes at a place written before, little-endian as this machine is;
// flat_put at the end.
static inline void flat_set(struct flat *f, size_t at, uint64_t value, size_t bytes)
{
	memcpy(f->buf + at, &value, bytes);
}

static inline void flat_put(struct flat *f, uint64_t value, size_t bytes)
{
	flat_set(f, f->used, value, bytes);
	f->used += bytes;
}

#endif

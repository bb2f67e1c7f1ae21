/* SPDX-License-Identifier: BSD-3-Clause */
// agenda.c: binary heap by (ns, order).
#include "app/marketgen/sim/agenda.h"

#include <stdlib.h>

static bool before(const struct agenda_entry *a, const struct agenda_entry *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

void agenda_push(struct agenda *a, const struct agenda_entry *entry)
{
	struct agenda_entry added = *entry;
	size_t at = a->n_entries;

	if (a->n_entries == a->room) {
		size_t room = a->room ? a->room * 2 : 256;
		struct agenda_entry *moved = realloc(a->heap, room * sizeof *moved);

		if (moved == NULL) {
			a->out_of_memory = true;
			return;
		}
		a->heap = moved;
		a->room = room;
	}
	added.order = a->next_order++;
	a->n_entries++;
	while (at > 0 && before(&added, &a->heap[(at - 1) / 2])) {
		a->heap[at] = a->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	a->heap[at] = added;
}

bool agenda_due(struct agenda *a, uint64_t ns, struct agenda_entry *out)
{
	const struct agenda_entry *last;
	size_t at = 0, child;

	if (a->n_entries == 0 || a->heap[0].ns > ns)
		return false;
	*out = a->heap[0];
	last = &a->heap[--a->n_entries];
	while ((child = 2 * at + 1) < a->n_entries) {
		if (child + 1 < a->n_entries && before(&a->heap[child + 1], &a->heap[child]))
			child++;
		if (!before(&a->heap[child], last))
			break;
		a->heap[at] = a->heap[child];
		at = child;
	}
	a->heap[at] = *last;
	return true;
}

void agenda_fini(struct agenda *a)
{
	free(a->heap);
	*a = (struct agenda){ 0 };
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/boot_section.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/stage/stage.h"

struct small {
	uint64_t hash; // of what the lcore knows; 0: its stage has none
	char head[] __attribute__((aligned(CACHE_LINE)));
};

static uint64_t hash_of(const struct lcore *l)
{
	return l->stage->carry->hash ? l->stage->carry->hash(l) : 0;
}

static unsigned list(const struct lcore *l, struct small *small, struct snapshot_part *part)
{
	const struct stage_carry *c = l->stage->carry;
	struct carry_area area[CARRY_AREAS];
	unsigned n_areas = c->areas(l, area), n = 0;

	part[n] = (struct snapshot_part){ .mem = &small->hash, .bytes = sizeof small->hash };
	snprintf(part[n++].name, sizeof part->name, "%u/hash", l->index);
	part[n] = (struct snapshot_part){ .mem = small->head, .bytes = c->head_bytes };
	snprintf(part[n++].name, sizeof part->name, "%u/head", l->index);
	for (unsigned i = 0; i < n_areas; i++) {
		part[n] = (struct snapshot_part){ .mem = area[i].mem, .bytes = area[i].bytes };
		snprintf(part[n++].name, sizeof part->name, "%u/%.30s", l->index, area[i].name);
	}
	return n;
}

static struct small *make_small(const struct lcore *l)
{
	size_t bytes = sizeof(struct small) + line_bytes(l->stage->carry->head_bytes);
	struct small *small = aligned_alloc(CACHE_LINE, bytes);

	return small ? memset(small, 0, bytes) : NULL;
}

bool boot_section_lay(struct lcore *l, const struct snapshot *s)
{
	struct snapshot_part part[SECTION_PARTS];
	struct small *small = l->stage->carry ? make_small(l) : NULL;
	bool good = small || !l->stage->carry;

	for (unsigned i = 0, n = small ? list(l, small, part) : 0; i < n && good; i++)
		good = snapshot_get(s, &part[i]);
	if (small)
		good = good && l->stage->carry->thaw(l, small->head) && hash_of(l) == small->hash;
	free(small);
	return good;
}

int boot_section_make(const struct lcore *l, struct snapshot_part *part, unsigned *n, void **mem)
{
	struct small *small = l->stage->carry ? make_small(l) : NULL;

	*n = 0;
	*mem = small;
	if (!l->stage->carry)
		return 0;
	if (!small)
		return -ENOMEM;
	if (!l->stage->carry->freeze(l, small->head))
		return -EBUSY;
	small->hash = hash_of(l);
	*n = list(l, small, part);
	return 0;
}

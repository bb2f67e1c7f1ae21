/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/kept.h"

void kept_open(struct kept *k, struct sink_engine *engine)
{
	if (k->undo_of == k->commits)
		while (k->undo_n) {
			engine[k->undo[k->undo_n - 1].at] = k->undo[k->undo_n - 1].was;
			sink_store(&k->undo_n, k->undo_n - 1);
		}
}

void kept_begin(struct kept *k)
{
	*kept_next(k) = *kept_now(k);
	sink_store(&k->undo_n, 0);
	sink_store(&k->undo_of, k->commits);
}

void kept_commit(struct kept *k) { sink_store(&k->commits, k->commits + 1); }

void kept_save(struct kept *k, const struct sink_engine *engine, uint64_t at)
{
	k->undo[k->undo_n].at = at;
	k->undo[k->undo_n].was = engine[at];
	sink_store(&k->undo_n, k->undo_n + 1);
}

static void seek(struct kept *k, struct kept_again *a, unsigned link, unsigned stream)
{
	for (uint32_t *at = &a->at[link][stream]; *at != a->end[link]; ++*at) {
		const struct kept_item *item = kept_of(k, link, *at);

		if (item->n && item->stream == stream)
			return;
	}
}

void kept_again_begin(struct kept *k, struct kept_again *a, const uint32_t *first, unsigned links)
{
	a->links = links;
	for (unsigned i = 0; i < links; i++) {
		a->end[i] = kept_now(k)->taken[i];
		for (unsigned s = 0; s < SINK_STREAMS; s++) {
			a->at[i][s] = first[i];
			seek(k, a, i, s);
		}
	}
}

static uint32_t left(const struct kept_again *a, unsigned link, unsigned stream)
{
	return a->end[link] - a->at[link][stream];
}

// The stream of a link's next element.
static unsigned next_stream(const struct kept_again *a, unsigned link)
{
	unsigned next = 0;

	for (unsigned s = 1; s < SINK_STREAMS; s++)
		if (left(a, link, s) > left(a, link, next))
			next = s;
	return next;
}

static bool is_lowest(struct kept *k, const struct kept_again *a, unsigned link, unsigned stream)
{
	uint64_t n = kept_of(k, link, a->at[link][stream])->n;

	for (unsigned i = 0; i < a->links; i++)
		if (left(a, i, stream) && kept_of(k, i, a->at[i][stream])->n < n)
			return false;
	return true;
}

// The one of all that was taken first is the next of its link and the lowest of its stream, so there always
// is such a link.
bool kept_again_next(struct kept *k, struct kept_again *a, unsigned *link, uint32_t *at)
{
	bool found = false, lowest = false;
	unsigned stream = 0;

	for (unsigned i = 0; i < a->links && !lowest; i++) {
		unsigned s = next_stream(a, i);

		if (!left(a, i, s))
			continue;
		lowest = is_lowest(k, a, i, s);
		if (found && !lowest)
			continue;
		found = true;
		*link = i;
		stream = s;
	}
	if (!found)
		return false;
	*at = a->at[*link][stream]++;
	seek(k, a, *link, stream);
	return true;
}

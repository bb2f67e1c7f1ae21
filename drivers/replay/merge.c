/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void settle_key(struct merge_input *input, uint64_t past_ns)
{
	uint64_t ts_ns = input->ready[input->next].ts_ns;

	input->key_ns = ts_ns > past_ns ? ts_ns : past_ns;
}

// Settles the times of what is ready, in steps of 64 records, of which each renews what later ones are judged
// by (mend.c).
static void settle(struct merge_input *input, unsigned n_ready)
{
	unsigned step = input->mend.begun ? 64 : 64 - MEND_AHEAD;

	for (unsigned at = 0; at < input->n_settled; at += step, step = 64)
		mend_settle(&input->mend, input->ready + at,
			    input->n_settled - at < step ? input->n_settled - at : step, n_ready - at);
}

// Reads on until there is a record whose followers are known, as far as they are to be heard.
static void refill(struct merge_input *input, uint64_t past_ns)
{
	unsigned left = input->n_ready - input->next;

	memmove(input->ready, input->ready + input->next, left * sizeof *input->ready);
	while (!input->ended && left <= MEND_AHEAD) {
		unsigned got = capture_read(input->capture, input->ready + left, MERGE_PIECE);

		left += got;
		input->ended = got == 0;
	}
	input->next = 0;
	input->n_ready = left;
	input->n_settled = input->ended ? left : left - MEND_AHEAD;
	if (!input->capture->journal) // else its times are those that a run has gone by
		settle(input, left);
	if (input->n_settled)
		settle_key(input, past_ns);
	else
		input->key_ns = UINT64_MAX;
}

static void begin(struct merge_input *input)
{
	uint64_t mended = input->mend.mended; // over all rounds

	input->next = input->n_ready = input->n_settled = 0;
	input->ended = false;
	mend_begin(&input->mend, input->capture->shift_ns);
	input->mend.mended = mended;
	refill(input, 0);
}

int merge_init(struct merge *merge, struct capture *captures, unsigned n)
{
	*merge = (struct merge){ 0 };
	if (n > MERGE_FILES)
		return -EINVAL;
	merge->input = calloc(n + 1, sizeof *merge->input);
	if (!merge->input)
		return -ENOMEM;
	merge->n_inputs = n;
	merge->input[0].key_ns = UINT64_MAX; // of none
	for (unsigned i = 0; i < n; i++) {
		merge->input[i].capture = &captures[i];
		merge->input[i].file = (uint8_t)i;
		begin(&merge->input[i]);
	}
	return 0;
}

void merge_fini(struct merge *merge)
{
	free(merge->input);
	*merge = (struct merge){ 0 };
}

static struct merge_input *earliest(const struct merge *merge)
{
	struct merge_input *best = merge->input;

	for (unsigned i = 1; i < merge->n_inputs; i++)
		if (merge->input[i].key_ns < best->key_ns)
			best = &merge->input[i];
	return best;
}

uint64_t merge_key(const struct merge *merge) { return earliest(merge)->key_ns; }

// The latest key up to which best may go on before another input is due.
static uint64_t run_until(const struct merge *merge, const struct merge_input *best, uint64_t until_ns)
{
	for (const struct merge_input *i = merge->input; i < merge->input + merge->n_inputs; i++) {
		// An earlier file wins a tie; its key is above best's, or it would be best.
		uint64_t key_ns = i < best ? i->key_ns - 1 : i->key_ns;

		if (i != best && key_ns < until_ns)
			until_ns = key_ns;
	}
	return until_ns;
}

// take hands out what is settled, up to n records whose key is at most run_ns. Assumes there is one.
static inline unsigned take(struct merge_input *input, struct capture_record *out, unsigned n,
			    uint64_t run_ns)
{
	const struct capture_record *ready = input->ready + input->next;
	unsigned left = input->n_settled - input->next, most = left < n ? left : n, k = 0;
	uint64_t key_ns = input->key_ns;

	while (k < most && key_ns <= run_ns) {
		out[k] = ready[k];
		out[k++].file = input->file;
		if (k < left)
			key_ns = ready[k].ts_ns > key_ns ? ready[k].ts_ns : key_ns;
	}
	input->key_ns = key_ns;
	input->next += k;
	return k;
}

unsigned merge_read(struct merge *merge, struct capture_record *out, unsigned n, uint64_t until_ns)
{
	unsigned i = 0;
	bool hold = false; // out has synthesised frames: a refill would overwrite them

	while (i < n) {
		struct merge_input *input = earliest(merge);
		uint64_t run_ns = run_until(merge, input, until_ns);

		if (input->key_ns > until_ns || input->n_ready == 0)
			break;
		if (input->next == input->n_settled && hold && input->capture->synthesised)
			break;
		if (input->next == input->n_settled)
			refill(input, input->key_ns);
		unsigned took = take(input, out + i, n - i, run_ns);

		hold |= took && input->capture->synthesised;
		i += took;
		// A synthesised input keeps its last key, a lower bound of the next one, until it may be
		// refilled.
		if (input->next == input->n_settled && !input->capture->synthesised)
			refill(input, input->key_ns);
	}
	return i;
}

uint64_t merge_left_bytes(const struct merge *merge)
{
	uint64_t left = 0;

	for (unsigned i = 0; i < merge->n_inputs; i++) {
		const struct merge_input *input = &merge->input[i];

		left += input->capture->map_bytes - __atomic_load_n(&input->capture->at, __ATOMIC_RELAXED);
		for (unsigned k = input->next; k < input->n_ready; k++)
			left += input->ready[k].bytes;
	}
	return left;
}

uint64_t merge_mended(const struct merge *merge, const struct capture *of)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < merge->n_inputs; i++)
		n += of && merge->input[i].capture != of
			     ? 0
			     : __atomic_load_n(&merge->input[i].mend.mended, __ATOMIC_RELAXED);
	return n;
}

void merge_stats(const struct merge *merge, struct port_stats *out)
{
	for (unsigned i = 0; i < merge->n_inputs; i++) {
		const struct capture *c = merge->input[i].capture;

		out->errors += __atomic_load_n(&c->foreign, __ATOMIC_RELAXED);
		out->unknown_interface += __atomic_load_n(&c->unknown_interface, __ATOMIC_RELAXED);
		out->cut_tail_bytes += capture_cut_bytes(c);
		out->recorder_dropped += __atomic_load_n(&c->recorder_dropped, __ATOMIC_RELAXED);
	}
	out->rx_times_mended += merge_mended(merge, NULL);
	out->left_bytes += merge_left_bytes(merge);
}

void merge_rewind(struct merge *merge)
{
	for (unsigned i = 0; i < merge->n_inputs; i++) {
		capture_rewind(merge->input[i].capture);
		begin(&merge->input[i]);
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
// merge.h: several captures as one stream in the order of time. PURE; owned by one thread.
//
// The key of a record is the latest time that its file has shown so far, so that a file is never reordered
// within itself, even where its times go back. Records with equal keys come in the order of the files. Times
// that their neighbours or the packets contradict are replaced first (mend.h), so that one wrong record
// delays no file.
#ifndef WB_REPLAY_MERGE_H
#define WB_REPLAY_MERGE_H

#include "drivers/replay/mend.h"
#include "lcore/base/port.h"

#define MERGE_FILES 64
#define MERGE_PIECE 512 // records that a file is read by: each piece costs a system call, to look at its size

// What one file has ready.
struct merge_input {
	struct capture *capture;
	uint64_t key_ns; // of the next record; UINT64_MAX at the end
	unsigned next, n_ready;
	unsigned n_settled; // of ready: their times are settled, and what follows has been looked at
	uint8_t file;       // capture_record.file of its records; its index unless the owner says otherwise
	bool ended;         // ready holds all that is left
	struct mend mend;
	struct capture_record ready[MERGE_PIECE + MEND_AHEAD];
};

struct merge {
	struct merge_input *input;
	unsigned n_inputs;
};

// merge_init takes the captures (n of them, 0 to MERGE_FILES), which stay the caller's. Returns 0, -EINVAL or
// -ENOMEM.
int merge_init(struct merge *merge, struct capture *captures, unsigned n);
// merge_fini accepts zeroed input.
void merge_fini(struct merge *merge);
// merge_key returns the key of the next record, or UINT64_MAX when there is none.
uint64_t merge_key(const struct merge *merge);
// merge_read hands out up to n records whose key is at most until_ns and returns how many. Fewer than n does
// not mean the end: ask merge_key. Data of synthesised frames is valid until the next call.
unsigned merge_read(struct merge *merge, struct capture_record *out, unsigned n, uint64_t until_ns);
// merge_left_bytes returns how much of the captures has not been handed out: what they have not read, and the
// frames that wait here. Any thread; while the owner runs, as of about now.
uint64_t merge_left_bytes(const struct merge *merge);
// merge_mended returns how many receive times were replaced, in one capture, or in all (NULL). Any thread.
uint64_t merge_mended(const struct merge *merge, const struct capture *of);
// merge_stats adds what the captures and the merge count of themselves, bytes not handed out included. Any
// thread; while the owner runs, as of about now.
void merge_stats(const struct merge *merge, struct port_stats *out);
// merge_rewind starts all captures again.
void merge_rewind(struct merge *merge);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/replay/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/replay/capture_kind.h"

enum {
	AHEAD_BYTES = 2 << 20,   // pages are read in steps of this, before they are needed
	BEHIND_BYTES = 64 << 20, // and dropped this far behind
};

void capture_unmap(struct capture *capture)
{
	if (capture->map) {
		capture_guard_drop(capture);
		munmap((void *)(uintptr_t)capture->map, capture->mapped_bytes);
		close(capture->fd);
	}
	capture->map = NULL;
	capture->map_bytes = 0;
}

void capture_close(struct capture *capture)
{
	free(capture->raw);
	capture_unmap(capture);
	free(capture->interface);
	for (unsigned i = 0; i < capture->n_parts; i++)
		free(capture->part[i].path);
	free(capture->part);
	free(capture->path);
	*capture = (struct capture){ 0 };
}

void capture_rewind(struct capture *capture)
{
	capture->at = capture->first_at;
	if (capture->dropped_to) // else all that was read ahead is still there
		capture->slide_at = capture->dropped_to = 0;
	capture->cut_tail_bytes = capture->cut_at = 0;
	capture->foreign = capture->unknown_interface = capture->recorder_dropped = 0;
	capture->part_now = 0;
	for (uint32_t i = 0; i < capture->interfaces_max; i++)
		capture->interface[i].dropped = 0;
	capture->last_ns = 0;
	if (capture->rewind)
		capture->rewind(capture);
}

static void *at_offset(const struct capture *capture, uint64_t offset)
{
	return (void *)(uintptr_t)(capture->map + offset);
}

// Keeps the mapped pages around the reading place: resident memory stays modest however large the file is.
// Dropping is safe with frames in flight: a page that is touched again comes back from the file. These, and a
// look at the file's size for each piece that is read, are the replay's only system calls under way; a NIC's
// way of a packet has none.
static void slide(struct capture *capture)
{
	uint64_t page = 4096, at = capture->at & ~(page - 1);
	uint64_t from = capture->slide_at + AHEAD_BYTES; // what the step before has mapped already ends here
	uint64_t to = at + 2 * AHEAD_BYTES;

	if (capture->slide_at == 0 || from < at)
		from = at;
	if (to > capture->map_bytes)
		to = capture->map_bytes;
	// Mapping pages in one call is cheaper than a fault for every 16 of them; kernels before 5.14 refuse
	// it.
	if (from < to && madvise(at_offset(capture, from), to - from, MADV_POPULATE_READ) < 0)
		madvise(at_offset(capture, from), to - from, MADV_WILLNEED);
	capture->slide_at = at + AHEAD_BYTES;
	if (at > capture->dropped_to + BEHIND_BYTES + AHEAD_BYTES) {
		uint64_t behind = at - BEHIND_BYTES;

		madvise(at_offset(capture, capture->dropped_to), behind - capture->dropped_to, MADV_DONTNEED);
		capture->dropped_to = behind;
	}
}

// The time of the hardware that captured the frame, where it wrote one, stands for the file's: that of the
// host that wrote the file, or rounded to what the file can hold.
static void hardware_time(const struct capture *capture, struct capture_record *r)
{
	uint64_t ns = 0;

	if (capture->trailer && r->wire_bytes == r->bytes)
		ns = peel_trailer_ns(capture->trailer, r->data, r->bytes, r->ts_ns);
	if (ns == 0 && !(r->link == FRAME_ETHERNET && peel_plain(r->data, r->bytes)))
		ns = peel_time_ns((enum frame_link)r->link, r->data, r->bytes, r->ts_ns);
	r->ts_ns = ns ? ns : r->ts_ns;
}

// read_whole reads records, and leaves out those that were gone by the time they were read: it looks behind
// the read, one system call for each piece.
static unsigned read_whole(struct capture *capture, struct capture_record *out, unsigned n)
{
	uint64_t from = capture->at;
	unsigned got = capture->read(capture, out, n), whole = 0;

	if (unlikely(capture_look(capture)) && got) {
		while (whole < got && capture_whole(capture, &out[whole]))
			whole++;
		if (whole < got && !capture->synthesised) // what is left of the next one is a cut tail, too
			capture->at =
				whole ? (uint64_t)(out[whole - 1].data + out[whole - 1].bytes - capture->map)
				: from < capture->map_bytes ? from
							    : capture->map_bytes;
		got = whole;
	}
	return got;
}

unsigned capture_read(struct capture *capture, struct capture_record *out, unsigned n)
{
	unsigned got;

	if (capture->at >= capture->slide_at && capture->at < capture->map_bytes)
		slide(capture);
	got = read_whole(capture, out, n < CAPTURE_BATCH || !capture->synthesised ? n : CAPTURE_BATCH);
	for (unsigned i = 0; i < got && !capture->synthesised && !capture->journal; i++)
		if (unlikely(capture->trailer || out[i].link != FRAME_ETHERNET ||
			     !peel_plain(out[i].data, out[i].bytes)))
			hardware_time(capture, &out[i]);
	if (unlikely(got == 0) && capture->packed_cut && capture->cut_tail_bytes == 0)
		capture->cut_tail_bytes = 1; // the cut fell between two records: it must still be seen
	return got;
}

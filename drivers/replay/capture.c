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
	AHEAD_BYTES = 2 << 20,	  // pages are read in steps of this, before they are needed
	BEHIND_BYTES = 64 << 20,  // and dropped this far behind
};

const char *link_name(uint32_t link)
{
	switch (link) {
	case 9: return "PPP";
	case 105: return "802.11";
	case 127: return "802.11 radiotap";
	case 189: return "USB";
	default: return "other";
	}
}

int16_t link_of(uint32_t link)
{
	switch (link) {
	case 1: return FRAME_ETHERNET;
	case 0:
	case 108: return FRAME_LOOPBACK;
	case 12:
	case 14:
	case 101:
	case 228:
	case 229: return FRAME_IP;
	case 113: return FRAME_SLL;
	case 276: return FRAME_SLL2;
	default: return LINK_FOREIGN;
	}
}

// Takes the descriptor: it is closed here, or with the mapping.
static int map_file(struct capture *capture, int fd, char *err, size_t err_len)
{
	struct stat st;
	int rc = 0;

	if (fstat(fd, &st) < 0) {
		rc = -errno;
		snprintf(err, err_len, "%s: %s", capture->path, strerror(-rc));
	} else if (!S_ISREG(st.st_mode)) {
		rc = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
		snprintf(err, err_len, "%s: is a %s; a capture is a regular file", capture->path,
			 S_ISDIR(st.st_mode) ? "directory" : "device, pipe or socket");
	} else if (st.st_size == 0) {
		rc = -ENODATA;
		snprintf(err, err_len, "%s: is empty; wanted pcap, pcapng, raw ITCH 5.0, or gzip, bzip2 or xz of these", capture->path);
	} else {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (map == MAP_FAILED) {
			rc = -errno;
			snprintf(err, err_len, "%s: cannot map %lld bytes: %s", capture->path, (long long)st.st_size,
				 strerror(-rc));
		} else {
			madvise(map, (size_t)st.st_size, MADV_SEQUENTIAL);
			capture->map = map;
			capture->map_bytes = capture->mapped_bytes = (uint64_t)st.st_size;
			capture->fd = fd;
			guard_take(capture);
			return 0;
		}
	}
	close(fd);
	return rc;
}

static void unmap(struct capture *capture)
{
	if (capture->map) {
		guard_drop(capture);
		munmap((void *)(uintptr_t)capture->map, capture->mapped_bytes);
		close(capture->fd);
	}
	capture->map = NULL;
	capture->map_bytes = 0;
}

static int unpack(struct capture *capture, char *err, size_t err_len)
{
	char why[256] = "";
	int fd = unpack_file(capture->map, capture->map_bytes, &capture->packed_cut, why, sizeof why);

	if (fd == -ENOENT)
		return 0;
	unmap(capture);
	if (fd < 0) {
		snprintf(err, err_len, "%s: %s", capture->path, why);
		return fd;
	}
	capture->packed = true;
	return map_file(capture, fd, err, err_len);
}

static int recognise(struct capture *capture, int32_t trade_day, char *err, size_t err_len)
{
	char why[256] = "", found[3 * 8 + 1] = "";
	int rc;

	if (pcap_recognise(capture)) {
		rc = pcap_open(capture, why, sizeof why);
	} else if (pcapng_recognise(capture)) {
		rc = pcapng_open(capture, why, sizeof why);
	} else if (soup_recognise(capture) || rawitch_recognise(capture)) {
		rc = rawitch_open(capture, trade_day, why, sizeof why);
	} else {
		for (unsigned i = 0; i < 8 && i < capture->map_bytes; i++)
			snprintf(found + 3 * i, 4, " %02x", capture->map[i]);
		snprintf(why, sizeof why, "not a capture: begins with%s; wanted pcap, pcapng, raw ITCH 5.0, or gzip, bzip2 or xz of these",
			 found);
		rc = -EINVAL;
	}
	if (rc < 0)
		snprintf(err, err_len, "%s: %s", capture->path, why);
	return rc;
}

int capture_open(struct capture *capture, const char *path, int32_t trade_day, char *err, size_t err_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	*capture = (struct capture){ .path = strdup(path) };
	if (!capture->path) {
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	if (fd < 0) {
		rc = -errno;
		snprintf(err, err_len, "%s: %s", path, strerror(-rc));
		goto fail;
	}
	rc = map_file(capture, fd, err, err_len);
	if (rc < 0)
		goto fail;
	rc = unpack(capture, err, err_len);
	if (rc < 0)
		goto fail;
	rc = recognise(capture, trade_day, err, err_len);
	if (rc < 0)
		goto fail;
	capture_rewind(capture);
	return 0;
fail:
	capture_close(capture);
	return rc;
}

void capture_close(struct capture *capture)
{
	rawitch_close(capture);
	unmap(capture);
	free(capture->interface);
	free(capture->path);
	*capture = (struct capture){ 0 };
}

void capture_rewind(struct capture *capture)
{
	capture->at = capture->first_at;
	capture->slide_at = capture->dropped_to = 0;
	capture->cut_tail_bytes = capture->cut_at = 0;
	capture->foreign = capture->unknown_interface = 0;
	capture->last_ns = 0;
	if (capture->raw)
		rawitch_rewind(capture);
}

static void *at_offset(const struct capture *capture, uint64_t offset)
{
	return (void *)(uintptr_t)(capture->map + offset);
}

// Keeps the mapped pages around the reading place: resident memory stays modest however large the file is. Dropping
// is safe with frames in flight: a page that is touched again comes back from the file. These, and a look at the
// file's size for each batch, are the replay's only system calls under way; a NIC's way of a packet has none.
static void slide(struct capture *capture)
{
	uint64_t page = 4096, at = capture->at & ~(page - 1);
	uint64_t from = capture->slide_at + AHEAD_BYTES; // what the step before has mapped already ends here
	uint64_t to = at + 2 * AHEAD_BYTES;

	if (capture->slide_at == 0 || from < at)
		from = at;
	if (to > capture->map_bytes)
		to = capture->map_bytes;
	// Mapping pages in one call is cheaper than a fault for every 16 of them; kernels before 5.14 refuse it.
	if (from < to && madvise(at_offset(capture, from), to - from, MADV_POPULATE_READ) < 0)
		madvise(at_offset(capture, from), to - from, MADV_WILLNEED);
	capture->slide_at = at + AHEAD_BYTES;
	if (at > capture->dropped_to + BEHIND_BYTES + AHEAD_BYTES) {
		uint64_t behind = at - BEHIND_BYTES;

		madvise(at_offset(capture, capture->dropped_to), behind - capture->dropped_to, MADV_DONTNEED);
		capture->dropped_to = behind;
	}
}

// The time of the hardware that captured the frame, where it wrote one, stands for the file's: that of the host that wrote
// the file, or rounded to what the file can hold.
static void hardware_time(const struct capture *capture, struct capture_record *r)
{
	uint64_t ns = 0;

	if (capture->trailer && r->wire_bytes == r->bytes)
		ns = peel_trailer_ns(capture->trailer, r->data, r->bytes, r->ts_ns);
	if (ns == 0 && !(r->link == FRAME_ETHERNET && peel_plain(r->data, r->bytes)))
		ns = peel_time_ns((enum frame_link)r->link, r->data, r->bytes, r->ts_ns);
	r->ts_ns = ns ? ns : r->ts_ns;
}

// read_whole reads records, and leaves out those that were gone by the time they were read: it looks behind the read, one
// system call for a batch of records.
static unsigned read_whole(struct capture *capture, struct capture_record *out, unsigned n)
{
	uint64_t from = capture->at;
	unsigned got = capture->read(capture, out, n), whole = 0;

	if (unlikely(capture_look(capture)) && got) {
		while (whole < got && capture_whole(capture, &out[whole]))
			whole++;
		if (whole < got && !capture->synthesised) // what is left of the next one is a cut tail, too
			capture->at = whole ? (uint64_t)(out[whole - 1].data + out[whole - 1].bytes - capture->map)
					     : from < capture->map_bytes ? from : capture->map_bytes;
		got = whole;
	}
	return got;
}

unsigned capture_read(struct capture *capture, struct capture_record *out, unsigned n)
{
	unsigned got;

	if (capture->at >= capture->slide_at && capture->at < capture->map_bytes)
		slide(capture);
	got = read_whole(capture, out, n < CAPTURE_BATCH ? n : CAPTURE_BATCH);
	for (unsigned i = 0; i < got && !capture->synthesised; i++)
		if (unlikely(capture->trailer || out[i].link != FRAME_ETHERNET || !peel_plain(out[i].data, out[i].bytes)))
			hardware_time(capture, &out[i]);
	if (unlikely(got == 0) && capture->packed_cut && capture->cut_tail_bytes == 0)
		capture->cut_tail_bytes = 1; // the cut fell between two records: it must still be seen
	return got;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// capture_open.c: a file is mapped, unpacked where it is compressed, and its format recognised.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/replay/capture_kind.h"

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
		snprintf(err, err_len,
			 "%s: is empty; wanted pcap, pcapng, raw ITCH 5.0, or gzip, bzip2 or xz of these",
			 capture->path);
	} else {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (map == MAP_FAILED) {
			rc = -errno;
			snprintf(err, err_len, "%s: cannot map %lld bytes: %s", capture->path,
				 (long long)st.st_size, strerror(-rc));
		} else {
			madvise(map, (size_t)st.st_size, MADV_SEQUENTIAL);
			capture->map = map;
			capture->map_bytes = capture->mapped_bytes = (uint64_t)st.st_size;
			capture->fd = fd;
			capture_guard_take(capture);
			return 0;
		}
	}
	close(fd);
	return rc;
}

static int unpack(struct capture *capture, char *err, size_t err_len)
{
	char why[256] = "";
	int fd = unpack_file(capture->map, capture->map_bytes, &capture->packed_cut, why, sizeof why);

	if (fd == -ENOENT)
		return 0;
	capture_unmap(capture);
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

	if (capture_pcap_recognise(capture)) {
		rc = capture_pcap_open(capture, why, sizeof why);
	} else if (capture_pcapng_recognise(capture)) {
		rc = capture_pcapng_open(capture, why, sizeof why);
	} else if (capture_soup_recognise(capture) || capture_raw_recognise(capture)) {
		rc = capture_raw_open(capture, trade_day, why, sizeof why);
	} else {
		for (unsigned i = 0; i < 8 && i < capture->map_bytes; i++)
			snprintf(found + 3 * i, 4, " %02x", capture->map[i]);
		snprintf(
			why, sizeof why,
			"not a capture: begins with%s; wanted pcap, pcapng, raw ITCH 5.0, or gzip, bzip2 or xz of these",
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

// Maps the files from the page on after the one before, in one range of addresses.
static int map_parts(struct capture *capture, const int *fd, uint64_t bytes)
{
	uint8_t *map = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return -errno;
	capture->map = map;
	capture->mapped_bytes = bytes;
	capture->fd = -1; // of several: none of them says by itself that it has become shorter
	for (unsigned i = 0; i < capture->n_parts; i++) {
		const struct capture_part *part = &capture->part[i];

		if (mmap(map + part->at, part->end - part->at, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd[i],
			 0) == MAP_FAILED)
			return -errno;
		madvise(map + part->at, part->end - part->at, MADV_SEQUENTIAL);
	}
	capture->map_bytes = capture->part[capture->n_parts - 1].end;
	capture_guard_take(capture);
	return 0;
}

// Opens what has bytes: a recorder that was killed leaves files that it had only begun.
static int open_parts(struct capture *capture, const char *const *paths, unsigned n, int *fd, uint64_t *bytes,
		      const char **failed)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	for (unsigned i = 0; i < n; i++) {
		struct capture_part *part = &capture->part[capture->n_parts];
		struct stat st;

		*failed = paths[i];
		fd[capture->n_parts] = open(paths[i], O_RDONLY | O_CLOEXEC);
		if (fd[capture->n_parts] < 0)
			return -errno;
		if (fstat(fd[capture->n_parts], &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
			close(fd[capture->n_parts]);
			continue;
		}
		*part = (struct capture_part){ *bytes, *bytes + (uint64_t)st.st_size, strdup(paths[i]) };
		*bytes = (part->end + page - 1) & ~(page - 1);
		capture->n_parts++;
	}
	return capture->n_parts ? 0 : -ENODATA;
}

int capture_open_parts(struct capture *capture, const char *const *paths, unsigned n, char *err,
		       size_t err_len)
{
	const char *failed = n ? paths[0] : "";
	uint64_t bytes = 0;
	int *fd = calloc(n + 1, sizeof *fd), rc;

	*capture = (struct capture){ .path = strdup(failed), .part = calloc(n + 1, sizeof *capture->part) };
	rc = fd && capture->path && capture->part ? open_parts(capture, paths, n, fd, &bytes, &failed)
						  : -ENOMEM;
	rc = rc ? rc : map_parts(capture, fd, bytes);
	for (unsigned i = 0; fd && i < capture->n_parts; i++)
		close(fd[i]);
	free(fd);
	if (rc)
		snprintf(err, err_len, "%s: %s", failed, strerror(-rc));
	else if (!(rc = capture_pcapng_recognise(capture) ? 0 : -EINVAL))
		rc = capture_pcapng_open(capture, err, err_len);
	else
		snprintf(err, err_len, "%s: is no pcapng: not a file of a journal", capture->path);
	if (rc)
		capture_close(capture);
	else
		capture_rewind(capture);
	return rc;
}

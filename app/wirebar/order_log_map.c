/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/order_log_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lcore/base/thread.h"

#define SYNC_NS 10000000

const char *order_log_map_open(struct order_log_map *m, int dir, const char *name, size_t bytes, bool fresh)
{
	struct stat st;

	m->fd = openat(dir, name,
		       O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | (fresh ? O_CREAT | O_TRUNC : 0), 0600);
	int rc = m->fd < 0 ? errno : fresh ? posix_fallocate(m->fd, 0, (off_t)bytes) : 0;

	if (rc || fstat(m->fd, &st))
		return strerror(rc ? rc : errno);
	m->bytes = (size_t)st.st_size;
	if (!S_ISREG(st.st_mode) || !m->bytes)
		return "not a journal of orders";
	m->mem = mmap(NULL, m->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (m->mem == MAP_FAILED) {
		m->mem = NULL;
		return strerror(errno);
	}
	return NULL;
}

// A copy of a journal may have holes.
const char *order_log_map_hold(struct order_log_map *m)
{
	int rc = posix_fallocate(m->fd, 0, (off_t)m->bytes);

	if (rc)
		return strerror(rc);
	madvise(m->mem, m->bytes, MADV_POPULATE_WRITE); // if not: pages come later
	return NULL;
}

static void *sync_thread(void *arg)
{
	struct order_log_map *m = arg;
	struct timespec nap = { 0, SYNC_NS };
	uint64_t synced = 0; // all only grow, so their sum says whether one has
	bool told = false;

	for (;;) {
		bool last = __atomic_load_n(&m->stop, __ATOMIC_ACQUIRE);
		uint64_t seq = 0;

		for (int i = 0; i < ORDER_LOG_WRITERS; i++)
			seq += __atomic_load_n(m->written[i], __ATOMIC_ACQUIRE);
		if (seq != synced && fdatasync(m->fd) && !told) {
			fprintf(stderr, "wirebar: journal of orders: %s: a power cut may make it forgotten\n",
				strerror(errno));
			told = true;
		}
		synced = seq;
		if (last)
			return NULL;
		nanosleep(&nap, NULL);
	}
}

void order_log_map_sync(struct order_log_map *m, const uint64_t *const written[ORDER_LOG_WRITERS])
{
	memcpy(m->written, written, sizeof m->written);
	m->runs = !thread_start(&m->thread, "wb-orders", sync_thread, m);
	if (!m->runs)
		fprintf(stderr,
			"wirebar: the journal of orders has no thread: a power cut may make it forgotten\n");
}

void order_log_map_close(struct order_log_map *m)
{
	if (m->runs) {
		__atomic_store_n(&m->stop, true, __ATOMIC_RELEASE);
		pthread_join(m->thread, NULL);
	}
	if (m->mem)
		munmap(m->mem, m->bytes);
	if (m->fd >= 0)
		close(m->fd);
	*m = (struct order_log_map){ .fd = -1 };
}

/* SPDX-License-Identifier: BSD-3-Clause */
// capture_guard.c: a mapped file that becomes shorter. The kernel answers a read beyond its end with SIGBUS:
// the handler maps zeros there, notes from where on, and the read goes on. The capture then ends with what is
// left of the file.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/replay/capture_kind.h"

enum { GUARDS = 1024 }; // captures mapped at a time; more are not guarded

struct capture_guard {
	uintptr_t from; // of the mapping; 0: free. Set last, cleared first
	uint64_t bytes;
	uint64_t good_bytes; // w: the signal handler, any thread
};

static struct capture_guard guard[GUARDS];
static struct sigaction before;
static uint64_t page_bytes;

// lost_from puts zeros in place of the mapping from the page of address on. Only what may be called in a
// handler.
static bool lost_from(struct capture_guard *g, uintptr_t from, uintptr_t address)
{
	uint64_t at = (address - from) & ~(page_bytes - 1),
		 good = __atomic_load_n(&g->good_bytes, __ATOMIC_ACQUIRE);
	uint64_t end = (g->bytes + page_bytes - 1) & ~(page_bytes - 1);

	while (at < good && !__atomic_compare_exchange_n(&g->good_bytes, &good, at, false, __ATOMIC_ACQ_REL,
							 __ATOMIC_ACQUIRE))
		;
	return mmap((void *)(from + at), end - at, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

static void on_bus(int sig, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;
	int saved = errno;

	(void)context;
	for (unsigned i = 0; i < GUARDS; i++) {
		uintptr_t from = __atomic_load_n(&guard[i].from, __ATOMIC_ACQUIRE);

		if (from && address >= from && address - from < guard[i].bytes &&
		    lost_from(&guard[i], from, address)) {
			errno = saved;
			return;
		}
	}
	sigaction(sig, &before, NULL); // not ours: the read is made again, and fails as it would have
	if (info->si_code <= 0)
		raise(sig); // sent by somebody
	errno = saved;
}

static void install(void)
{
	static bool installed;
	struct sigaction act = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };

	page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	if (!installed && sigaction(SIGBUS, &act, &before) == 0)
		installed = true;
}

void capture_guard_take(struct capture *capture)
{
	install();
	for (unsigned i = 0; i < GUARDS; i++)
		if (!guard[i].from) {
			guard[i].bytes = guard[i].good_bytes = capture->map_bytes;
			__atomic_store_n(&guard[i].from, (uintptr_t)capture->map, __ATOMIC_RELEASE);
			capture->guard = &guard[i];
			return;
		}
}

void capture_guard_drop(struct capture *capture)
{
	if (capture->guard)
		__atomic_store_n(&capture->guard->from, 0, __ATOMIC_RELEASE);
	capture->guard = NULL;
}

static uint64_t good_bytes(const struct capture *capture)
{
	return capture->guard ? __atomic_load_n(&capture->guard->good_bytes, __ATOMIC_ACQUIRE)
			      : capture->map_bytes;
}

bool capture_look(struct capture *capture)
{
	uint64_t good = good_bytes(capture), all = __atomic_load_n(&capture->map_bytes, __ATOMIC_RELAXED);
	struct stat st;

	if (fstat(capture->fd, &st) == 0 && (uint64_t)st.st_size < good)
		good = (uint64_t)st.st_size;
	if (good >= all)
		return false;
	uint64_t counted = capture->cut_at ? all - capture->cut_at : 0,
		 lost = all - good > counted ? all - good - counted : 0;

	capture->cut_at = capture->cut_at > good ? good : capture->cut_at;
	__atomic_store_n(&capture->cut_tail_bytes, capture->cut_tail_bytes + lost, __ATOMIC_RELAXED);
	__atomic_store_n(&capture->map_bytes, good, __ATOMIC_RELAXED);
	if (capture->at > good)
		__atomic_store_n(&capture->at, good, __ATOMIC_RELAXED);
	return true;
}

uint64_t capture_cut_bytes(const struct capture *capture)
{
	uint64_t all = __atomic_load_n(&capture->map_bytes, __ATOMIC_RELAXED), good = good_bytes(capture);

	return __atomic_load_n(&capture->cut_tail_bytes, __ATOMIC_RELAXED) + (good < all ? all - good : 0);
}

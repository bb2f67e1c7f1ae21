/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/order_log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lcore/base/crc32c.h"
#include "lcore/base/symtab.h"
#include "lcore/base/thread.h"

#define FILE_JOURNAL "order_journal"
#define FILE_REPLAY  "order_journal.replay"
#define FILE_STARTS  "order_starts"
#define SYNC_NS      10000000

enum { SLOTS_AN_ORDER = 8, SLOTS_A_POSITION = 2, SLOTS_MIN = 4096 };

// How large a journal must be.
struct size {
	uint32_t slots, stops;
};

static struct {
	struct plant_order_log plant; // what stages see
	struct order_log_record last; // booked by earlier starts: it has the day's sums
	void *stops;                  // of a journal that is put aside
	uint32_t n_stops;
	void *map;
	size_t bytes;
	int fd, lock;
	pthread_t thread;
	bool runs, stop;
} file = { .fd = -1, .lock = -1 };

// Nothing is entered until an operator has looked.
static void doubt(struct appliance *a, const char *dir, const char *name, const char *why)
{
	fprintf(stderr, "wirebar: %s/%s: %s: what is out at venues is not known, so the mode becomes halt\n",
		dir, name, why);
	if (!a->plant.order_log_why[0])
		snprintf(a->plant.order_log_why, sizeof a->plant.order_log_why, "%s: %s", name, why);
}

static int write_starts(int dir, uint64_t n)
{
	char text[80];
	int len = snprintf(text, sizeof text, "wirebar starts %llu\n", (unsigned long long)n);

	len += snprintf(text + len, sizeof text - (size_t)len, "sum %08x\n", crc32c(text, (size_t)len));
	int fd = openat(dir, FILE_STARTS ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && write(fd, text, (size_t)len) == len && !fsync(fd);
	int rc = good ? 0 : errno ? -errno : -EIO;

	if (fd >= 0)
		close(fd);
	if (!rc && (renameat(dir, FILE_STARTS ".new", dir, FILE_STARTS) || fsync(dir)))
		rc = -errno;
	return rc;
}

// Returns 0, -ENOENT at a first start, or another -errno.
static int read_starts(int dir, uint64_t *n)
{
	char text[80], again[80];
	int fd = openat(dir, FILE_STARTS, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	int rc = len < 0 ? -errno : 0;
	unsigned long long v = 0;

	if (fd >= 0)
		close(fd);
	if (rc)
		return rc;
	text[len] = '\0';
	if (sscanf(text, "wirebar starts %llu", &v) != 1)
		return -EBADMSG;
	int head = snprintf(again, sizeof again, "wirebar starts %llu\n", v);

	snprintf(again + head, sizeof again - (size_t)head, "sum %08x\n", crc32c(again, (size_t)head));
	*n = v;
	return strcmp(text, again) ? -EBADMSG : 0;
}

// Which start this is, from 1. 0 is a replay's; after the last number they begin anew, a day of a thousand
// starts later.
static void count_start(struct appliance *a, const char *dir_name, int dir)
{
	uint64_t n = 0;
	int rc = read_starts(dir, &n);

	if (rc && rc != -ENOENT) { // any number that a start of today has not had
		n = (uint64_t)time(NULL) / 60;
		doubt(a, dir_name, FILE_STARTS, rc == -EBADMSG ? "not as it was written" : strerror(-rc));
		renameat(dir, FILE_STARTS, dir, FILE_STARTS ".bad");
	}
	rc = write_starts(dir, ++n);
	if (rc)
		doubt(a, dir_name, FILE_STARTS, strerror(-rc));
	a->plant.boot = (uint16_t)(1 + (n - 1) % 1295);
}

// Two processes that count starts in one file would give the same ids, and write over each other's records.
// A lock on a file of its own: the others are replaced or put aside. Returns 0 or -errno.
static int take(int dir, const char *name)
{
	char lock[64];

	snprintf(lock, sizeof lock, "%s.lock", name);
	file.lock = openat(dir, lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600);
	return file.lock < 0 || flock(file.lock, LOCK_EX | LOCK_NB) ? -errno : 0;
}

// fresh: of so many bytes. One that is there is mapped as it is, and no page of it is touched.
static const char *map(int dir, const char *name, size_t bytes, bool fresh)
{
	struct stat st;

	file.fd = openat(dir, name,
			 O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | (fresh ? O_CREAT | O_TRUNC : 0),
			 0600);
	int rc = file.fd < 0 ? errno : fresh ? posix_fallocate(file.fd, 0, (off_t)bytes) : 0;

	if (rc || fstat(file.fd, &st))
		return strerror(rc ? rc : errno);
	file.bytes = (size_t)st.st_size;
	if (!S_ISREG(st.st_mode) || !file.bytes)
		return "not a journal of orders";
	file.map = mmap(NULL, file.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
	if (file.map == MAP_FAILED) {
		file.map = NULL;
		return strerror(errno);
	}
	return NULL;
}

// All of it now, in memory and on disk: neither a fault nor a full disk may show when a record is written. A
// copy of a journal may have holes.
static const char *hold(void)
{
	int rc = posix_fallocate(file.fd, 0, (off_t)file.bytes);

	if (rc)
		return strerror(rc);
	madvise(file.map, file.bytes, MADV_POPULATE_WRITE); // if not: pages come later
	return NULL;
}

static void unmap(void)
{
	if (file.map)
		munmap(file.map, file.bytes);
	if (file.fd >= 0)
		close(file.fd);
	file.map = NULL;
	file.fd = -1;
}

static bool look(struct appliance *a, const char *dir, struct order_log_view *v)
{
	const char *why = order_log_look(file.map, file.bytes, v);

	if (why) {
		doubt(a, dir, FILE_JOURNAL, why);
		return false;
	}
	if (v->torn)
		fprintf(stderr,
			"wirebar: %s/" FILE_JOURNAL ": %u torn records at its end: cut, they were not sent\n",
			dir, v->torn);
	if (v->damaged) {
		char text[80];

		snprintf(text, sizeof text, "%u damaged records among its %u", v->damaged, v->records);
		doubt(a, dir, FILE_JOURNAL, text);
	}
	return true;
}

static void say_left(void)
{
	if (file.plant.n_left)
		fprintf(stderr,
			"wirebar: %u orders of an earlier start are UNKNOWN: their instruments take no entries until "
			"the venue says, or an operator (wirebarctl adopt)\n",
			file.plant.n_left);
	if (file.plant.n_held)
		fprintf(stderr, "wirebar: %u positions of an earlier start go on:", file.plant.n_held);
	for (uint32_t i = 0; i < file.plant.n_held; i++) {
		char symbol[32];

		symtab_text(file.plant.held[i].symbol, symbol);
		fprintf(stderr, " %s %lld", symbol, (long long)file.plant.held[i].booked.position.qty);
	}
	fprintf(stderr, file.plant.n_held ? "\n" : "");
}

// What an earlier start has left out and holds, for the desk.
static void recall(struct appliance *a, const char *dir, const struct order_log_view *v)
{
	const struct order_log_record *newest = NULL;
	uint32_t *scratch = calloc(v->records + 1, sizeof *scratch);

	file.plant.left = calloc(v->records + 1, sizeof *file.plant.left);
	file.plant.held = calloc(v->records + 1, sizeof *file.plant.held);
	if (scratch && file.plant.left && file.plant.held) {
		file.plant.n_left = order_log_left(v, scratch, file.plant.left);
		file.plant.n_held = order_log_holds(v, scratch, file.plant.held, &newest);
	} else {
		doubt(a, dir, FILE_JOURNAL, "no memory to read it");
	}
	free(scratch);
	file.plant.goes_on = newest;
	if (newest) {
		file.last = *newest;
		file.plant.sums = newest->booked.sums;
	}
}

static void *sync_thread(void *arg)
{
	struct timespec nap = { 0, SYNC_NS };
	uint64_t synced = 0; // both only grow, so their sum says whether one has

	(void)arg;
	for (;;) {
		bool last = __atomic_load_n(&file.stop, __ATOMIC_ACQUIRE);
		uint64_t seq = __atomic_load_n(&file.plant.log.seq, __ATOMIC_ACQUIRE) +
			       __atomic_load_n(&file.plant.stops.seq, __ATOMIC_ACQUIRE);

		if (seq != synced && fdatasync(file.fd))
			__atomic_fetch_add(&file.plant.sync_failed, 1, __ATOMIC_RELAXED);
		synced = seq;
		if (last)
			return NULL;
		nanosleep(&nap, NULL);
	}
}

static void start_thread(void)
{
	file.runs = !thread_start(&file.thread, "wb-orders", sync_thread, NULL);
	if (!file.runs)
		fprintf(stderr,
			"wirebar: the journal of orders has no thread: a power cut may make it forgotten\n");
}

static bool all_open(void *ctx, uint64_t id)
{
	(void)ctx, (void)id;
	return true;
}

static bool all_held(void *ctx, const struct order_log_record *r)
{
	(void)ctx, (void)r;
	return true;
}

// Ids say whose they are: the venue would know none of these, and call them gone. What is held may be held
// by the other one, too.
static bool other_name(struct appliance *a, const char *dir, const struct order_log_view *v)
{
	char why[140];

	if (!memcmp(v->instance, a->conf.orders.instance, 2))
		return false;
	if (file.plant.n_left || file.plant.n_held) {
		snprintf(why, sizeof why,
			 "%u orders that have not ended are of orders.instance = %s, and %u positions",
			 file.plant.n_left, v->instance, file.plant.n_held);
		doubt(a, dir, FILE_JOURNAL, why);
	}
	file.plant.n_left = file.plant.n_held = 0;
	file.plant.goes_on = false;
	return true;
}

static void begin_stops(struct appliance *a, const char *dir, const char *name,
			const struct order_log_view *v)
{
	char why[80];
	uint32_t lost = stop_log_begin(&file.plant.stops, order_log_stops(file.map, v->slots), v->stops);

	snprintf(why, sizeof why, "%u stops are damaged", lost);
	if (lost)
		doubt(a, dir, name, why);
}

// How far stops have come, when their journal is put aside.
static void save_stops(const struct order_log_view *v)
{
	file.stops = malloc(stop_log_bytes(v->stops));
	if (!file.stops)
		return;
	file.n_stops = v->stops;
	memcpy(file.stops, order_log_stops(file.map, v->slots), stop_log_bytes(v->stops));
}

enum found { FOUND_NONE, FOUND_GOOD, FOUND_ASIDE };

// Goes on with the journal that is there. ASIDE: it has no room, is damaged or of another instance; what it
// has left out is known.
static enum found go_on(struct appliance *a, const char *dir_name, int dir, struct size want,
			const char **aside)
{
	struct order_log_view v = { 0 };
	const char *why;
	bool other = false;

	if (faccessat(dir, FILE_JOURNAL, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT)
		return FOUND_NONE;
	why = map(dir, FILE_JOURNAL, 0, false);
	if (why) {
		doubt(a, dir_name, FILE_JOURNAL, why);
	} else if (look(a, dir_name, &v)) {
		recall(a, dir_name, &v);
		other = other_name(a, dir_name, &v);
		if (!other && (why = hold()) != NULL)
			doubt(a, dir_name, FILE_JOURNAL, why);
	}
	if (v.slots >= want.slots && v.stops >= want.stops && !other && !why) {
		order_log_begin(&file.plant.log, file.map, &v, all_open, all_held, NULL);
		begin_stops(a, dir_name, FILE_JOURNAL, &v);
		return FOUND_GOOD;
	}
	if (v.slots && !other)
		save_stops(&v);
	unmap();
	*aside = v.slots ? FILE_JOURNAL ".old" : FILE_JOURNAL ".bad";
	return FOUND_ASIDE;
}

// What goes on of a journal that is put aside. The last one written has the day's sums.
static void write_again(void)
{
	struct plant_order_log *p = &file.plant;

	for (uint32_t i = 0; i < p->n_held; i++)
		p->held[i].seq = order_log_again(&p->log, &p->held[i]);
	if (p->goes_on)
		order_log_again(&p->log, &file.last);
	for (uint32_t i = 0; i < p->n_held; i++) // it was one of these
		if (p->held[i].symbol == file.last.symbol)
			p->held[i].seq = p->log.seq;
	for (uint32_t i = 0; i < p->n_left; i++)
		order_log_request(&p->log, &p->left[i].request, 0);
}

static bool make(struct appliance *a, const char *dir_name, int dir, const char *name, struct size want)
{
	const char *why = map(dir, name, order_log_bytes(want.slots, want.stops), true);
	struct order_log_view v;

	if (why) {
		doubt(a, dir_name, name, why);
		unmap();
		return false;
	}
	order_log_format(file.map, want.slots, want.stops, a->conf.orders.instance); // touches all of it
	order_log_look(file.map, file.bytes, &v);
	order_log_begin(&file.plant.log, file.map, &v, all_open, all_held, NULL); // until the desk says
	write_again();
	if (file.stops)
		memcpy(order_log_stops(file.map, want.slots), file.stops, stop_log_bytes(file.n_stops));
	begin_stops(a, dir_name, name, &v);
	return true;
}

// A journal takes the place of another one when it is whole: a kill leaves one of them.
static bool begin(struct appliance *a, const char *dir_name, int dir, const char *name, struct size want,
		  const char *aside)
{
	char fresh[64];

	snprintf(fresh, sizeof fresh, "%s.new", name);
	want.stops = file.n_stops > want.stops ? file.n_stops : want.stops;
	if (!make(a, dir_name, dir, fresh, want))
		return false;
	if (aside) {
		unlinkat(dir, aside, 0);
		if (linkat(dir, name, dir, aside, 0)) // not a file
			renameat(dir, name, dir, aside);
	}
	if (fdatasync(file.fd) || renameat(dir, fresh, dir, name)) {
		doubt(a, dir_name, name, strerror(errno));
		unmap();
		return false;
	}
	return true;
}

static int open_in(struct appliance *a, const char *dir_name, int dir)
{
	const char *name = a->plant.replay ? FILE_REPLAY : FILE_JOURNAL;
	int rc = take(dir, name);

	if (rc == -EWOULDBLOCK) {
		fprintf(stderr,
			"wirebar: %s/%s: a living process keeps it; give this one another run.state_dir\n",
			dir_name, name);
		return -EADDRINUSE;
	}
	if (rc)
		doubt(a, dir_name, name, strerror(-rc));
	if (!a->plant.replay)
		count_start(a, dir_name, dir);
	if (a->part != PART_WHOLE) // its state outlives a kill itself
		return 0;
	uint64_t slots = a->conf.orders.table * SLOTS_AN_ORDER + a->conf.bars.instruments * SLOTS_A_POSITION;
	struct size want = { (uint32_t)(slots < SLOTS_MIN ? SLOTS_MIN : slots),
			     a->conf.n_stop ? (uint32_t)a->conf.bars.instruments : 0 };
	const char *aside = NULL;
	enum found found = a->plant.replay ? FOUND_NONE : go_on(a, dir_name, dir, want, &aside);

	if (found == FOUND_GOOD || begin(a, dir_name, dir, name, want, aside)) {
		a->plant.order_log = &file.plant;
		start_thread();
	}
	say_left();
	return 0;
}

int order_log_file_open(struct appliance *a)
{
	char name[256];

	if (!a->conf.orders.enabled || (a->part != PART_WHOLE && a->part != PART_SIGNAL) ||
	    a->plant.snapshot || (a->plant.replay && a->conf.orders.journal != CONF_ORDER_JOURNAL_ALWAYS))
		return 0;
	appliance_state_dir(a, name);
	int dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (dir < 0) {
		doubt(a, name, "", strerror(errno));
	} else {
		rc = open_in(a, name, dir);
		close(dir);
	}
	return rc;
}

int order_log_file_give(const struct appliance *a, uid_t uid, gid_t gid)
{
	static const char *const name[] = { FILE_JOURNAL, FILE_JOURNAL ".lock", FILE_REPLAY,
					    FILE_REPLAY ".lock", FILE_STARTS };
	char at[256];
	int rc = 0;

	if (file.lock < 0)
		return 0;
	appliance_state_dir(a, at);
	int dir = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	for (size_t i = 0; i < sizeof name / sizeof *name && !rc; i++)
		if (fchownat(dir, name[i], uid, gid, AT_SYMLINK_NOFOLLOW) && errno != ENOENT)
			rc = -errno;
	close(dir);
	return rc;
}

void order_log_file_close(void)
{
	if (file.runs) {
		__atomic_store_n(&file.stop, true, __ATOMIC_RELEASE);
		pthread_join(file.thread, NULL);
	}
	file.runs = false;
	unmap();
	if (file.lock >= 0)
		close(file.lock);
	file.lock = -1;
	free(file.plant.left);
	free(file.plant.held);
	free(file.stops);
	file.plant.left = NULL;
	file.plant.held = NULL;
	file.stops = NULL;
}

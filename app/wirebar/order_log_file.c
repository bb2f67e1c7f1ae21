/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/order_log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/order_log_map.h"
#include "app/wirebar/order_starts.h"
#include "app/wirebar/parts.h"
#include "lcore/base/symtab.h"

#define FILE_JOURNAL "order_journal"
#define FILE_REPLAY  "order_journal.replay"

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
	struct order_log_map map;
	int lock;
} file = { .map = { .fd = -1 }, .lock = -1 };

static void halt(struct appliance *a, const char *dir, const char *name, const char *why, const char *effect)
{
	fprintf(stderr, "wirebar: %s/%s: %s: %s, so the mode becomes halt\n", dir, name, why, effect);
	if (!a->plant.order_log_why[0])
		snprintf(a->plant.order_log_why, sizeof a->plant.order_log_why, "%s: %s", name, why);
}

// Nothing is entered until an operator has looked.
static void doubt(struct appliance *a, const char *dir, const char *name, const char *why)
{
	halt(a, dir, name, why, "what is out at venues is not known");
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

static bool look(struct appliance *a, const char *dir, struct order_log_view *v)
{
	const char *why = order_log_look(file.map.mem, file.map.bytes, v);

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
	uint32_t lost = stop_log_begin(&file.plant.stops, order_log_stops(file.map.mem, v->slots), v->stops);

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
	memcpy(file.stops, order_log_stops(file.map.mem, v->slots), stop_log_bytes(v->stops));
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
	why = order_log_map_open(&file.map, dir, FILE_JOURNAL, 0, false);
	if (why) {
		doubt(a, dir_name, FILE_JOURNAL, why);
	} else if (look(a, dir_name, &v)) {
		recall(a, dir_name, &v);
		other = other_name(a, dir_name, &v);
		if (!other && (why = order_log_map_hold(&file.map)) != NULL)
			doubt(a, dir_name, FILE_JOURNAL, why);
	}
	if (v.slots >= want.slots && v.stops >= want.stops && !other && !why) {
		order_log_map(&file.plant.ring, file.map.mem, &v);
		order_log_begin(&file.plant.log, &file.plant.ring, &v, all_open, all_held, NULL);
		begin_stops(a, dir_name, FILE_JOURNAL, &v);
		return FOUND_GOOD;
	}
	if (v.slots && !other)
		save_stops(&v);
	order_log_map_close(&file.map);
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
	const char *why =
		order_log_map_open(&file.map, dir, name, order_log_bytes(want.slots, want.stops), true);
	struct order_log_view v;

	if (why) {
		doubt(a, dir_name, name, why);
		order_log_map_close(&file.map);
		return false;
	}
	order_log_format(file.map.mem, want.slots, want.stops, a->conf.orders.instance); // touches all of it
	order_log_look(file.map.mem, file.map.bytes, &v);
	order_log_map(&file.plant.ring, file.map.mem, &v);
	order_log_begin(&file.plant.log, &file.plant.ring, &v, all_open, all_held,
			NULL); // until the desk says
	write_again();
	if (file.stops)
		memcpy(order_log_stops(file.map.mem, want.slots), file.stops, stop_log_bytes(file.n_stops));
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
	if (fdatasync(file.map.fd) || renameat(dir, fresh, dir, name)) {
		doubt(a, dir_name, name, strerror(errno));
		order_log_map_close(&file.map);
		return false;
	}
	return true;
}

static const char *name_of(const struct appliance *a) { return a->plant.replay ? FILE_REPLAY : FILE_JOURNAL; }

static void start_sync(void)
{
	const uint64_t *const written[] = { &file.plant.ring.seq, &file.plant.stops.seq };

	order_log_map_sync(&file.map, written);
}

static void begin_in(struct appliance *a, const char *dir_name, int dir)
{
	uint64_t slots = a->conf.orders.table * SLOTS_AN_ORDER + a->conf.bars.instruments * SLOTS_A_POSITION;
	struct size want = { (uint32_t)(slots < SLOTS_MIN ? SLOTS_MIN : slots),
			     a->conf.n_stop ? (uint32_t)a->conf.bars.instruments : 0 };
	const char *aside = NULL;
	enum found found = a->plant.replay ? FOUND_NONE : go_on(a, dir_name, dir, want, &aside);

	if (found == FOUND_GOOD || begin(a, dir_name, dir, name_of(a), want, aside)) {
		a->plant.order_log = &file.plant;
		start_sync();
	}
	say_left();
}

static int open_in(struct appliance *a, const char *dir_name, int dir)
{
	const char *name = name_of(a);
	int rc = take(dir, name);

	if (rc == -EWOULDBLOCK) {
		fprintf(stderr,
			"wirebar: %s/%s: a living process keeps it; give this one another run.state_dir\n",
			dir_name, name);
		return -EADDRINUSE;
	}
	if (rc)
		doubt(a, dir_name, name, strerror(-rc));
	const char *why = a->plant.replay ? NULL : order_starts_count(dir, &a->plant.boot);

	if (why)
		doubt(a, dir_name, ORDER_STARTS, why);
	if (a->part == PART_WHOLE)
		begin_in(a, dir_name, dir);
	return 0;
}

bool order_log_file_wanted(const struct appliance *a)
{
	return a->conf.orders.enabled && !a->plant.snapshot &&
	       (!a->plant.replay || a->conf.orders.journal == CONF_ORDER_JOURNAL_ALWAYS);
}

// Returns the directory, or -1, having said it.
static int open_dir(struct appliance *a, char name[256])
{
	appliance_state_dir(a, name);
	int dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		doubt(a, name, "", strerror(errno));
	return dir;
}

int order_log_file_open(struct appliance *a)
{
	char name[256];

	if (!order_log_file_wanted(a) || (a->part != PART_WHOLE && a->part != PART_SIGNAL))
		return 0;
	int dir = open_dir(a, name), rc = 0;

	if (dir >= 0) {
		rc = open_in(a, name, dir);
		close(dir);
	}
	return rc;
}

void order_log_file_begin(struct appliance *a)
{
	char name[256];
	int dir = open_dir(a, name);

	if (dir < 0)
		return;
	begin_in(a, name, dir);
	close(dir);
}

// The file that is there by that name, if it is the one.
static const char *map_again(int dir, const char *name, const struct parts_order_log *is, bool lost)
{
	struct order_log_view v = { .slots = is->slots, .stops = is->stops };
	const char *why = lost ? "it is not the one any more that this run began with, or has gaps since"
			       : order_log_map_open(&file.map, dir, name, 0, false);
	struct stat st;

	if (!why && (fstat(file.map.fd, &st) || st.st_dev != is->dev || st.st_ino != is->ino ||
		     file.map.bytes != order_log_bytes(is->slots, is->stops)))
		why = "it is not the one any more that this run began with";
	why = why ? why : order_log_map_hold(&file.map);
	if (why)
		return why;
	order_log_map(&file.plant.ring, file.map.mem, &v);
	stop_log_begin(&file.plant.stops, order_log_stops(file.map.mem, is->slots), is->stops);
	return NULL;
}

void order_log_file_join(struct appliance *a, struct parts_order_log *is)
{
	const char *name = name_of(a), *why;
	uint32_t mine = 1u << a->part;
	char dir_name[256];

	if (!is->ino)
		return;
	file.plant.ring.slots = is->slots;
	a->plant.order_log = &file.plant;
	int dir = open_dir(a, dir_name);

	bool lost = __atomic_load_n(&is->lost, __ATOMIC_ACQUIRE) & mine;

	if (dir >= 0 && (why = map_again(dir, name, is, lost)) == NULL) {
		start_sync();
	} else {
		__atomic_fetch_or(&is->lost, mine, __ATOMIC_RELEASE);
		order_log_map_close(&file.map);
		halt(a, dir_name, name, dir < 0 ? "not there" : why,
		     "orders and stops are not kept from now on");
	}
	if (dir >= 0)
		close(dir);
}

void order_log_file_is(struct parts_order_log *out)
{
	struct stat st;

	if (!file.map.mem || fstat(file.map.fd, &st))
		return;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	out->slots = file.plant.ring.slots;
	out->stops = file.plant.stops.places;
}

int order_log_file_give(const struct appliance *a, uid_t uid, gid_t gid)
{
	static const char *const name[] = { FILE_JOURNAL, FILE_JOURNAL ".lock", FILE_REPLAY,
					    FILE_REPLAY ".lock", ORDER_STARTS };
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
	order_log_map_close(&file.map);
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

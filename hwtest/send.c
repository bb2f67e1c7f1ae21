/* SPDX-License-Identifier: BSD-3-Clause */
// send: puts the frames of captures on an interface by a raw socket (AF_PACKET), at the captures' own pace
// times a factor (and at most at a rate: a day begins with all of a market at once), at a fixed rate, or flat
// out. Prints a line of JSON. Meant for interfaces in namespaces made by lib.sh.
// Usage: send INTERFACE [--speed max|Nx|Nx:MOST|N] CAPTURE...    (MOST, N without x: frames a second)
// Exit: 0 all sent, 1 something failed, 2 usage.
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "drivers/replay/merge.h"
#include "lcore/base/calendar.h"
#include "lcore/base/fnv.h"

enum { BURST = 64, ETHERNET_MIN = 14 };

struct pace {
	double times; // the capture's own speed; 0: not paced by the capture
	double per_s; // frames a second, or the most of them with times; 0: no rate
};

struct sent {
	uint64_t frames, bytes, failed, digest;
	double seconds, late_s; // late_s: behind the capture's own pace, at most
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void wait_until(uint64_t due_ns)
{
	uint64_t now = now_ns();

	if (due_ns > now + 100 * NS_PER_US) { // sleep all but the last bit
		uint64_t wait_ns = due_ns - now - 60 * NS_PER_US;
		struct timespec ts = { (time_t)(wait_ns / NS_PER_S), (long)(wait_ns % NS_PER_S) };

		nanosleep(&ts, NULL);
	}
	while (now_ns() < due_ns)
		;
}

static bool parse_speed(const char *text, struct pace *pace)
{
	char *end;
	double v = strtod(text, &end);

	*pace = (struct pace){ 0 };
	if (!strcmp(text, "max"))
		return true;
	if (end == text || !(v > 0) || (*end && strcmp(end, "x") != 0 && strncmp(end, "x:", 2) != 0))
		return false;
	if (!*end) {
		pace->per_s = v;
		return true;
	}
	pace->times = v;
	if (end[1] == ':') {
		pace->per_s = strtod(end + 2, &end);
		return pace->per_s > 0 && !*end;
	}
	return true;
}

static int open_interface(const char *name)
{
	unsigned index = if_nametoindex(name);
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)index };
	int fd = index ? socket(AF_PACKET, SOCK_RAW, 0) : -1; // protocol 0: this socket receives nothing

	if (fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof to) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		fprintf(stderr, "send: %s: %s\n", name, strerror(errno));
	return fd;
}

static void send_one(int fd, const struct capture_record *record, struct sent *sent)
{
	ssize_t n;

	do {
		n = send(fd, record->data, record->bytes, 0);
	} while (n < 0 && (errno == ENOBUFS || errno == EAGAIN || errno == EINTR));
	if (n < 0) {
		if (sent->failed++ == 0)
			fprintf(stderr, "send: frame %llu of %u bytes: %s\n",
				(unsigned long long)sent->frames, record->bytes, strerror(errno));
		return;
	}
	sent->frames++;
	sent->bytes += record->bytes;
	sent->digest = fnv_bytes(sent->digest, record->data, record->bytes);
}

static void send_all(int fd, struct merge *merge, const struct pace *pace, struct sent *sent)
{
	struct capture_record record[BURST];
	uint64_t start_ns = now_ns(), first_ns = merge_key(merge), key_ns = first_ns, index = 0, last_ns = 0;
	double late_s;

	while (merge_key(merge) != UINT64_MAX) {
		unsigned n = merge_read(merge, record, BURST, UINT64_MAX);

		for (unsigned i = 0; i < n; i++, index++) {
			key_ns = record[i].ts_ns > key_ns ? record[i].ts_ns : key_ns;
			if (pace->times > 0) {
				uint64_t due_ns =
					start_ns + (uint64_t)((double)(key_ns - first_ns) / pace->times);

				wait_until(due_ns);
				late_s = (double)(now_ns() - due_ns) / 1e9;
				sent->late_s = late_s > sent->late_s ? late_s : sent->late_s;
			}
			if (pace->per_s > 0 && pace->times > 0) {
				wait_until(last_ns + (uint64_t)(1e9 / pace->per_s));
				last_ns = now_ns(); // who was late does not hurry
			} else if (pace->per_s > 0) {
				wait_until(start_ns + (uint64_t)((double)index * 1e9 / pace->per_s));
			}
			send_one(fd, &record[i], sent);
		}
	}
	sent->seconds = (double)(now_ns() - start_ns) / 1e9;
}

static int open_captures(struct capture *capture, char **paths, unsigned n)
{
	char err[512];

	if (n > MERGE_FILES) {
		fprintf(stderr, "send: %u captures; allowed are %d\n", n, MERGE_FILES);
		return -EINVAL;
	}
	for (unsigned i = 0; i < n; i++)
		if (capture_open(&capture[i], paths[i], CAPTURE_NO_DAY, err, sizeof err) < 0) {
			fprintf(stderr, "send: %s\n", err);
			return -EINVAL;
		}
	return 0;
}

int main(int argc, char **argv)
{
	static struct capture capture[MERGE_FILES];
	struct pace pace = { 0 };
	struct sent sent = { .digest = FNV_BASIS };
	struct merge merge;
	int first = 2, fd;

	if (argc > 4 && !strcmp(argv[2], "--speed") && parse_speed(argv[3], &pace))
		first = 4;
	if (argc <= first || argv[first][0] == '-') {
		fprintf(stderr, "usage: send INTERFACE [--speed max|Nx|Nx:MOST|N] CAPTURE...\n");
		return 2;
	}
	calendar_load();
	if (open_captures(capture, argv + first, (unsigned)(argc - first)) < 0 ||
	    merge_init(&merge, capture, (unsigned)(argc - first)) < 0)
		return 1;
	fd = open_interface(argv[1]);
	if (fd < 0)
		return 1;
	send_all(fd, &merge, &pace, &sent);
	printf("{\"frames\": %llu, \"bytes\": %llu, \"failed\": %llu, \"digest\": \"%016llx\", \"seconds\": %.6f, "
	       "\"late_s\": %.3f}\n",
	       (unsigned long long)sent.frames, (unsigned long long)sent.bytes,
	       (unsigned long long)sent.failed, (unsigned long long)sent.digest, sent.seconds, sent.late_s);
	return sent.failed ? 1 : 0;
}

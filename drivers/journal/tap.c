/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/journal/tap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static int map_twice(struct tap *tap, int fd)
{
	uint64_t n = tap->ring_bytes;
	uint8_t *at = mmap(NULL, 2 * n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	for (unsigned i = 0; i < 2; i++)
		if (mmap(at + i * n, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED) {
			int rc = -errno;

			munmap(at, 2 * n);
			return rc;
		}
	tap->ring = at;
	return 0;
}

int tap_init(struct tap *tap, uint64_t room_bytes, unsigned n_interfaces, bool touch)
{
	*tap = (struct tap){ .ring_bytes = PAGE, .n_interfaces = n_interfaces };
	while (tap->ring_bytes < room_bytes)
		tap->ring_bytes *= 2;
	int fd = memfd_create("wirebar_tap", MFD_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = ftruncate(fd, (off_t)tap->ring_bytes) ? -errno : map_twice(tap, fd);
	close(fd);
	if (!rc && touch)
		memset(tap->ring, 0, 2 * tap->ring_bytes); // pages, and both ways to them
	return rc;
}

void tap_fini(struct tap *tap)
{
	if (tap->ring)
		munmap(tap->ring, 2 * tap->ring_bytes);
	*tap = (struct tap){ 0 };
}

static bool room(struct tap *tap, uint64_t bytes)
{
	if (likely(tap->write + bytes - tap->tail_seen <= tap->ring_bytes))
		return true;
	tap->tail_seen = __atomic_load_n(&tap->tail, __ATOMIC_ACQUIRE);
	return tap->write + bytes - tap->tail_seen <= tap->ring_bytes;
}

bool tap_room(struct tap *tap, uint32_t bytes) { return room(tap, bytes + PCAPNG_PACKET_MORE_BYTES); }

void tap_owed(struct tap *tap)
{
	for (unsigned i = 0; i < tap->n_interfaces; i++) {
		struct tap_interface *interface = &tap->interface[i];

		if (interface->dropped == interface->said)
			continue;
		if (!room(tap, PCAPNG_STATISTICS_BYTES))
			return;
		tap->write += pcapng_statistics(tap_at(tap, tap->write), i, tap->last_ns, interface->received,
						interface->dropped);
		interface->said = interface->dropped;
	}
	tap->owes = false;
}

bool tap_frame(struct tap *tap, uint32_t interface, uint64_t ts_ns, const uint8_t *data, uint32_t bytes,
	       uint32_t wire_bytes, bool bad)
{
	struct tap_interface *from = &tap->interface[interface];

	from->received++;
	tap->last_ns = ts_ns;
	if (unlikely(tap->owes))
		tap_owed(tap);
	// The place of lost frames is said before the next one that is kept.
	if (unlikely(tap->owes || !room(tap, pcapng_packet_bytes(bytes, bad)))) {
		from->dropped++;
		tap->dropped++;
		tap->owes = true;
		return false;
	}
	tap->write += pcapng_packet(tap_at(tap, tap->write), interface, ts_ns, data, bytes, wire_bytes, bad);
	tap->frames++;
	if (unlikely(tap->write - tap->head >= TAP_BURST_BYTES))
		tap_publish(tap);
	return true;
}

/* SPDX-License-Identifier: BSD-3-Clause */
// eal.h: the C side of tests that need DPDK: one EAL per process, without hugepages, PCI or root; and ports
// as plain bytes, so that no rte_ type crosses into C++.
#ifndef WB_TEST_SHIM_EAL_H
#define WB_TEST_SHIM_EAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct port;

#define SHIM_BURST 256

struct shim_frame {
	const uint8_t *data;
	uint32_t bytes, wire_bytes;
	uint64_t rx_ns;
	uint32_t segments;
	bool rx_time_flag;
	bool zero_copy;
};

// shim_eal_up starts EAL: --no-huge --no-shconf --no-pci -m 256 --lcores=0. Returns 0 or -errno.
int shim_eal_up(const char *program);
void shim_eal_down(void);

// SHIM_MAIN is the main of a test that needs EAL and nothing else; it skips (77) where EAL does not come up.
#define SHIM_MAIN \
	int main(int argc, char **argv) \
	{ \
		testing::InitGoogleTest(&argc, argv); \
		if (shim_eal_up(argv[0]) < 0) \
			return 77; \
		int rc = RUN_ALL_TESTS(); \
		shim_eal_down(); \
		return rc; \
	}

// shim_rx receives up to n frames and describes them; they are held until shim_free.
unsigned shim_rx(struct port *port, uint16_t queue, struct shim_frame *out, unsigned n);
// shim_free frees all frames held.
void shim_free(void);
// shim_held returns how many frames are held.
unsigned shim_held(void);

// shim_ring_port creates an ethdev named name whose queue 0 receives what shim_ring_put puts. Returns 0 or
// -errno.
int shim_ring_port(const char *name);
// shim_ring_put puts one frame of bytes on the wire. Returns 0 or -errno.
int shim_ring_put(const uint8_t *data, uint32_t bytes);

#endif

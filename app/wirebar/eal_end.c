/* SPDX-License-Identifier: BSD-3-Clause */
// eal_end.c: rte_eal_cleanup unmaps all memory under the write lock of memory_hotplug_lock, which is in
// shared memory (lib/eal/common/eal_common_memory.c, rte_eal_memory_detach). Who is killed there leaves it
// locked for ever, and who is killed while EAL starts leaves a reader in it: then each process hangs that
// ends, or starts. Ports are closed by then, and the kernel unmaps without a lock. So beside others nobody
// calls it.
#include "app/wirebar/eal_end.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>

void eal_end(bool shared)
{
	char path[PATH_MAX];

	if (!shared) {
		rte_eal_cleanup();
		return;
	}
	snprintf(path, sizeof path, "%s/mp_socket", rte_eal_get_runtime_dir());
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		unlink(path);
}

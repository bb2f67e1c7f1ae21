/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_conf.h: what the configuration says to a receiver and an engine: of an ingest lcore (ingest_boot.c),
// and of one without an lcore (ingest_solo.c). No DPDK in here. Before launch, one thread.
#ifndef WB_STAGE_INGEST_CONF_H
#define WB_STAGE_INGEST_CONF_H

#include "conf/conf.h"
#include "drivers/receiver/receiver.h"
#include "lcore/model/engine.h"

enum { INGEST_CONF_ONLY_MAX = 1024 };

// Beside the configuration.
struct ingest_conf {
	const struct conf *conf; // outlives the engine
	uint64_t capture_bytes;  // of all captures of a replay, unpacked; 0: not known
	int32_t trade_day;       // INT32_MIN: from the packets
	unsigned channels_max;   // of this engine
	bool sweep_grow, relays, fill;
};

// What a receiver's configuration points to.
struct ingest_conf_groups {
	struct receiver_group group[CONF_CHANNEL_GROUPS];
	uint32_t only[INGEST_CONF_ONLY_MAX]; // groups of the ports, where all have some
};

// ingest_conf_engine fills the engine's configuration. Returns 0, or -EINVAL with a text in err.
int ingest_conf_engine(const struct ingest_conf *of, struct engine_conf *out, char *err, size_t err_len);
// ingest_conf_receiver returns the receiver's, without groups and feed: enough for receiver_bytes.
// ingest_conf_groups adds those; room outlives the receiver. Returns 0, or -errno with a text in err.
struct receiver_conf ingest_conf_receiver(const struct ingest_conf *of);
int ingest_conf_groups(const struct conf *conf, struct ingest_conf_groups *room, struct receiver_conf *out,
		       char *err, size_t err_len);
// ingest_conf_watch puts bars.watch on the engine's watch list. Returns 0, or -ENOSPC with a text in err.
int ingest_conf_watch(const struct conf *conf, struct engine *engine, char *err, size_t err_len);

#endif

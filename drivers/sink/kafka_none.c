/* SPDX-License-Identifier: BSD-3-Clause */
// kafka_none.c: the sink for Kafka's brokers in a build without librdkafka. The configuration that asks for
// it is refused before (conf_sinks.c), so that nothing but wanted and open is ever called.
#include <stdio.h>

#include "drivers/sink/sink.h"

static void *kafka_open(const struct sink_world *world, uint64_t *count, char *err, size_t err_len)
{
	(void)world, (void)count;
	snprintf(err, err_len, "this program was built without librdkafka");
	return NULL;
}

static bool kafka_wanted(const struct conf *conf) { return conf->kafka.enabled; }

const struct sink_ops sink_kafka = { .name = "kafka", .wanted = kafka_wanted, .open = kafka_open };

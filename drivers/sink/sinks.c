/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/sink.h"

#define SINK(NAME, name, help) extern const struct sink_ops sink_##name;
#include "drivers/sink/sink.def"

const struct sink_ops *const sinks[SINKS] = {
#define SINK(NAME, name, help) &sink_##name,
#include "drivers/sink/sink.def"
};

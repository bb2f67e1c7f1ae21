/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/stage.h"

extern const struct stage stage_ingest, stage_signal, stage_telemetry, stage_export;

const struct stage *const stages[] = {
	[CONF_STAGE_INGEST] = &stage_ingest,
	[CONF_STAGE_SIGNAL] = &stage_signal,
	[CONF_STAGE_TELEMETRY] = &stage_telemetry,
	[CONF_STAGE_EXPORT] = &stage_export,
};

/* SPDX-License-Identifier: BSD-3-Clause */
// metric.h: the families of /metrics, one list made from three: metric.def, the ledger, the lags. Pure: text
// of documentation, of the dashboard and of the exposition are made from it. Any thread.
#ifndef WB_CONSOLE_METRIC_H
#define WB_CONSOLE_METRIC_H

#include <stdbool.h>
#include <stddef.h>

enum metric_source {
	METRIC_HEALTH,
	METRIC_LEDGER,
	METRIC_LCORE,
	METRIC_LINK,
	METRIC_PORT,
	METRIC_CHANNEL,
	METRIC_LINE,
	METRIC_SERVER,
	METRIC_RISK,
	METRIC_DENIED,
	METRIC_DESK,
	METRIC_SURPRISE,
	METRIC_POSITIONS,
	METRIC_VERDICT,
	METRIC_MODE,
	METRIC_SELF,
	METRIC_LAG,
	METRIC_SOURCES
};

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum metric_unit { METRIC_ONE, METRIC_NS, METRIC_AGE, METRIC_PERMILLE, METRIC_SILENT, METRIC_MONEY };

enum { METRIC_NAME_BYTES = 96, METRIC_HELP_BYTES = 320 };

struct metric {
	enum metric_source source;
	enum metric_type type;
	enum metric_unit unit;
	const char *member; // of the telemetry answer
	char name[METRIC_NAME_BYTES], help[METRIC_HELP_BYTES];
};

// metric_count returns how many families there are; metric_at fills the i-th, in the order of the lists.
unsigned metric_count(void);
void metric_at(unsigned i, struct metric *out);
// metric_labels returns the names of the labels that samples of a source have, separated by blanks.
const char *metric_labels(enum metric_source source);
const char *metric_type_name(enum metric_type type);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/metric.h"

#include <stdio.h>
#include <string.h>

#include "lcore/base/ledger.h"

static const struct {
	enum metric_source source;
	enum metric_type type;
	const char *member, *name;
	enum metric_unit unit;
	const char *help;
} rows[] = {
#define METRIC(source, type, member, name, unit, help) \
	{ METRIC_##source, METRIC_##type, #member, "wirebar_" name, METRIC_##unit, help },
#include "app/wirebar_console/metric.def"
};

static const struct {
	const char *name, *help;
} lags[] = {
#define LAG(NAME, name, help) { #name, help },
#include "lcore/stage/lags.def"
};

enum { N_ROWS = sizeof rows / sizeof *rows, N_LAGS = sizeof lags / sizeof *lags };

static const char *const kind_text[] = { "a total: ", "", "a loss: ", "a loss: ", "" };

// All of the ledger only grows, but for how many groups are silent just now.
static bool is_gauge(int id) { return id == LEDGER_groups_silent; }

unsigned metric_count(void) { return N_ROWS + LEDGER_COUNT + N_LAGS; }

static void ledger_at(int id, struct metric *out)
{
	const struct ledger_row *r = &ledger_rows[id];

	*out = (struct metric){ .source = METRIC_LEDGER,
				.type = is_gauge(id) ? METRIC_GAUGE : METRIC_COUNTER,
				.member = r->name };
	snprintf(out->name, sizeof out->name, "wirebar_%s%s", r->name, is_gauge(id) ? "" : "_total");
	snprintf(out->help, sizeof out->help, "%s of the ledger, %s%s", r->group, kind_text[r->kind],
		 r->help);
}

void metric_at(unsigned i, struct metric *out)
{
	if (i < N_ROWS) {
		*out = (struct metric){ .source = rows[i].source,
					.type = rows[i].type,
					.unit = rows[i].unit,
					.member = rows[i].member };
		snprintf(out->name, sizeof out->name, "%s", rows[i].name);
		snprintf(out->help, sizeof out->help, "%s", rows[i].help);
	} else if (i < N_ROWS + LEDGER_COUNT) {
		ledger_at((int)(i - N_ROWS), out);
	} else {
		i -= N_ROWS + LEDGER_COUNT;
		*out = (struct metric){ .source = METRIC_LAG,
					.type = METRIC_HISTOGRAM,
					.unit = METRIC_NS,
					.member = lags[i].name };
		snprintf(out->name, sizeof out->name, "wirebar_%s_seconds", lags[i].name);
		snprintf(out->help, sizeof out->help, "%s", lags[i].help);
	}
}

const char *metric_labels(enum metric_source source)
{
	static const char *const labels[METRIC_SOURCES] = {
		[METRIC_LCORE] = "lcore stage",
		[METRIC_LINK] = "link from to",
		[METRIC_PORT] = "port kind",
		[METRIC_CHANNEL] = "lcore channel feed",
		[METRIC_LINE] = "lcore channel feed line group",
		[METRIC_SERVER] = "server protocol",
		[METRIC_DENIED] = "reason",
		[METRIC_DESK] = "count",
		[METRIC_SURPRISE] = "surprise",
		[METRIC_VERDICT] = "verdict",
		[METRIC_MODE] = "mode",
		[METRIC_LAG] = "lcore",
	};

	return labels[source] ? labels[source] : "";
}

const char *metric_type_name(enum metric_type type)
{
	return type == METRIC_COUNTER ? "counter" : type == METRIC_GAUGE ? "gauge" : "histogram";
}

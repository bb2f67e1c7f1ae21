/* SPDX-License-Identifier: BSD-3-Clause */
// docs_metrics.c: docs/metrics.md and the Grafana dashboard, from the lists that /metrics is made from.
#include <string.h>

#include "app/wirebar/docs.h"
#include "app/wirebar_console/metric.h"

void docs_metrics(FILE *out)
{
	fputs("# Metrics\n\n"
	      "Made by `wirebar docs metrics` from `app/wirebar_console/metric.def`, `lcore/base/ledger.def` and\n"
	      "`lcore/stage/lags.def`; do not edit. What `/metrics` serves ([prometheus.md](prometheus.md)): the names\n"
	      "of Prometheus, their types and labels.\n\n"
	      "| metric | type | labels | what it is |\n|---|---|---|---|\n",
	      out);
	for (unsigned i = 0; i < metric_count(); i++) {
		struct metric m;

		metric_at(i, &m);
		fprintf(out, "| `%s` | %s | %s | %s |\n", m.name, metric_type_name(m.type),
			metric_labels(m.source), m.help);
	}
}

struct board {
	FILE *out;
	unsigned panels, targets;
};

static void quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void panel_begin(struct board *b, const char *title, const char *what, const char *unit)
{
	fprintf(b->out, "%s\n    {\"id\": %u, \"type\": \"timeseries\", \"title\": ", b->panels ? "," : "",
		b->panels + 1);
	quoted(b->out, title);
	fputs(", \"description\": ", b->out);
	quoted(b->out, what);
	fprintf(b->out,
		",\n     \"gridPos\": {\"x\": %u, \"y\": %u, \"w\": 12, \"h\": 8},\n"
		"     \"datasource\": {\"type\": \"prometheus\", \"uid\": \"${DS_PROMETHEUS}\"},\n"
		"     \"fieldConfig\": {\"defaults\": {\"unit\": \"%s\"}, \"overrides\": []},\n     \"targets\": [",
		b->panels % 2 * 12, b->panels / 2 * 8, unit);
	b->panels++;
	b->targets = 0;
}

static void target(struct board *b, const char *expr, const char *legend)
{
	fprintf(b->out, "%s\n      {\"refId\": \"T%u\", \"expr\": ", b->targets ? "," : "", b->targets);
	quoted(b->out, expr);
	fputs(", \"legendFormat\": ", b->out);
	quoted(b->out, legend);
	fputc('}', b->out);
	b->targets++;
}

static void panel_end(struct board *b) { fputs("]}", b->out); }

// lcore stage: {{lcore}} {{stage}}
static void legend_of(const struct metric *m, char out[256])
{
	const char *label = metric_labels(m->source);
	size_t n = (size_t)snprintf(out, 256, "{{instance}}");

	while (*label && n < 200) {
		size_t len = strcspn(label, " ");

		n += (size_t)snprintf(out + n, 256 - n, " {{%.*s}}", (int)len, label);
		label += len + (label[len] != '\0');
	}
}

static void lag_panel(struct board *b, const struct metric *m)
{
	static const char *const q[] = { "0.5", "0.99", "0.999" };
	char expr[256], legend[64];

	panel_begin(b, m->member, m->help, "s");
	for (int i = 0; i < 3; i++) {
		snprintf(expr, sizeof expr,
			 "histogram_quantile(%s, sum by (instance, lcore, le) (rate(%s_bucket[1m])))", q[i],
			 m->name);
		snprintf(legend, sizeof legend, "{{instance}} {{lcore}} %s", q[i]);
		target(b, expr, legend);
	}
	panel_end(b);
}

static const char *unit_of(const struct metric *m)
{
	if (m->type == METRIC_COUNTER)
		return m->unit == METRIC_NS ? "percentunit" : "cps";
	return m->unit == METRIC_NS || m->unit == METRIC_AGE ? "s"
	       : m->unit == METRIC_PERMILLE                  ? "percentunit"
	       : m->unit == METRIC_MONEY                     ? "currencyUSD"
							     : "short";
}

static void metric_panel(struct board *b, const struct metric *m)
{
	char expr[256], legend[256];

	snprintf(expr, sizeof expr, m->type == METRIC_COUNTER ? "rate(%s[1m])" : "%s", m->name);
	legend_of(m, legend);
	panel_begin(b, m->name + strlen("wirebar_"), m->help, unit_of(m));
	target(b, expr, legend);
	panel_end(b);
}

// The counters of a group share a panel: what is 0 all the time is not drawn.
static void ledger_panels(struct board *b, unsigned from)
{
	char expr[256], group[32] = "";
	struct metric m;

	for (unsigned i = from; i < metric_count(); i++) {
		metric_at(i, &m);
		size_t n = strcspn(m.help, " ");

		if (m.source != METRIC_LEDGER)
			break;
		if (strlen(group) != n || strncmp(group, m.help, n)) {
			if (*group)
				panel_end(b);
			snprintf(group, sizeof group, "%.*s", (int)n, m.help);
			panel_begin(b, group, "counters of the ledger that move, each a second", "cps");
		}
		if (m.type != METRIC_COUNTER)
			continue;
		snprintf(expr, sizeof expr, "rate(%s[1m]) > 0", m.name);
		target(b, expr, m.member);
	}
	panel_end(b);
}

void docs_dashboard(FILE *out)
{
	struct board b = { .out = out };
	bool ledger = false;

	fputs("{\n  \"__inputs\": [{\"name\": \"DS_PROMETHEUS\", \"label\": \"Prometheus\", \"type\": \"datasource\", "
	      "\"pluginId\": \"prometheus\"}],\n"
	      "  \"title\": \"wirebar\", \"uid\": \"wirebar\", \"schemaVersion\": 36, \"version\": 1, "
	      "\"refresh\": \"5s\",\n"
	      "  \"time\": {\"from\": \"now-15m\", \"to\": \"now\"}, \"tags\": [\"wirebar\"],\n  \"panels\": [",
	      out);
	// What is looked at first: whether it lives, and how late it is.
	for (unsigned i = 0; i < metric_count(); i++) {
		struct metric m;

		metric_at(i, &m);
		if (m.source == METRIC_SELF || m.source == METRIC_VERDICT || m.unit == METRIC_AGE)
			metric_panel(&b, &m);
		else if (m.source == METRIC_LAG)
			lag_panel(&b, &m);
	}
	for (unsigned i = 0; i < metric_count(); i++) {
		struct metric m;

		metric_at(i, &m);
		if (m.source == METRIC_SELF || m.source == METRIC_VERDICT || m.unit == METRIC_AGE ||
		    m.source == METRIC_LAG)
			continue;
		if (m.source != METRIC_LEDGER || m.type == METRIC_GAUGE) {
			metric_panel(&b, &m);
		} else if (!ledger) {
			ledger_panels(&b, i);
			ledger = true;
		}
	}
	fputs("\n  ]\n}\n", out);
}

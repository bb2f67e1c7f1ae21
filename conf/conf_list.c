/* SPDX-License-Identifier: BSD-3-Clause */
// conf_list.c: parses inside a value: list elements, lateness, early closes, queues, speeds, groups.
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/key.h"
#include "lcore/base/calendar.h"

#define LATENESS_MAX_NS (60 * NS_PER_S)

bool conf_list_next(const char **cursor, char separator, struct conf_item *item)
{
	const char *p = *cursor, *end;
	size_t n;

	while (*p == ' ' || *p == '\t' || *p == separator)
		p++;
	end = strchr(p, separator);
	if (!end)
		end = p + strlen(p);
	*cursor = end;
	n = (size_t)(end - p);
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (n >= sizeof item->text)
		n = sizeof item->text - 1;
	memcpy(item->text, p, n);
	item->text[n] = 0;
	return n > 0;
}

static int lateness_fail(const struct conf *c, const char *found, struct conf_error *err)
{
	char quoted[80];

	key_quote(found, quoted, sizeof quoted);
	return conf_fail(err, c, c->bars.lateness_line,
			 "[bars] lateness: found %s, allowed: 0 to 60s for all venues, or "
			 "VENUE=duration,... with each of %s once at most",
			 quoted, venue_names());
}

int conf_lateness(const struct conf *c, enum venue venue, uint64_t default_ns, uint64_t *out_ns,
		  struct conf_error *err)
{
	const char *cursor = c->bars.lateness;
	struct conf_item item;
	unsigned seen = 0, n = 0;
	bool bare = false;

	*out_ns = default_ns;
	while (conf_list_next(&cursor, ',', &item)) {
		char *equals = strchr(item.text, '=');
		char found[CONF_STR_BYTES];
		uint64_t ns;
		int of;

		strcpy(found, item.text);
		n++;
		if (!equals) {
			bare = true;
			if (conf_duration(item.text, &ns) || ns > LATENESS_MAX_NS)
				return lateness_fail(c, found, err);
			*out_ns = ns;
			continue;
		}
		*equals = 0;
		of = venue_find(item.text);
		if (of < 0 || (seen & 1u << of) || conf_duration(equals + 1, &ns) || ns > LATENESS_MAX_NS)
			return lateness_fail(c, found, err);
		seen |= 1u << of;
		if (of == (int)venue)
			*out_ns = ns;
	}
	return bare && n > 1 ? lateness_fail(c, c->bars.lateness, err) : 0;
}

// "13:00" to nanoseconds since midnight; a session ends after its opening at 9:30.
static bool time_of_day(const char *text, uint64_t *out_ns)
{
	unsigned hour, minute;

	if (strlen(text) != 5 || text[2] != ':' || strspn(text, "0123456789:") != 5 ||
	    strchr(text + 3, ':') || strchr(text, ':') != text + 2)
		return false;
	hour = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	minute = (unsigned)(text[3] - '0') * 10 + (unsigned)(text[4] - '0');
	*out_ns = (hour * 60 + minute) * 60 * NS_PER_S;
	return hour < 24 && minute < 60;
}

int conf_early_closes(const struct conf *c, struct calendar_early *out, unsigned max, struct conf_error *err)
{
	const uint64_t first_ns = (9 * 60 + 31) * 60 * NS_PER_S, last_ns = 16 * 3600 * NS_PER_S;
	const char *cursor = c->bars.early_closes;
	struct conf_item item;
	unsigned n = 0;

	while (conf_list_next(&cursor, ',', &item)) {
		struct calendar_early early = { 0 };
		char *equals = strchr(item.text, '=');
		char quoted[80];

		key_quote(item.text, quoted, sizeof quoted);
		if (!equals || !calendar_parse_date(item.text, (size_t)(equals - item.text), &early.day) ||
		    !time_of_day(equals + 1, &early.close_ns) || early.close_ns < first_ns ||
		    early.close_ns > last_ns)
			return conf_fail(err, c, c->bars.early_closes_line,
					 "[bars] early_closes: found %s, allowed: YYYY-MM-DD=HH:MM,... from "
					 "09:31 to 16:00",
					 quoted);
		if (n == max) {
			conf_fail(err, c, c->bars.early_closes_line,
				  "[bars] early_closes: found more than %u, allowed: %u", max, max);
			return -E2BIG;
		}
		out[n++] = early;
	}
	return (int)n;
}

int conf_holidays(const struct conf *c, struct calendar_early *out, unsigned max, struct conf_error *err)
{
	const char *cursor = c->bars.holidays;
	struct conf_item item;
	unsigned n = 0;

	while (conf_list_next(&cursor, ',', &item)) {
		struct calendar_early day = { 0 };
		char quoted[80];

		key_quote(item.text, quoted, sizeof quoted);
		if (!calendar_parse_date(item.text, strlen(item.text), &day.day))
			return conf_fail(err, c, c->bars.holidays_line,
					 "[bars] holidays: found %s, allowed: YYYY-MM-DD,...", quoted);
		if (n == max) {
			conf_fail(err, c, c->bars.holidays_line,
				  "[bars] holidays: found more than %u, allowed: %u", max, max);
			return -E2BIG;
		}
		out[n++] = day;
	}
	return (int)n;
}

static int queue_fail(const struct conf *c, const struct conf_lcore *l, const char *found, const char *why,
		      struct conf_error *err)
{
	char quoted[80], ports[CONF_PORT_MAX * (CONF_NAME_BYTES + 8)] = "none declared";
	size_t n = 0;

	for (unsigned i = 0; i < c->n_port; i++)
		n += (size_t)snprintf(ports + n, sizeof ports - n, "%s%s:0-%u", i ? ", " : "",
				      c->port[i].name, (unsigned)c->port[i].queues - 1);
	key_quote(found, quoted, sizeof quoted);
	return conf_fail(err, c, l->queues_line ? l->queues_line : l->line,
			 "[lcore %s] queues: found %s, %s, allowed: port:queue of %s", l->name, quoted, why,
			 ports);
}

// Resolves "port:queue" or "port". Returns NULL, or what is wrong with it.
static const char *find_queue(const struct conf *c, const char *text, struct conf_queue *out)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	char *end = NULL;
	unsigned long queue = 0;

	if (colon) {
		queue = strtoul(colon + 1, &end, 10);
		if (!isdigit((unsigned char)colon[1]) || *end)
			return "no queue number";
	}
	for (unsigned i = 0; i < c->n_port; i++) {
		if (strlen(c->port[i].name) != len || memcmp(c->port[i].name, text, len))
			continue;
		if (queue >= c->port[i].queues)
			return "a queue that the port has not";
		*out = (struct conf_queue){ .port = i, .queue = (unsigned)queue };
		return NULL;
	}
	return "an unknown port";
}

int conf_queues(const struct conf *c, const struct conf_lcore *l, struct conf_queue *out, unsigned max,
		struct conf_error *err)
{
	const char *cursor = l->queues;
	struct conf_item item;
	unsigned n = 0;

	while (conf_list_next(&cursor, ',', &item)) {
		struct conf_queue q;
		const char *why = find_queue(c, item.text, &q);

		for (unsigned i = 0; i < n && !why; i++)
			if (out[i].port == q.port && out[i].queue == q.queue)
				why = "named twice";
		if (why)
			return queue_fail(c, l, item.text, why, err);
		if (n == max) {
			queue_fail(c, l, item.text, "too many", err);
			return -E2BIG;
		}
		out[n++] = q;
	}
	return (int)n;
}

int conf_speed(const char *text, double *out_factor)
{
	size_t len = strlen(text);
	char *end;
	double v;

	if (!strcmp(text, "max")) {
		*out_factor = 0;
		return 0;
	}
	if (len < 2 || text[len - 1] != 'x' || strspn(text, "0123456789.") != len - 1)
		return -EINVAL;
	v = strtod(text, &end);
	if (end != text + len - 1 || !(v >= 1e-3 && v <= 1e6))
		return -EINVAL;
	*out_factor = v;
	return 0;
}

int conf_group(const char *text, uint32_t *out_ip)
{
	struct in_addr ip;

	if (inet_pton(AF_INET, text, &ip) != 1 || (ntohl(ip.s_addr) >> 28) != 0xe)
		return -EINVAL;
	*out_ip = ntohl(ip.s_addr);
	return 0;
}

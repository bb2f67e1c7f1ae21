/* SPDX-License-Identifier: BSD-3-Clause */
// topo_values.c: what single values and ports may be, beyond what their type says.
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "conf/key.h"
#include "conf/topo_parts.h"
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"

enum { PREFIX_LEN = 48 };

int topo_watch(const struct conf *c, struct conf_error *err)
{
	const char *cursor = c->bars.watch;
	struct conf_item item;
	char quoted[80];
	uint64_t n = 0;

	while (conf_list_next(&cursor, ',', &item)) {
		key_quote(item.text, quoted, sizeof quoted);
		if (strlen(item.text) > SYMBOL_BYTES || strpbrk(item.text, " \t"))
			return conf_fail(err, c, c->bars.watch_line,
					 "[bars] watch: found %s, allowed: symbols of 1 to %d bytes", quoted,
					 SYMBOL_BYTES);
		if (++n > c->bars.watch_max)
			return conf_fail(err, c, c->bars.watch_line,
					 "[bars] watch: found more than %" PRIu64
					 " symbols, allowed: up to watch_max",
					 c->bars.watch_max);
	}
	return 0;
}

static int check_lateness(const struct conf *c, struct conf_error *err)
{
	uint64_t ns;

	return conf_lateness(c, (enum venue)0, 0, &ns, err);
}

static int check_paper(const struct conf *c, struct conf_error *err)
{
	struct conf_paper_venue paper;

	return conf_paper_of(c, (enum venue)0, &paper, err);
}

static int check_days(const struct conf *c, struct conf_error *err)
{
	struct calendar_early early[CALENDAR_EARLY_MAX];
	int n = conf_early_closes(c, early, CALENDAR_EARLY_MAX, err);
	int m = n < 0 ? n : conf_holidays(c, early, CALENDAR_EARLY_MAX, err);

	if (m < 0)
		return -EINVAL;
	return n + m <= CALENDAR_EARLY_MAX
		       ? 0
		       : conf_fail(err, c, c->bars.holidays_line,
				   "[bars] holidays: found %d days with those of early_closes, "
				   "allowed: %d",
				   n + m, CALENDAR_EARLY_MAX);
}

static int check_date(const struct conf *c, struct conf_error *err)
{
	const char *date = c->feed.date;
	char quoted[80];
	int32_t day;

	key_quote(date, quoted, sizeof quoted);
	if (*date && !calendar_parse_date(date, strlen(date), &day))
		return conf_fail(err, c, c->feed.date_line,
				 "[feed] date: found %s, allowed: YYYY-MM-DD, or empty", quoted);
	return 0;
}

static int check_channels(const struct conf *c, struct conf_error *err)
{
	struct conf_channel_group group[CONF_CHANNEL_GROUPS];

	return conf_channels(c, group, CONF_CHANNEL_GROUPS, err) < 0 ? -EINVAL : 0;
}

static int check_prefix(const struct conf *c, struct conf_error *err)
{
	const char *prefix = c->eal.file_prefix;
	char quoted[80];

	key_quote(prefix, quoted, sizeof quoted);
	if (!*prefix || strlen(prefix) > PREFIX_LEN || prefix[0] == '.' ||
	    prefix[strspn(prefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")])
		return conf_fail(err, c, c->eal.file_prefix_line,
				 "[eal] file_prefix: found %s, allowed: 1 to %d letters, digits, _, - and . "
				 "(not first)",
				 quoted, PREFIX_LEN);
	return 0;
}

// Parts find one another in shared hugepages, and a part without an lcore would have nothing to do.
static int check_layout(const struct conf *c, struct conf_error *err)
{
	if (c->run.layout != CONF_LAYOUT_SPLIT || c->eal.hugepages)
		return 0;
	return conf_fail(
		err, c, c->run.layout_line,
		"[run] layout: found split with [eal] hugepages = no, allowed: with hugepages = yes, in which the "
		"parts share memory");
}

int (*const topo_values[])(const struct conf *c, struct conf_error *err) = {
	check_lateness, check_paper,    conf_orders_check, check_days,   topo_watch,
	check_date,     check_channels, check_prefix,      check_layout, NULL,
};

static int check_groups(const struct conf *c, const struct conf_port *p, struct conf_error *err)
{
	const char *cursor = p->groups;
	struct conf_item item;
	char quoted[80];
	uint32_t ip;

	while (conf_list_next(&cursor, ',', &item)) {
		if (!conf_group(item.text, &ip))
			continue;
		key_quote(item.text, quoted, sizeof quoted);
		return conf_fail(err, c, p->groups_line,
				 "[port %s] groups: found %s, allowed: 224.0.0.0 to 239.255.255.255,...",
				 p->name, quoted);
	}
	if (!p->promiscuous && !*p->groups)
		return conf_fail(err, c, LINE(p, promiscuous),
				 "[port %s] promiscuous: found no, and no groups: it would receive nothing; "
				 "allowed: yes, or groups to accept",
				 p->name);
	return 0;
}

int topo_port(const struct conf *c, const struct conf_port *p, struct conf_error *err)
{
	char quoted[80];
	double speed;

	key_quote(p->speed, quoted, sizeof quoted);
	if (conf_speed(p->speed, &speed))
		return conf_fail(err, c, LINE(p, speed),
				 "[port %s] speed: found %s, allowed: max, or a multiple as in 1x, 10x, 0.5x",
				 p->name, quoted);
	if (*p->device && speed != 0)
		return conf_fail(
			err, c, LINE(p, speed),
			"[port %s] speed: found %s on a device, allowed: max; it is for replay ports",
			p->name, quoted);
	if (*p->device && p->loops != 1)
		return conf_fail(
			err, c, LINE(p, loops),
			"[port %s] loops: found %llu on a device, allowed: 1; it is for replay ports",
			p->name, (unsigned long long)p->loops);
	if (*p->device && *p->files)
		return conf_fail(err, c, LINE(p, files),
				 "[port %s] files: found files and a device, allowed: one of the two",
				 p->name);
	return check_groups(c, p, err) || conf_member_check(c, p, err) ? -EINVAL : 0;
}

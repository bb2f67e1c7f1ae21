/* SPDX-License-Identifier: BSD-3-Clause */
// eal_args.c: EAL's arguments come from the configuration; nobody types them.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/appliance.h"
#include "drivers/feed/receiver.h"
#include "lcore/stage/recovery.h"

struct args { char **v; unsigned n, max; };

static void add(struct args *a, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	if (a->n + 1 < a->max && vasprintf(&text, format, ap) >= 0) {
		a->v[a->n++] = text;
		a->v[a->n] = NULL;
	}
	va_end(ap);
}

static uint32_t pow2(uint64_t n)
{
	uint32_t p = 64;

	while (p < n)
		p <<= 1;
	return p;
}

uint32_t appliance_depth(const struct conf *c, const struct conf_link *link)
{
	if (link->depth)
		return (uint32_t)link->depth;
	// Rows of all instruments at a 5 m boundary, all six spans, and what else travels with them.
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (!strcmp(c->lcore[i].name, link->from) && c->lcore[i].stage == CONF_STAGE_INGEST)
			return pow2(c->bars.instruments * SPAN_COUNT + 4096);
	return pow2(c->bars.instruments + 4096);
}

size_t appliance_memory(const struct appliance *a)
{
	const struct conf *c = &a->conf;
	size_t sum = tables_bytes((uint32_t)c->bars.instruments, (uint32_t)c->bars.instruments * ENGINE_LEGS_PER_INSTR,
				  (uint32_t)c->bars.watch_max, (uint32_t)c->bars.history);

	for (unsigned i = 0; i < c->n_link; i++)
		sum += link_bytes(appliance_depth(c, &c->link[i]));
	for (unsigned i = 0; i < c->n_lcore && c->eal.hugepages; i++) {
		struct lcore l = { .plant = (struct plant *)&a->plant, .stage = stages[c->lcore[i].stage] };

		sum += l.stage->bytes(&l);
	}
	for (unsigned i = 0; i < c->n_lcore && c->n_server && !a->plant.replay; i++)
		if (c->lcore[i].stage == CONF_STAGE_INGEST)
			sum += recovery_bytes();
	// Pools: descriptors and bursts in flight of 2,304 byte mbufs (drivers/nic sizes them exactly), replay's headers.
	for (unsigned i = 0; i < c->n_port; i++)
		sum += c->port[i].queues * (c->port[i].rx_desc * 2 + 4096) * 2560;
	return sum;
}

static const char *lcores(const struct conf *c)
{
	static char text[512];
	size_t n = (size_t)snprintf(text, sizeof text, "0@%d", c->eal.main_cpu);

	for (unsigned i = 0; i < c->n_lcore; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, ",%u@%d", i + 1, c->lcore[i].cpu);
	return text;
}

int appliance_eal_args(struct appliance *a, bool secondary, char **out, unsigned max)
{
	const struct conf *c = &a->conf;
	struct args args = { out, 0, max };
	size_t mb = (appliance_memory(a) >> 20) * 11 / 10 + 96;

	if (c->eal.memory_bytes)
		mb = c->eal.memory_bytes >> 20;
	a->memory_bytes = mb << 20;
	add(&args, "wirebar");
	add(&args, "--file-prefix=%s", c->eal.file_prefix);
	add(&args, "--log-level=*:4");
	if (secondary) {
		add(&args, "--proc-type=secondary");
	} else {
		add(&args, "--lcores=%s", lcores(c));
		add(&args, "-m");
		add(&args, "%zu", mb);
	}
	if (!c->eal.hugepages) {
		add(&args, "--no-huge");
		add(&args, "--no-shconf");
	} else if (c->eal.huge_dir[0]) {
		add(&args, "--huge-dir=%s", c->eal.huge_dir);
	}
	bool pci = false;

	for (unsigned i = 0; i < c->n_port; i++) {
		unsigned domain, bus, dev, fn;

		if (sscanf(c->port[i].device, "%x:%x:%x.%x", &domain, &bus, &dev, &fn) == 4 ||
		    sscanf(c->port[i].device, "%x:%x.%x", &bus, &dev, &fn) == 3) {
			add(&args, "-a");
			add(&args, "%s", c->port[i].device);
			pci = true;
		}
	}
	if (!pci)
		add(&args, "--no-pci");
	const char *cursor = c->eal.vdev;
	struct conf_item item;

	while (conf_list_next(&cursor, ';', &item))
		add(&args, "--vdev=%s", item.text);
	if (!c->telemetry.telemetry)
		add(&args, "--no-telemetry");
	return (int)args.n;
}

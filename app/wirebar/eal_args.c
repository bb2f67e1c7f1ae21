/* SPDX-License-Identifier: BSD-3-Clause */
// eal_args.c: EAL's arguments come from the configuration; nobody types them.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/appliance.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/plant_bytes.h"

struct args {
	char **v;
	unsigned n, max;
};

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

uint32_t appliance_depth(const struct appliance *a, const struct conf_link *link)
{
	return plant_depth(&a->conf, link, a->plant.replay);
}

size_t appliance_memory(const struct appliance *a)
{
	struct plant_size need;

	plant_bytes(&a->conf, a->plant.replay, &need);
	return need.tables + need.links + need.recovery + need.pools + need.shared +
	       (a->conf.eal.hugepages ? need.lcores : 0);
}

// Main lcores of secondaries have ids far from lcores': two processes must not run the same.
enum { PART_LCORE = 100 };

static unsigned main_id(const struct appliance *a) { return parts_secondary(a) ? PART_LCORE + a->part : 0; }

static const char *lcores(const struct appliance *a)
{
	static char text[512];
	const struct conf *c = &a->conf;
	size_t n = (size_t)snprintf(text, sizeof text, "%u@%d", main_id(a), c->eal.main_cpu);

	for (unsigned i = 0; i < c->n_lcore; i++)
		if (a->part == PART_WHOLE || parts_of(c->lcore[i].stage) == a->part)
			n += (size_t)snprintf(text + n, sizeof text - n, ",%u@%d", i + 1, c->lcore[i].cpu);
	return text;
}

int appliance_eal_args(struct appliance *a, char **out, unsigned max)
{
	const struct conf *c = &a->conf;
	struct args args = { out, 0, max };
	struct plant_size need;

	plant_bytes(c, a->plant.replay, &need);
	size_t mb = need.given >> 20;

	a->memory_bytes = mb << 20;
	add(&args, "wirebar");
	add(&args, "--file-prefix=%s", c->eal.file_prefix);
	add(&args, "--log-level=*:%d", 4 + c->run.log_level); // 4: errors
	add(&args, "--lcores=%s", lcores(a));
	if (parts_secondary(a)) {
		add(&args, "--main-lcore=%u", main_id(a));
		add(&args, "--proc-type=secondary");
	} else {
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

	for (unsigned i = 0; i < c->n_port && !parts_secondary(a); i++) {
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

	while (!parts_secondary(a) && conf_list_next(&cursor, ';', &item))
		add(&args, "--vdev=%s", item.text);
	if (!c->telemetry.telemetry || parts_secondary(a)) // the primary answers for all
		add(&args, "--no-telemetry");
	return (int)args.n;
}

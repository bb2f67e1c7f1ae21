/* SPDX-License-Identifier: BSD-3-Clause */
// conf_fuzz.c: any bytes as a configuration file. Invariants: what is refused says why; what is accepted
// prints as a file that reads back as the same; the list readers and the topology checks take whatever the
// parser accepts.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/topo.h"
#include "lcore/base/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static char *dump(const struct conf *c, size_t *bytes)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, bytes);

	must(out != NULL);
	conf_dump(c, out);
	fclose(out);
	return text;
}

static void use_lists(const struct conf *c)
{
	struct calendar_early early[4];
	struct conf_channel_group groups[4];
	struct conf_queue queues[4];
	struct conf_error err;
	uint64_t ns;

	for (unsigned i = 0; i < VENUE_COUNT; i++)
		if (!conf_lateness(c, (enum venue)i, 1, &ns, &err))
			must(ns <= 60 * NS_PER_S);
	must(conf_early_closes(c, early, 4, &err) <= 4);
	int n_groups = conf_channels(c, groups, 4, &err);

	for (int i = 0; i < n_groups; i++)
		must(i < 4 && groups[i].dst_ip >> 28 == 0xe && groups[i].dst_port);
	for (unsigned i = 0; i < c->n_lcore; i++) {
		int n = conf_queues(c, &c->lcore[i], queues, 4, &err);

		for (int j = 0; j < n; j++)
			must(queues[j].port < c->n_port && queues[j].queue < c->port[queues[j].port].queues);
	}
}

static void use_topo(struct conf *c)
{
	static const unsigned cpus[] = { 0, 1, 5 };
	struct topo_host host;
	struct conf_error err;

	topo_host_init(&host);
	for (unsigned i = 0; i < 8; i++)
		host.cpu_node[i] = (int16_t)(i / 4);
	if (topo_check(c, NULL, &err)) {
		must(strlen(err.text) > 0);
		return;
	}
	if (!topo_resolve_cpus(c, &host, cpus, 3, &err)) {
		for (unsigned i = 0; i < c->n_lcore; i++)
			must(c->lcore[i].cpu >= 0);
		topo_check(c, &host, &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf c, again;
	struct conf_error err;
	size_t first_bytes, second_bytes;
	char *first, *second;

	if (conf_parse(&c, "fuzz.conf", (const char *)data, size, &err)) {
		must(!strncmp(err.text, "fuzz.conf:", 10) && strlen(err.text) < sizeof err.text);
		return 0;
	}
	first = dump(&c, &first_bytes);
	must(conf_parse(&again, "dump.conf", first, first_bytes, &err) == 0);
	second = dump(&again, &second_bytes);
	must(first_bytes == second_bytes && !memcmp(first, second, first_bytes));
	free(first);
	free(second);
	use_lists(&c);
	use_topo(&c);
	return 0;
}

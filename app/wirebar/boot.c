/* SPDX-License-Identifier: BSD-3-Clause */
// boot.c: configuration to a process that is ready to launch: EAL, ports, tables, links, lcores, in that
// order.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_memzone.h>

#include "app/wirebar/appliance.h"
#include "app/wirebar/boot_files.h"
#include "app/wirebar/boot_journal.h"
#include "app/wirebar/boot_snapshot.h"
#include "app/wirebar/check/check.h"
#include "app/wirebar/control.h"
#include "app/wirebar/eal_end.h"
#include "app/wirebar/latch_file.h"
#include "app/wirebar/order_log_part.h"
#include "app/wirebar/name.h"
#include "app/wirebar/outputs.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/plant_gates.h"
#include "app/wirebar/privilege/privilege.h"
#include "app/wirebar/trading.h"
#include "conf/topo.h"
#include "drivers/nic/nic.h"
#include "drivers/nic/rxtime.h"
#include "drivers/replay/replay.h"
#include "lcore/base/calendar.h"
#include "lcore/base/clock.h"
#include "lcore/model/engine.h"
#include "lcore/model/tables.h"
#include "lcore/stage/mem.h"
#include "drivers/recovery/recovery.h"

static int refuse(int rc, const char *text)
{
	fprintf(stderr, "wirebar: %s\n", text);
	return rc;
}

static int boot_calendar(struct appliance *a)
{
	struct calendar_early early[CALENDAR_EARLY_MAX];
	struct conf_error err;

	if (calendar_load())
		return refuse(-ENOENT,
			      "no zone data for America/New_York on this system: apt-get install tzdata");
	calendar_weekends(a->conf.bars.weekends);
	for (int what = 0; what < 2; what++) {
		int n = (what ? conf_holidays : conf_early_closes)(&a->conf, early, CALENDAR_EARLY_MAX, &err);

		if (n < 0)
			return refuse(n, err.text);
		for (int i = 0; i < n; i++)
			if (calendar_early_close(early[i]))
				return refuse(-ENOSPC,
					      "bars.early_closes and bars.holidays: more than 256 days");
	}
	a->plant.trade_day = INT32_MIN;
	if (a->conf.feed.date[0] &&
	    !calendar_parse_date(a->conf.feed.date, strlen(a->conf.feed.date), &a->plant.trade_day)) {
		conf_fail(&err, &a->conf, a->conf.feed.date_line,
			  "[feed] date: found \"%s\", allowed: YYYY-MM-DD", a->conf.feed.date);
		return refuse(-EINVAL, err.text);
	}
	return 0;
}

static void said(void *ctx, const struct conf_error *err)
{
	(void)ctx;
	fprintf(stderr, "wirebar: %s\n", err->text);
}

static int boot_gates(struct appliance *a)
{
	for (unsigned i = 0; i < a->conf.n_gate; i++)
		memcpy(a->plant.gate_name[i], a->conf.gate[i].name, CONF_NAME_BYTES);
	a->gate_room = a->gates;
	a->plant.gates = &a->gates[0];
	return plant_gates(&a->conf, &a->gates[0], said, NULL) ? -EINVAL : 0;
}

// Two replays beside each other need names of their own; the first keeps the plain one. A name that somebody
// chose is never replaced.
static int take_name(struct appliance *a)
{
	char *prefix = a->conf.eal.file_prefix;
	struct name_finding found;
	int rc = name_claim(prefix, &found);

	if (rc == -EADDRINUSE && a->plant.replay && a->part == PART_WHOLE && !a->conf.eal.file_prefix_line) {
		snprintf(prefix, sizeof a->conf.eal.file_prefix, "wirebar-%d", (int)getpid());
		rc = name_claim(prefix, &found);
	}
	if (rc)
		fprintf(stderr, "wirebar: %s\n  mend: %s\n", found.found, found.mend);
	return rc;
}

static int boot_eal(struct appliance *a)
{
	static char *argv[64]; // EAL keeps pointers into it
	int rc = a->conf.telemetry.telemetry && !parts_secondary(a) ? tele_register(a) : 0;

	if (rc)
		return refuse(rc, "telemetry paths could not be registered");
	rc = parts_secondary(a) ? parts_wait_primary(a) : take_name(a);
	if (rc)
		return rc;
	int argc = appliance_eal_args(a, argv, 64);

	if (privilege_eal_init(argc, argv) < 0) {
		fprintf(stderr,
			"wirebar: DPDK could not start (%s); its arguments were:", rte_strerror(rte_errno));
		for (int i = 1; i < argc; i++)
			fprintf(stderr, " %s", argv[i]);
		fprintf(stderr,
			"\nwirebar: `wirebar check --conf FILE` goes through the host and says what mends it\n");
		check_explain();
		return -EIO;
	}
	rte_openlog_stream(stderr); // not to syslog, too, which makes a socket whenever it likes
	if (parts_secondary(a))     // which receives nothing and answers nobody
		return 0;
	snprintf(a->socket_path, sizeof a->socket_path, "%s/dpdk_telemetry.v2", rte_eal_get_runtime_dir());
	return rxtime_register();
}

// By EAL's directory: a part that answers nobody has no socket_path, and the same files.
void appliance_state_dir(const struct appliance *a, char out[256])
{
	char socket[300];

	snprintf(socket, sizeof socket, "%s/dpdk_telemetry.v2", rte_eal_get_runtime_dir());
	latch_file_dir(out, 256, a->conf.run.state_dir, socket);
}

static struct port *open_replay(const struct appliance *a, const struct conf_port *p, unsigned nth, char *err,
				size_t err_len)
{
	struct capture *capture[MERGE_FILES];
	struct replay_conf rc = { .name = p->name,
				  .n_paths = boot_files_of(nth, capture),
				  .open = capture,
				  .trade_day = a->plant.trade_day,
				  .loops = (unsigned)p->loops,
				  .numa_node = -1 };

	if (conf_speed(p->speed, &rc.speed)) {
		snprintf(err, err_len, "port %s: speed: found \"%s\", allowed: max, 1x, Nx", p->name,
			 p->speed);
		return NULL;
	}
	return replay_create(&rc, err, err_len);
}

static struct port *open_nic(const struct conf_port *p, char *err, size_t err_len)
{
	uint32_t group[NIC_GROUPS];
	struct nic_conf nc = { .name = p->name,
			       .device = p->device,
			       .queues = (unsigned)p->queues,
			       .rx_desc = (unsigned)p->rx_desc,
			       .promiscuous = p->promiscuous,
			       .mtu = (unsigned)p->mtu,
			       .groups = group };
	const char *cursor = p->groups;
	struct conf_item item;

	while (nc.n_groups < NIC_GROUPS && conf_list_next(&cursor, ',', &item))
		conf_group(item.text, &group[nc.n_groups++]);
	nc.member = p->membership == CONF_MEMBERSHIP_PORT;
	nc.igmp = (unsigned)p->igmp;
	conf_host(p->address, &nc.address);
	return nic_create(&nc, err, err_len);
}

static int boot_ports(struct appliance *a)
{
	unsigned nth = 0;
	char err[512];

	if (parts_secondary(a) || a->plant.snapshot)
		return 0;
	int rc = boot_files_open(a, err, sizeof err);

	if (rc)
		return refuse(rc, err);
	if (a->plant.replay && !a->conf.capture.restart) // a journal may bring more than they hold
		a->plant.capture_bytes = boot_files_bytes();
	a->small = boot_files_small(&a->conf);
	for (unsigned i = 0; i < a->conf.n_port; i++) {
		const struct conf_port *p = &a->conf.port[i];

		if (p->device[0])
			a->port[i] = open_nic(p, err, sizeof err);
		else
			a->port[i] = open_replay(a, p, nth++, err, sizeof err);
		if (!a->port[i])
			return refuse(-EIO, err);
		a->n_port++;
		if (p->membership == CONF_MEMBERSHIP_KERNEL &&
		    kernel_join_port(&a->kernel_join, p, err, sizeof err))
			return refuse(-EIO, err);
	}
	return 0;
}

// Live, or paced: somebody waits for each frame. A replay flat out, or of little, would rather not touch what
// it will not use. EAL's hugepages are mapped already.
static bool touches(const struct appliance *a)
{
	bool on_a_clock = false;

	for (unsigned i = 0; i < a->n_port; i++)
		on_a_clock |= a->port[i]->clock != PORT_CLOCK_FLAT;
	return on_a_clock && !a->conf.eal.hugepages && !a->plant.stop && !a->small;
}

static int find_tables(struct appliance *a)
{
	const struct rte_memzone *mz = rte_memzone_lookup(APPLIANCE_TABLES);

	if (!mz || !tables_valid(mz->addr))
		return refuse(-EPROTO,
			      "the primary's tables are of another layout, allowed: the same program");
	a->plant.tables = mz->addr;
	return 0;
}

static int boot_tables(struct appliance *a)
{
	if (parts_secondary(a))
		return find_tables(a);
	const struct conf_bars *b = &a->conf.bars;
	uint32_t n = (uint32_t)b->instruments, quotes = n * INSTR_STRANDS;
	size_t bytes = tables_bytes(n, quotes, (uint32_t)b->watch_max, (uint32_t)b->history);
	void *mem = mem_zone(APPLIANCE_TABLES, bytes, SOCKET_ID_ANY);
	const struct rte_memzone *dz = rte_memzone_reserve_aligned(
		APPLIANCE_DIRECTORY, sizeof(struct appliance_directory), SOCKET_ID_ANY, 0, CACHE_LINE);

	if (!mem || !dz) {
		fprintf(stderr,
			"wirebar: no room for the shared tables: %zu MiB for %u instruments and %u watched (%s); "
			"EAL was given %zu MiB\n",
			bytes >> 20, n, (unsigned)b->watch_max, rte_strerror(rte_errno),
			a->memory_bytes >> 20);
		return -ENOMEM;
	}
	if (touches(a))
		mem_touch(mem, bytes);
	a->plant.tables = tables_init(mem, n, quotes, (uint32_t)b->watch_max, (uint32_t)b->history);
	struct appliance_directory *d = dz->addr;

	memset(d, 0, sizeof *d);
	for (unsigned i = 0; i < a->conf.n_link; i++)
		snprintf(d->link[d->n_links++], sizeof d->link[0], "%s", a->conf.link[i].name);
	d->n_lcores = a->conf.n_lcore;
	d->pid = (uint32_t)getpid();
	__atomic_store_n(&d->magic, APPLIANCE_MAGIC, __ATOMIC_RELEASE);
	return 0;
}

static int boot_links(struct appliance *a)
{
	for (unsigned i = 0; i < a->conf.n_link; i++) {
		const struct conf_link *c = &a->conf.link[i];
		struct link *link = &a->link[i];
		struct lcore *from = &a->lcore[topo_find_lcore(&a->conf, c->from)],
			     *to = &a->lcore[topo_find_lcore(&a->conf, c->to)];
		uint32_t depth = appliance_depth(a, c);
		int rc = parts_secondary(a)
				 ? link_attach(link, c->name)
				 : link_create(link, c->name, c->from, c->to, depth, SOCKET_ID_ANY);

		if (rc && parts_secondary(a)) {
			fprintf(stderr, "wirebar: link %s: the primary has none such (%s)\n", c->name,
				strerror(-rc));
			return rc;
		}
		if (rc) {
			fprintf(stderr, "wirebar: link %s: no memory for %u elements of %zu bytes (%s)\n",
				c->name, depth, sizeof(struct link_elem), strerror(-rc));
			return rc;
		}
		if (touches(a))
			link_touch(link);
		// Stages are numbered in the order of the data: a link to an earlier one is a way back.
		link->back = to->conf->stage < from->conf->stage;
		link_rules(link, (enum conf_stage)from->conf->stage, (enum conf_stage)to->conf->stage,
			   !link->back && (a->plant.replay || a->conf.run.full_link == CONF_FULL_LINK_WAIT));
		link->stop = &a->plant.abort;
		link->from = (uint8_t)from->index;
		link->to = (uint8_t)to->index;
		if (from->n_out == LCORE_LINKS || to->n_in == LCORE_LINKS)
			return refuse(-E2BIG, "an lcore with more than 8 links");
		from->out[from->n_out++] = link;
		to->in[to->n_in++] = link;
		a->n_link++;
	}
	return 0;
}

static int name_lcores(struct appliance *a)
{
	for (unsigned i = 0; i < a->conf.n_lcore; i++) {
		struct lcore *l = &a->lcore[i];

		l->conf = &a->conf.lcore[i];
		memcpy(l->name, l->conf->name, sizeof l->name);
		l->index = (uint16_t)i;
		l->id = (uint16_t)(i + 1);
		l->cpu = l->conf->cpu;
		l->numa_node = (int)rte_lcore_to_socket_id(l->id);
		l->stage = stages[l->conf->stage];
		l->plant = &a->plant;
		a->plant.lcore[i] = l;
		if (parts_secondary(a)) {
			l->shared = (struct lcore_shared *)(uintptr_t)lcore_shared_attach(i);
			if (!l->shared)
				return refuse(-EPROTO, "the primary's lcores are of another layout");
			continue;
		}
		l->shared = lcore_shared_create(i, (enum conf_stage)l->conf->stage, a->conf.bars.watch_max,
						l->numa_node);
		if (!l->shared) {
			fprintf(stderr,
				"wirebar: lcore %s: no memory for its counters on NUMA node %d (%s)\n",
				l->name, l->numa_node, rte_strerror(rte_errno));
			return -ENOMEM;
		}
		if (touches(a))
			mem_touch(l->shared, l->shared->bytes);
		memcpy(l->shared->name, l->name, sizeof l->shared->name);
		l->shared->id = l->id;
		l->shared->cpu = l->cpu;
		l->shared->numa_node = l->numa_node;
	}
	a->plant.n_lcores = a->n_lcore = a->conf.n_lcore;
	return 0;
}

static int boot_lcore(struct appliance *a, struct lcore *l)
{
	struct conf_queue queue[LCORE_QUEUES];
	struct conf_error err;
	char text[512] = "";

	if (!parts_mine(a, l))
		return parts_secondary(a) ? 0 : parts_state(a, l);
	int n = l->conf->stage == CONF_STAGE_INGEST && !a->plant.snapshot
			? conf_queues(&a->conf, l->conf, queue, LCORE_QUEUES, &err)
			: 0;

	if (n < 0)
		return refuse(n, err.text);
	for (int i = 0; i < n; i++) {
		l->queue[i].port = a->port[queue[i].port];
		l->queue[i].queue = (uint16_t)queue[i].queue;
	}
	l->n_queues = (uint8_t)n;
	if (a->plant.snapshot && l->catch_up) // its journal, and nothing else
		l->queue[l->n_queues++].port = l->catch_up;
	int rc = parts_state(a, l);

	if (rc)
		return rc;
	if (touches(a))
		mem_touch(l->state, l->state_bytes);
	rc = boot_snapshot_init(a, l, text, sizeof text);
	return rc ? refuse(rc, text[0] ? text : "a stage could not be set up") : 0;
}

// Gateways last: their sinks say at once what is known, that of a snapshot included.
static int boot_lcores(struct appliance *a)
{
	int rc = 0;

	for (int last = 0; last < 2; last++) {
		for (unsigned i = 0; i < a->n_lcore && !rc; i++)
			if ((a->lcore[i].conf->stage == CONF_STAGE_GATEWAY) == last)
				rc = boot_lcore(a, &a->lcore[i]);
	}
	if (!rc)
		boot_snapshot_end(a);
	return rc;
}

// Live only: what a replay misses, nobody has any more.
static int boot_recovery(struct appliance *a)
{
	unsigned n = 0, nth = 0;
	char text[512];

	if (a->plant.replay || !a->conf.n_server || parts_secondary(a))
		return 0;
	for (unsigned i = 0; i < a->n_lcore; i++)
		n += a->lcore[i].conf->stage == CONF_STAGE_INGEST;
	int rc = recovery_create(&a->plant.recovery, &a->conf, n, text, sizeof text);

	if (rc)
		return refuse(rc, text);
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_INGEST)
			a->lcore[i].recovery = recovery_link_of(a->plant.recovery, nth++);
	return 0;
}

static void start_clock(struct plant *p)
{
	p->clock = (struct lcore_clock){ .ns_per_tsc = 1e9 / (double)rte_get_tsc_hz(),
					 .base_tsc = rte_rdtsc(),
					 .base_ns = clock_utc_ns() };
}

int appliance_boot(struct appliance *a)
{
	int (*const step[])(struct appliance *) = { boot_calendar, boot_gates,          boot_eal,
						    trading_open,  order_log_file_open, boot_ports,
						    parts_boot,    order_log_part_open, boot_tables };
	int rc = 0;

	a->plant.conf = &a->conf;
	for (size_t i = 0; i < sizeof step / sizeof *step && !rc; i++)
		rc = a->plant.stop ? -EINTR : step[i](a);
	if (rc)
		return rc;
	if (!parts_secondary(a)) // who has that of the primary
		start_clock(&a->plant);
	if (!a->plant.replay || a->conf.run.state_dir[0])
		appliance_state_dir(a, a->plant.state_dir);
	rc = name_lcores(a);
	appliance_slow_poll(a);
	rc = rc ? rc : boot_links(a);
	rc = rc ? rc : boot_recovery(a);
	rc = rc || !(a->part == PART_WHOLE || a->part == PART_INGEST) ? rc : boot_journal(a);
	rc = rc || !(a->part == PART_WHOLE || a->part == PART_TELEMETRY) ? rc : outputs_open(a);
	if (!rc && parts_secondary(a))
		boot_snapshot_join(a);
	rc = rc ? rc : boot_lcores(a);
	for (unsigned i = 0; i < a->n_port && !rc; i++)
		rc = a->port[i]->ops->start ? a->port[i]->ops->start(a->port[i]) : 0;
	if (!rc)
		parts_booted(a);
	return rc;
}

void appliance_forget(struct appliance *a)
{
	if (!a->socket_path[0])
		return;
	unlink(a->socket_path);
	if (control_path()[0])
		unlink(control_path());
	// A private prefix is of no use to the next run.
	if (strstr(a->conf.eal.file_prefix, "wirebar-") != a->conf.eal.file_prefix || a->conf.eal.hugepages)
		return;
	*strrchr(a->socket_path, '/') = '\0';
	rmdir(a->socket_path);
	a->socket_path[0] = '\0';
}

void appliance_teardown(struct appliance *a)
{
	tele_close();
	recovery_destroy(a->plant.recovery);
	a->plant.recovery = NULL;
	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore *l = &a->lcore[i];

		if (l->state && l->stage->fini && parts_mine(a, l))
			l->stage->fini(l);
		if (!a->parts || parts_of(l->conf->stage) == PART_INGEST)
			mem_give(l->state, l->state_bytes, a->conf.eal.hugepages);
		l->state = NULL;
	}
	for (unsigned i = 0; i < a->n_port; i++) {
		if (a->port[i]->ops->stop)
			a->port[i]->ops->stop(a->port[i]);
		a->port[i]->ops->destroy(a->port[i]);
	}
	boot_journal_close(a);
	boot_files_close();
	kernel_join_leave(&a->kernel_join);
	trading_share(NULL);
	if (a->socket_path[0]) {
		eal_end(a->conf.eal.hugepages);
		appliance_forget(a);
	}
}

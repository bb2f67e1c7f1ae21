/* SPDX-License-Identifier: BSD-3-Clause */
// check_host.c: all checks of the host, in order, and what they have in common.
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/check/check.h"
#include "app/wirebar/privilege/drop.h"

void check_say(struct check *k, enum check_level level, const char *what, const char *found, ...)
{
	struct check_finding *f;
	va_list args;

	if (k->n == k->max)
		return;
	f = &k->out[k->n++];
	memset(f, 0, sizeof *f);
	f->level = level;
	snprintf(f->what, sizeof f->what, "%s", what);
	va_start(args, found);
	vsnprintf(f->found, sizeof f->found, found, args);
	va_end(args);
}

void check_mend(struct check *k, const char *command, ...)
{
	va_list args;

	if (!k->n || *k->out[k->n - 1].mend)
		return;
	va_start(args, command);
	vsnprintf(k->out[k->n - 1].mend, sizeof k->out->mend, command, args);
	va_end(args);
}

static int16_t port_node(const char *root, const struct conf_port *p)
{
	char name[32], text[32] = "";

	if (check_is_pci(p->device, name))
		check_read(root, text, sizeof text, "/sys/bus/pci/devices/%s/numa_node", name);
	else if (check_iface(p->device, name, sizeof name))
		check_read(root, text, sizeof text, "/sys/class/net/%s/device/numa_node", name);
	return *text ? (int16_t)atoi(text) : -1;
}

void check_topo_host(const struct conf *c, const char *root, struct topo_host *out)
{
	char text[1024];
	struct check_cpus online, of_node;

	topo_host_init(out);
	check_read(root, text, sizeof text, "/sys/devices/system/cpu/online");
	check_list_cpus(text, &online);
	for (unsigned cpu = 0; cpu <= CONF_CPU_MAX; cpu++)
		if (check_has(&online, cpu))
			out->cpu_node[cpu] = 0;
	for (int node = 0; node < 64; node++) {
		if (!check_read(root, text, sizeof text, "/sys/devices/system/node/node%d/cpulist", node))
			continue;
		check_list_cpus(text, &of_node);
		for (unsigned cpu = 0; cpu <= CONF_CPU_MAX; cpu++)
			if (check_has(&of_node, cpu) && check_has(&online, cpu))
				out->cpu_node[cpu] = (int16_t)node;
	}
	for (unsigned i = 0; i < c->n_port; i++)
		out->port_node[i] = port_node(root, &c->port[i]);
}

unsigned check_allowed_cpus(const char *root, unsigned *out, unsigned max)
{
	char text[8192], list[1024];
	struct check_cpus set = { 0 };
	unsigned n = 0;

	if (check_read(root, text, sizeof text, "/proc/self/status") &&
	    check_word(text, "Cpus_allowed_list:", list, sizeof list))
		check_list_cpus(list, &set);
	for (unsigned cpu = 0; cpu <= CONF_CPU_MAX && n < max; cpu++)
		if (check_has(&set, cpu))
			out[n++] = cpu;
	return n;
}

static void privilege(struct check *k)
{
	char text[8192], word[64];

	check_read(k->root, text, sizeof text, "/proc/self/status");
	if (check_word(text, "CapEff:", word, sizeof word))
		k->caps = strtoull(word, NULL, 16);
	// Uid: real effective saved filesystem.
	for (const char *p = strstr(text, "\nUid:"); p; p = NULL) {
		unsigned effective;

		k->is_root = sscanf(p, "\nUid: %*u %u", &effective) == 1 && effective == 0;
	}
}

// Whether there are the user and the group that it is to become. A start says so by itself, and name services
// know this machine only.
static void check_names(struct check *k)
{
	const char *user = k->c->run.user, *group = k->c->run.group;

	if (k->starts || *k->root)
		return;
	if (*user && !getpwnam(user)) {
		check_say(k, CHECK_FAIL, "user", DROP_NO_USER, user);
		check_mend(k, DROP_MAKE_USER, user);
	} else if (*user) {
		check_say(k, CHECK_OK, "user", "%s", user);
	}
	if (*group && !getgrnam(group)) {
		check_say(k, CHECK_FAIL, "group", DROP_NO_GROUP, group);
		check_mend(k, DROP_MAKE_GROUP, group);
	} else if (*group) {
		check_say(k, CHECK_OK, "group", "%s", group);
	}
}

// Lcores that must not be disturbed: all that never sleep, where cpus are not shared.
static void find_busy(struct check *k)
{
	for (unsigned i = 0; i < k->c->n_lcore; i++)
		if (k->c->lcore[i].cpu >= 0 && k->c->lcore[i].idle != CONF_IDLE_SLEEP && !k->c->run.share_cpu)
			check_put(&k->busy, (unsigned)k->c->lcore[i].cpu);
}

// The one way through all checks.
static void go_through(struct check *k, struct conf *c)
{
	k->c = c;
	privilege(k);
	check_conf(k, c);
	check_names(k);
	check_port(k);
	check_ordinary_memory(k);
	k->n_start = k->n; // what follows is for EAL to decide at the start
	find_busy(k);
	check_cpu(k);
	check_huge(k);
}

int check_host(const struct conf *c, const char *root, struct check_finding *out, unsigned max)
{
	static struct conf resolved;
	struct check k = { .root = root, .out = out, .max = max };

	resolved = *c;
	go_through(&k, &resolved);
	return (int)k.n;
}

static struct check_finding start_findings[CHECK_FINDINGS_MAX];
static struct check started;

static void print_refusal(const struct check_finding *f)
{
	fprintf(stderr, "wirebar: %s\n", f->found);
	if (f->mend[0])
		fprintf(stderr, "wirebar:   mend: %s\n", f->mend);
}

int check_start(struct conf *c, bool replay, unsigned captures)
{
	unsigned n = 0;

	started = (struct check){ .root = "",
				  .out = start_findings,
				  .max = CHECK_FINDINGS_MAX,
				  .starts = true,
				  .replay = replay,
				  .captures = captures };
	go_through(&started, c);
	for (unsigned i = 0; i < started.n_start; i++)
		if (start_findings[i].level == CHECK_FAIL && !start_findings[i].runs) {
			n++;
			print_refusal(&start_findings[i]);
		}
	return !n ? 0 : started.usage ? 2 : 1;
}

void check_explain(void)
{
	for (unsigned i = 0; i < started.n; i++)
		if (start_findings[i].level == CHECK_FAIL)
			print_refusal(&start_findings[i]);
}

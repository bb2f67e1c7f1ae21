/* SPDX-License-Identifier: BSD-3-Clause */
// check_cpu.c: what takes time away from an lcore, and what its clock is.
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/check/check.h"

static const char GRUB[] =
	"sed -i 's/^GRUB_CMDLINE_LINUX=\"/&%s /' /etc/default/grub && update-grub # then reboot";

static bool any(const struct check_cpus *set)
{
	for (unsigned i = 0; i < CHECK_CPU_WORDS; i++)
		if (set->bits[i])
			return true;
	return false;
}

static void minus(const struct check_cpus *a, const struct check_cpus *b, struct check_cpus *out)
{
	for (unsigned i = 0; i < CHECK_CPU_WORDS; i++)
		out->bits[i] = a->bits[i] & ~b->bits[i];
}

static void kernel(struct check *k)
{
	char release[128];
	unsigned major = 0, minor = 0;

	check_read(k->root, release, sizeof release, "/proc/sys/kernel/osrelease");
	if (sscanf(release, "%u.%u", &major, &minor) == 2 && (major > 5 || (major == 5 && minor >= 4))) {
		check_say(k, CHECK_OK, "kernel", "%s", release);
		return;
	}
	check_say(k, CHECK_FAIL, "kernel", "%s, needed: 5.4 or later",
		  *release ? release : "release not readable");
	check_mend(k, "apt-get install linux-image-amd64 && reboot");
}

// The value of a kernel command line parameter, or nothing.
static void parameter(const struct check *k, const char *name, char *out, size_t out_bytes)
{
	char cmdline[4096];
	char *save = NULL;
	size_t len = strlen(name);

	out[0] = 0;
	check_read(k->root, cmdline, sizeof cmdline, "/proc/cmdline");
	for (char *word = strtok_r(cmdline, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (!strncmp(word, name, len) && word[len] == '=')
			snprintf(out, out_bytes, "%s", word + len + 1);
}

static void isolation_of(struct check *k, const char *what, const struct check_cpus *have, const char *list)
{
	struct check_cpus lacking;
	char text[256], argument[320];

	minus(&k->busy, have, &lacking);
	if (!any(&lacking)) {
		check_say(k, CHECK_OK, what, "covers cpus %s", list);
		return;
	}
	check_print_cpus(&lacking, text, sizeof text);
	check_say(k, CHECK_WARN, what, "does not cover cpus %s: the kernel puts other work there", text);
	snprintf(argument, sizeof argument, "%s=%s", what, list);
	check_mend(k, GRUB, argument);
}

static void isolation(struct check *k)
{
	struct check_cpus isolated, nohz, rcu;
	char text[1024], list[256];

	if (!any(&k->busy)) {
		check_say(k, CHECK_NOT_NEEDED, "isolcpus", "no lcore asks for a cpu of its own");
		check_say(k, CHECK_NOT_NEEDED, "nohz_full", "no lcore asks for a cpu of its own");
		check_say(k, CHECK_NOT_NEEDED, "rcu_nocbs", "no lcore asks for a cpu of its own");
		return;
	}
	check_print_cpus(&k->busy, list, sizeof list);
	check_read(k->root, text, sizeof text, "/sys/devices/system/cpu/isolated");
	check_list_cpus(text, &isolated);
	isolation_of(k, "isolcpus", &isolated, list);
	check_read(k->root, text, sizeof text, "/sys/devices/system/cpu/nohz_full");
	check_list_cpus(text, &nohz);
	isolation_of(k, "nohz_full", &nohz, list);
	// sysfs does not show rcu_nocbs; nohz_full implies it.
	parameter(k, "rcu_nocbs", text, sizeof text);
	check_list_cpus(text, &rcu);
	for (unsigned i = 0; i < CHECK_CPU_WORDS; i++)
		rcu.bits[i] |= nohz.bits[i] | (strcmp(text, "all") ? 0 : UINT64_MAX);
	isolation_of(k, "rcu_nocbs", &rcu, list);
}

static void governor(struct check *k)
{
	struct check_cpus slow = { 0 };
	char text[64], list[256], worst[64] = "";
	bool have = false;

	if (!any(&k->busy)) {
		check_say(k, CHECK_NOT_NEEDED, "cpufreq governor", "no lcore asks for a cpu of its own");
		return;
	}
	for (unsigned cpu = 0; cpu <= CONF_CPU_MAX; cpu++) {
		if (!check_has(&k->busy, cpu) ||
		    !check_read(k->root, text, sizeof text,
				"/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor", cpu))
			continue;
		have = true;
		if (strcmp(text, "performance")) {
			check_put(&slow, cpu);
			snprintf(worst, sizeof worst, "%s", text);
		}
	}
	if (!any(&slow)) {
		check_say(k, CHECK_OK, "cpufreq governor",
			  have ? "performance" : "the kernel does not scale these cpus");
		return;
	}
	check_print_cpus(&slow, list, sizeof list);
	check_say(k, CHECK_WARN, "cpufreq governor", "%s on cpus %s", worst, list);
	check_mend(k, "cpupower -c %s frequency-set -g performance", list);
}

static void smt(struct check *k)
{
	struct check_cpus siblings, twice = { 0 };
	char text[256], list[256];

	if (!any(&k->busy)) {
		check_say(k, CHECK_NOT_NEEDED, "SMT siblings", "no lcore asks for a cpu of its own");
		return;
	}
	for (unsigned cpu = 0; cpu <= CONF_CPU_MAX; cpu++) {
		unsigned n = 0;

		if (!check_has(&k->busy, cpu) ||
		    !check_read(k->root, text, sizeof text,
				"/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu))
			continue;
		check_list_cpus(text, &siblings);
		for (unsigned i = 0; i < CHECK_CPU_WORDS; i++)
			n += (unsigned)__builtin_popcountll(siblings.bits[i] & k->busy.bits[i]);
		if (n > 1)
			check_put(&twice, cpu);
	}
	if (!any(&twice)) {
		check_say(k, CHECK_OK, "SMT siblings", "no two lcores on one physical core");
		return;
	}
	check_print_cpus(&twice, list, sizeof list);
	check_say(k, CHECK_WARN, "SMT siblings", "cpus %s share physical cores: lcores slow each other",
		  list);
	check_mend(k, "echo off > /sys/devices/system/cpu/smt/control");
}

static void clock_source(struct check *k)
{
	const char *dir = "/sys/devices/system/clocksource/clocksource0";
	char current[64], available[256];

	check_read(k->root, current, sizeof current, "%s/current_clocksource", dir);
	if (!strcmp(current, "tsc")) {
		check_say(k, CHECK_OK, "clock source", "tsc");
		return;
	}
	check_read(k->root, available, sizeof available, "%s/available_clocksource", dir);
	check_say(k, CHECK_WARN, "clock source", "%s, not tsc: reading the time costs a system call or lies",
		  *current ? current : "not readable");
	if (strstr(available, "tsc"))
		check_mend(k, "echo tsc > %s/current_clocksource", dir);
	else
		check_mend(k, GRUB, "clocksource=tsc tsc=reliable");
}

static void irqbalance(struct check *k)
{
	char path[1024], comm[64];
	struct dirent *entry;
	DIR *proc;
	bool running = false;

	if (!any(&k->busy)) {
		check_say(k, CHECK_NOT_NEEDED, "irqbalance", "no lcore asks for a cpu of its own");
		return;
	}
	snprintf(path, sizeof path, "%s/proc", k->root);
	proc = opendir(path);
	while (proc && !running && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    check_read(k->root, comm, sizeof comm, "/proc/%s/comm", entry->d_name))
			running = !strcmp(comm, "irqbalance");
	if (proc)
		closedir(proc);
	if (!running) {
		check_say(k, CHECK_OK, "irqbalance", "not running");
		return;
	}
	check_say(k, CHECK_WARN, "irqbalance", "running: it moves interrupts onto lcores' cpus");
	check_mend(k, "systemctl disable --now irqbalance");
}

void check_cpu(struct check *k)
{
	kernel(k);
	clock_source(k);
	isolation(k);
	governor(k);
	smt(k);
	irqbalance(k);
}

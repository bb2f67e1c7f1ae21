/* SPDX-License-Identifier: BSD-3-Clause */
// check.h: `wirebar check`, the preflight: goes through a configuration and the host it is to run on, from
// sysfs and procfs alone. Unprivileged, changes nothing, starts no EAL. One thread.
#ifndef WB_APP_CHECK_H
#define WB_APP_CHECK_H

#include "conf/conf.h"
#include "conf/topo.h"

enum check_level { CHECK_OK, CHECK_NOT_NEEDED, CHECK_WARN, CHECK_FAIL };

enum { CHECK_FINDINGS_MAX = 128, CHECK_CPU_WORDS = (CONF_CPU_MAX + 1) / 64 };

// struct check_finding is one row of the table. A warning costs latency or clarity; a failure stops the run.
struct check_finding {
	enum check_level level;
	char what[32];
	char found[768];
	char mend[512]; // the command that mends it; empty when ok or not needed
	bool runs;      // a failure that leaves a program that runs and receives nothing: the start goes on
};

// struct check_cpus is a set of cpus.
struct check_cpus {
	uint64_t bits[CHECK_CPU_WORDS];
};

// struct check is one going-through. c has its auto cpus resolved where that was possible.
struct check {
	const struct conf *c;
	const char *root; // put before every path; "" for the host itself
	struct check_finding *out;
	unsigned n, max;
	struct topo_host host;
	struct check_cpus
		busy;  // cpus of lcores that are to run alone: all but sleeping ones, unless run.share_cpu
	bool is_root;  // effective uid 0
	uint64_t caps; // effective capabilities
	bool starts, replay; // a start, and one of a replay
	unsigned captures;   // named on its command line
	bool usage;          // something of the command line was refused
	unsigned n_start;    // findings before those that EAL decides at the start
};

#define CHECK_ORIGIN "command line: "

// check_main is the subcommand: check --conf FILE [--root DIR]. Prints the table; returns 0, 1 when something
// must be mended, or 2 (usage).
int check_main(int argc, char **argv);
// check_host goes through the host under root ("" for the real one) for a parsed configuration. Returns how
// many findings it wrote to out, at most max.
int check_host(const struct conf *c, const char *root, struct check_finding *out, unsigned max);
// check_start runs the same checks for a process that is about to start with c and that many captures on its
// command line; it assigns c's auto cpus. It writes what the start cannot do to stderr, in the words of the
// check. Returns 0, or the exit code: 1, or 2 if the command line is to blame.
int check_start(struct conf *c, bool replay, unsigned captures);
// check_explain prints what check_start found about the host, after EAL has refused to start.
void check_explain(void);
// check_refuse is a finding of a refused configuration; ctx is the struct check.
void check_refuse(void *ctx, const struct conf_error *err);
// check_topo_host reads NUMA nodes of cpus and of the configuration's ports from sysfs.
void check_topo_host(const struct conf *c, const char *root, struct topo_host *out);
// check_allowed_cpus reads which cpus this process may run on. Returns how many it wrote to out.
unsigned check_allowed_cpus(const char *root, unsigned *out, unsigned max);

// The parts of check_host, each a file.
void check_conf(struct check *k, struct conf *c); // the configuration; c gets its auto cpus
void check_ordinary_memory(struct check *k);      // without hugepages: what is available
void check_cpu(struct check *k);  // isolation, governor, SMT, clock source, irqbalance, kernel
void check_huge(struct check *k); // hugepages, mounts, files of dead primaries, memlock, THP
void check_port(struct check *k); // NICs and interfaces

// check_say adds a finding; check_mend gives the last one its command.
void check_say(struct check *k, enum check_level level, const char *what, const char *found, ...)
	__attribute__((format(printf, 4, 5)));
void check_mend(struct check *k, const char *command, ...) __attribute__((format(printf, 2, 3)));

// check_read reads the start of a file, without the line end at its end. Returns false when there is none.
bool check_read(const char *root, char *out, size_t out_bytes, const char *path, ...)
	__attribute__((format(printf, 4, 5)));
// check_exists returns true if there is such a file or directory.
bool check_exists(const char *root, const char *path, ...) __attribute__((format(printf, 2, 3)));
// check_writable returns true if this process may write there.
bool check_writable(const char *root, const char *path);
// check_list_cpus reads a kernel cpu list such as 0,2-5 (anything else ends it).
void check_list_cpus(const char *text, struct check_cpus *out);
// check_print_cpus writes such a list, with the separator between its parts.
void check_print_cpus(const struct check_cpus *set, char *out, size_t out_bytes);
// check_word finds "key value" at the start of a line of text and copies the value. Returns false when there
// is none.
bool check_word(const char *text, const char *key, char *out, size_t out_bytes);
// check_iface copies the iface= argument of vdev arguments. Returns false when there is none.
bool check_iface(const char *device, char *out, size_t out_bytes);
// check_vdev judges a virtual device and its arguments, as far as that goes without EAL. UNKNOWN and WRONG
// come with what was found and what is allowed, in why. HOST: one behind an interface of this machine.
enum check_vdev_kind { CHECK_VDEV_UNKNOWN, CHECK_VDEV_WRONG, CHECK_VDEV_HOST, CHECK_VDEV_ALONE };
enum check_vdev_kind check_vdev(const char *device, char *why, size_t why_len);
// check_vdev_made returns true if [eal] vdev makes a device of that name.
bool check_vdev_made(const struct conf *c, const char *device);
// check_is_pci returns true if device is a PCI address, and writes it with its domain.
bool check_is_pci(const char *device, char out[32]);

static inline bool check_has(const struct check_cpus *set, unsigned cpu)
{
	return set->bits[cpu / 64] >> (cpu % 64) & 1;
}

static inline void check_put(struct check_cpus *set, unsigned cpu)
{
	set->bits[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

#endif

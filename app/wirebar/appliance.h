/* SPDX-License-Identifier: BSD-3-Clause */
// appliance.h: one running process: what boot builds from the configuration, and what telemetry, control and
// the summary look at. The only struct that knows all rooms.
#ifndef WB_APP_APPLIANCE_H
#define WB_APP_APPLIANCE_H

#include "app/wirebar/kernel_join.h"
#include "drivers/journal/journal_name.h"
#include "lcore/stage/stage.h"

#define APPLIANCE_FILES 32

// What of the configuration a process runs (parts.h).
enum part { PART_WHOLE, PART_INGEST, PART_SIGNAL, PART_TELEMETRY, PART_GATEWAY, PARTS };
struct parts_shared;

struct appliance {
	struct conf conf;
	struct conf started; // as file and options said, before boot filled in what they leave open
	struct plant plant;
	struct gate_set gates[2];   // as compiled at start, and what a reload brings
	struct gate_set *gate_room; // both of them, or where parts share them: plant.gates is one of these
	enum part part;
	const char *part_word;      // --part
	struct parts_shared *parts; // NULL: PART_WHOLE
	struct lcore lcore[CONF_LCORE_MAX];
	struct link link[CONF_LINK_MAX];
	struct port *port[CONF_PORT_MAX];
	unsigned n_lcore, n_link, n_port;
	struct kernel_join kernel_join;
	const char *files[APPLIANCE_FILES]; // captures of the command line
	unsigned n_files;
	struct journal_list journal; // files of packet journals of the command line
	const char *conf_path;       // NULL: the built-in profile
	struct {
		const char *path;
		unsigned number;
	} lines[APPLIANCE_FILES]; // --lines: raw files, numbered by option
	unsigned n_lines, n_line_options;
	const char *paper_script; // NULL: no orders of ours
	bool paper_risk;          // which pass the checks of [risk]
	struct plant_paper paper;
	bool quiet;
	char socket_path[256];                 // of telemetry, as a user would name it
	size_t memory_bytes;                   // asked of EAL
	bool small;                            // it reads captures alone, and little of them
	double started_s, launched_s, ended_s; // CLOCK_MONOTONIC
};

// Shared memory names.
#define APPLIANCE_TABLES    "wb_tables"
#define APPLIANCE_DIRECTORY "wb_directory"

// What a secondary process reads first: the names of the links, how many lcores there are. w: boot, r: all.
struct appliance_directory {
	uint64_t magic;
	uint32_t n_links, n_lcores;
	uint32_t pid;
	char link[CONF_LINK_MAX][32];
};
#define APPLIANCE_MAGIC UINT64_C(0x3252494442415257) // "WRABDIR2"

// boot.c: each returns 0 or -errno, having said on stderr what was found and what is allowed.
// appliance_boot starts EAL from the configuration, opens ports, makes tables, links and lcores.
int appliance_boot(struct appliance *a);
// appliance_state_dir writes the directory of what outlives the process: run.state_dir, else
// $STATE_DIRECTORY, else that of EAL, beside the telemetry socket. Any part of a split layout; after EAL has
// started.
void appliance_state_dir(const struct appliance *a, char out[256]);
// appliance_forget removes the names that the process has in its runtime directory.
void appliance_forget(struct appliance *a);
// appliance_teardown frees what boot took; accepts a half-booted appliance.
void appliance_teardown(struct appliance *a);

// paper.c: reads --paper-script and what is assumed of venues. Returns 0, 1 (cannot be read) or 2 (is no
// script), having said why on stderr.
int paper_load(struct appliance *a);

// launch.c
// appliance_slow_poll gives the lcores run.slow_poll as it is. Control thread.
void appliance_slow_poll(struct appliance *a);
// appliance_launch starts the lcores; if one cannot be started, the others have ended when it returns.
// appliance_wait waits until all are done, showing progress on a terminal or if wanted. If a second signal
// came and lcores still run, it ends the process: exit code 1, no file or socket left.
int appliance_launch(struct appliance *a);
void appliance_wait(struct appliance *a);

// eal_args.c: EAL's arguments from the configuration; out is a NULL-ended vector of strings that live as long
// as the process.
int appliance_eal_args(struct appliance *a, char **out, unsigned max);
// appliance_memory adds up what tables, links, lcores and pools need.
size_t appliance_memory(const struct appliance *a);
// appliance_depth is the number of elements of a link: as configured, or computed.
uint32_t appliance_depth(const struct appliance *a, const struct conf_link *link);

// summary.c: the ledger over all lcores, and the report. Returns the exit code: 0, 1 (unbalanced) or 3 (data
// missing).
void appliance_ledger(const struct appliance *a, struct ledger *sum);
// appliance_ports adds up the ports' own counters. Control thread.
void appliance_ports(const struct appliance *a, struct port_stats *sum);
int appliance_summary(struct appliance *a);

// tele.c: registers the telemetry paths of docs and the list tele.def. Before EAL starts. Returns 0 or
// -errno.
int tele_register(struct appliance *a);
// tele_close lets running callbacks end and answers "wirebar is ending" from then on. First thing of the
// teardown.
void tele_close(void);
// ctl.c: hands a command to an lcore and waits for its acknowledgement, up to timeout_ms. Any thread;
// serialised. Returns the owner's rc with its answer in *cmd, -EINPROGRESS when the owner has it and does not
// answer so far, or -ETIMEDOUT when it has an earlier one.
int ctl_command(struct lcore *lcore, struct lcore_command *cmd, unsigned timeout_ms);

// Subcommands: each is a main of its own.
int run_replay_main(int argc, char **argv);
int run_main(int argc, char **argv);
int up_main(int argc, char **argv);
int console_main(int argc, char **argv);
int postmortem_main(int argc, char **argv);
int snapshot_main(int argc, char **argv);
int attach_main(int argc, char **argv);
int docs_main(int argc, char **argv);
int profile_main(int argc, char **argv);
int check_main(int argc, char **argv);
int report_main(int argc, char **argv);
int order_log_show_main(int argc, char **argv);

#endif

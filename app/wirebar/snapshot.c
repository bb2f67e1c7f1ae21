/* SPDX-License-Identifier: BSD-3-Clause */
// snapshot.c: `wirebar snapshot`: the state of an appliance, made anew from its packet journal by a process
// of its own, and written for the appliance's next start (docs/restart.md). A replay of the journal in the
// appliance's configuration, from the newest snapshot on, without ports, sinks, sockets and output files. It
// asks the appliance for nothing and shares nothing with it but the folder of the journal.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>

#include "app/wirebar/appliance.h"
#include "app/wirebar/boot_journal.h"
#include "app/wirebar/boot_snapshot.h"
#include "app/wirebar/check/check.h"
#include "app/wirebar/latch_file.h"
#include "app/wirebar/name.h"
#include "app/wirebar/outputs.h"
#include "app/wirebar/signals.h"
#include "drivers/feed/feed.h"
#include "drivers/recovery/recovery.h"
#include "drivers/replay/replay.h"
#include "lcore/base/once.h"

enum { NICE = 10 };

static bool ended; // --ended

static void usage(FILE *out)
{
	fputs("usage: wirebar snapshot --conf FILE [--set KEY=VALUE]... [--quiet]\n"
	      "\n"
	      "Replays what the packet journal of an appliance with this configuration has gained since the newest "
	      "snapshot,\n"
	      "and writes what the appliance knows then beside the journal. Its next start (capture.restart) begins "
	      "with that,\n"
	      "and reads only the rest of the journal. Give it the configuration and keys that the appliance is "
	      "started with.\n"
	      "Runs beside it, at low priority; one at a time. docs/restart.md\n"
	      "\n"
	      "  --conf FILE   the appliance's configuration, or builtin:NAME\n"
	      "  --set K=V     a key over the file, as `wirebar run` takes it; repeatable\n"
	      "  --ended       also of a journal that no appliance keeps now: what it had not handed on to sinks when it "
	      "ended\n"
	      "                is then not handed on by the next start\n"
	      "  --quiet       only what is wrong, and what was written\n"
	      "  --help        this text\n"
	      "\n"
	      "exit: 0 there is a snapshot, or nothing to make one of; 1 failed, 3 the journal has holes that recovery "
	      "servers\nmay fill: what was there stays; 2 usage\n",
	      out);
}

static int refused(const struct conf_error *err, int code)
{
	fprintf(stderr, "wirebar snapshot: %s\n", err->text);
	return code;
}

// Returns -1, or the exit code.
static int parse(struct appliance *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "conf", required_argument, NULL, 'c' }, { "set", required_argument, NULL, 's' },
		{ "ended", no_argument, NULL, 'e' },      { "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },       { 0 }
	};
	struct conf_error err;

	if (!once_each("wirebar snapshot", argc, argv, "h", options, "s"))
		return 2;
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'h')
			return usage(stdout), 0;
		if (option == 'c')
			a->conf_path = optarg;
		else if (option == 'q')
			a->quiet = true;
		else if (option == 'e')
			ended = true;
		else if (option != 's')
			return usage(stderr), 2;
	}
	if (!a->conf_path || optind != argc) {
		fprintf(stderr, "wirebar snapshot: %s\n",
			a->conf_path ? "found more than --conf FILE" : "--conf FILE is missing");
		return usage(stderr), 2;
	}
	if (conf_load(&a->conf, a->conf_path, &err))
		return refused(&err, 1);
	conf_origin(&a->conf, CHECK_ORIGIN "--set");
	optind = 1;
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;)
		if (option == 's' && conf_set_pair(&a->conf, optarg, &err))
			return refused(&err, 2);
	return -1;
}

// The folder is the appliance's; all else that a running one has is left to it.
static int prepare(struct appliance *a)
{
	struct topo_host host;
	unsigned allowed[CONF_CPU_MAX + 1], n = check_allowed_cpus("", allowed, CONF_CPU_MAX + 1);
	struct conf *c = &a->conf;
	struct conf_error err;
	char socket[512], state[256];

	snprintf(socket, sizeof socket, "%s/dpdk/%s/dpdk_telemetry.v2", name_dir(), c->eal.file_prefix);
	latch_file_dir(state, sizeof state, c->run.state_dir, socket);
	if (!c->capture.dir[0])
		snprintf(c->capture.dir, sizeof c->capture.dir, "%.240s/capture", state);
	snprintf(c->eal.file_prefix, sizeof c->eal.file_prefix, "wirebar-%d", (int)getpid());
	c->eal.hugepages = c->telemetry.telemetry = c->capture.enabled = false;
	c->eal.memory_bytes = c->run.stop_frames = c->run.slow_poll_ns = 0;
	c->eal.vdev[0] = '\0';
	c->eal.main_cpu = -1;
	c->run.share_cpu = c->capture.restart = true;
	c->run.layout = CONF_LAYOUT_FUSED; // lcores know the same in either
	for (unsigned i = 0; i < c->n_port; i++)
		c->port[i].device[0] = c->port[i].files[0] = '\0';
	for (unsigned i = 0; i < c->n_lcore; i++) {
		c->lcore[i].cpu = -1;
		c->lcore[i].remote_numa = true;
		c->lcore[i].idle = CONF_IDLE_SLEEP;
	}
	check_topo_host(c, "", &host);
	return topo_resolve_cpus(c, &host, allowed, n, &err) ? refused(&err, 1) : 0;
}

// Is an appliance there that keeps the journal? Of one that is not, the journal's end may be all that is left
// of what its sinks were still to be given: a start hands that on again, unless a snapshot is behind it.
static bool is_kept(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool kept = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return kept;
}

static int play(struct appliance *a)
{
	int rc = 0;

	for (int i = (int)a->n_lcore - 1; i >= 0 && !rc; i--)
		rc = rte_eal_remote_launch(lcore_run, &a->lcore[i], a->lcore[i].id);
	if (rc) {
		fprintf(stderr, "wirebar snapshot: lcores could not be launched: %s\n", strerror(-rc));
		a->plant.stop = a->plant.abort = true;
		for (unsigned i = 0; i < a->n_lcore; i++)
			a->lcore[i].shared->done = true;
	}
	rte_eal_mp_wait_lcore();
	return rc;
}

static bool has_journal(const struct appliance *a)
{
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].catch_up && replay_capture(a->lcore[i].catch_up, 0))
			return true;
	return false;
}

static uint64_t lost_of(const struct appliance *a, const struct lcore *l)
{
	const struct receiver_counts *r = &l->shared->counts;
	uint64_t lost = 0;

	for (unsigned i = 0; i < counts_channels(r); i++) {
		const struct channel_counts *c = &r->channel[i];

		if (c->feed && recovery_serves(&a->conf, feeds[c->feed - 1], c->stream))
			lost += c->gap_messages;
	}
	return lost;
}

// A start asks recovery servers for what its journal lacks of their channels. Behind a hole a snapshot would
// keep it lost.
static bool holes(const struct appliance *a)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_INGEST)
			lost += lost_of(a, &a->lcore[i]);
	if (lost)
		fprintf(stderr,
			"wirebar snapshot: the journal lacks %llu messages, and a start asks recovery servers for "
			"them: nothing was written\n",
			(unsigned long long)lost);
	return lost != 0;
}

static int make(struct appliance *a)
{
	int rc = paper_load(a) ? -EINVAL : appliance_boot(a);

	if (!rc && !has_journal(a)) {
		fprintf(stderr, "wirebar snapshot: %s: no journal\n", a->conf.capture.dir);
	} else if (!rc && !(rc = play(a))) {
		if (a->plant.stop) {
			fprintf(stderr, "wirebar snapshot: stopped by %s: nothing was written\n",
				signals_name() ? signals_name() : "a request");
			rc = -EINTR;
		}
		rc = rc ? rc : holes(a) ? -ENODATA : boot_snapshot_write(a);
	}
	outputs_drop(a);
	appliance_teardown(a);
	return rc;
}

int snapshot_main(int argc, char **argv)
{
	static struct appliance a; // large
	int code = parse(&a, argc, argv);

	if (code >= 0)
		return code;
	a.started = a.conf;
	a.plant.replay = a.plant.snapshot = true;
	enum snapshot_reason why = boot_snapshot_refusal(&a);

	if (why) {
		fprintf(stderr, "wirebar snapshot: %s: no snapshot can be made, nor would a start take it\n",
			snapshot_reason_text[why]);
		return 1;
	}
	signals_watch(&a.plant);
	if (prepare(&a))
		return 1;
	if (nice(NICE) < 0)
		errno = 0; // then it is as eager as others
	int lock = snapshot_lock(a.conf.capture.dir);

	if (lock == -ENOENT) {
		fprintf(stderr, "wirebar snapshot: %s: no journal\n", a.conf.capture.dir);
		return 0;
	}
	if (lock < 0) {
		fprintf(stderr, "wirebar snapshot: %s: %s\n", a.conf.capture.dir,
			lock == -EWOULDBLOCK ? "another one is at work" : strerror(-lock));
		return 1;
	}
	bool may = ended || is_kept(a.conf.capture.dir);
	int rc = may ? make(&a) : 0;

	if (!may)
		fprintf(stderr,
			"wirebar snapshot: %s: no appliance keeps this journal now: nothing was written (--ended)\n",
			a.conf.capture.dir);
	close(lock);
	return rc == -ENODATA ? 3 : rc ? 1 : 0;
}

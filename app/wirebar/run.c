/* SPDX-License-Identifier: BSD-3-Clause */
// run.c: `wirebar replay` and `wirebar run`: the same appliance, with captures or with ports in front.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app/wirebar/appliance.h"
#include "app/wirebar/check/check.h"
#include "app/wirebar/control.h"
#include "app/wirebar/order_log_part.h"
#include "app/wirebar/options.h"
#include "app/wirebar/outputs.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/privilege/privilege.h"
#include "app/wirebar/pulse.h"
#include "app/wirebar/signals.h"
#include "app/wirebar/trading.h"
#include "drivers/replay/replay.h"

#define TIMER_SLACK_NS 1000ul

// What the captures leave open, or say wrongly.
static void warn_captures(const struct appliance *a)
{
	for (unsigned i = 0; i < a->n_port; i++) {
		const struct capture *c;
		char remark[160];

		if (a->conf.port[i].device[0])
			continue;
		for (unsigned k = 0; (c = replay_capture(a->port[i], k)); k++)
			if (c->shift_ns)
				fprintf(stderr,
					"wirebar: %s: its receive times are %.3f s off beside its name, the other captures' and "
					"their packets' exchange times; set right\n",
					c->path, -(double)c->shift_ns / 1e9);
		for (unsigned k = 0; (c = replay_capture(a->port[i], k)); k++)
			if (capture_date_remark(c, remark, sizeof remark))
				fprintf(stderr, "wirebar: %s: %s\n", c->path, remark);
	}
}

#define RESTART_WINDOW_DEFAULT 10000 // as in keys.def

// A key that is accepted still, and does nothing.
static void warn_restart_window(const struct conf *c)
{
	if (c->feed.restart_window != RESTART_WINDOW_DEFAULT)
		fprintf(stderr,
			"wirebar: feed.restart_window does nothing any more: no distance makes a restart (docs/conf.md)\n");
}

static bool names_captures(const struct conf *c)
{
	for (unsigned i = 0; i < c->n_port; i++)
		if (c->port[i].files[0])
			return true;
	return false;
}

// Stopped before it began, or not able to begin.
static int not_begun(const struct appliance *a, int rc)
{
	if (rc == -EDOM) // captures and options that contradict each other
		return 2;
	if (rc != -EINTR || a->plant.abort || !a->plant.stop)
		return 1;
	fprintf(stderr, "wirebar: stopped by %s before it began\n",
		signals_name() ? signals_name() : "a request");
	return a->plant.replay ? 3 : 0;
}

static int appliance_main(struct appliance *a)
{
	int rc = parts_check(a);

	a->started = a->conf;
	a->part = rc || !a->part_word ? PART_WHOLE : parts_find(a->part_word);
	rc = rc ? rc : outputs_check(a);
	rc = rc ? rc : check_start(&a->conf, a->plant.replay, a->n_files + a->n_lines + a->journal.n);
	if (rc)
		return rc;
	if (privilege_find(a))
		return 2;
	signals_watch(&a->plant);
	// Of all threads that are made from here on. Else who sleeps for 100 us wakes after 150.
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
	pulse_begin();
	rc = appliance_boot(a);
	if (!rc) {
		order_log_part_begun(a);
		warn_captures(a);
		warn_restart_window(&a->conf);
		if (!a->quiet && !parts_secondary(a))
			fprintf(stderr,
				"wirebar: %u instruments, %zu MiB of tables and links; telemetry: %s\n"
				"wirebar: ask while it runs: wirebarctl --file-prefix %s health\n",
				(unsigned)a->conf.bars.instruments, appliance_memory(a) >> 20, a->socket_path,
				a->conf.eal.file_prefix);
		rc = privilege_drop(a);
		rc = rc || parts_secondary(a) ? rc : control_start(a);
		if (!rc && a->part == PART_INGEST)
			pulse_ready(a); // the others may come
		rc = rc ? rc : parts_wait_others(a);
		rc = rc ? rc : appliance_launch(a);
		if (!rc) {
			if (a->part != PART_INGEST)
				pulse_ready(a);
			appliance_wait(a);
		}
		pulse_end();
		control_stop();
	}
	int code = rc ? not_begun(a, rc) : parts_secondary(a) ? parts_end(a) : appliance_summary(a);

	outputs_drop(a);
	fflush(stdout);
	appliance_teardown(a);
	order_log_file_close();
	trading_close();
	return code;
}

static int parse(struct appliance *a, int argc, char **argv, bool replay)
{
	int rc = options_parse(a, argc, argv, replay);

	return rc == 1 ? 0 : rc == 3 ? 1 : rc == 2 ? 2 : -1;
}

int run_replay_main(int argc, char **argv)
{
	static struct appliance a; // large, and its parts are pointed to by lcores
	int code = parse(&a, argc, argv, true);

	if (code >= 0)
		return code;
	if (!a.n_files && !a.n_lines && !a.journal.n && !names_captures(&a.conf)) {
		fprintf(stderr,
			"wirebar: replay what? name captures on the command line, or in `files` of a port (--help)\n");
		return 2;
	}
	a.plant.replay = true;
	for (unsigned i = 0; i < a.n_files; i++)
		if (access(a.files[i], R_OK)) {
			fprintf(stderr, "wirebar: %s: %s\n", a.files[i], strerror(errno));
			return 1;
		}
	code = paper_load(&a);
	return code ? code : appliance_main(&a);
}

int run_main(int argc, char **argv)
{
	static struct appliance a;
	int code = parse(&a, argc, argv, false);

	if (code >= 0)
		return code;
	a.plant.replay = false;
	code = paper_load(&a);
	return code ? code : appliance_main(&a);
}

/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: marketgen, a seeded exchange simulator that writes captures and the truth beside them.
#include "app/marketgen/args.h"
#include "app/marketgen/sim.h"
#include "app/marketgen/truth.h"
#include "lcore/base/calendar.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(void)
{
	struct timespec clock;

	clock_gettime(CLOCK_MONOTONIC, &clock);
	return (double)clock.tv_sec + (double)clock.tv_nsec * 1e-9;
}

static int complain(int error, const char *path)
{
	fprintf(stderr, "marketgen: %s%s%s\n", path, *path ? ": " : "", strerror(-error));
	return 1;
}

static void report(const struct sim *s, double took_s)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "marketgen: %llu messages (itch %llu, iex %llu), %llu prints, in %.1f s (%.2f M/s), %ld MiB\n",
		(unsigned long long)(s->itch.n_messages + s->iex.n_messages), (unsigned long long)s->itch.n_messages,
		(unsigned long long)s->iex.n_messages, (unsigned long long)s->n_rows, took_s,
		(double)(s->itch.n_messages + s->iex.n_messages) * 1e-6 / took_s, usage.ru_maxrss / 1024);
}

static int simulate(struct sim *s, const struct args *args)
{
	struct truth_summary summary = { .args = args, .streams = { &s->itch, &s->iex } };
	char path[OUTFILE_PATH_BYTES];
	int ret = sim_init(s, args);

	if (ret == 0)
		ret = sim_run(s);
	if (ret != 0)
		return ret;
	summary.midnight_ns = s->midnight_ns;
	summary.n_rows = s->n_rows;
	summary.resting_max = s->resting.n_alive_max;
	snprintf(path, sizeof path, "%s.truth.json", args->prefix);
	ret = truth_json(path, &summary);
	if (ret != 0)
		memcpy(s->failed, path, sizeof path);
	return ret;
}

int main(int argc, char **argv)
{
	static struct sim sim;
	struct args args;
	double started_s = seconds();
	int ret, closed;

	switch (args_parse(&args, argc, argv)) {
	case ARGS_HELP: return 0;
	case ARGS_WRONG: return 2;
	case ARGS_RUN: break;
	}
	ret = calendar_load();
	if (ret != 0)
		return complain(ret, "zone data of America/New_York (Debian package tzdata)");
	ret = simulate(&sim, &args);
	closed = sim_fini(&sim);
	if (ret == 0)
		ret = closed;
	if (ret != 0)
		return complain(ret, sim.failed);
	report(&sim, seconds() - started_s);
	return 0;
}

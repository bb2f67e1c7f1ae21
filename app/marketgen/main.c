/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: marketgen, a seeded exchange simulator that writes captures and the truth beside them.
#include "app/marketgen/args.h"
#include "app/marketgen/outputs.h"
#include "app/marketgen/serve.h"
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
	uint64_t n = 0;

	getrusage(RUSAGE_SELF, &usage);
	for (uint32_t i = 0; i < s->n_exchanges; i++)
		n += s->exchanges[i].stream.n_messages;
	fprintf(stderr, "marketgen: %llu messages (", (unsigned long long)n);
	for (uint32_t i = 0; i < s->n_exchanges; i++)
		fprintf(stderr, "%s%s %llu", i ? ", " : "", s->exchanges[i].ops->name,
			(unsigned long long)s->exchanges[i].stream.n_messages);
	fprintf(stderr, "), %llu prints, in %.1f s (%.2f M/s), %ld MiB\n", (unsigned long long)s->truth.n_rows, took_s,
		(double)n * 1e-6 / took_s, usage.ru_maxrss / 1024);
}

static int simulate(struct sim *s, const struct args *args)
{
	char path[OUTFILE_PATH_BYTES];
	int ret = sim_init(s, args);

	if (ret == 0)
		ret = sim_run(s);
	if (ret != 0)
		return ret;
	snprintf(path, sizeof path, "%s.truth.json", args->prefix);
	ret = truth_json(path, s);
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

	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("marketgen " WIREBAR_VERSION "\n");
		return 0;
	}
	if (argc > 1 && !strcmp(argv[1], "serve"))
		return serve_main(argc - 1, argv + 1);
	switch (args_parse(&args, argc, argv)) {
	case ARGS_HELP: return 0;
	case ARGS_WRONG: return 2;
	case ARGS_RUN: break;
	}
	if (!outputs_distinct(&args))
		return 2;
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

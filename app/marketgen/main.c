/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: marketgen, a seeded exchange simulator that writes captures and the truth beside them.
#include "app/marketgen/args.h"
#include "app/marketgen/outputs.h"
#include "app/marketgen/serve/serve.h"
#include "app/marketgen/sim/sim.h"
#include "app/marketgen/sim/truth.h"
#include "lcore/base/calendar.h"
#include "lcore/base/std.h"

#include <errno.h>
#include <signal.h>
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
	fprintf(stderr, "), %llu prints, in %.1f s (%.2f M/s), %ld MiB\n",
		(unsigned long long)s->truth.n_rows, took_s, (double)n * 1e-6 / took_s,
		usage.ru_maxrss / 1024);
}

// What the run came to, the files of which are closed: an output that failed has been said. Returns the exit
// code.
static int verdict(int ret, bool kept)
{
	if (ret == -EINTR)
		fprintf(stderr, "marketgen: stopped by a signal\n");
	else if (ret != 0 && ret != -EIO)
		fprintf(stderr, "marketgen: %s\n", strerror(-ret));
	if (!kept)
		fprintf(stderr, "marketgen: no file was kept: those of earlier runs are as they were\n");
	return kept ? 0 : 1;
}

static int generate(const struct args *args)
{
	static struct sim sim;
	double started_s = seconds();
	int ret = calendar_load(), freed;

	if (ret != 0) {
		fprintf(stderr, "marketgen: no zone data of America/New_York (Debian package tzdata): %s\n",
			strerror(-ret));
		return 1;
	}
	ret = sim_init(&sim, args);
	if (ret == 0)
		ret = sim_run(&sim);
	if (ret == 0)
		ret = truth_json(&sim);
	if (ret == 0)
		report(&sim, seconds() - started_s);
	freed = sim_fini(&sim);
	ret = ret ? ret : freed;
	return verdict(ret, outputs_settle(ret == 0));
}

static void on_signal(int sig)
{
	(void)sig;
	outputs_stop = true;
}

static int command_main(int argc, char **argv)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_signal }, old;
	struct args args;

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
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		if (sigaction(caught[i], NULL, &old) || old.sa_handler != SIG_IGN) // nohup's stays ignored
			sigaction(caught[i], &sa, NULL);
	return generate(&args);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); // a reader that has gone is a write that fails, and is said
	std_begin();
	return std_end("marketgen", command_main(argc, argv));
}

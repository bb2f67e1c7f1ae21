/* SPDX-License-Identifier: BSD-3-Clause */
// replay_main: drives a fuzz target without libFuzzer, so that any compiler and any machine can. Runs every
// file given (folders: the files in them) through the target, then mutates them for a while:
//
//	TARGET [--seconds N] [--seed S] FILE|FOLDER...
//
// A run is a function of seed and files but for its length. The input that is being run lies in an allocation
// of its own size, so that sanitizers see reads beyond it; when the target aborts, it is left in
// crash-SEED-RUN.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEDS_MAX = 1024, INPUT_MAX = 8192 };

struct input {
	uint8_t *data;
	size_t size;
};

static struct input seeds[SEEDS_MAX];
static unsigned n_seeds;
static uint64_t random_state;
static struct input running;
static char crash_name[64];

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % n;
}

static void keep_crash(int signal_number)
{
	int fd = open(crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0 && write(fd, running.data, running.size) >= 0)
		close(fd);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void run(const uint8_t *data, size_t size)
{
	running.data = malloc(size ? size : 1);
	running.size = size;
	memcpy(running.data, data, size);
	LLVMFuzzerTestOneInput(running.data, size);
	free(running.data);
}

static bool add_seed(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t buffer[INPUT_MAX];

	if (!file || n_seeds == SEEDS_MAX)
		return false;
	size_t size = fread(buffer, 1, sizeof buffer, file);

	fclose(file);
	seeds[n_seeds] = (struct input){ malloc(size ? size : 1), size };
	memcpy(seeds[n_seeds++].data, buffer, size);
	return true;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_seeds(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, by_name);
	bool good = true;
	char name[4096];

	if (n < 0)
		return add_seed(path);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			good = add_seed(name) && good;
		free(entries[i]);
	}
	free(entries);
	return good;
}

// cross_over puts a piece of another seed at a place of the input, over what is there or in front of it.
static size_t cross_over(uint8_t *data, size_t size)
{
	const struct input *other = &seeds[random_below(n_seeds)];

	if (other->size == 0)
		return size;
	size_t from = random_below((uint32_t)other->size), at = size ? random_below((uint32_t)size) : 0;
	size_t len = 1 + random_below((uint32_t)(other->size - from));
	bool insert = random_below(2) && size + len <= INPUT_MAX;

	if (insert)
		memmove(data + at + len, data + at, size - at);
	else if (at + len > INPUT_MAX)
		len = INPUT_MAX - at;
	memcpy(data + at, other->data + from, len);
	if (insert)
		return size + len;
	return at + len > size ? at + len : size;
}

static size_t mutate(uint8_t *data, size_t size)
{
	static const uint8_t telling[] = { 0x00, 0x01, 0x02, 0x7f, 0x80, 0xfe, 0xff,
					   0x08, 0x20, 'A',  'D',  'T',  '8' };
	size_t at = size ? random_below((uint32_t)size) : 0, len;

	switch (size ? random_below(7) : 6) {
	case 0: data[at] ^= (uint8_t)(1u << random_below(8)); return size;
	case 1: data[at] = telling[random_below(sizeof telling)]; return size;
	case 2: data[at] = (uint8_t)random_below(256); return size;
	case 3: data[at] = (uint8_t)(data[at] + random_below(17) - 8); return size;
	case 4: // the end is cut off
		return random_below(4) ? size : at;
	case 5: // a piece is taken out
		len = 1 + random_below((uint32_t)(size - at));
		memmove(data + at, data + at + len, size - at - len);
		return size - len;
	default: return cross_over(data, size);
	}
}

static uint64_t fuzz(double seconds, uint64_t seed)
{
	static uint8_t data[INPUT_MAX];
	time_t end = time(NULL) + (time_t)seconds;
	uint64_t n = 0;

	while (time(NULL) < end && n_seeds)
		for (int k = 0; k < 64; k++, n++) {
			const struct input *from = &seeds[random_below(n_seeds)];
			size_t size = from->size;

			memcpy(data, from->data, size);
			for (uint32_t m = 1 + random_below(8); m > 0; m--)
				size = mutate(data, size);
			snprintf(crash_name, sizeof crash_name, "crash-%llu-%llu", (unsigned long long)seed,
				 (unsigned long long)n);
			run(data, size);
		}
	return n;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, n_runs = 0;
	double seconds = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--seconds") && i + 1 < argc)
			seconds = atof(argv[++i]);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (!add_seeds(argv[i])) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 2;
		}
	}
	random_state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	signal(SIGABRT, keep_crash);
#ifndef __SANITIZE_ADDRESS__ // which reports by itself
	signal(SIGSEGV, keep_crash);
#endif
	snprintf(crash_name, sizeof crash_name, "crash-seed");
	for (unsigned i = 0; i < n_seeds; i++)
		run(seeds[i].data, seeds[i].size);
	n_runs = fuzz(seconds, seed);
	printf("%u seeds, %llu mutated inputs (seed %llu): no finding\n", n_seeds, (unsigned long long)n_runs,
	       (unsigned long long)seed);
	return n_seeds ? 0 : 2;
}

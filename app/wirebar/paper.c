/* SPDX-License-Identifier: BSD-3-Clause */
// paper.c: a replay's orders from a file, for the paper exchange.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/appliance.h"

enum { SCRIPT_BYTES_MAX = 1 << 30 };

// Returns the whole file, or NULL with errno.
static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	size_t cap = 1 << 16, n;
	char *text = f ? malloc(cap) : NULL, *grown;

	for (*len = 0; text && (n = fread(text + *len, 1, cap - *len, f)) > 0;) {
		*len += n;
		if (*len < cap)
			continue;
		cap *= 2;
		grown = cap <= SCRIPT_BYTES_MAX ? realloc(text, cap) : NULL;
		if (!grown) {
			free(text);
			errno = EFBIG;
		}
		text = grown;
	}
	if (text && ferror(f)) {
		int why = errno;

		free(text);
		text = NULL;
		errno = why;
	}
	if (f)
		fclose(f);
	return text;
}

static int read_script(struct plant_paper *p, const char *path, const char *text, size_t len)
{
	struct paper_script_error err;
	size_t bytes = line_bytes(paper_script_bytes(text, len));
	void *mem = aligned_alloc(CACHE_LINE, bytes);

	if (!mem) {
		fprintf(stderr, "wirebar: --paper-script %s: no memory for %zu MiB\n", path, bytes >> 20);
		return 1;
	}
	memset(mem, 0, bytes);
	if (paper_script_read(&p->script, text, len, mem, &err)) {
		if (err.line)
			fprintf(stderr, "wirebar: --paper-script %s:%u:%u: %s\n", path, err.line, err.column,
				err.text);
		else
			fprintf(stderr, "wirebar: --paper-script %s: %s\n", path, err.text);
		return 2;
	}
	p->claimed = calloc(p->script.n_legs + 1, 1);
	return p->claimed ? 0 : 1;
}

static int assume(struct appliance *a)
{
	struct conf_error err;

	for (int v = 0; v < VENUE_COUNT; v++)
		if (conf_paper_of(&a->conf, (enum venue)v, &a->paper.venue[v], &err)) {
			fprintf(stderr, "wirebar: %s\n", err.text);
			return 1;
		}
	a->plant.paper = &a->paper;
	return 0;
}

// Limits are over all books: one lcore has to see the orders of all.
static int risk_refused(const struct appliance *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->conf.n_lcore; i++)
		n += a->conf.lcore[i].stage == CONF_STAGE_INGEST;
	if (!a->paper_script)
		fprintf(stderr, "wirebar: --paper-risk: found no --paper-script, whose orders it is for\n");
	else if (n > 1)
		fprintf(stderr, "wirebar: --paper-risk: found %u ingest lcores, allowed: 1\n", n);
	return !a->paper_script || n > 1 ? 2 : 0;
}

int paper_load(struct appliance *a)
{
	size_t len;
	int rc;

	if (a->paper_script && a->conf.orders.enabled) {
		fprintf(stderr,
			"wirebar: --paper-script: found [orders] enabled = yes, allowed: orders from a script or from gates\n");
		return 2;
	}
	a->paper.desk = a->conf.orders.enabled;
	a->paper.risk = a->paper_risk;
	if (a->paper_risk && (rc = risk_refused(a)) != 0)
		return rc;
	if (a->paper.desk)
		return assume(a);
	if (!a->paper_script)
		return 0;
	char *text = slurp(a->paper_script, &len);

	if (!text) {
		fprintf(stderr, "wirebar: --paper-script %s: %s\n", a->paper_script, strerror(errno));
		return 1;
	}
	rc = read_script(&a->paper, a->paper_script, text, len);

	free(text);
	return rc ? rc : assume(a);
}

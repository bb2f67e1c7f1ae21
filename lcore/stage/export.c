/* SPDX-License-Identifier: BSD-3-Clause */
// export.c: the streams as canonical CSV and their SHA-256. Rows wait for the producer's mark, which says
// that everything up to a close has passed; then they are sorted into the canonical order, written and
// hashed. Not a hot path: it may allocate and write files, on an lcore of its own, after a link whose
// counters show when it is slow.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <rte_cycles.h>

#include "lcore/model/export_csv.h"
#include "lcore/stage/spill.h"
#include "lcore/stage/stage.h"

enum { BURST = 32, REVISIONS_IN_MEMORY = 1 << 15 };

const char *const output_name[OUTPUT_COUNT] = { "bars", "fires", "revisions", "venue_bars", "summary" };

// One stream: records that wait, and where their lines go.
struct stream {
	struct output *out;
	char *record;
	size_t record_bytes, n, cap;
	int (*order)(const void *, const void *);
	uint64_t rows;
	bool told;		// its failure
};

struct export {
	struct stream stream[OUTPUT_STREAMS];
	struct link_elem elem[BURST];
	uint8_t ended[LCORE_LINKS];
	uint64_t flushed_tsc;
	char *line;
	struct spill revisions; // any row of the day may still be revised: they wait for the end, not all of them in memory
};

static size_t bytes(const struct lcore *l)
{
	(void)l;
	return sizeof(struct export);
}

static size_t header(const struct plant *p, unsigned which, char *line)
{
	switch (which) {
	case OUTPUT_BARS:
		return bar_csv_header_of(p->column, p->n_columns, line);
	case OUTPUT_VENUE_BARS:
		return venue_csv_header(p->column, p->n_columns, line);
	case OUTPUT_FIRES:
		return fire_csv_header(line);
	default:
		return revision_csv_header(line);
	}
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	static const struct { size_t bytes; int (*order)(const void *, const void *); } kind[OUTPUT_STREAMS] = {
		[OUTPUT_BARS] = { sizeof(struct bar), bar_order },
		[OUTPUT_FIRES] = { sizeof(struct fire), fire_order },
		[OUTPUT_REVISIONS] = { sizeof(struct revision), revision_order },
		[OUTPUT_VENUE_BARS] = { sizeof(struct bar), venue_order },
	};
	struct export *x = mem;

	for (unsigned i = 0; i < l->index; i++)
		if (l->plant->lcore[i]->stage == l->stage) {
			snprintf(err, err_len, "[lcore %s] stage: found a second export lcore beside %s, allowed: one, as it owns the "
				 "files", l->name, l->plant->lcore[i]->name);
			return -EINVAL;
		}
	x->line = malloc(BAR_LINE_BYTES);
	if (!x->line)
		return -ENOMEM;
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		x->stream[i] = (struct stream){ .out = &l->plant->output[i], .record_bytes = kind[i].bytes, .order = kind[i].order };
		output_put(x->stream[i].out, x->line, header(l->plant, i, x->line));
	}
	return 0;
}

static bool wanted(const struct plant *p, uint64_t symbol)
{
	for (unsigned i = 0; i < p->n_symbols; i++)
		if (p->symbol[i] == symbol)
			return true;
	return p->n_symbols == 0;
}

static bool wanted_bar(const struct plant *p, const struct bar *b)
{
	return (b->trades || p->fill) && (!p->spans || p->spans >> b->span & 1) && wanted(p, b->symbol);
}

static void keep(struct stream *o, const void *record)
{
	if (o->out->error)
		return;
	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 1024;
		char *grown = realloc(o->record, cap * o->record_bytes);

		if (!grown) {
			o->out->error = ENOMEM;
			return;
		}
		o->record = grown;
		o->cap = cap;
	}
	memcpy(o->record + o->n++ * o->record_bytes, record, o->record_bytes);
}

static size_t format(const struct plant *p, unsigned which, const void *record, char *line)
{
	switch (which) {
	case OUTPUT_BARS:
		return bar_csv_row_of(record, p->column, p->n_columns, line);
	case OUTPUT_VENUE_BARS:
		return venue_csv_row(record, p->column, p->n_columns, line);
	case OUTPUT_FIRES:
		return fire_csv_row(p->gates, record, line);
	default:
		return revision_csv_row(record, line);
	}
}

// Revisions have no close: any row of the day may still be revised, and their order goes by its open.
static uint64_t close_of(unsigned which, const char *record)
{
	if (which == OUTPUT_BARS || which == OUTPUT_VENUE_BARS)
		return ((const struct bar *)record)->close_ts;
	return which == OUTPUT_FIRES ? ((const struct fire *)record)->close_ts : UINT64_MAX;
}

// Says a failure when it happens. A replay whose output fails has nothing more to do; live the other
// consumers go on, but for a reader that has gone away, which is how a pipeline is ended.
static void look_at(struct lcore *l, struct stream *o)
{
	if (!o->out->error || o->told)
		return;
	o->told = true;
	fprintf(stderr, "wirebar: %s: %s: not written whole: %s\n", output_name[o->out - l->plant->output],
		o->out->path ? o->out->path : "rows that wait", strerror(o->out->error));
	if (l->plant->replay || o->out->error == EPIPE)
		l->plant->stop = true;
}

// Writes all that closes at or before mark_ns, in canonical order.
static void flush(struct lcore *l, struct export *x, unsigned which, uint64_t mark_ns)
{
	struct stream *o = &x->stream[which];
	size_t i = 0;

	if (!o->n)
		return;
	qsort(o->record, o->n, o->record_bytes, o->order);
	for (; i < o->n; i++) {
		const char *record = o->record + i * o->record_bytes;

		if (close_of(which, record) > mark_ns)
			break;
		output_put(o->out, x->line, format(l->plant, which, record, x->line));
		o->rows++;
	}
	o->n -= i;
	memmove(o->record, o->record + i * o->record_bytes, o->n * o->record_bytes);
	look_at(l, o);
}

static void spill_revisions(struct lcore *l, struct export *x)
{
	struct stream *o = &x->stream[OUTPUT_REVISIONS];

	if (o->n < REVISIONS_IN_MEMORY || o->out->error)
		return;
	qsort(o->record, o->n, o->record_bytes, o->order);
	int rc = spill_add(&x->revisions, o->record, o->n * o->record_bytes);

	o->out->error = rc ? -rc : 0;
	o->n = 0;
	look_at(l, o);
}

static void put_revision(void *ctx, const void *record)
{
	struct lcore *l = ctx;
	struct export *x = l->state;
	struct stream *o = &x->stream[OUTPUT_REVISIONS];

	output_put(o->out, x->line, format(l->plant, OUTPUT_REVISIONS, record, x->line));
	o->rows++;
}

// What was spilled, with what is still in memory as the last run.
static void merge_revisions(struct lcore *l, struct export *x)
{
	struct stream *o = &x->stream[OUTPUT_REVISIONS];

	if (!x->revisions.n_runs)
		return;
	qsort(o->record, o->n, o->record_bytes, o->order);
	int rc = o->n && !o->out->error ? spill_add(&x->revisions, o->record, o->n * o->record_bytes) : 0;

	rc = rc || o->out->error ? rc : spill_merge(&x->revisions, o->record_bytes, o->order, put_revision, l);
	if (rc)
		o->out->error = -rc;
	o->n = 0;
	spill_drop(&x->revisions);
}

static void take(struct lcore *l, struct export *x, int link, const struct link_elem *e)
{
	const struct plant *p = l->plant;
	bool from_signal = p->lcore[l->in[link]->from]->conf->stage == CONF_STAGE_SIGNAL;

	switch (e->stream) {
	case LINK_NEW_BAR:
		if (wanted_bar(p, &e->bar))
			keep(&x->stream[OUTPUT_BARS], &e->bar);
		break;
	case LINK_VENUE_BAR:
		if (wanted_bar(p, &e->bar))
			keep(&x->stream[OUTPUT_VENUE_BARS], &e->bar);
		break;
	case LINK_FIRE:
		if (wanted(p, e->fire.symbol))
			keep(&x->stream[OUTPUT_FIRES], &e->fire);
		break;
	case LINK_REVISION:
		if (wanted(p, e->revision.symbol))
			keep(&x->stream[OUTPUT_REVISIONS], &e->revision);
		spill_revisions(l, x);
		break;
	case LINK_MARK:
		flush(l, x, from_signal ? OUTPUT_FIRES : OUTPUT_BARS, e->mark_ns);
		if (!from_signal)
			flush(l, x, OUTPUT_VENUE_BARS, e->mark_ns);
		break;
	case LINK_END:
		x->ended[link] = 1;
		break;
	default:
		break;
	}
}

static void finish(struct lcore *l, struct export *x)
{
	merge_revisions(l, x);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		struct stream *o = &x->stream[i];

		flush(l, x, i, UINT64_MAX);
		output_finish(o->out);
		look_at(l, o);
		free(o->record);
		o->record = NULL;
	}
}

// What is written and not yet handed to the kernel: at once where a reader may be waiting for it.
static void hand_on(struct lcore *l, struct export *x, bool files)
{
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		struct stream *o = &x->stream[i];

		if (!o->out->used || !(files || o->out->live))
			continue;
		output_flush(o->out);
		look_at(l, o);
	}
}

static unsigned poll(struct lcore *l)
{
	struct export *x = l->state;
	unsigned work = 0;

	for (int i = 0; i < l->n_in; i++) {
		unsigned n = link_pop(l->in[i], x->elem, BURST);

		for (unsigned k = 0; k < n; k++)
			take(l, x, i, &x->elem[k]);
		l->rows += n;
		work += n;
	}
	if (work)
		return work;
	if (lcore_inputs_ended(l, x->ended)) {
		finish(l, x);
		l->done = true;
	} else {
		hand_on(l, x, false);
	}
	return 0;
}

// Live, a file is at most a second older than what came in: a reader, or the time after a power cut, finds
// the day so far.
static void tick(struct lcore *l, uint64_t now_tsc)
{
	struct export *x = l->state;

	if (l->plant->replay || now_tsc - x->flushed_tsc < rte_get_tsc_hz())
		return;
	x->flushed_tsc = now_tsc;
	hand_on(l, x, true);
}

// The digest of a run: of the one stream that is written, or of the lines "<sha256>  <stream>" of all that
// are, in their order. When none is written, of bars as they would have been.
static void combine(const struct plant *p, char out[65])
{
	char text[OUTPUT_STREAMS * 96] = "", *to = text;
	const struct output *only = &p->output[OUTPUT_BARS];
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0, n = 0;

	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		if (p->output[i].path) {
			only = &p->output[i];
			to += sprintf(to, "%s  %s\n", only->digest, output_name[i]);
			n++;
		}
	if (n <= 1) {
		memcpy(out, only->digest, 65);
		return;
	}
	EVP_Digest(text, (size_t)(to - text), md, &len, EVP_sha256(), NULL);
	for (unsigned i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", md[i]);
}

void export_digest(const struct lcore *l, struct export_digest *out)
{
	const struct export *x = l->state;

	combine(l->plant, out->all);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		out->of[i] = x->stream[i].out->digest;
		out->rows[i] = x->stream[i].rows;
	}
}

static void fini(struct lcore *l)
{
	struct export *x = l->state;

	if (x)
		free(x->line);
}

const struct stage stage_export = { "export", bytes, init, poll, tick, NULL, fini };

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

#include "lcore/stage/export_arrow.h"
#include "lcore/stage/export_log.h"
#include "lcore/stage/export_row.h"
#include "lcore/stage/spill.h"

enum { BURST = 32, WAITING_IN_MEMORY = 1 << 15 };

// Of each output: the kind of element that brings it, where its record is in there, the stage whose marks it
// waits for.
static const struct {
	const struct export_stream *how;
	uint32_t stream, stage;
} outputs[OUTPUT_STREAMS] = {
#define OUTPUT(NAME, name, option, STREAM, STAGE, order, help) \
	{ &export_##name, LINK_##STREAM, CONF_STAGE_##STAGE },
#include "lcore/model/streams.def"
};

static const size_t record_at[LINK_STREAMS] = {
#define STREAM(NAME, name, type, member) offsetof(struct link_elem, member),
#include "lcore/model/streams.def"
};

// Of an element, up to the end of its record.
static const size_t elem_bytes[LINK_STREAMS] = {
#define STREAM(NAME, name, type, member) offsetof(struct link_elem, member) + sizeof(type),
#include "lcore/model/streams.def"
};

// One stream: records that wait, and where their lines go. What waits for the end of the data is not all kept
// in memory.
struct stream {
	const struct export_stream *how;
	struct output *out;
	struct export_arrow *arrow; // NULL: CSV
	char *record;
	size_t n, cap;
	uint64_t rows;
	struct spill spill;
	bool told; // its failure
};

struct export
{
	struct export_log_shared kept; // first, where every process finds it: split
	struct export_log log;
	struct stream stream[OUTPUT_STREAMS];
	struct link_elem elem[BURST];
	uint8_t ended[LCORE_LINKS];
	struct link_elem other; // holds a record of any output
	uint64_t flushed_tsc;
	char *line;
};

static size_t bytes(const struct lcore *l)
{
	(void)l;
	return sizeof(struct export);
}

static void keep(struct stream *o, const void *record)
{
	if (o->out->error)
		return;
	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 1024;
		char *grown = realloc(o->record, cap * o->how->record_bytes);

		if (!grown) {
			o->out->error = ENOMEM;
			return;
		}
		o->record = grown;
		o->cap = cap;
	}
	memcpy(o->record + o->n++ * o->how->record_bytes, record, o->how->record_bytes);
}

// Says a failure when it happens. A replay whose output fails has nothing more to do; live the other
// consumers go on, but for a reader that has gone away, which is how a pipeline is ended.
static void look_at(struct lcore *l, struct stream *o)
{
	if (!o->out->error || o->told)
		return;
	o->told = true;
	fprintf(stderr, "wirebar: %s: %s: not written whole: %s\n",
		streams_output_name[o->out - l->plant->output],
		o->out->path ? o->out->path : "rows that wait", strerror(o->out->error));
	if (l->plant->replay || o->out->error == EPIPE)
		l->plant->stop = true;
}

// The first line has n bytes; 0: there is none.
static void lines(struct lcore *l, struct stream *o, size_t n)
{
	struct export *x = l->state;

	do {
		if (n && o->arrow)
			export_arrow_line(o->arrow, x->line, n);
		else if (n)
			output_put(o->out, x->line, n);
		o->rows += n > 0;
	} while (o->how->more && (n = o->how->more(l->plant, x->line)));
}

static void put(struct lcore *l, struct stream *o, const void *record)
{
	struct export *x = l->state;

	if (o->arrow && export_arrow_takes_bars(o->arrow)) {
		export_arrow_bar(o->arrow, record);
		o->rows++;
		return;
	}
	lines(l, o, o->how->row(l->plant, record, x->line));
}

// Writes all that closes at or before mark_ns, in canonical order.
static void flush(struct lcore *l, struct stream *o, uint64_t mark_ns)
{
	size_t i = 0, bytes = o->how->record_bytes;

	if (!o->n)
		return;
	qsort(o->record, o->n, bytes, o->how->order);
	for (; i < o->n; i++) {
		const char *record = o->record + i * bytes;

		if (o->how->close_ts && o->how->close_ts(record) > mark_ns)
			break;
		put(l, o, record);
	}
	o->n -= i;
	memmove(o->record, o->record + i * bytes, o->n * bytes);
	look_at(l, o);
}

// Sorted, to disk.
static void spill(struct lcore *l, struct stream *o)
{
	if (o->out->error || !o->n)
		return;
	qsort(o->record, o->n, o->how->record_bytes, o->how->order);
	o->out->error = -spill_add(&o->spill, o->record, o->n * o->how->record_bytes);
	o->n = 0;
	look_at(l, o);
}

struct putting {
	struct lcore *lcore;
	struct stream *stream;
};

static void put_one(void *ctx, const void *record)
{
	const struct putting *to = ctx;

	put(to->lcore, to->stream, record);
}

// What was spilled, with what is still in memory as the last run.
static void merge(struct lcore *l, struct stream *o)
{
	struct putting to = { l, o };

	if (!o->spill.n_runs)
		return;
	spill(l, o);
	if (!o->out->error)
		o->out->error = -spill_merge(&o->spill, o->how->record_bytes, o->how->order, put_one, &to);
	o->n = 0;
	spill_drop(&o->spill);
}

// Returns true if anything came of it.
static bool take(struct lcore *l, struct export *x, int link, const struct link_elem *e)
{
	bool some = e->stream == LINK_MARK || e->stream == LINK_END;
	uint32_t from = l->plant->lcore[l->in[link]->from]->conf->stage;

	x->ended[link] |= e->stream == LINK_END;
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		struct stream *o = &x->stream[i];
		const void *record = (const char *)e + record_at[outputs[i].stream];

		// What waits for the end waits for finish: an lcore tells of orders behind its last mark,
		// too.
		if (e->stream == LINK_MARK && from == outputs[i].stage && o->how->close_ts)
			flush(l, o, e->mark_ns);
		if (e->stream != outputs[i].stream) {
			if (!o->how->also || !o->how->also(l->plant, e, &x->other))
				continue;
			record = &x->other;
		} else if (!o->how->wanted(l->plant, record)) {
			continue;
		}
		keep(o, record);
		some = true;
		if (!o->how->close_ts && o->n >= WAITING_IN_MEMORY)
			spill(l, o);
	}
	return some;
}

static void take_one(void *ctx, unsigned link, const struct link_elem *e)
{
	struct lcore *l = ctx;

	take(l, l->state, (int)link, e);
}

// What an earlier process has taken, once more. It may have ended; this one has not.
static int take_again(struct lcore *l, struct export *x, char *err, size_t err_len)
{
	int rc = export_log_open(&x->log, &x->kept, l, err, err_len);

	if (rc)
		return rc;
	l->shared->done = false;
	rc = export_log_again(&x->log, take_one, l);
	if (rc)
		snprintf(err, err_len, "the log of what was taken, %s: %s", x->kept.path, strerror(-rc));
	return rc;
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	struct export *x = mem;

	memset(&x->log, 0, sizeof *x - offsetof(struct export, log));
	for (unsigned i = 0; i < l->index; i++)
		if (l->plant->lcore[i]->stage == l->stage) {
			snprintf(
				err, err_len,
				"[lcore %s] stage: found a second export lcore beside %s, allowed: one, as it owns the "
				"files",
				l->name, l->plant->lcore[i]->name);
			return -EINVAL;
		}
	x->line = malloc(BAR_LINE_BYTES);
	if (!x->line)
		return -ENOMEM;
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		struct stream *o = &x->stream[i];

		o->how = outputs[i].how;
		o->out = &l->plant->output[i];
		o->arrow = export_arrow_open(l->plant, i, o->out);
		if (!o->arrow)
			output_put(o->out, x->line, o->how->header(l->plant, x->line));
	}
	return l->plant->split ? take_again(l, x, err, err_len) : 0;
}

static void finish(struct lcore *l, struct export *x)
{
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		struct stream *o = &x->stream[i];

		merge(l, o);
		flush(l, o, UINT64_MAX);
		if (o->how->last)
			lines(l, o, o->how->last(l->plant, x->line));
		export_arrow_close(o->arrow);
		o->arrow = NULL;
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

		if (o->arrow && files)
			export_arrow_flush(o->arrow);
		if (!o->out->used || !(files || o->out->live))
			continue;
		output_flush(o->out);
		look_at(l, o);
	}
}

// Elements are freed when they are in the log.
static unsigned take_logged(struct lcore *l, struct export *x)
{
	unsigned work = 0;

	for (int i = 0; i < l->n_in; i++) {
		uint32_t end = link_end(l->in[i]), *at = &x->log.now.at[i];

		for (unsigned k = 0; k < BURST && *at != end; k++, work++) {
			const struct link_elem *e = link_at(l->in[i], (*at)++);

			if (take(l, x, i, e))
				export_log_add(&x->log, (unsigned)i, e, elem_bytes[e->stream]);
		}
	}
	if (work)
		export_log_commit(&x->log, l);
	l->shared->rows += work;
	return work;
}

static unsigned poll(struct lcore *l)
{
	struct export *x = l->state;
	unsigned work = l->plant->split ? take_logged(l, x) : 0;

	for (int i = 0; i < l->n_in && !l->plant->split; i++) {
		unsigned n = link_pop(l->in[i], x->elem, BURST);

		for (unsigned k = 0; k < n; k++)
			take(l, x, i, &x->elem[k]);
		l->shared->rows += n;
		work += n;
	}
	if (work)
		return work;
	if (lcore_inputs_ended(l, x->ended)) {
		finish(l, x);
		l->shared->done = true;
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
void export_combine(const struct plant *p, char out[65])
{
	char text[OUTPUT_STREAMS * 96] = "", *to = text;
	const struct output *only = &p->output[OUTPUT_BARS];
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0, n = 0;

	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		if (p->output[i].path) {
			only = &p->output[i];
			to += sprintf(to, "%s  %s\n", only->digest, streams_output_name[i]);
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

	export_combine(l->plant, out->all);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		out->of[i] = x->stream[i].out->digest;
		out->rows[i] = x->stream[i].rows;
	}
}

static void fini(struct lcore *l)
{
	struct export *x = l->state;

	if (!x)
		return;
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		export_arrow_close(x->stream[i].arrow);
	free(x->line);
}

const struct stage stage_export = { "export", bytes, init, poll, tick, NULL, fini };

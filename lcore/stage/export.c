/* SPDX-License-Identifier: BSD-3-Clause */
// export.c: the streams as canonical CSV and their SHA-256. Rows wait until the producer's mark says that everything
// up to a close has passed, are sorted into the canonical order, written and hashed. Not a hot path: it may allocate
// and write files, on an lcore of its own, behind a link that tells when it is slow.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <rte_cycles.h>

#include "lcore/model/export_csv.h"
#include "lcore/stage/stage.h"

enum { BURST = 32, WRITE_BUFFER = 1 << 20 };

// One output stream: records that wait, and where their lines go.
struct output {
	const char *path;
	FILE *file;
	EVP_MD_CTX *sha;
	char *record;
	size_t record_bytes, n, cap;
	int (*order)(const void *, const void *);
	uint64_t rows;
	bool failed;
	char digest[65];
};

struct export {
	struct output bars, fires, revisions, venue_bars;
	struct link_elem elem[BURST];
	uint8_t ended[LCORE_LINKS];
	uint64_t symbol[256];
	unsigned n_symbols;
	char *line;
};

static size_t bytes(const struct lcore *l)
{
	(void)l;
	return sizeof(struct export);
}

static void put(struct output *o, const char *text, size_t len)
{
	EVP_DigestUpdate(o->sha, text, len);
	if (o->file && fwrite(text, 1, len, o->file) != len)
		o->failed = true;
}

static int open_output(struct output *o, const char *path, size_t record_bytes, int (*order)(const void *, const void *),
		       size_t (*header)(char *), char *line, char *err, size_t err_len)
{
	*o = (struct output){ .path = path, .record_bytes = record_bytes, .order = order, .sha = EVP_MD_CTX_new() };
	if (!o->sha || EVP_DigestInit_ex(o->sha, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	if (path && !(o->file = strcmp(path, "-") ? fopen(path, "w") : stdout)) {
		int rc = -errno;

		snprintf(err, err_len, "%s: cannot be written: %s", path, strerror(errno));
		return rc;
	}
	if (o->file && o->file != stdout)
		setvbuf(o->file, NULL, _IOFBF, WRITE_BUFFER);
	put(o, line, header(line));
	return 0;
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	struct export *x = mem;
	const struct plant *p = l->plant;
	const char *cursor = p->symbols ? p->symbols : "";
	struct conf_item item;
	int rc;

	x->line = malloc(BAR_LINE_BYTES);
	if (!x->line)
		return -ENOMEM;
	while (conf_list_next(&cursor, ',', &item)) {
		if (x->n_symbols == sizeof x->symbol / sizeof *x->symbol) {
			snprintf(err, err_len, "--symbols: more than %zu", sizeof x->symbol / sizeof *x->symbol);
			return -E2BIG;
		}
		x->symbol[x->n_symbols++] = symtab_key(item.text, strlen(item.text));
	}
	rc = open_output(&x->bars, p->bars_path, sizeof(struct bar), bar_order, bar_csv_header, x->line, err, err_len);
	if (!rc)
		rc = open_output(&x->fires, p->fires_path, sizeof(struct fire), fire_order, fire_csv_header, x->line, err, err_len);
	if (!rc)
		rc = open_output(&x->revisions, p->revisions_path, sizeof(struct revision), revision_order,
				 revision_csv_header, x->line, err, err_len);
	if (!rc)
		rc = open_output(&x->venue_bars, p->venue_bars_path, sizeof(struct bar), venue_order, venue_csv_header, x->line,
				 err, err_len);
	return rc;
}

static bool wanted(const struct export *x, uint64_t symbol)
{
	for (unsigned i = 0; i < x->n_symbols; i++)
		if (x->symbol[i] == symbol)
			return true;
	return x->n_symbols == 0;
}

static void keep(struct output *o, const void *record)
{
	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 1024;
		char *grown = realloc(o->record, cap * o->record_bytes);

		if (!grown) {
			o->failed = true;
			return;
		}
		o->record = grown;
		o->cap = cap;
	}
	memcpy(o->record + o->n++ * o->record_bytes, record, o->record_bytes);
}

static size_t format(const struct lcore *l, struct export *x, struct output *o, const void *record)
{
	if (o == &x->bars)
		return bar_csv_row(record, x->line);
	if (o == &x->venue_bars)
		return venue_csv_row(record, x->line);
	if (o == &x->fires)
		return fire_csv_row(l->plant->gates, record, x->line);
	return revision_csv_row(record, x->line);
}

static uint64_t close_of(const struct export *x, const struct output *o, const char *record)
{
	if (o == &x->bars || o == &x->venue_bars)
		return ((const struct bar *)record)->close_ts;
	return o == &x->fires ? ((const struct fire *)record)->close_ts : 0;
}

// Writes all that closes at or before mark_ns, in canonical order.
static void flush(const struct lcore *l, struct export *x, struct output *o, uint64_t mark_ns)
{
	size_t i = 0;

	if (!o->n)
		return;
	qsort(o->record, o->n, o->record_bytes, o->order);
	for (; i < o->n; i++) {
		const char *record = o->record + i * o->record_bytes;

		if (close_of(x, o, record) > mark_ns)
			break;
		put(o, x->line, format(l, x, o, record));
		o->rows++;
	}
	o->n -= i;
	memmove(o->record, o->record + i * o->record_bytes, o->n * o->record_bytes);
}

static void take(const struct lcore *l, struct export *x, int link, const struct link_elem *e)
{
	bool from_signal = l->plant->lcore[l->in[link]->from]->stage == stages[CONF_STAGE_SIGNAL];

	switch (e->stream) {
	case LINK_NEW_BAR:
		if ((e->bar.trades || l->plant->fill) && wanted(x, e->bar.symbol))
			keep(&x->bars, &e->bar);
		break;
	case LINK_VENUE_BAR:
		if ((e->bar.trades || l->plant->fill) && wanted(x, e->bar.symbol))
			keep(&x->venue_bars, &e->bar);
		break;
	case LINK_FIRE:
		if (wanted(x, e->fire.symbol))
			keep(&x->fires, &e->fire);
		break;
	case LINK_REVISION:
		if (wanted(x, e->revision.symbol))
			keep(&x->revisions, &e->revision);
		break;
	case LINK_MARK:
		flush(l, x, from_signal ? &x->fires : &x->bars, e->mark_ns);
		if (!from_signal)
			flush(l, x, &x->venue_bars, e->mark_ns);
		break;
	case LINK_END:
		x->ended[link] = 1;
		break;
	default:
		break;
	}
}

static void digest(struct output *o)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	EVP_DigestFinal_ex(o->sha, md, &len);
	EVP_MD_CTX_free(o->sha);
	o->sha = NULL;
	for (unsigned i = 0; i < len; i++)
		sprintf(o->digest + 2 * i, "%02x", md[i]);
}

static void finish(const struct lcore *l, struct export *x, struct output *o)
{
	flush(l, x, o, UINT64_MAX);
	digest(o);
	if (o->file && (fflush(o->file) || o->failed))
		fprintf(stderr, "wirebar: %s: not written whole: %s\n", o->path, strerror(errno));
	if (o->file && o->file != stdout)
		fclose(o->file);
	o->file = NULL;
	free(o->record);
	o->record = NULL;
}

static unsigned poll(struct lcore *l)
{
	struct export *x = l->state;
	unsigned work = 0;
	bool ended = true;

	for (int i = 0; i < l->n_in; i++) {
		unsigned n = link_pop(l->in[i], x->elem, BURST);

		for (unsigned k = 0; k < n; k++)
			take(l, x, i, &x->elem[k]);
		l->rows += n;
		work += n;
		ended = ended && x->ended[i];
	}
	if (!work && ended) {
		finish(l, x, &x->bars);
		finish(l, x, &x->fires);
		finish(l, x, &x->revisions);
		finish(l, x, &x->venue_bars);
		l->done = true;
	}
	return work;
}

// The digest of a run: of the one stream that is written, or of the lines "<sha256>  <stream>" of all that are, in the
// order bars, fires, revisions, venue_bars. When none is written, of bars as they would have been.
static void combine(const struct export *x, char out[65])
{
	const struct { const struct output *o; const char *name; } s[] = {
		{ &x->bars, "bars" }, { &x->fires, "fires" }, { &x->revisions, "revisions" }, { &x->venue_bars, "venue_bars" } };
	char text[512] = "", *p = text;
	const struct output *only = &x->bars;
	int n = 0;

	for (int i = 0; i < 4; i++)
		if (s[i].o->path) {
			p += sprintf(p, "%s  %s\n", s[i].o->digest, s[i].name);
			only = s[i].o;
			n++;
		}
	if (n <= 1) {
		strcpy(out, only->digest);
		return;
	}
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	EVP_Digest(text, (size_t)(p - text), md, &len, EVP_sha256(), NULL);
	for (unsigned i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", md[i]);
}

void export_digest(const struct lcore *l, struct export_digest *out)
{
	const struct export *x = l->state;

	memset(out, 0, sizeof *out);
	combine(x, out->all);
	strcpy(out->bars, x->bars.digest);
	strcpy(out->fires, x->fires.digest);
	strcpy(out->revisions, x->revisions.digest);
	out->n_bars = x->bars.rows;
	out->n_fires = x->fires.rows;
	out->n_revisions = x->revisions.rows;
}

static void fini(struct lcore *l)
{
	struct export *x = l->state;

	if (x)
		free(x->line);
}

const struct stage stage_export = { "export", bytes, init, poll, NULL, NULL, fini };

/* SPDX-License-Identifier: BSD-3-Clause */
// parts_end.c: the end of a run in parts. The part telemetry has written the files; whether they are kept is
// said by the part ingest, which sees the sums of all. Main threads.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/outputs.h"
#include "app/wirebar/parts.h"
#include "lcore/base/ledger.h"
#include "lcore/stage/export_log.h"

enum { NAP_US = 2000, PATIENCE_NAPS = 5000 };

static const struct lcore *exporter(const struct appliance *a)
{
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_EXPORT)
			return &a->lcore[i];
	return NULL;
}

static void tell_files(struct appliance *a, const struct lcore *l)
{
	struct parts_shared *p = a->parts;
	struct export_digest digest;

	export_digest(l, &digest);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		const struct output *o = &a->plant.output[i];

		p->file[i] = (struct parts_file){ .rows = digest.rows[i],
						  .bytes = o->bytes,
						  .lost_bytes = o->lost_bytes,
						  .error = o->error };
		memcpy(p->file[i].digest, o->digest, sizeof o->digest);
	}
	p->outcome = *export_outcome();
	__atomic_store_n(&p->settled, PARTS_WRITTEN, __ATOMIC_RELEASE);
}

static bool await_verdict(const struct parts_shared *p)
{
	for (int i = 0; i < PATIENCE_NAPS * 2 && !__atomic_load_n(&p->verdict, __ATOMIC_ACQUIRE); i++)
		usleep(NAP_US);
	return p->verdict == PARTS_KEEP;
}

// What this part's own lcores have counted; the sums of all are the part ingest's to say.
int parts_end(struct appliance *a)
{
	const struct lcore *x = exporter(a);
	struct ledger sum = { { 0 } };
	uint64_t elements = 0;
	bool kept = true;

	for (unsigned i = 0; i < a->n_lcore; i++)
		if (parts_mine(a, &a->lcore[i])) {
			ledger_add(&sum, &a->lcore[i].shared->ledger);
			elements += a->lcore[i].shared->rows;
		}
	if (x && parts_mine(a, x)) {
		tell_files(a, x);
		kept = outputs_settle(a, await_verdict(a->parts));
		for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
			a->parts->file[i].error = a->plant.output[i].error;
		__atomic_store_n(&a->parts->settled, kept ? PARTS_KEPT : PARTS_DROPPED, __ATOMIC_RELEASE);
	}
	if (!a->quiet)
		fprintf(outputs_report(a), "part %s: %llu elements%s%s\n", a->part_word,
			(unsigned long long)elements, ledger_damaged(&sum) ? ", with losses" : "",
			kept ? "" : ", no file was kept");
	return outputs_failed(a) || a->plant.abort ? 1 : ledger_damaged(&sum) ? 3 : 0;
}

static bool settled(const struct appliance *a, uint32_t at_least)
{
	for (int i = 0; i < PATIENCE_NAPS; i++) {
		if (__atomic_load_n(&a->parts->settled, __ATOMIC_ACQUIRE) >= at_least)
			return true;
		usleep(NAP_US);
	}
	fprintf(stderr, "wirebar: part telemetry does not say whether its files are written\n");
	return false;
}

void parts_collect(struct appliance *a)
{
	if (!a->parts || !exporter(a))
		return;
	bool there = settled(a, PARTS_WRITTEN);

	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		const struct parts_file *f = &a->parts->file[i];
		struct output *o = &a->plant.output[i];

		*o = (struct output){ .path = a->plant.output_path[i],
				      .fd = -1,
				      .bytes = f->bytes,
				      .lost_bytes = f->lost_bytes,
				      .error = there ? f->error : EIO };
		memcpy(o->digest, f->digest, sizeof o->digest);
	}
}

bool parts_settle(struct appliance *a, bool keep)
{
	__atomic_store_n(&a->parts->verdict, keep ? PARTS_KEEP : PARTS_DROP, __ATOMIC_RELEASE);
	if (!exporter(a) || a->parts->settled < PARTS_WRITTEN)
		return keep && !exporter(a);
	bool said = settled(a, PARTS_KEPT);

	export_log_forget(exporter(a)->state);

	for (unsigned i = 0; i < OUTPUT_STREAMS; i++)
		a->plant.output[i].error = said ? a->parts->file[i].error : EIO;
	return said && a->parts->settled == PARTS_KEPT;
}

int parts_give(const struct appliance *a, uid_t uid, gid_t gid)
{
	return a->part == PART_TELEMETRY && exporter(a) ? export_log_give(exporter(a)->state, uid, gid) : 0;
}

void parts_digest(const struct appliance *a, struct export_digest *out)
{
	export_combine(&a->plant, out->all);
	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		out->of[i] = a->plant.output[i].digest;
		out->rows[i] = a->parts->file[i].rows;
	}
}

const struct outcome *parts_outcome(const struct appliance *a)
{
	return a->parts ? &a->parts->outcome : export_outcome();
}

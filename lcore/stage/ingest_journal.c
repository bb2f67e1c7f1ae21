/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_journal.c: what not every run does with a burst before it is decoded; above all, a copy for the
// packet journal.
#include <errno.h>

#include <rte_pause.h>

#include "drivers/journal/journal.h"
#include "lcore/stage/ingest_parts.h"

// A replay flat out waits for the disk, as it waits for links: nobody waits for its frames. Not for a disk
// that does not work.
static void wait_for_room(const struct ingest *in, uint32_t bytes)
{
	const struct plant *p = in->lcore->plant;

	if (in->port->clock != PORT_CLOCK_FLAT)
		return;
	while (!tap_room(in->journal, bytes) && !p->stop && !journal_fails(p->journal)) {
		tap_publish(in->journal);
		rte_pause();
	}
}

static void keep(struct ingest *in, unsigned n)
{
	struct ledger *ledger = &in->shared->ledger;
	struct tap *tap = in->journal;

	for (unsigned i = 0; i < n; i++) {
		const struct frame_in *f = &in->frame[i];
		unsigned interface = f->source < tap->n_interfaces ? f->source : in->port->source;

		if (f->link != FRAME_ETHERNET || interface >= tap->n_interfaces) {
			LEDGER_INC(ledger, journal_foreign);
			continue;
		}
		wait_for_room(in, f->bytes);
		tap_frame(tap, interface, f->rx_ns, f->data, f->bytes, f->wire_bytes, f->checksum_bad);
	}
	tap_publish(tap);
	ledger->v[LEDGER_journal_frames] = tap->frames;
	ledger->v[LEDGER_journal_dropped] = tap->dropped;
}

void ingest_aside(struct ingest *in, unsigned n)
{
	if (in->hardware_time)
		ingest_hardware_times(in, n);
	if (in->journal)
		keep(in, n);
}

int ingest_keep(struct ingest *in, bool on)
{
	if (!in->lcore->tap)
		return -ENOTSUP;
	if (in->behind) { // it is in force with the frames that come, not with those of the journal
		in->behind->keeps = on;
		return 0;
	}
	in->journal = on ? in->lcore->tap : NULL;
	in->aside = in->hardware_time || on;
	return 0;
}

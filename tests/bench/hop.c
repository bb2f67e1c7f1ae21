/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/hop.h"

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_pause.h>
#include <rte_ring_elem.h>

#include "hwtest/lab/lab.h"

enum { RING = 64, APART_NS = 3000 };
#define WANTS_ANSWER (UINT64_C(1) << 63)

int hop_create(struct hop *hop)
{
	unsigned flags = RING_F_SP_ENQ | RING_F_SC_DEQ;

	hop->there = rte_ring_create_elem("hop_there", sizeof(uint64_t), RING, SOCKET_ID_ANY, flags);
	hop->back = rte_ring_create_elem("hop_back", sizeof(uint64_t), RING, SOCKET_ID_ANY, flags);
	return hop->there && hop->back ? 0 : -rte_errno;
}

void hop_answer(struct hop *hop)
{
	uint64_t sent_ns;

	if (rte_ring_dequeue_elem(hop->there, &sent_ns, sizeof sent_ns))
		return;
	if (sent_ns & WANTS_ANSWER) {
		rte_ring_enqueue_elem(hop->back, &sent_ns, sizeof sent_ns);
		return;
	}
	uint64_t now = lab_ns();

	hist_record(&hop->way, now > sent_ns ? now - sent_ns : 0);
}

void hop_send(struct hop *hop, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t sent_ns = lab_ns();

		rte_ring_enqueue_elem(hop->there, &sent_ns, sizeof sent_ns);
		while (lab_ns() - sent_ns < APART_NS || rte_ring_count(hop->there))
			lab_relax();
	}
}

void hop_round(struct hop *hop, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t begun = lab_ns(), word = begun | WANTS_ANSWER;

		rte_ring_enqueue_elem(hop->there, &word, sizeof word);
		while (rte_ring_dequeue_elem(hop->back, &word, sizeof word))
			lab_relax();
		hist_record(&hop->trip, lab_ns() - begun);
	}
}

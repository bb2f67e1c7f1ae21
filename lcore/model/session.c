/* SPDX-License-Identifier: BSD-3-Clause */
// session.c: the session of a time, looked up in the calendar once for each stretch between two of its edges.
#include "lcore/model/session.h"

enum session session_look_up(struct engine *e, uint64_t ns)
{
	struct calendar_day *d = &e->day;

	calendar_day_of(ns, d);
	enum session s = calendar_session(d, ns);
	struct calendar_day next;

	calendar_day_by_date(d->day + 1, &next); // not midnight + 24 h: two days a year are longer or shorter
	const uint64_t edge[] = { d->midnight_ns, d->pre_ns, d->rth_ns,
				  d->post_ns,     d->end_ns, next.midnight_ns };
	int i = 0;

	while (i < 4 && ns >= edge[i + 1])
		i++;
	e->session_from_ns = edge[i];
	e->session_to_ns = edge[i + 1];
	e->session_key = (uint32_t)d->day << 2 | (uint32_t)s;
	return s;
}

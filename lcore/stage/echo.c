/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/echo.h"

#include <rte_cycles.h>

void echo_init(struct echo *echo, const struct lcore *l, uint64_t late_ns, uint64_t way_ns)
{
	for (int i = 0; i < l->n_in; i++)
		if (l->plant->lcore[l->in[i]->from]->conf->stage == CONF_STAGE_SIGNAL)
			echo->back[echo->n_back++] = l->in[i];
	echo->on = echo->n_back && !plant_live(l->plant) && l->plant->conf->orders.enabled &&
		   !lcore_relays(l);
	echo->late_ns = late_ns;
	echo->way_ns = way_ns;
}

// The next close that can fire is a second after the last mark.
static void set_limit(struct echo *echo)
{
	echo->limit_ns = echo->mark_ns + NS_PER_S + echo->late_ns + echo->way_ns;
	if (echo_waits(echo) && echo->soonest_ns < echo->limit_ns)
		echo->limit_ns = echo->soonest_ns;
}

void echo_asked(struct echo *echo, uint64_t ts_ns, enum echo_what what)
{
	uint64_t soonest_ns = ts_ns + echo->way_ns + (what == ECHO_TOUCH ? 0 : echo->late_ns);

	if (!echo_waits(echo) || soonest_ns < echo->soonest_ns)
		echo->soonest_ns = soonest_ns;
	echo->mark_ns = what == ECHO_MARK ? ts_ns : echo->mark_ns;
	echo->asked++;
	set_limit(echo);
}

void echo_answered(struct echo *echo, uint32_t n)
{
	echo->answered += n;
	set_limit(echo);
}

void echo_tell(struct echo_way *way, uint32_t n, uint64_t ts_ns)
{
	way->owed += n;
	way->ts_ns = ts_ns;
	echo_catch_up(way);
}

// Beside steps: whether one is to be done.
bool echo_could(const struct echo_way *way) { return way->owed && link_room(way->link); }

void echo_catch_up(struct echo_way *way)
{
	if (!way->owed || !lcore_room(way->lcore, way->link))
		return;
	struct link_elem out = {
		.stream = LINK_ECHO, .note = way->owed, .pushed_tsc = rte_rdtsc(), .echo_ns = way->ts_ns
	};

	way->owed = 0;
	link_push(way->link, &out);
}

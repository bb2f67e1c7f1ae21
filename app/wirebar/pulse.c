/* SPDX-License-Identifier: BSD-3-Clause */
// pulse.c: how it is judged that an lcore makes progress: its polls have gone on, or it is done. Two waits
// are no standstill of its own: for room in a link (its consumer is judged itself), and of an export lcore
// for a disk or a reader (the kernel's).
#include "app/wirebar/pulse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/behind.h"
#include "app/wirebar/notify.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/trading.h"
#include "lcore/base/clock.h"

#define BEAT_NS   (NS_PER_S / 4)
#define LAG_BEATS 4 // the window of the lag that is shown

static struct {
	uint64_t next_ns, polls[LCORE_MAX];
	unsigned beats;
	uint64_t lag_before[HIST_BINS], lag_ns;
	struct hist window;
	char said[BEAT_STATUS_BYTES];
	pid_t supervisor; // 0: none
	bool ready_owed;  // said with the next beat that finds room
} pulse;

void pulse_begin(void)
{
	const char *pid = getenv(NOTIFY_SUPERVISOR_ENV);

	pulse.supervisor = pid ? (pid_t)strtol(pid, NULL, 10) : 0;
	if (notify_open())
		notify_send(&(struct beat){ .status = "starting" });
}

bool pulse_supervised(void) { return pulse.supervisor > 0 && getppid() == pulse.supervisor; }

static bool waits(const struct lcore *l)
{
	if (l->conf->stage == CONF_STAGE_EXPORT)
		return true;
	for (int i = 0; i < l->n_out; i++)
		if (l->out[i]->wait && link_count(l->out[i]) + 1 >= l->out[i]->shared->depth)
			return true;
	return false;
}

// The first lcore that has not moved since the last beat, or NULL.
static const char *still(const struct appliance *a)
{
	const char *name = NULL;

	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct lcore *l = &a->lcore[i];
		uint64_t polls = *(volatile const uint64_t *)&l->shared->polls;

		if (polls == pulse.polls[i] && l->shared->launched &&
		    !*(volatile const bool *)&l->shared->done && !waits(l) && !name && parts_mine(a, l))
			name = l->name;
		pulse.polls[i] = polls;
	}
	return name;
}

static void count(const struct appliance *a, struct beat *b)
{
	for (unsigned i = 0; i < a->n_lcore; i++) {
		const struct lcore *l = &a->lcore[i];

		if (!parts_mine(a, l))
			continue;
		// What came: frames; of a part without ingest, elements of links.
		b->frames += l->conf->stage == CONF_STAGE_INGEST ? lcore_frames(l->shared)
			     : parts_secondary(a)                ? l->shared->rows
								 : 0;
		b->slow += *(volatile const uint64_t *)&l->shared->flight.slow;
	}
}

// p99 of the last second: wire lag of ingest lcores; of a part without them, the wait in links.
static uint64_t lag(const struct appliance *a)
{
	struct hist *w = &pulse.window;

	if (pulse.beats++ % LAG_BEATS)
		return pulse.lag_ns;
	memset(w, 0, sizeof *w);
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (parts_mine(a, &a->lcore[i]) &&
		    (parts_secondary(a) || a->lcore[i].conf->stage == CONF_STAGE_INGEST))
			hist_add(w, &a->lcore[i].shared->hist[parts_secondary(a) ? HIST_LINK_WAIT
										 : HIST_WIRE_LAG]);
	w->count = 0;
	for (unsigned k = 0; k < HIST_BINS; k++) {
		uint64_t total = w->bin[k];

		w->bin[k] = total >= pulse.lag_before[k] ? total - pulse.lag_before[k]
							 : total; // reset meanwhile
		w->count += w->bin[k];
		pulse.lag_before[k] = total;
	}
	return pulse.lag_ns = hist_percentile(w, 0.99);
}

static void verdict(const struct appliance *a, char out[BEAT_STATUS_BYTES])
{
	struct telemetry_health h;

	snprintf(out, BEAT_STATUS_BYTES, "runs");
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].conf->stage == CONF_STAGE_TELEMETRY && a->lcore[i].state) {
			telemetry_health(&a->lcore[i], &h);
			behind_verdict(a, &h);
			snprintf(out, BEAT_STATUS_BYTES, "%s%s%s", telemetry_health_name[h.health],
				 h.why[0] ? ": " : "", h.why);
			return;
		}
}

// Each cpu once.
static void cpus(const struct appliance *a, char out[BEAT_CPUS_BYTES])
{
	size_t n = 0;

	for (unsigned i = 0; i < a->n_lcore && n < BEAT_CPUS_BYTES; i++) {
		unsigned k = 0;

		while (k < i && (a->lcore[k].cpu != a->lcore[i].cpu || !parts_mine(a, &a->lcore[k])))
			k++;
		if (k == i && parts_mine(a, &a->lcore[i]))
			n += (size_t)snprintf(out + n, BEAT_CPUS_BYTES - n, "%s%d", n ? "," : "",
					      a->lcore[i].cpu);
	}
}

void pulse_ready(struct appliance *a)
{
	struct beat b = { .ready = true, .watchdog = true };

	if (!notify_wanted())
		return;
	cpus(a, b.cpus);
	verdict(a, b.status);
	still(a);
	pulse.ready_owed = !notify_send(&b);
	pulse.next_ns = clock_monotonic_ns() + BEAT_NS;
}

// Its parent is another process now: nobody would stop it any more.
static void look_for_supervisor(struct appliance *a, uint64_t now)
{
	static uint64_t alone_ns;

	if (!pulse.supervisor || pulse_supervised())
		return;
	if (!alone_ns) {
		alone_ns = now;
		fprintf(stderr, "wirebar: its supervisor (pid %d) is gone: it ends\n", (int)pulse.supervisor);
	}
	a->plant.stop = true;
	if (now - alone_ns > 2 * NS_PER_S)
		a->plant.abort = true;
}

void pulse_beat(struct appliance *a)
{
	uint64_t now = clock_monotonic_ns();

	if (a->parts)
		trading_follow(&a->parts->mode);
	if (now < pulse.next_ns)
		return;
	pulse.next_ns = now + BEAT_NS;
	look_for_supervisor(a, now);
	if (!notify_wanted())
		return;
	struct beat b = { .counts = true };
	const char *stuck = still(a);
	char status[BEAT_STATUS_BYTES];

	b.watchdog = !stuck;
	b.ready = pulse.ready_owed;
	if (b.ready)
		cpus(a, b.cpus);
	snprintf(b.stuck, sizeof b.stuck, "%s", stuck ? stuck : "");
	count(a, &b);
	b.lag_ns = lag(a);
	verdict(a, status);
	if (strcmp(status, pulse.said))
		snprintf(b.status, sizeof b.status, "%s", status);
	if (!notify_send(&b))
		return;
	pulse.ready_owed = false;
	if (b.status[0])
		memcpy(pulse.said, status, sizeof pulse.said);
}

void pulse_end(void) { notify_send(&(struct beat){ .stopping = true }); }

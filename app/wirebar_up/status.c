/* SPDX-License-Identifier: BSD-3-Clause */
// status.c: how the parts are, for people, for wirebarctl and for systemd.
#include "app/wirebar_up/up.h"

#include <stdio.h>
#include <string.h>

#include "app/wirebar/notify.h"
#include "app/wirebar_up/log.h"

static void time_text(uint64_t ns, char out[16])
{
	if (ns < NS_PER_US)
		snprintf(out, 16, "%uns", (unsigned)ns);
	else if (ns < NS_PER_MS)
		snprintf(out, 16, "%uus", (unsigned)(ns / NS_PER_US));
	else if (ns < 10 * NS_PER_S)
		snprintf(out, 16, "%ums", (unsigned)(ns / NS_PER_MS));
	else
		snprintf(out, 16, "%us", (unsigned)(ns / NS_PER_S));
}

static uint64_t uptime_s(const struct super_part *p)
{
	return super_alive(p) ? (up_now() - p->started_ns) / NS_PER_S : 0;
}

// What is wrong, or when it goes on; empty: nothing of interest.
static void remark(const struct super_part *p, char out[SUPER_TEXT_BYTES + 64])
{
	uint64_t now = up_now();
	int n = snprintf(out, SUPER_TEXT_BYTES + 64, "%s", p->why);

	if (p->phase == SUPER_DUE && p->due_ns > now)
		snprintf(out + n, 64, "%sstarts in %.1f s", n ? "; " : "", (double)(p->due_ns - now) / 1e9);
}

void status_row(const struct up *u, unsigned i, char *out, size_t out_bytes)
{
	const struct super_part *p = &u->super.part[i];
	unsigned long long up = uptime_s(p);
	char lag[16], why[SUPER_TEXT_BYTES + 64];

	time_text(p->beat.lag_ns, lag);
	remark(p, why);
	snprintf(out, out_bytes, "%s cores=[%s] uptime=%llu:%02llu:%02llu restarts=%u lag=%s state=%s%s%s%s",
		 u->part[i].title, p->beat.cpus, up / 3600, up / 60 % 60, up % 60, p->restarts, lag,
		 super_state(&u->super, i), *why ? " (" : "", why, *why ? ")" : "");
}

void status_table(struct up *u)
{
	bool news = false;
	char row[512];

	for (unsigned i = 0; i < u->super.n; i++) {
		const struct super_part *p = &u->super.part[i];
		unsigned long long now =
			1 + (unsigned)p->phase + 100 * (unsigned)p->verdict + 1000ull * p->restarts;

		news |= now != u->part[i].shown;
		u->part[i].shown = now;
	}
	for (unsigned i = 0; news && i < u->super.n; i++) {
		status_row(u, i, row, sizeof row);
		log_line(LOG_NOTE, 4, "up", row);
	}
}

void status_json(const struct up *u, char *out, size_t out_bytes)
{
	size_t n = (size_t)snprintf(
		out, out_bytes, "{\"status\":\"ok\",\"command\":\"parts\",\"log_dropped\":%llu,\"parts\":[",
		(unsigned long long)log_dropped());

	for (unsigned i = 0; i < u->super.n && n < out_bytes; i++) {
		const struct super_part *p = &u->super.part[i];
		char row[512], shown[700], why[300], cores[100];

		status_row(u, i, row, sizeof row);
		control_socket_json(row, shown, sizeof shown);
		control_socket_json(p->why, why, sizeof why);
		control_socket_json(p->beat.cpus, cores, sizeof cores);
		n += (size_t)snprintf(
			out + n, out_bytes - n,
			"%s{\"name\":\"%s\",\"state\":\"%s\",\"cores\":\"%s\",\"pid\":%d,\"uptime_s\":%llu,\"restarts\":%u,"
			"\"restarts_left\":%u,\"lag_ns\":%llu,\"frames\":%llu,\"slow\":%llu,\"code\":%d,"
			"\"why\":\"%s\",\"row\":\"%s\"}",
			i ? "," : "", p->name, super_state(&u->super, i), cores, (int)u->part[i].pid,
			(unsigned long long)uptime_s(p), p->restarts, p->left,
			(unsigned long long)p->beat.lag_ns, (unsigned long long)p->beat.frames,
			(unsigned long long)p->beat.slow, p->code, why, shown);
	}
	if (n < out_bytes)
		snprintf(out + n, out_bytes - n, "]}");
}

// The first part that is not well, or that all are.
static void summary(const struct up *u, char out[BEAT_STATUS_BYTES])
{
	char row[512];

	snprintf(out, BEAT_STATUS_BYTES, "all parts are well");
	for (unsigned i = u->super.n; i-- > 0;)
		if (strcmp(super_state(&u->super, i), "ok")) {
			const struct super_part *p = &u->super.part[i];

			snprintf(row, sizeof row, "%s: %s%s%s", p->name, super_state(&u->super, i),
				 *p->why ? ": " : "", p->why);
			snprintf(out, BEAT_STATUS_BYTES, "%.150s", row);
		}
}

// Before READY=1 is said again. False: not yet.
static bool reloading(struct up *u)
{
	char text[100];

	if (!u->reload_ns)
		return true;
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu\n",
		 (unsigned long long)(u->reload_ns / NS_PER_US));
	if (!notify_text(text))
		return false;
	u->reload_ns = 0;
	return true;
}

void status_systemd(struct up *u)
{
	uint64_t now = up_now();
	struct beat b = { .watchdog = super_fine(&u->super) };
	char text[BEAT_STATUS_BYTES];

	if (!notify_wanted() || !reloading(u))
		return;
	// After a reload: when the part has answered.
	b.ready = !u->said_ready && super_ready(&u->super) && u->super.goal == SUPER_RUN &&
		  u->client[UP_CLIENTS].forward.fd < 0;
	b.stopping = !u->said_stopping && u->super.goal == SUPER_STOP;
	summary(u, text);
	// What is new at once, that it lives four times a second.
	if (!b.ready && !b.stopping && !strcmp(text, u->said) && now - u->alive_ns < NS_PER_S / 4)
		return;
	u->alive_ns = now;
	if (!u->said_ready && u->super.goal == SUPER_RUN)
		b.extend_ns = u->super.conf.start_ns;
	if (strcmp(text, u->said))
		snprintf(b.status, sizeof b.status, "%s", text);
	if (!notify_send(&b))
		return;
	u->said_ready |= b.ready;
	u->said_stopping |= b.stopping;
	memcpy(u->said, text, sizeof u->said);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lcore/base/calendar.h"

#define MINUTE_NS (UINT64_C(60) * NS_PER_S)

enum { LINES = 5 };

// Joins run i with the one after it.
static void join(struct axis *a, unsigned i)
{
	if (a->run[i + 1].to_ns > a->run[i].to_ns)
		a->run[i].to_ns = a->run[i + 1].to_ns;
	a->n--;
	memmove(&a->run[i + 1], &a->run[i + 2], (a->n - i - 1) * sizeof *a->run);
}

static bool near(const struct axis *a, unsigned i)
{
	return a->run[i + 1].from_ns <= a->run[i].to_ns + AXIS_GAP_NS;
}

static void make_room(struct axis *a)
{
	unsigned best = 0;

	for (unsigned i = 1; i + 1 < a->n; i++)
		if (a->run[i + 1].from_ns - a->run[i].to_ns < a->run[best + 1].from_ns - a->run[best].to_ns)
			best = i;
	join(a, best);
}

void axis_cover(struct axis *a, uint64_t from_ns, uint64_t to_ns)
{
	unsigned i;

	if (a->n == AXIS_RUNS_MAX)
		make_room(a);
	i = a->n;
	while (i && a->run[i - 1].from_ns > from_ns)
		i--;
	memmove(&a->run[i + 1], &a->run[i], (a->n - i) * sizeof *a->run);
	a->run[i] = (struct axis_run){ .from_ns = from_ns, .to_ns = to_ns };
	a->n++;
	if (i && near(a, i - 1))
		join(a, --i);
	while (i + 1 < a->n && near(a, i))
		join(a, i);
}

void axis_settle(struct axis *a)
{
	a->length_ns = 0;
	for (unsigned i = 0; i < a->n; i++) {
		a->run[i].before_ns = a->length_ns;
		a->length_ns += a->run[i].to_ns - a->run[i].from_ns;
	}
}

double axis_x(const struct axis *a, uint64_t ts)
{
	const struct axis_run *r = a->run;
	unsigned low = 0, high = a->n;

	if (!a->n || !a->length_ns || ts <= r->from_ns)
		return 0;
	while (high - low > 1) {
		unsigned mid = (low + high) / 2;

		if (a->run[mid].from_ns <= ts)
			low = mid;
		else
			high = mid;
	}
	r = &a->run[low];
	ts = ts < r->to_ns ? ts : r->to_ns;
	return (double)(r->before_ns + ts - r->from_ns) / (double)a->length_ns;
}

static void label(struct axis_tick *t, const struct calendar_day *day, uint64_t at_ns)
{
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	char iso[CALENDAR_ISO_BYTES];
	unsigned m = 1, d = 1, minutes = (unsigned)(at_ns / MINUTE_NS);

	calendar_iso((uint64_t)day->day * NS_PER_DAY, iso);
	sscanf(iso + 5, "%2u-%2u", &m, &d);
	int n = t->day ? snprintf(t->label, sizeof t->label, "%s %u", month[(m - 1) % 12], d) : 0;

	if (t->timed)
		snprintf(t->label + n, sizeof t->label - (size_t)n, "%s%02u:%02u", n ? ", " : "",
			 minutes / 60 % 24, minutes % 60);
}

static void put(const struct axis *a, struct axis_tick *t, const struct calendar_day *day, uint64_t ts,
		bool new_day, bool timed)
{
	*t = (struct axis_tick){ .x = axis_x(a, ts), .day = new_day, .timed = timed };
	label(t, day, ts - day->midnight_ns);
}

// Ticks that are less than a day apart. tick may be NULL: count only. Returns max + 1 when there are more.
static unsigned within_days(const struct axis *a, uint64_t step_ns, unsigned max, struct axis_tick *tick)
{
	struct calendar_day day = { 0 };
	int32_t last = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < a->n; i++) {
		uint64_t ts = a->run[i].from_ns;

		while (ts <= a->run[i].to_ns && n <= max) {
			calendar_day_of(ts, &day);
			uint64_t at = (ts - day.midnight_ns + step_ns - 1) / step_ns * step_ns;

			ts = day.midnight_ns + at;
			if (at >= NS_PER_DAY) {
				struct calendar_day next;

				calendar_day_by_date(day.day + 1, &next);
				ts = next.midnight_ns;
				continue;
			}
			if (ts > a->run[i].to_ns)
				break;
			if (tick)
				put(a, &tick[n], &day, ts, n && day.day != last, true);
			last = day.day;
			n++;
			ts++;
		}
	}
	return n;
}

// Ticks where each step-th date begins.
static unsigned each_date(const struct axis *a, unsigned step, unsigned max, struct axis_tick *tick)
{
	unsigned n = 0, dates = 0;
	int32_t last = INT32_MIN;

	for (unsigned i = 0; i < a->n; i++) {
		struct calendar_day day;

		for (uint64_t ts = a->run[i].from_ns; ts <= a->run[i].to_ns && n <= max;) {
			calendar_day_of(ts, &day);
			if (day.day != last && dates++ % step == 0) {
				if (tick)
					put(a, &tick[n], &day, ts, true, false);
				n++;
			}
			last = day.day;
			calendar_day_by_date(day.day + 1, &day);
			ts = day.midnight_ns;
		}
	}
	return n;
}

unsigned axis_ticks(const struct axis *a, unsigned max, struct axis_tick *tick)
{
	static const unsigned minutes[] = { 1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720 };
	static const unsigned dates[] = { 1, 2, 5, 10, 20, 60, 120, 250, 1000, 2500, 10000 };

	// Three dates and more are marked where they begin.
	bool many = each_date(a, 1, max, NULL) > 2;

	for (unsigned i = 0; !many && i < sizeof minutes / sizeof *minutes; i++)
		if (within_days(a, minutes[i] * MINUTE_NS, max, NULL) <= max)
			return within_days(a, minutes[i] * MINUTE_NS, max, tick);
	for (unsigned i = 0; i < sizeof dates / sizeof *dates; i++)
		if (each_date(a, dates[i], max, NULL) <= max)
			return each_date(a, dates[i], max, tick);
	return 0;
}

struct axis_scale axis_scale_of(double low, double high, double margin, double min_step, double top,
				double bottom)
{
	struct axis_scale s = { .top = top, .bottom = bottom };
	double range, power;

	if (high - low < min_step) {
		low -= min_step;
		high += min_step;
	}
	range = high - low;
	s.low = low - margin * range;
	s.high = high + margin * range;
	power = pow(10, floor(log10(range / LINES)));
	s.step = power * (range / LINES <= power * 2 ? 2 : range / LINES <= power * 5 ? 5 : 10);
	if (s.step < min_step)
		s.step = min_step;
	s.decimals = (int)ceil(-log10(s.step) - 1e-9);
	s.decimals = s.decimals < 0 ? 0 : s.decimals > 6 ? 6 : s.decimals;
	return s;
}

double axis_y(const struct axis_scale *s, double value)
{
	return s->bottom - (value - s->low) / (s->high - s->low) * (s->bottom - s->top);
}

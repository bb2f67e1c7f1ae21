/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/page.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/wirebar/report/style.h"
#include "lcore/base/calendar.h"
#include "lcore/base/text.h"

enum { PIECE = 4096 };

void page_put(struct page *p, const char *format, ...)
{
	char text[PIECE];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0)
		output_put(&p->out, text, n < PIECE ? (size_t)n : PIECE - 1);
}

void page_raw(struct page *p, const char *text) { output_put(&p->out, text, strlen(text)); }

void page_text(struct page *p, const char *text)
{
	char shown[PIECE];

	text_visible(text, shown, sizeof shown);
	for (const char *s = shown; *s; s++)
		switch (*s) {
		case '&': page_raw(p, "&amp;"); break;
		case '<': page_raw(p, "&lt;"); break;
		case '>': page_raw(p, "&gt;"); break;
		case '"': page_raw(p, "&quot;"); break;
		default: output_put(&p->out, s, 1);
		}
}

void page_begin(struct page *p, const char *title)
{
	page_raw(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<meta name=\"generator\" content=\"wirebar " WIREBAR_VERSION "\">\n"
		    "<link rel=\"icon\" href=\"data:,\">\n<title>");
	page_text(p, title);
	page_raw(p, "</title>\n<style>\n");
	page_raw(p, style_sheet);
	page_raw(p, "</style>\n</head>\n<body>\n<main>\n");
}

void page_end(struct page *p) { page_raw(p, "</main>\n</body>\n</html>\n"); }

const char *page_money(int64_t millionths, char out[PAGE_NUMBER_BYTES])
{
	uint64_t v = millionths < 0 ? -(uint64_t)millionths : (uint64_t)millionths;
	int n = 0, keep;

	if (millionths < 0)
		n += sprintf(out, "\xe2\x88\x92"); // the minus sign, as wide as a digit
	n += (int)text_count(v / 1000000, out + n);
	keep = sprintf(out + n, ".%06u", (unsigned)(v % 1000000));
	while (keep > 3 && out[n + keep - 1] == '0')
		keep--;
	out[n + keep] = 0;
	return out;
}

const char *page_count(uint64_t n, char out[PAGE_NUMBER_BYTES])
{
	text_count(n, out);
	return out;
}

const char *page_date(uint64_t ts, char out[PAGE_NUMBER_BYTES])
{
	struct calendar_day day;
	char iso[CALENDAR_ISO_BYTES];

	calendar_day_of(ts, &day);
	calendar_iso((uint64_t)day.day * NS_PER_DAY, iso);
	snprintf(out, PAGE_NUMBER_BYTES, "%.10s", iso);
	return out;
}

const char *page_time(uint64_t ts, int dated, char out[PAGE_NUMBER_BYTES])
{
	struct calendar_day day;
	char date[PAGE_NUMBER_BYTES];
	uint64_t ms;

	calendar_day_of(ts, &day);
	ms = (ts - day.midnight_ns) / NS_PER_MS;
	int n = snprintf(out, PAGE_NUMBER_BYTES, "%s%s%02u:%02u:%02u", dated ? page_date(ts, date) + 5 : "",
			 dated ? " " : "", (unsigned)(ms / 3600000), (unsigned)(ms / 60000 % 60),
			 (unsigned)(ms / 1000 % 60));
	if (ms % 1000)
		snprintf(out + n, PAGE_NUMBER_BYTES - (size_t)n, ".%03u", (unsigned)(ms % 1000));
	return out;
}

const char *page_length(uint64_t ns, char out[PAGE_NUMBER_BYTES])
{
	unsigned s = (unsigned)(ns / NS_PER_S), day = s / 86400, h = s / 3600 % 24, m = s / 60 % 60;

	if (day)
		snprintf(out, PAGE_NUMBER_BYTES, "%u d %02u:%02u", day, h, m);
	else if (h)
		snprintf(out, PAGE_NUMBER_BYTES, "%u:%02u:%02u", h, m, s % 60);
	else if (m)
		snprintf(out, PAGE_NUMBER_BYTES, "%u:%02u", m, s % 60);
	else if (s)
		snprintf(out, PAGE_NUMBER_BYTES, "%u.%03u s", s, (unsigned)(ns / NS_PER_MS % 1000));
	else
		snprintf(out, PAGE_NUMBER_BYTES, "%.4g ms", (double)ns / 1e6);
	return out;
}

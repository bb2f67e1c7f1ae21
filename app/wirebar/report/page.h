/* SPDX-License-Identifier: BSD-3-Clause */
// page.h: writes the page. Everything that comes from files goes through page_text, so that it cannot be
// markup. One thread.
#ifndef WB_REPORT_PAGE_H
#define WB_REPORT_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "lcore/stage/output.h"

struct page {
	struct output out;
};

// Room for a formatted number of any of the functions below.
#define PAGE_NUMBER_BYTES 48

// page_put adds markup by printf's rules, at most 4 KiB at a time.
void page_put(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
// page_raw adds markup of any length.
void page_raw(struct page *p, const char *text);
// page_text adds a text from outside: every character visible, nothing of it markup.
void page_text(struct page *p, const char *text);
// page_begin and page_end put the page's frame around its content; title is a text from outside.
void page_begin(struct page *p, const char *title);
void page_end(struct page *p);

// page_money writes 1e-6 dollars exactly: thousands set apart, two decimals or as many as there are. Returns
// out, as those below do.
const char *page_money(int64_t millionths, char out[PAGE_NUMBER_BYTES]);
// page_count writes a whole number with its thousands set apart.
const char *page_count(uint64_t n, char out[PAGE_NUMBER_BYTES]);
// page_time writes a New York time of day, with the date in front when dated. Wants calendar_load.
const char *page_time(uint64_t ts, int dated, char out[PAGE_NUMBER_BYTES]);
// page_date writes the New York date of a time. Wants calendar_load.
const char *page_date(uint64_t ts, char out[PAGE_NUMBER_BYTES]);
// page_length writes how long something took: 3 d 04:05, 1:02:03, 4:05, 6.789 s, 10 ms.
const char *page_length(uint64_t ns, char out[PAGE_NUMBER_BYTES]);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// own.h: what the files of the library share: public structs of ours, and those of the rooms below.
#ifndef WB_APP_LIBWIREBAR_OWN_H
#define WB_APP_LIBWIREBAR_OWN_H

#include <wirebar.h>

#include "lcore/model/gate.h"
#include "lcore/model/tables.h"

// An appliance that this process is attached to. w: attach.c; seen: who waits.
struct wirebar {
	const struct tables *tables;
	uint32_t pid; // of its primary
	char prefix[64];
	uint32_t *seen; // [instruments][SPAN_COUNT] sequence number of the row handed out last
	uint32_t next;  // instrument at which wirebar_wait looks first
};

// own_say writes a sentence into the caller's err and returns the code.
int own_say(int code, char *err, size_t err_bytes, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
// own_text writes text into out, cut, and returns its whole length.
size_t own_text(const char *text, size_t len, char *out, size_t out_bytes);
// own_row makes the public row of a bar, bytes of it; own_bar the bar of a row, with zeros for what it has
// not.
void own_row(const struct bar *bar, struct wirebar_row *row, size_t bytes);
void own_bar(const struct wirebar_row *row, struct bar *bar);
// own_fill copies a public struct whose first member is its size, as much as the caller has room for.
void own_fill(void *out, size_t out_bytes, void *from, size_t from_bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// log.h: one log of all parts, on standard output: time, part, line. Who writes a line never waits: lines go
// to a room of fixed size, and a thread writes them out, since nothing else can keep a write to a file from
// waiting. What has no room is dropped; how many is said as soon as there is room.
#ifndef WB_APP_LOG_H
#define WB_APP_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_kind { LOG_PART, LOG_NOTE, LOG_ALERT };

// log_open takes room for so many bytes and starts the thread. Returns 0 or -errno. Before any other thread.
int log_open(size_t room);
// log_line adds a line; who: at its beginning; colour: of who, from 0 on. Characters that do not print are
// shown. One caller's thread.
void log_line(enum log_kind kind, unsigned colour, const char *who, const char *text);
// log_say formats one.
void log_say(enum log_kind kind, unsigned colour, const char *who, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
// log_dropped returns how many lines had no room.
uint64_t log_dropped(void);
// log_close waits up to ms for what is in the room to be written.
void log_close(unsigned ms);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// request.h: words to a request over the telemetry socket, page after page where an answer has several.
// wirebarctl and the console ask alike, so that they say the same.
#ifndef WB_CTL_REQUEST_H
#define WB_CTL_REQUEST_H

#include <stdbool.h>

#include <jansson.h>

#include "app/wirebarctl/sock.h"

enum { REQUEST_BYTES = 1000 };

// request_text writes a telemetry request, the path and n arguments; false, having said why in why, when an
// argument is empty or has a comma, or the request is too long.
bool request_text(char out[REQUEST_BYTES], const char *path, char *const *arg, int n, char why[160]);
// request_changes returns whether a telemetry path is a command: what is asked there changes something.
bool request_changes(const char *path);
// request_rest writes the request for what is left of an answer to path whose entries have their places as
// names: from the place after the last one of this page on. Returns false: nothing is left, or it says so
// without an entry, or the request is too long.
bool request_rest(char out[REQUEST_BYTES], const char *path, const json_t *page);
// request_place returns whether a name is a place, and which.
bool request_place(const char *name, unsigned long *place);
// request_bars asks for the newest rows, arg being SYM SPAN [n [columns]] (n from 2 to 4), until all are
// there or no more come. The answer is the caller's; NULL: s->error says why, or why where it is not empty.
// Commas between columns are made '+' in arg.
json_t *request_bars(struct sock *s, const char *path, char *const *arg, int n, char why[160]);

#endif

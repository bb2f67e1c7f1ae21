/* SPDX-License-Identifier: BSD-3-Clause */
// show.h: what handlers of commands read answers with. command.h has the handlers, from command.def.
#ifndef WB_CTL_SHOW_H
#define WB_CTL_SHOW_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "app/wirebarctl/command.h"
#include "app/wirebarctl/table.h"

// show_u64 and show_text read a member, 0 or "" where there is none of that type.
uint64_t show_u64(const json_t *object, const char *key);
const char *show_text(const json_t *object, const char *key);
// show_more says how many the answer had no room for, if any.
void show_more(const json_t *answer, FILE *out);
// show_cell adds a number, or a number that came as text, unchanged.
void show_cell(struct table *t, const json_t *value);
// show_clock writes the first chars of the time of day of an ISO time, "2026-03-10T13:31:21.098774181Z" as
// "13:31:21.098774"; out holds TABLE_CELL_BYTES. Returns out.
const char *show_clock(const char *iso, int chars, char *out);

#endif

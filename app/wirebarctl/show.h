/* SPDX-License-Identifier: BSD-3-Clause */
// show.h: answers of the telemetry paths as tables. Each takes the answer as it came (fields may be missing:
// shown empty or 0) and prints; show_health returns the exit code of its verdict.
#ifndef WB_CTL_SHOW_H
#define WB_CTL_SHOW_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

int show_health(const json_t *answer, FILE *out);
int show_lag(const json_t *answer, FILE *out);
int show_lcores(const json_t *answer, FILE *out);
int show_links(const json_t *answer, FILE *out);
int show_ports(const json_t *answer, FILE *out);
int show_lines(const json_t *answer, FILE *out);
int show_recovery(const json_t *answer, FILE *out);
int show_ledger(const json_t *answer, FILE *out);
int show_conf(const json_t *answer, FILE *out);
// show_market.c
int show_quote(const json_t *answer, FILE *out);
int show_auction(const json_t *answer, FILE *out);
int show_book(const json_t *answer, FILE *out);
int show_bars(const json_t *answer, FILE *out);
int show_bundle(const json_t *answer, FILE *out);
int show_busiest(const json_t *answer, FILE *out);
// show_list.c
int show_watched(const json_t *answer, FILE *out);
int show_gates(const json_t *answer, FILE *out);
int show_fires(const json_t *answer, FILE *out);
int show_set(const json_t *answer, FILE *out);
int show_engine_state(const json_t *answer, FILE *out);
int show_command(const json_t *answer, FILE *out);

// show_u64 and show_text read a member, 0 or "" where there is none of that type.
uint64_t show_u64(const json_t *object, const char *key);
const char *show_text(const json_t *object, const char *key);
// show_more says how many the answer had no room for, if any.
void show_more(const json_t *answer, FILE *out);

#endif

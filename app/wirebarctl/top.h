/* SPDX-License-Identifier: BSD-3-Clause */
// top.h: the refreshing picture of a running wirebar.
#ifndef WB_CTL_TOP_H
#define WB_CTL_TOP_H

#include "app/wirebarctl/sock.h"

// top_run shows health, lag, links and the busiest instruments every second until q or Ctrl-C; once, if once
// is set or there is no terminal. It outlives the process that it shows, and finds another one of that prefix
// (*prefix NULL: the only one; prefix NULL: at the same path). Returns the exit code.
int top_run(struct sock *s, bool once, const char *const *prefix);
// top_json prints one picture as a JSON object of the answers.
int top_json(struct sock *s);

#endif

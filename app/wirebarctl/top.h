/* SPDX-License-Identifier: BSD-3-Clause */
// top.h: the refreshing picture of a running wirebar.
#ifndef WB_CTL_TOP_H
#define WB_CTL_TOP_H

#include "app/wirebarctl/sock.h"

// top_run shows health, lag, links and the busiest instruments every second until q or Ctrl-C; once, when told or
// where there is no terminal. Returns the exit code.
int top_run(struct sock *s, bool once);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// become.h: what the console gives up once it listens. Main thread.
#ifndef WB_CONSOLE_BECOME_H
#define WB_CONSOLE_BECOME_H

#include "conf/conf.h"

// become_user: root becomes run.user, if it is given, without capabilities; nobody gets new privileges any
// more. On all threads. Returns 0, or -errno having said why.
int become_user(const struct conf *conf);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// everywhere.h: one function on every thread of the process. Linux keeps capabilities, no_new_privs and
// Landlock by thread, and the threads of DPDK are there before devices are open.
#ifndef WB_APP_PRIVILEGE_EVERYWHERE_H
#define WB_APP_PRIVILEGE_EVERYWHERE_H

#include <stddef.h>

// everywhere_step does its work by system calls alone: it runs in a signal handler. Returns 0 or -errno.
typedef int everywhere_step(void *arg);

// everywhere runs step on the calling thread, then on each other thread, also on those that begin meanwhile
// (a thread has what its maker has). One thread at a time calls it. Returns 0; what step returned where it
// failed; -EAGAIN when a thread blocks THREAD_SIGNAL, or does not take it within 10 s. why then names the
// thread.
int everywhere(everywhere_step *step, void *arg, char *why, size_t why_bytes);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// thread.h: threads of the kernel's beside the lcores: for services that wait for sockets, disks and pipes.
#ifndef WB_BASE_THREAD_H
#define WB_BASE_THREAD_H

#include <pthread.h>
#include <signal.h>

// The one signal that each thread takes: by it a thread is asked to do what the kernel does by thread, as
// giving up capabilities. What waits in the kernel goes on waiting, or ends early by EINTR.
#define THREAD_SIGNAL (SIGRTMIN + 7)

// thread_start runs serve(arg) on a new thread that takes no signals but THREAD_SIGNAL: they are the main
// thread's, and a service that waits in the kernel must not be the one that is woken by them. name: at most
// 15 letters, as `top -H` and gdb show it. Returns 0 or -errno. Any thread.
int thread_start(pthread_t *out, const char *name, void *(*serve)(void *arg), void *arg);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
// beside.h: programs of their own, without DPDK, in the folder of this one.
#ifndef WB_APP_BESIDE_H
#define WB_APP_BESIDE_H

// beside_run becomes the program wirebar-WORD with these arguments. Returns 1, having said why, if it cannot.
// Main thread.
int beside_run(const char *word, char **argv);
// beside_exec becomes the program of that name. Returns 1 likewise. Main thread.
int beside_exec(const char *program, char **argv);

#endif

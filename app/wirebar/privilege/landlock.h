/* SPDX-License-Identifier: BSD-3-Clause */
// landlock.h: the files that a process may open from now on, where the kernel has Landlock (5.13 and later).
#ifndef WB_APP_PRIVILEGE_LANDLOCK_H
#define WB_APP_PRIVILEGE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

enum landlock_may {
	LANDLOCK_READ,  // what is there
	LANDLOCK_WRITE, // also write, make, truncate, rename within a folder, remove
};

// struct landlock_set is a set of rules that is being made. abi: of the kernel, as far as it is used here (1
// to 3); 0: the kernel has none.
struct landlock_set {
	int fd, abi;
};

// landlock_begin makes an empty set: nothing may be opened. Returns 0, also where the kernel has no Landlock;
// or -errno.
int landlock_begin(struct landlock_set *s);
// landlock_allow adds a file, or a folder with all beneath it. What is not there, or cannot be
// reached, is not added. Returns 0 or -errno.
int landlock_allow(struct landlock_set *s, const char *path, enum landlock_may may);
// landlock_restrict binds the calling thread and those that it starts, for good; it needs no_new_privs.
// System calls only. arg: the set. Returns 0 or -errno.
int landlock_restrict(void *arg);
// landlock_end closes the set. Accepts one of a kernel without Landlock.
void landlock_end(struct landlock_set *s);

#endif
